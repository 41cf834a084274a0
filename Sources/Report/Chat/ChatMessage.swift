import JSON
public import Ledger

/// What is said in a chat, before any service has its say: each service's file draws this one value within its own
/// limits and in its own dialect. Texts are plain text, and may hold what came from outside.
public struct ChatMessage: Hashable, Sendable {
  public enum Kind: String, Sendable {
    /// What a period cost.
    case report
    /// That a run failed.
    case failure
  }

  /// One line of the table of products.
  public struct Row: Hashable, Sendable {
    public var name: String
    /// As printed; empty where the cost is unknown.
    public var amount: String
    /// What the line counts for in a sum of lines; nothing where the cost is unknown.
    public var cost: Money
    /// In hundredths of a percent; nil where there is none.
    public var share: Int64?

    public init(name: String, amount: String, cost: Money, share: Int64?) {
      self.name = PlainText.oneLine(name)
      self.amount = amount
      self.cost = cost
      self.share = share
    }

    /// `12.34%`; empty for none.
    var shareText: String {
      share.map { decimalText(Int128($0), fractionDigits: 2, trimmed: false) + "%" } ?? ""
    }
  }

  enum Limit {
    /// No chat shows more; the workbook has them all.
    static let rowsMax = 1000
    /// More than these are a reason to open the report.
    static let findingsMax = 40
    /// A sentence that is longer was not written to be read in a chat.
    static let sentenceMax = 400
    /// A link longer than this is left out: it would not fit beside its words.
    static let linkMax = 2000
  }

  public var kind: Kind
  /// The period's label, or what failed: for machines.
  public var period: String
  public var language: Language
  public var title: String
  /// The first sentence: the total, or what failed.
  public var answer: String
  /// What qualifies or explains the answer, a sentence each.
  public var notes: [String] = []
  /// Of the table's columns: product, cost, share.
  public var headings: [String] = []
  /// In the report's order.
  public var rows: [Row] = []
  public var total: Row?
  /// Digits of money behind the point, the same in all rows.
  public var digits = 2
  /// What a person should look at, most important first.
  public var findings: [String] = []
  /// What the findings stand under; in their place where there are none.
  public var findingsHeading = ""
  public var footer = ""
  /// Where the full report is: only a web address that can stand in any dialect.
  public var link: String?
  /// All of it in one line, for a notification.
  public var short: String

  public init(kind: Kind, period: String, language: Language, title: String, answer: String) {
    self.kind = kind
    self.period = period
    self.language = language
    self.title = PlainText.oneLine(title)
    self.answer = PlainText.oneLine(answer, max: Limit.sentenceMax)
    short = self.title + ": " + self.answer
  }

  // MARK: - Rows that fit

  /// At most `max` rows and one for the rest: the dearest stay, in their order. What is left out still counts.
  func rows(max: Int) -> [Row] {
    guard rows.count > max else { return rows }
    let byCost = rows.indices.sorted {
      rows[$0].cost == rows[$1].cost ? $0 < $1 : rows[$0].cost > rows[$1].cost
    }
    let rest = byCost[max...].map { rows[$0] }
    let cost = rest.reduce(Money.zero) { $0 + $1.cost }
    let share = rest.reduce(Int64(0)) { $0 + ($1.share ?? 0) }
    return byCost[..<max].sorted().map { rows[$0] } + [
      Row(
        name: language.more(rest.count),
        amount: CellText.dollars(cost, digits: digits), cost: cost,
        share: rest.contains { $0.share != nil } ? share : nil)
    ]
  }

  /// The largest drawing that fits, with as many rows as it takes.
  /// - Parameter draw: what is drawn with so many rows; with none it fits by its other bounds.
  func fitting<Drawn>(rowsMax: Int, _ draw: ([Row]) -> Drawn, fits: (Drawn) -> Bool) -> Drawn {
    var kept = min(rows.count, rowsMax)
    while true {
      let drawn = draw(rows(max: kept))
      if kept == 0 || fits(drawn) { return drawn }
      kept -= max(1, kept / 10)
    }
  }
}

extension ChatMessage {
  /// The first notes, of so many UTF-16 units together.
  func notes(max: Int) -> [String] {
    var count = 0
    return Array(
      notes.prefix { note in
        count += note.utf16.count
        return count <= max
      })
  }

