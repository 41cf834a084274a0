import Ledger

/// What closed periods are corrected by in this one: was, is, difference, and why.
enum AdjustmentsSheet {
  static func write(_ books: Books, _ scope: Scope, in file: WorkbookFile) throws(ReportError) {
    let sheet = try WorkbookSheet(books.language("Adjustments", "調整"), of: books, in: file)
    let language = books.language
    sheet.title(
      language("Adjustments to closed periods", "締め済み期間の調整"),
      language(
        "Closed books are not rewritten; what changed in them since is charged here. Days stand in "
          + "adjustments.csv.", "締めた帳簿は書き換えず、その後の変更は当期で調整します。日ごとの内訳はadjustments.csvにあります。"))
    var row = totals(books, scope, sheet, row: 3)
    // Six digits show a single request of most models.
    let digits = max(6, PrintedMoney.digits(for: books.adjustments.list.map(\.difference)))
    let total = PrintedMoney.rounded([books.adjustments.total], digits: digits)[0]
    let table = books.adjustmentsTable(
      rowsMax: Workbook.Limit.adjustmentRowsMax, digits: digits, total: total, scope)
    let placed = sheet.draw(table, row: row, summed: [8], filter: true)
    row = placed.nextRow + 1
    sheet.text(language("Why", "理由"), row: row, column: 0, style: .section, measures: false)
    for (index, line) in books.adjustmentReasons(scope).enumerated() {
      let words = line.words.isEmpty ? "" : language.quoted(line.words)
      sheet.text(line.reason + words, row: row + 1 + index, column: 0, measures: false)
    }
    sheet.freeze(rows: 0, columns: 2)
    sheet.finish()
  }

  /// Usage, adjustments, together: the three figures of the summary.
  private static func totals(
    _ books: Books, _ scope: Scope, _ sheet: WorkbookSheet, row: Int
  ) -> Int {
    let digits = books.productDigits
    let parts = books.printedParts(scope)
    let tiles = FigureTiles(sheet, row: row)
    let figures = [
      (books.ownCostsName, parts.own),
      (books.language("Adjustments", "調整"), parts.adjustments),
      (books.language("Together", "合計"), parts.total),
    ]
    for (index, figure) in figures.enumerated() {
      tiles.money(figure.0, .money(figure.1), digits: digits, column: index)
    }
    return row + 3
  }
}
