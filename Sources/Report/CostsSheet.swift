import Ledger

/// Fixed and shared costs: what they are, how they were put on products, and that the parts add up.
enum CostsSheet {
  static func name(_ language: Language) -> String { language("Fixed and shared costs", "固定費・共通費") }

  /// Without a cost, a tax or a second currency there is no such sheet.
  static func isNeeded(_ books: Books) -> Bool {
    !books.costs.isEmpty || !books.taxes.isEmpty || books.currency != nil
  }

  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let language = books.language
    let sheet = try WorkbookSheet(name(language), of: books, in: file)
    sheet.title(
      name(language),
      language(
        "Costs that no request made, and the method that put each of them on products.",
        "リクエストによらない費用と、その配賦方法です。"))
    let tables = CostTables(books)
    var row = 3
    if !tables.pools.isEmpty {
      row = pools(
        tables, tables.pools, language("Costs", "費用"), language("Parts by product", "プロダクト別配賦額"), sheet,
        row: row)
    }
    if !tables.spreads.isEmpty {
      row = pools(
        tables, tables.spreads, language("Unattributed cost that was spread", "再配賦した未配賦コスト"),
        language("Where it went", "再配賦先"), sheet, row: row)
    }
    if let table = tables.commitments {
      row = section(language("Commitments", "コミットメント"), table, [], sheet, row: row)
    }
    if let table = tables.taxes {
      row = section(
        language("Tax, beside the total and in no product's figure", "消費税（合計およびプロダクト別金額には含みません）"),
        table, Set(5..<table.columns.count), sheet, row: row)
    }
    if let table = tables.rates {
      row = section(language("Exchange rates", "為替レート"), table, [], sheet, row: row)
    }
    sheet.finish()
  }

  /// The costs, their parts, and the line that proves that both are the same money.
  private static func pools(
    _ tables: CostTables, _ lines: [CostLine], _ title: String, _ partsTitle: String, _ sheet: WorkbookSheet,
    row: Int
  ) -> Int {
    let language = tables.books.language
    let poolsTable = tables.pools(lines)
    let partsTable = tables.parts(lines)
    sheet.text(title, row: row, column: 0, style: .section, measures: false)
    let pools = sheet.draw(poolsTable, row: row + 1, summed: Set(6..<poolsTable.columns.count))
    let partsRow = pools.nextRow + 1
    sheet.text(partsTitle, row: partsRow, column: 0, style: .section, measures: false)
    let parts = sheet.draw(partsTable, row: partsRow + 1, summed: Set(4..<partsTable.columns.count))
    sheet.text(
      language("Costs less parts", "費用 − 配賦額（検算）"), row: parts.nextRow, column: 0, style: .muted,
      measures: false)
    for offset in 0..<poolsTable.columns.count - 6 {
      var style = CellStyle.muted
      style.isRight = true
      style.numberFormat = CellStyle.numberFormat(digits: offset == 0 ? 2 : 0, currency: offset == 0)
      let whole = WorkbookSheet.reference(pools.nextRow - 1, 6 + offset)
      let part = WorkbookSheet.reference(parts.nextRow - 1, 4 + offset)
      sheet.formula(
        "ROUND(\(whole)-\(part),6)", cell: .money(.zero), row: parts.nextRow, column: 4 + offset, style: style
      )
    }
    return parts.nextRow + 2
  }

  private static func section(
    _ title: String, _ table: Table, _ summed: Set<Int>, _ sheet: WorkbookSheet, row: Int
  ) -> Int {
    sheet.text(title, row: row, column: 0, style: .section, measures: false)
    return sheet.draw(table, row: row + 1, summed: summed).nextRow + 1
  }
}
