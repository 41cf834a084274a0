import Ledger

/// In: the books. Out: `summary.md`: the answer first, then what needs attention, then the tables behind it.
enum Summary {
  enum Limit {
    /// A screenful of models; the workbook has them all.
    static let modelsMax = 15
    /// A screenful of corrections; the workbook has them all.
    static let adjustmentsMax = 20
    /// More products than this would not fit across a page: the rest stand in the workbook.
    static let productColumnsMax = 6
    /// Characters of the longest day's bar.
    static let barCharactersMax = 20
  }

  static func text(_ books: Books) -> String {
    [
      opening(books), attention(books), adjustments(books), models(books), days(books), files(books),
    ].compactMap { $0 }.joined(separator: "\n")
  }

  private static func opening(_ books: Books) -> String {
    var text = "# AI cost, \(Markdown.escaped(books.period.label))\n\n"
    text += "\(Headline.total(books, strong: true)) \(range(books))\n"
    if let line = books.adjustmentsSentence { text += "\n\(line.replacing("$", with: "\\$"))\n" }
    if let line = Headline.coverage(books) { text += "\n\(line)\n" }
    text += "\n" + Markdown.table(books.productsTable)
    if books.totalCost > .zero { text += "\n![Cost by product](charts/products.svg)\n" }
    return text
  }

  /// `From 2026-10-01 to 2026-10-31, days of Asia/Tokyo.`
  static func range(_ books: Books) -> String {
    let first = books.period.days.first?.label ?? ""
    let last = books.period.days.last?.label ?? ""
    let zone = Markdown.escaped(books.period.zone)
    if first == last { return "On \(Markdown.escaped(first)), a day of \(zone)." }
    return "From \(Markdown.escaped(first)) to \(Markdown.escaped(last)), days of \(zone)."
  }

  private static func attention(_ books: Books) -> String {
    let findings = Findings.list(books)
    var text = "## What needs attention\n\n"
    if findings.isEmpty {
      return text + "Nothing: every line was read, every request has an exact price and a product.\n"
    }
    for finding in findings {
      text += "### \(finding.headline)\n\n\(finding.advice)\n\n"
      if let table = finding.table, !table.rows.isEmpty {
        text += Markdown.table(table, codeColumns: finding.codeColumns) + "\n"
      }
    }
    text.removeLast()
    return text
  }

  /// Nil where no closed period is corrected.
  private static func adjustments(_ books: Books) -> String? {
    guard !books.adjustments.isEmpty else { return nil }
    let table = books.adjustmentsTable(
      rowsMax: Limit.adjustmentsMax, digits: books.productDigits, total: books.printedParts.adjustments)
    var text = "## Adjustments to closed periods\n\n"
    text += "Closed books are not rewritten; what changed in them since is charged here.\n\n"
    for line in books.adjustmentReasons {
      let words = line.words.isEmpty ? "" : " “\(Markdown.escaped(line.words))”"
      text += "- \(Markdown.escaped(line.reason))\(words)\n"
    }
    return text + "\n" + Markdown.table(table, codeColumns: [2, 3])
      + "\nWas and is are of the days that changed; `adjustments.csv` has each day.\n"
  }

  private static func models(_ books: Books) -> String {
    guard !books.rows.isEmpty else { return "## Models\n\nNo request in this period.\n" }
    return "## Models\n\n" + Markdown.table(books.modelsTable(rowsMax: Limit.modelsMax), codeColumns: [0, 1])
      + "\nTokens are disjoint: `Input` is what was neither read from nor written to a cache.\n"
  }

