import Ledger

/// The review's section on costs that no request made; nil where there is none.
enum CostsSection {
  enum Limit {
    /// A screenful; the workbook has them all.
    static let rowsMax = 30
  }

  static func text(_ books: Books) -> String? {
    guard CostsSheet.isNeeded(books) else { return nil }
    let language = books.language
    let tables = CostTables(books)
    var parts: [String] = ["## \(CostsSheet.name(language))\n"]
    func add(_ title: String, _ table: Table, code: Set<Int> = []) {
      var shown = table
      shown.rows = Array(table.rows.prefix(Limit.rowsMax))
      let more = table.rows.count - shown.rows.count
      parts.append("### \(title)\n\n" + Markdown.table(shown, codeColumns: code))
      if more > 0 {
        parts.append(language("And \(more) more in the workbook.\n", "ほか\(more)件はワークブックにあります。\n"))
      }
    }
    if !tables.pools.isEmpty {
      add(language("Costs", "費用"), tables.pools(tables.pools))
      add(language("Parts by product", "プロダクト別配賦額"), tables.parts(tables.pools))
    }
    if !tables.spreads.isEmpty {
      add(language("Unattributed cost that was spread", "再配賦した未配賦コスト"), tables.parts(tables.spreads))
    }
    if let table = tables.commitments { add(language("Commitments", "コミットメント"), table) }
    if let table = tables.taxes {
      add(language("Tax, beside the total", "消費税（合計には含みません）"), table)
    }
    if let table = tables.rates { add(language("Exchange rates", "為替レート"), table) }
    return parts.joined(separator: "\n")
  }
}

extension Books {
  /// `¥1,234,567 at 151.25 JPY per USD (TTM; MUFG, 2026-10-31).`; nil for dollars alone.
  public var currencySentence: String? {
    guard let currency else { return nil }
    guard let converted = ConvertedBooks(self) else {
      let months = currency.missingMonths.map { language.period($0) }.joined(separator: language(", ", "、"))
      return language(
        "No \(currency.code) rate for \(months): figures are in US dollars alone.",
        "\(months)の\(currency.code)レートが未登録のため、米ドルのみで表示しています。")
    }
    let total = currency.text(converted.total)
    guard let rate = currency.singleRate, currency.rates.count == 1 else {
      return language(
        "\(total), each month at its own rate.", "\(total)（月ごとのレートで換算）。")
    }
    let kind = rate.kind.isEmpty ? "" : rate.kind + "; "
    return language(
      "\(total) at \(rate.text) \(currency.code) per USD (\(kind)\(rate.source), \(rate.date)).",
      "\(total)（1 USD = \(rate.text) \(currency.code)、\(kind)\(rate.source)、\(rate.date)）。")
  }
}
