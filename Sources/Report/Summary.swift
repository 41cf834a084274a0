import Ledger

/// In: the books. Out: `summary.md`: the answer first, then what needs attention, then the tables behind it.
enum Summary {
  enum Limit {
    /// A screenful of products; the workbook has them all.
    static let productsMax = 30
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
      opening(books), attention(books), ReviewMarkdown.sections(books), CostsSection.text(books),
      adjustments(books), models(books), days(books), files(books),
    ].compactMap { $0 }.joined(separator: "\n")
  }

  private static func opening(_ books: Books) -> String {
    let language = books.language
    let period = Markdown.escaped(books.periodName)
    var text = language("# AI cost, \(period)\n\n", "# AI利用費 \(period)\n\n")
    text += "\(Headline.total(books, strong: true)) \(range(books))\n"
    if let line = books.currencySentence { text += "\n\(Markdown.escaped(line))\n" }
    if let line = books.adjustmentsSentence { text += "\n\(line.replacing("$", with: "\\$"))\n" }
    if let line = Headline.coverage(books) { text += "\n\(line)\n" }
    if let answer = ReviewMarkdown.answer(books) { text += "\n\(answer)" }
    text += "\n" + Markdown.table(books.productsTable(rowsMax: Limit.productsMax))
    if books.totalCost > .zero {
      text += "\n![\(language("Cost by product", "プロダクト別の費用"))](charts/products.svg)\n"
    }
    return text
  }

  /// `From 2026-10-01 to 2026-10-31, days of Asia/Tokyo.`
  static func range(_ books: Books) -> String {
    let language = books.language
    func day(_ day: Period.Day?) -> String { Markdown.escaped(language.period(day?.label ?? "")) }
    let (first, last) = (day(books.period.days.first), day(books.period.days.last))
    let zone = Markdown.escaped(books.period.zone)
    if first == last {
      return language("On \(first), a day of \(zone).", "期間は\(first)（\(zone)の日付）です。")
    }
    return language(
      "From \(first) to \(last), days of \(zone).", "期間は\(first)から\(last)まで（\(zone)の日付）です。")
  }

  private static func attention(_ books: Books) -> String {
    let findings = Findings.list(books)
    var text = books.language("## What needs attention\n\n", "## 確認が必要なこと\n\n")
    if findings.isEmpty { return text + Findings.nothing(books.language) + "\n" }
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
      rowsMax: Limit.adjustmentsMax, digits: books.productDigits,
      total: books.printedParts().adjustments)
    let language = books.language
    var text = language("## Adjustments to closed periods\n\n", "## 締め済み期間の調整\n\n")
    text += language(
      "Closed books are not rewritten; what changed in them since is charged here.\n\n",
      "締めた帳簿は書き換えません。その後の変更は当期で調整します。\n\n")
    for line in books.adjustmentReasons() {
      let words = line.words.isEmpty ? "" : language.quoted(Markdown.escaped(line.words))
      text += "- \(Markdown.escaped(line.reason))\(words)\n"
    }
    return text + "\n" + Markdown.table(table, codeColumns: [2, 3])
      + language(
        "\nWas and is are of the days that changed; `adjustments.csv` has each day.\n",
        "\n修正前・修正後は変更のあった日の金額です。日ごとの内訳は `adjustments.csv` にあります。\n")
  }

  private static func models(_ books: Books) -> String {
    let language = books.language
    let title = language("## Models\n\n", "## モデル別\n\n")
    guard !books.rows.isEmpty else {
      return title + language("No request in this period.\n", "この期間のリクエストはありません。\n")
    }
    return title + Markdown.table(books.modelsTable(rowsMax: Limit.modelsMax), codeColumns: [0, 1])
      + language(
        "\nTokens are disjoint: `Input` is what was neither read from nor written to a cache.\n",
        "\nトークンは重複なく数えています。「入力」はキャッシュの読込・書込のどちらでもない分です。\n")
  }

  private static func days(_ books: Books) -> String {
    let days = PrintedDays(books, byMonthWhenLong: true)
    let language = books.language
    let title = days.isByMonth ? language("Months", "月別") : language("Days", "日別")
    guard books.totalCost > .zero else {
      return "## \(title)\n\n" + language("No cost in this period.\n", "この期間の費用はありません。\n")
    }
    let dearest = days.lines.map(\.total).max() ?? .zero
    let shown = shownProducts(books)
    var table = Table(
      columns: [
        .init(days.isByMonth ? language("Month", "月") : language("Day", "日付"), .text),
        .init(language("Requests", "リクエスト数"), .count),
      ] + shown.map { .init(books.name(ofProduct: $0), .money) }
        + [.init(language.amount("Total", "合計"), .money), .init("", .text)])
    for line in days.lines {
      table.rows.append(
        [.text(language.day(line.label)), .count(Int64(line.requests))]
          + shown.map { line.cell(ofProduct: $0, digits: days.digits) }
          + [.money(line.total), .text(bar(line.total, of: dearest))])
    }
    if let undated = days.undated {
      table.rows.append(
        [.text(undated.label), .empty]
          + shown.map { undated.cell(ofProduct: $0, digits: days.digits) }
          + [.money(undated.total), .empty])
    }
    let all = days.lines + (days.undated.map { [$0] } ?? [])
    let requests = days.lines.reduce(Int128(0)) { $0 + $1.requests }
    let total = PrintedDays.Line(summing: all)
    table.total =
      [.text(language.total), .count(Int64(requests))]
      + shown.map { total.cell(ofProduct: $0, digits: days.digits) }
      + [.money(total.total), .empty]
    let chart =
      days.isByMonth ? language("Cost by month", "月別の費用") : language("Cost by day", "日別の費用")
    var text = "## \(title)\n\n![\(chart)](charts/daily.svg)\n\n" + Markdown.table(table)
    if shown.count < books.products.count {
      text += language(
        "\nThe \(shown.count) dearest of \(books.products.count) products; the total has all of them.\n",
        "\n\(books.products.count)プロダクトのうち費用の大きい\(shown.count)件です。合計には全件を含みます。\n")
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
    let language = books.language
    let from = Markdown.escaped(prices.source)
    let source = prices.source.isEmpty ? "" : language(", from \(from)", "（出典: \(from)）")
    func figure(_ count: Int64) -> String { CellText.grouped(String(count)) }
    let lines = language(
      "\(figure(books.linesRead)) lines = \(figure(books.usagesRead)) usages"
        + " + \(figure(books.duplicatesRead)) duplicates + \(figure(books.rejectedRead)) rejected"
        + " + \(figure(books.controlRead)) control",
      "\(figure(books.linesRead))行 = 利用 \(figure(books.usagesRead)) + 重複 \(figure(books.duplicatesRead))"
        + " + 読み取り不可 \(figure(books.rejectedRead)) + 制御 \(figure(books.controlRead))")
    let passed = books.checks.count { $0.passed }
    if language == .ja {
      return """
        ## ファイルとバージョン

        - 生ログ: \(language.counted(books.inputs.count, "file", "ファイル"))、\(lines)。ダイジェストは `run.json` にあります。
        - 単価表: \(Markdown.code(prices.version))\(source)
        - 配賦ルール: \(Markdown.code(books.attributionVersion))
        - プログラム: \(Markdown.escaped(books.programVersion))
        - 検算: \(books.checks.count)件中\(passed)件が一致
        - 同じフォルダーのファイル: [chargeback.xlsx](chargeback.xlsx)（閲覧用）、[chargeback.csv](chargeback.csv)\
        （丸めのない金額）、[run.json](run.json)（ダイジェストと検算）

        """
    }
    return """
      ## Files and versions

      - Raw logs: \(language.counted(books.inputs.count, "file", "ファイル")), \(lines). Their digests are in `run.json`.
      - Prices: \(Markdown.code(prices.version))\(source).
      - Attribution rules: \(Markdown.code(books.attributionVersion)).
      - Program: \(Markdown.escaped(books.programVersion)).
      - Checks: \(passed) of \(books.checks.count) passed.
      - Beside this file: [chargeback.xlsx](chargeback.xlsx) for people, [chargeback.csv](chargeback.csv) with
        exact money, [run.json](run.json) with digests and checks.

      """
  }
}