  private static func days(_ books: Books) -> String {
    let days = PrintedDays(books, byMonthWhenLong: true)
    let title = days.isByMonth ? "Months" : "Days"
    guard books.totalCost > .zero else { return "## \(title)\n\nNo cost in this period.\n" }
    let dearest = days.lines.map(\.total).max() ?? .zero
    let shown = shownProducts(books)
    var table = Table(
      columns: [.init(days.isByMonth ? "Month" : "Day", .text), .init("Requests", .count)]
        + shown.map { .init(books.products[$0].name, .money) }
        + [.init("Total (USD)", .money), .init("", .text)])
    for line in days.lines {
      table.rows.append(
        [.text(line.label), .count(Int64(line.requests))]
          + shown.map { line.cell(ofProduct: $0, digits: days.digits) }
          + [.money(line.total), .text(bar(line.total, of: dearest))])
    }
    if let undated = days.undated {
      table.rows.append(
        [.text(undated.label), .empty] + shown.map { undated.cell(ofProduct: $0, digits: days.digits) }
          + [.money(undated.total), .empty])
    }
    let all = days.lines + (days.undated.map { [$0] } ?? [])
    let requests = days.lines.reduce(Int128(0)) { $0 + $1.requests }
    let total = PrintedDays.Line(summing: all)
    table.total =
      [.text("Total"), .count(Int64(requests))] + shown.map { total.cell(ofProduct: $0, digits: days.digits) }
      + [.money(total.total), .empty]
    var text = "## \(title)\n\n![Cost by day](charts/daily.svg)\n\n" + Markdown.table(table)
    if shown.count < books.products.count {
      text += "\nThe \(shown.count) dearest of \(books.products.count) products; the total has all of them.\n"
    }
    return text
  }

  /// In the rules' order; where they are too many, the dearest ones.
  private static func shownProducts(_ books: Books) -> [Int] {
    let all = Array(books.products.indices)
    guard all.count > Limit.productColumnsMax else { return all }
    let costs = books.productCosts
    let dearest = all.sorted { costs[$0] == costs[$1] ? $0 < $1 : costs[$0] > costs[$1] }
    return dearest.prefix(Limit.productColumnsMax).sorted()
  }

  private static func bar(_ cost: Money, of dearest: Money) -> String {
    guard cost > .zero, dearest > .zero else { return "" }
    let length = divideHalfEven(
      cost.femtodollars * Int128(Limit.barCharactersMax), by: dearest.femtodollars)
    return length == 0 ? "▏" : String(repeating: "█", count: Int(length))
  }

  private static func files(_ books: Books) -> String {
    let prices = books.prices
    let source = prices.source.isEmpty ? "" : ", from \(Markdown.escaped(prices.source))"
    func figure(_ count: Int64) -> String { CellText.grouped(String(count)) }
    let lines =
      "\(figure(books.linesRead)) lines = \(figure(books.usagesRead)) usages"
      + " + \(figure(books.duplicatesRead)) duplicates + \(figure(books.rejectedRead)) rejected"
      + " + \(figure(books.controlRead)) control"
    let passed = books.checks.count { $0.passed }
    return """
      ## Files and versions

      - Raw logs: \(Findings.counted(books.inputs.count, "file")), \(lines). Their digests are in `run.json`.
      - Prices: \(Markdown.code(prices.version))\(source).
      - Attribution rules: \(Markdown.code(books.attributionVersion)).
      - Program: \(Markdown.escaped(books.programVersion)).
      - Checks: \(passed) of \(books.checks.count) passed.
      - Beside this file: `chargeback.xlsx` for people, `chargeback.csv` with exact money, `run.json` with
        digests and checks.

      """
  }
}

/// The first sentences of every report. Money and counts only: no text from outside.
enum Headline {
  /// `**$1,234.56** for 12,345 requests by 3 products.`
  static func total(_ books: Books, strong: Bool) -> String {
    let digits = books.productDigits
    let cost = books.printedProductCosts(digits: digits).reduce(.zero, +)
    let amount = books.state == .unpriced ? "Unknown cost" : CellText.dollars(cost, digits: digits)
    let requests = books.whole(books.totalCounts.requests)
    let users = books.products.indices.dropLast().count { books.counts(ofProduct: $0).requests != 0 }
    let bound = books.state == .partial ? "At least " : ""
    let text = strong ? "**\(bound)\(amount)**" : "\(bound)\(amount)"
    return "\(text) for \(Findings.counted(requests, "request")) by \(Findings.counted(users, "product"))."
  }

  /// `98.10% of the requests have an exact price, 1.20% are estimated, …`; nil where there was no request.
  static func coverage(_ books: Books) -> String? {
    guard let coverage = Coverage(books) else { return nil }
    func percent(_ points: Int64) -> String {
      decimalText(Int128(points), fractionDigits: 2, trimmed: false) + "%"
    }
    var text = "\(percent(coverage.exact)) of the requests have an exact price"
    if coverage.estimated > 0 { text += ", \(percent(coverage.estimated)) an estimated one" }
    if coverage.unpriced > 0 { text += ", \(percent(coverage.unpriced)) lack a price" }
    if coverage.interrupted > 0 { text += ", \(percent(coverage.interrupted)) were interrupted" }
    return text + "."
  }
}