  /// As many findings as fit, and a line for the rest.
  /// - Parameters:
  ///   - max: UTF-16 units of all lines.
  ///   - linesMax: without the one for the rest.
  ///   - line: how a finding is written.
  func findings(
    max: Int, linesMax: Int = Limit.findingsMax, _ line: (String) -> String
  ) -> [String] {
    let all = findings.map(line)
    for kept in stride(from: min(linesMax, all.count), through: 1, by: -1) {
      let rest = all.count - kept
      let more = rest > 0 ? [line(language.more(rest))] : []
      let lines = all.prefix(kept) + more
      if lines.reduce(0, { $0 + $1.utf16.count + 1 }) <= max { return Array(lines) }
    }
    return all.isEmpty ? [] : [line(language("\(all.count) findings", "\(all.count)件"))]
  }
}

// MARK: - What is said

extension ChatMessage {
  /// What a period cost: the total, the products, and what to look at.
  /// - Parameter link: where the full report can be opened; what is no plain web address is left out.
  public static func report(_ books: Books, link: String?) -> ChatMessage {
    let language = books.language
    var message = ChatMessage(
      kind: .report, period: books.period.label, language: language,
      title: language("AI cost ", "AI利用費 ") + books.periodName,
      answer: Headline.total(books, strong: false))
    let notes = [books.currencySentence, Headline.coverage(books), books.adjustmentsSentence]
    message.notes = (books.changeLines + notes.compactMap { $0 })
      .map { PlainText.oneLine($0, max: Limit.sentenceMax) }
    message.take(books.productsTable)
    let findings = Findings.list(books)
    message.take(findings)
    message.footer = [
      books.period.zone, language("prices ", "単価表 ") + books.prices.version.prefix(12),
      language("rules ", "ルール ") + books.attributionVersion.prefix(12),
      findings.isEmpty
        ? language("complete", "確認事項なし") : language("see summary.md", "詳細は summary.md"),
    ].map { PlainText.oneLine($0) }.joined(separator: " · ")
    message.link = link.flatMap(safeLink)
    return message
  }

  /// That a run failed.
  /// - Parameters:
  ///   - what: which run, in words.
  ///   - period: what it was of, for machines.
  ///   - problem: why, as the command line says it.
  ///   - next: what happens now, in words.
  public static func failure(
    _ what: String, period: String, problem: String, next: String, language: Language
  ) -> ChatMessage {
    var message = ChatMessage(
      kind: .failure, period: period, language: language,
      title: language("Tollbook: \(what) failed", "Tollbook: \(what)が失敗しました"), answer: problem)
    if !next.isEmpty { message.notes = [PlainText.oneLine(next, max: Limit.sentenceMax)] }
    return message
  }

  /// Product, cost and share.
  private mutating func take(_ table: Table) {
    let cells = CellText(table)
    let shares = table.columns.firstIndex { $0.kind == .percent } ?? 2
    func row(_ line: [Table.Cell]) -> Row {
      var row = Row(
        name: PlainText.oneLine(cells.text(line[0], column: 0)), amount: cells.text(line[1], column: 1),
        cost: .zero, share: nil)
      if case .money(let cost) = line[1] { row.cost = cost }
      if case .basisPoints(let share) = line[shares] { row.share = share }
      return row
    }
    headings = [0, 1, shares].map { table.columns[$0].title }
    let lines = table.rows + (table.total.map { [$0] } ?? [])
    digits = lines.map { CellText.digitsNeeded($0[1]) }.max() ?? 2
    rows = table.rows.map(row)
    rows = rows(max: Limit.rowsMax)
    total = table.total.map(row)
  }

  private mutating func take(_ list: [Finding]) {
    findings = list.prefix(Limit.findingsMax).map { PlainText.oneLine($0.headline, max: Limit.sentenceMax) }
    findingsHeading =
      list.isEmpty
      ? language("Nothing needs attention.", "確認が必要なことはありません。")
      : language("To look at", "確認が必要なこと")
    guard !list.isEmpty else { return }
    let words = list.prefix(Limit.findingsMax).map(\.short).joined(separator: language("; ", "、"))
    short += language(" To look at: \(words).", " 確認事項: \(words)")
  }

  /// Only a web address, without anything that would end it early in some dialect.
  static func safeLink(_ link: String) -> String? {
    guard link.hasPrefix("https://") || link.hasPrefix("http://"), link.utf16.count <= Limit.linkMax
    else { return nil }
    let isSafe = link.unicodeScalars.allSatisfy {
      $0.value > 0x20 && $0.value < 0x7F && !"<>|\"`()[]{}\\".unicodeScalars.contains($0)
    }
    return isSafe ? link : nil
  }
}
