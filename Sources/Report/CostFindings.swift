import Ledger

/// What a person should look at in the fixed costs, credits and rates.
enum CostFindings {
  static func list(_ books: Books) -> [Finding] {
    [missingRates(books), unknownAmounts(books), withoutBasis(books), idleSeats(books)].compactMap { $0 }
  }

  private static func missingRates(_ books: Books) -> Finding? {
    guard let currency = books.currency, !currency.missingMonths.isEmpty else { return nil }
    let language = books.language
    let months = currency.missingMonths.map { language.period($0) }.joined(separator: language(", ", "、"))
    return Finding(
      headline: language(
        "There is no \(currency.code) rate for \(months)", "\(months)の\(currency.code)レートがありません"),
      advice: language(
        "The figures are in US dollars alone. Add the rate with its source and date to the rate table, and run "
          + "the report again.",
        "米ドルのみで表示しています。レート表にレート・出典・基準日を追加し、レポートを再作成してください。"),
      short: language("no \(currency.code) rate", "\(currency.code)レートなし"))
  }

  private static func unknownAmounts(_ books: Books) -> Finding? {
    let lines = books.costs.filter { $0.amount == nil }
    guard !lines.isEmpty else { return nil }
    let language = books.language
    let count = lines.count
    return Finding(
      headline: language(
        "\(language.counted(count, "fixed cost", "件")) could not be converted to US dollars",
        "米ドルに換算できない固定費が\(count)件あります"),
      advice: language(
        "Their amount is missing from the total. Add the month's rate to the rate table.",
        "金額は合計に含まれていません。該当月のレートをレート表に追加してください。"),
      table: table(lines, books), short: language("\(count) fixed costs without a rate", "換算不能の固定費\(count)件"))
  }

  private static func withoutBasis(_ books: Books) -> Finding? {
    let lines = books.costs.filter { $0.hadNoBasis && $0.amount != .zero }
    guard !lines.isEmpty else { return nil }
    let language = books.language
    return Finding(
      headline: language(
        "\(language.counted(lines.count, "shared cost", "件")) found no usage to go by",
        "配賦基準となる利用がない共通費が\(lines.count)件あります"),
      advice: language(
        "They lie on no product. See whether the usage was read, or name who bears them.",
        "未配賦のままです。利用データの取込みを確認するか、負担するプロダクトを指定してください。"),
      table: table(lines, books),
      short: language("\(lines.count) shared costs on nobody", "未配賦の共通費\(lines.count)件"))
  }

  /// Seats are paid for, and no request of the vendor was metered.
  private static func idleSeats(_ books: Books) -> Finding? {
    let used = Set(books.rows.filter { $0.entry == .usage }.map(\.provider))
    let lines = books.costs.filter { $0.method == .seats && !$0.vendor.isEmpty && !used.contains($0.vendor) }
    guard !lines.isEmpty else { return nil }
    let language = books.language
    return Finding(
      headline: language(
        "Seats are paid for at vendors without any metered use", "利用実績のないベンダーのシートに費用が発生しています"),
      advice: language(
        "Import what these vendors say of the use, or ask the owners whether the seats are needed.",
        "ベンダーの利用データを取り込むか、シートの要否を担当者に確認してください。"),
      table: table(lines, books), short: language("seats without use", "未使用シート"))
  }

  /// What no rule placed is on products by a method, and is said to be.
  static func spread(_ cost: Money, digits: Int, _ language: Language) -> Finding {
    let amount = CellText.dollars(cost, digits: max(digits, PrintedMoney.digits(for: [cost])))
    return Finding(
      headline: language(
        "\(amount) belonged to no product and was spread", "\(amount)は配賦ルールに該当せず、再配賦しました"),
      advice: language(
        "The method stands with the fixed and shared costs. Add a rule for the key, team or tag that sent it, and "
          + "run the report again.",
        "再配賦の方法は固定費・共通費に記載しています。送信元のキー、チーム、タグのルールを追加し、レポートを作り直してください。"),
      short: language("\(amount) spread", "再配賦\(amount)"))
  }

  private static func table(_ lines: [CostLine], _ books: Books) -> Table {
    let words = CostWords(language: books.language)
    let language = books.language
    return Table(
      columns: [
        .init(language("Cost", "費目"), .text), .init(language("Vendor", "ベンダー"), .text),
        .init(language("Month", "月"), .text), .init(language("As given", "登録額"), .text),
        .init(language("Written in", "定義箇所"), .text),
      ],
      rows: lines.prefix(Findings.Limit.rowsMax).map { line in
        [
          .text(line.name), .text(line.vendor), .text(words.month(line.slice)), .text(words.given(line)),
          .text(line.place),
        ]
      })
  }
}
