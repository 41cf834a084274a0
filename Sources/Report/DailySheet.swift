import Ledger

/// Each day's cost by product, and a chart of it.
enum DailySheet {
  enum Limit {
    /// More columns do not fit a page that can be read; the rest share one.
    static let productColumnsMax = 12
  }

  /// Where the days stand, for charts of other sheets.
  struct Placed {
    var control: WorkbookControl
    var categories: String
    /// By product: its column's head and figures; a product that shares a column has none.
    var series: [Int: (name: String, values: String)]
  }

  static func write(
    _ books: Books, _ scope: Scope, in file: WorkbookFile
  ) throws(ReportError) -> Placed {
    let language = books.language
    let sheet = try WorkbookSheet(language("Daily", "日別"), of: books, in: file)
    sheet.title(
      language("Cost by day", "日別の費用"),
      language("US dollars, days of \(books.period.zone).", "金額は米ドル、日付は\(books.period.zone)です。"))
    let days = DayGrid(books, scope)
    if days.datedCount <= PrintedDays.Limit.dayRowsMax { sheet.fitOnePage() }
    let head = 3
    drawHead(days, language, sheet, row: head)
    for index in days.lines.indices { draw(days, index, language, sheet, row: head + 1 + index) }
    let lastRow = head + days.lines.count
    drawTotal(days, language, sheet, row: lastRow + 1, firstRow: head + 1)
    sheet.freeze(rows: head + 1, columns: 1)
    sheet.repeatOnEachPage(rows: head...head)
    sheet.shadeWeekends(rows: (head + 1)...lastRow, columns: 0...days.lastColumn)
    let dated = (head + 1)...(head + days.datedCount)
    insertChart(days, books, sheet, in: file, head: head, rows: dated)
    sheet.finish()

    var series: [Int: (name: String, values: String)] = [:]
    for (index, products) in days.columns.products.enumerated() where products.count == 1 {
      series[products[0]] = (sheet.address(head, index + 2), sheet.address(rows: dated, column: index + 2))
    }
    return Placed(
      control: WorkbookControl(
        sheet: sheet.name, formula: sheet.address(lastRow + 1, days.lastColumn), value: days.total),
      categories: sheet.address(rows: dated, column: 0), series: series)
  }

  private static func drawHead(_ days: DayGrid, _ language: Language, _ sheet: WorkbookSheet, row: Int) {
    var style = CellStyle(color: Palette.accent, isBold: true, edge: .head)
    sheet.text(language("Day", "日付"), row: row, column: 0, style: style)
    style.isRight = true
    for (index, title) in ([language("Requests", "リクエスト数")] + days.titles).enumerated() {
      sheet.text(title, row: row, column: index + 1, style: style)
    }
    sheet.minimumWidth(16, column: 0)
  }

  private static func draw(
    _ days: DayGrid, _ index: Int, _ language: Language, _ sheet: WorkbookSheet, row: Int
  ) {
    let line = days.lines[index]
    var date = CellStyle(isLeft: true, edge: .row)
    var count = CellStyle(isRight: true, edge: .row)
    if let serial = serial(of: line.label) {
      date.numberFormat = CellStyle.dayFormat(language)
      sheet.number(String(serial), row: row, column: 0, style: date)
      count.numberFormat = CellStyle.numberFormat(digits: days.countDigits, currency: false)
      sheet.draw(line.requests, row: row, column: 1, style: count)
    } else {
      sheet.text(line.label, row: row, column: 0, style: date)
      sheet.blank(row: row, column: 1, style: date)
    }
    var money = CellStyle(isRight: true, edge: .row)
    money.numberFormat = CellStyle.numberFormat(digits: days.digits, currency: true)
    for (column, cell) in line.cells.enumerated() {
      sheet.draw(cell, row: row, column: column + 2, style: money)
    }
    guard days.hasTotalColumn else { return }
    money.isBold = true
    let last = days.lastColumn
    sheet.formula(
      "ROUND(SUM(\(WorkbookSheet.reference(row, 2)):\(WorkbookSheet.reference(row, last - 1))),9)",
      cell: .money(line.total), row: row, column: last, style: money)
  }

  private static func drawTotal(
    _ days: DayGrid, _ language: Language, _ sheet: WorkbookSheet, row: Int, firstRow: Int
  ) {
    var style = CellStyle(isBold: true, edge: .total)
    sheet.text(language.total, row: row, column: 0, style: style)
    func sum(_ column: Int, _ cell: Table.Cell) {
      let range = "\(WorkbookSheet.reference(firstRow, column)):\(WorkbookSheet.reference(row - 1, column))"
      sheet.formula("ROUND(SUM(\(range)),9)", cell: cell, row: row, column: column, style: style)
    }
    style.isRight = true
    style.numberFormat = CellStyle.numberFormat(digits: days.countDigits, currency: false)
    sum(1, Books.countCell(days.requests))
    style.numberFormat = CellStyle.numberFormat(digits: days.digits, currency: true)
    for (index, cell) in days.totals.enumerated() { sum(index + 2, cell) }
    if days.hasTotalColumn { sum(days.lastColumn, .money(days.total)) }
  }

  private static func insertChart(
    _ days: DayGrid, _ books: Books, _ sheet: WorkbookSheet, in file: WorkbookFile, head: Int,
    rows: ClosedRange<Int>
  ) {
    guard days.total > .zero else { return }
    var series = days.columns.products.enumerated().map { index, products in
      WorkbookCharts.Series(
        nameCell: sheet.address(head, index + 2), values: sheet.address(rows: rows, column: index + 2),
        color: products.count == 1
          ? Palette.color(ofProduct: products[0], unattributed: books.unattributedIndex) : Palette.line)
    }
    if series.count > Workbook.Limit.chartSeriesMax {
      let last = days.lastColumn
      series = [
        WorkbookCharts.Series(
          nameCell: sheet.address(head, last), values: sheet.address(rows: rows, column: last),
          color: Palette.accent)
      ]
    }
    guard
      let chart = WorkbookCharts.stackedColumns(
        in: file, categories: sheet.address(rows: rows, column: 0), series: series,
        title: books.language("Cost by day (USD)", "日別の費用（USD）"), numberFormat: days.axisFormat)
    else { return }
    sheet.insert(chart, row: head, column: days.lastColumn + 2, width: 760, height: 400)
  }

  /// The number a spreadsheet knows a day by; nil for a label that is not a day.
  static func serial(of label: String) -> Int64? {
    guard let midnight = Timestamp.parse(Array("\(label)T00:00:00Z".utf8)) else { return nil }
    // Excel counts days from 1899-12-30.
    return midnight / 86_400_000_000 + 25_569
  }
}
