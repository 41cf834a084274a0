import Ledger

/// What closed periods are corrected by in this one: was, is, difference, and why.
enum AdjustmentsSheet {
  static let name = "Adjustments"

  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let sheet = try WorkbookSheet(name, in: file, footer: Workbook.footer(books))
    sheet.title(
      "Adjustments to closed periods",
      "Closed books are not rewritten; what changed in them since is charged here. Days stand in adjustments.csv."
    )
    var row = totals(books, sheet, row: 3)
    // Six digits show a single request of most models.
    let digits = max(6, PrintedMoney.digits(for: books.adjustments.list.map(\.difference)))
    let total = PrintedMoney.rounded([books.adjustments.total], digits: digits)[0]
    let table = books.adjustmentsTable(
      rowsMax: Workbook.Limit.adjustmentRowsMax, digits: digits, total: total)
    let placed = sheet.draw(table, row: row, summed: [8], filter: true)
    row = placed.nextRow + 1
    sheet.text("Why", row: row, column: 0, style: .section, measures: false)
    for (index, line) in books.adjustmentReasons.enumerated() {
      let words = line.words.isEmpty ? "" : " “\(line.words)”"
      sheet.text(line.reason + words, row: row + 1 + index, column: 0, measures: false)
    }
    sheet.freeze(rows: 0, columns: 2)
    sheet.finish()
  }

  /// Usage, adjustments, together: the three figures of the summary.
  private static func totals(_ books: Books, _ sheet: WorkbookSheet, row: Int) -> Int {
    let digits = books.productDigits
    let parts = books.printedParts
    let label = CellStyle(fontSize: 9, color: Palette.muted)
    var value = CellStyle(fontSize: 16, isBold: true, isLeft: true)
    value.numberFormat = CellStyle.numberFormat(digits: digits, currency: true)
    let figures = [
      ("Usage of the period", parts.usage), ("Adjustments", parts.adjustments), ("Together", parts.total),
    ]
    for (index, figure) in figures.enumerated() {
      sheet.text(figure.0, row: row, column: index, style: label)
      sheet.number(figure.1.description, row: row + 1, column: index, style: value)
    }
    sheet.rowHeight(row + 1, points: 24)
    return row + 3
  }
}
