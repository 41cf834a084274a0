import Ledger

/// Who asked: the period's usage by key, by team and by user.
enum CallersSheet {
  enum Limit {
    /// A screenful or two of each kind; who comes after them is one line.
    static let rowsMax = 50
  }

  static func write(_ books: Books, _ scope: Scope, in file: WorkbookFile) throws(ReportError) {
    guard books.callers.contains(where: { scope.holds($0.product) }) else { return }
    let language = books.language
    let sheet = try WorkbookSheet(language("Users and keys", "ユーザー・キー"), of: books, in: file)
    sheet.title(
      language("Cost by key, team and user", "キー・チーム・ユーザー別の費用"),
      language(
        "The usage of the period, once by each of the three; each list adds up to it. US dollars.",
        "当期の利用をキー・チーム・ユーザーのそれぞれで集計したものです。どの表の和も当期の利用と一致します。金額は米ドルです。"))
    var row = 3
    for kind in CallerKind.allCases {
      let list = CallerLines(books, kind, scope)
      sheet.text(heading(kind, language), row: row, column: 0, style: .section, measures: false)
      guard list.isNamed else {
        sheet.text(nobody(kind, language), row: row + 1, column: 0, style: .muted, measures: false)
        row += 3
        continue
      }
      let placed = sheet.draw(list.table, row: row + 1, summed: [2, 3, 4, 5])
      sheet.bars(placed, column: 5)
      row = placed.nextRow + 1
    }
    sheet.minimumWidth(34, column: 0)
    sheet.freeze(rows: 3, columns: 1)
    sheet.finish()
  }

  private static func heading(_ kind: CallerKind, _ language: Language) -> String {
    switch kind {
    case .key: language("By key", "キー別")
    case .team: language("By team", "チーム別")
    case .user: language("By user", "ユーザー別")
    }
  }

  private static func nobody(_ kind: CallerKind, _ language: Language) -> String {
    switch kind {
    case .key: language("No request named a key.", "キーを示したリクエストはありません。")
    case .team: language("No request named a team.", "チームを示したリクエストはありません。")
    case .user: language("No request named a user.", "ユーザーを示したリクエストはありません。")
    }
  }
}

/// One kind of caller as a table, dearest first, that adds up to the usage as the other sheets print it.
struct CallerLines {
  private struct Line {
    var name: String?
    var products: Set<Int> = []
    var requests: Int128 = 0
    var tokens: Int128 = 0
    var cost = Money.zero

    mutating func add(_ caller: Books.Caller) {
      products.insert(caller.product)
      requests += caller.requests
      tokens += caller.tokens
      cost += caller.cost
    }
  }

  private let books: Books
  private let kind: CallerKind
  private let lines: [Line]
  private let total: Money
  /// Millionths, as the other sheets print them.
  private let requests: Int128
  private let tokens: Int128

  /// Whether anybody is named at all.
  var isNamed: Bool { lines.contains { $0.name.map { !$0.isEmpty } ?? true } }

  init(_ books: Books, _ kind: CallerKind, _ scope: Scope) {
    self.books = books
    self.kind = kind
    var named: [String: Line] = [:]
    var rest = Line()
    for caller in books.callers where caller.kind == kind && scope.holds(caller.product) {
      guard let name = caller.name else {
        rest.add(caller)
        continue
      }
      named[name, default: Line(name: name)].add(caller)
    }
    var sorted = named.values.sorted {
      $0.cost == $1.cost ? ($0.name ?? "") < ($1.name ?? "") : $0.cost > $1.cost
    }
    for line in sorted.dropFirst(CallersSheet.Limit.rowsMax) {
      rest.products.formUnion(line.products)
      rest.requests += line.requests
      rest.tokens += line.tokens
      rest.cost += line.cost
    }
    sorted.removeSubrange(min(sorted.count, CallersSheet.Limit.rowsMax)...)
    lines = sorted + (rest.products.isEmpty ? [] : [rest])
    let counts = PrintedCounts.forPeople(books)
    let rows = scope.rows(of: books)
    requests = counts[.requests, rows: rows]
    tokens = CountColumn.allCases.filter(\.isTokens).reduce(0) { $0 + counts[$1, rows: rows] }
    total = books.printedUsage(scope)
  }

  var table: Table {
    let language = books.language
    let digits = books.productDigits
    let costs = PrintedMoney.rounded(lines.map(\.cost), addingUpTo: total, digits: digits)
    let exact = lines.reduce(Money.zero) { $0 + $1.cost }
    let shares = PrintedMoney.shares(lines.map(\.cost), of: exact)
    let requests = column(lines.map(\.requests), addingUpTo: requests)
    let tokens = column(lines.map(\.tokens), addingUpTo: tokens)
    var table = Table(columns: [
      .init(title, .text), .init(language("Product", "プロダクト"), .text),
      .init(language("Requests", "リクエスト数"), .count), .init(language("Tokens", "トークン"), .count),
      .init(language.amount("Cost", "費用"), .money), .init(language("Share", "構成比"), .percent),
    ])
    for (index, line) in lines.enumerated() {
      table.rows.append([
        .text(name(line)), .text(product(line)), Books.countCell(requests[index]),
        Books.countCell(tokens[index]),
        PrintedMoney.cell(costs[index], exact: line.cost, digits: digits),
        shares.map { .basisPoints($0[index]) } ?? .empty,
      ])
    }
    table.total = [
      .text(language.total), .empty, Books.countCell(requests.reduce(0, +)),
      Books.countCell(tokens.reduce(0, +)), .money(costs.reduce(.zero, +)),
      shares.map { .basisPoints($0.reduce(0, +)) } ?? .empty,
    ]
    return table
  }

  private var title: String {
    switch kind {
    case .key: books.language("Key", "キー")
    case .team: books.language("Team", "チーム")
    case .user: books.language("User", "ユーザー")
    }
  }

  private func name(_ line: Line) -> String {
    guard let name = line.name else { return books.language("all others", "その他すべて") }
    return name.isEmpty ? books.language("(none named)", "（指定なし）") : name
  }

  private func product(_ line: Line) -> String {
    guard line.products.count == 1, let only = line.products.first else {
      return books.language("\(line.products.count) products", "\(line.products.count)プロダクト")
    }
    return books.name(ofProduct: only)
  }

  /// Millionths: whole numbers where their sum is one, else hundredths.
  private func column(_ exact: [Int128], addingUpTo total: Int128) -> [Int128] {
    let unit: Int128 = total % 1_000_000 == 0 ? 1_000_000 : 10_000
    return roundColumn(
      exact.map { $0 * (1_000_000 / unit) }, addingUpTo: total / unit, denominator: books.weightDenominator
    ).map { $0 * unit }
  }
}