/// The first sentences of every report. Money and counts only: no text from outside.
enum Headline {
  /// `**$1,234.56** for 12,345 requests by 3 products.`
  static func total(_ books: Books, strong: Bool) -> String {
    let digits = books.productDigits
    let cost = books.printedProductCosts(digits: digits).reduce(.zero, +)
    let language = books.language
    let amount =
      books.state == .unpriced
      ? language("Unknown cost", "費用不明") : CellText.dollars(cost, digits: digits)
    let requests = books.whole(books.totalCounts.requests)
    let users = books.products.indices.dropLast().count {
      books.counts(ofProduct: $0).requests != 0
    }
    let bound = books.state == .partial ? language("At least ", "少なくとも ") : ""
    let text = strong ? "**\(bound)\(amount)**" : "\(bound)\(amount)"
    return language(
      "\(text) for \(language.counted(requests, "request", "件")) by \(language.counted(users, "product", "")).",
      "\(text)（\(users)プロダクト、\(language.counted(requests, "request", "件"))のリクエスト）")
  }

  /// `98.10% of the requests have an exact price, 1.20% are estimated, …`; nil where there was no request.
  static func coverage(_ books: Books) -> String? {
    guard let coverage = Coverage(books) else { return nil }
    func percent(_ points: Int64) -> String {
      decimalText(Int128(points), fractionDigits: 2, trimmed: false) + "%"
    }
    let language = books.language
    func part(_ points: Int64, _ english: String, _ japanese: String) -> String {
      points > 0
        ? language(", \(percent(points)) \(english)", "、\(percent(points))は\(japanese)") : ""
    }
    let exact = percent(coverage.exact)
    return language("\(exact) of the requests have an exact price", "リクエストの\(exact)は費用が確定")
      + part(coverage.estimated, "an estimated one", "推定")
      + part(coverage.unpriced, "lack a price", "単価なし")
      + part(coverage.interrupted, "were interrupted", "中断") + language(".", "です。")
  }
}
