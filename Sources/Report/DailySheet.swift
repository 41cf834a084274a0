import Ledger

/// Each day's cost by product, and a chart of it.
enum DailySheet {
  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let sheet = try WorkbookSheet(books.language("Daily", "日別"), of: books, in: file)
    sheet.title(
      books.language("Cost by day", "日別の費用"),
      books.language(
        "US dollars, days of \(books.period.zone).", "金額は米ドル、日付は\(books.period.zone)です。"))
    let days = PrintedDays(books, byMonthWhenLong: false)
    if days.lines.count <= PrintedDays.Limit.dayRowsMax { sheet.fitOnePage() }
    let head = 3
    let firstRow = head + 1
    let columns = books.products.count + 3
    let totalColumn = columns - 1
    drawHead(books, sheet, row: head)
    var money = CellStyle(isRight: true, edge: .row)
    money.numberFormat = CellStyle.numberFormat(digits: days.digits, currency: true)
    let lines = days.lines + (days.undated.map { [$0] } ?? [])
    for (index, line) in lines.enumerated() {
      draw(line, sheet, row: firstRow + index, digits: days.digits, money: money, books.language)
    }
    let lastRow = firstRow + lines.count - 1
    drawTotal(
      lines, sheet, row: lastRow + 1, firstRow: firstRow, digits: days.digits, books.language)
    sheet.freeze(rows: firstRow, columns: 1)
    sheet.repeatOnEachPage(rows: head...head)
    insertChart(
      books, sheet, in: file, head: head, firstRow: firstRow, lastRow: firstRow + days.lines.count - 1,
      totalColumn: totalColumn)
    sheet.finish()
  }

  private static func drawHead(_ books: Books, _ sheet: WorkbookSheet, row: Int) {
    var style = CellStyle(color: Palette.accent, isBold: true, edge: .head)
    let language = books.language
    sheet.text(language("Day", "日付"), row: row, column: 0, style: style)
    style.isRight = true
    let titles =
      [language("Requests", "リクエスト数")] + books.products.indices.map(books.name)
      + [language.amount("Total", "合計")]
    for (index, title) in titles.enumerated() {
      sheet.text(title, row: row, column: index + 1, style: style)
    }
    sheet.minimumWidth(14, column: 0)
  }

  private static func draw(
    _ line: PrintedDays.Line, _ sheet: WorkbookSheet, row: Int, digits: Int, money: CellStyle,
    _ language: Language
  ) {
    var date = CellStyle(isLeft: true, edge: .row)
    if let serial = serial(of: line.label) {
      date.numberFormat = language("yyyy-mm-dd", "m\"月\"d\"日\"")
      sheet.number(String(serial), row: row, column: 0, style: date)
      var count = CellStyle(edge: .row)
      count.numberFormat = CellStyle.numberFormat(digits: 0, currency: false)
      sheet.number(String(line.requests), row: row, column: 1, style: count)
    } else {
      sheet.text(line.label, row: row, column: 0, style: date)
      sheet.blank(row: row, column: 1, style: date)
    }
    for index in line.costs.indices {
      sheet.draw(line.cell(ofProduct: index, digits: digits), row: row, column: index + 2, style: money)
    }
    var total = money
    total.isBold = true
    let last = line.costs.count + 1
    sheet.formula(
      "ROUND(SUM(\(WorkbookSheet.reference(row, 2)):\(WorkbookSheet.reference(row, last))),9)",
      cell: .money(line.total), row: row, column: last + 1, style: total)
  }

  private static func drawTotal(
    _ lines: [PrintedDays.Line], _ sheet: WorkbookSheet, row: Int, firstRow: Int, digits: Int,
    _ language: Language
  ) {
    var style = CellStyle(isBold: true, edge: .total)
    sheet.text(language.total, row: row, column: 0, style: style)
    func sum(_ column: Int) -> String {
      let range = "\(WorkbookSheet.reference(firstRow, column)):\(WorkbookSheet.reference(row - 1, column))"
      return "ROUND(SUM(\(range)),9)"
    }
    style.numberFormat = CellStyle.numberFormat(digits: 0, currency: false)
    let total = PrintedDays.Line(summing: lines)
    sheet.formula(sum(1), cell: .count(Int64(total.requests)), row: row, column: 1, style: style)
    style.numberFormat = CellStyle.numberFormat(digits: digits, currency: true)
    for product in total.costs.indices {
      sheet.formula(
        sum(product + 2), cell: total.cell(ofProduct: product, digits: digits), row: row, column: product + 2,
        style: style)
    }
    let last = total.costs.count + 2
    sheet.formula(sum(last), cell: .money(total.total), row: row, column: last, style: style)
  }

  private static func insertChart(
    _ books: Books, _ sheet: WorkbookSheet, in file: WorkbookFile, head: Int, firstRow: Int, lastRow: Int,
    totalColumn: Int
  ) {
    guard books.totalCost > .zero else { return }
    func cell(_ row: Int, _ column: Int) -> String {
      "'\(sheet.name)'!\(WorkbookSheet.reference(row, column, absolute: true))"
    }
    func range(_ column: Int) -> String {
      cell(firstRow, column) + ":" + WorkbookSheet.reference(lastRow, column, absolute: true)
    }
    let used = books.products.indices.filter { books.cost(ofProduct: $0) != .zero }
    var series = used.map { product in
      WorkbookCharts.Series(
        nameCell: cell(head, product + 2), values: range(product + 2),
        color: Palette.color(ofProduct: product, unattributed: books.unattributedIndex))
    }
    if series.count > Workbook.Limit.chartSeriesMax {
      series = [
        WorkbookCharts.Series(
          nameCell: cell(head, totalColumn), values: range(totalColumn), color: Palette.accent)
      ]
    }
    guard
      let chart = WorkbookCharts.stackedColumns(
        in: file, categories: range(0), series: series,
        title: books.language("Cost by day (USD)", "日別の費用（USD）"),
        numberFormat: axisFormat(books))
    else { return }
    sheet.insert(chart, row: head, column: totalColumn + 2, width: 760, height: 400)
  }

  /// Whole dollars where the steps of the axis are at least that.
  private static func axisFormat(_ books: Books) -> String {
    let days = PrintedDays(books, byMonthWhenLong: false)
    let dearest = days.lines.map(\.total).max() ?? .zero
    let isWhole = dearest >= Money(femtodollars: 10 * powerOfTen(Money.fractionDigits))
    return CellStyle.numberFormat(digits: isWhole ? 0 : days.digits, currency: true)
  }

  /// The number a spreadsheet knows a day by; nil for a label that is not a day.
  static func serial(of label: String) -> Int64? {
    guard let midnight = Timestamp.parse(Array("\(label)T00:00:00Z".utf8)) else { return nil }
    // Excel counts days from 1899-12-30.
    return midnight / 86_400_000_000 + 25_569
  }
}
