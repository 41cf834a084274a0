import Ledger

/// What is not in the total, or not exactly: models without a price, interrupted requests, lines that could
/// not be read, lines that are missing.
enum TroubleSheet {
  static let name = "Unpriced & rejected"

  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let sheet = try WorkbookSheet(name, in: file, footer: Workbook.footer(books))
    sheet.title(
      "What is missing from the total",
      "Unknown is not zero: what stands here may still be billed by the vendor.")
    let max = Workbook.Limit.troubleRowsMax
    var row = 3
    let sections: [(title: String, none: String, table: Table, count: Int)] = [
      (
        "Used without a price", "Every model has a price.", Findings.unpricedTable(books, rowsMax: max),
        books.unpriced.count
      ),
      (
        "Lines that could not be read", "Every line was read.", Findings.rejectedTable(books, rowsMax: max),
        Int(books.rejectedRead)
      ),
      (
        "Lines that are missing", "No writer has a gap.", Findings.holesTable(books, rowsMax: max),
        books.holes.count
      ),
    ]
    for section in sections {
      sheet.text(section.title, row: row, column: 0, style: .section, measures: false)
      row += 1
      guard section.count > 0 else {
        sheet.text(section.none, row: row, column: 0, measures: false)
        row += 2
        continue
      }
      row = sheet.draw(section.table, row: row).nextRow
      if section.count > section.table.rows.count {
        sheet.text(
          "and \(CellText.grouped(String(section.count - section.table.rows.count))) more", row: row,
          column: 0, style: .muted, measures: false)
        row += 1
      }
      row += 1
    }
    requests(books, sheet, row: row)
    sheet.finish()
  }

  private static func requests(_ books: Books, _ sheet: WorkbookSheet, row: Int) {
    sheet.text("Requests whose cost is not exact", row: row, column: 0, style: .section, measures: false)
    let counts = books.totalCounts
    sheet.draw(
      Table(
        columns: [.init("Kind", .text), .init("Requests", .count)],
        rows: [
          [.text("Something used has no price"), .count(books.whole(counts.unpricedRequests))],
          [.text("Began and never ended"), .count(books.whole(counts.interruptedRequests))],
          [.text("Counts were estimated"), .count(books.estimatedRequests)],
        ]), row: row + 1)
  }
}
