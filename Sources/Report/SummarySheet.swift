import Ledger

/// The first sheet: the answer, the products, what to look at.
enum SummarySheet {
  enum Limit {
    /// More bars than this are a list, and the list is there already.
    static let chartBarsMax = 20
    /// Six columns of the page, in characters of body text.
    static let paragraphCharacters = 150
  }

  private static let lastColumn = 5

  static func write(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    let sheet = try WorkbookSheet(books.language("Summary", "サマリー"), of: books, in: file)
    var range = books.periodRange + books.language(". US dollars.", "。金額は米ドルです。")
    if let rate = books.currencySentence { range += books.language(" ", "") + rate }
    sheet.title(Workbook.footer(books), range)
    sheet.fitOnePage()
    figures(books, sheet, row: 3)
    sheet.text(books.language("By product", "プロダクト別"), row: 6, column: 0, style: .section, measures: false)
    let table = books.productsTable
    let placed = sheet.draw(table, row: 7, summed: books.productsTableSums)
    var next = placed.nextRow + 1
    next = try chart(books, placed, sheet, in: file, row: next)
    findings(books, sheet, row: next)
    sheet.minimumWidth(30, column: 0)
    for column in 1...Self.lastColumn { sheet.minimumWidth(17, column: column) }
    sheet.finish()
  }

  /// Four figures side by side: label above, value below.
  private static func figures(_ books: Books, _ sheet: WorkbookSheet, row: Int) {
    let digits = books.productDigits
    let cost = books.printedProductCosts(digits: digits).reduce(.zero, +)
    var value = CellStyle(fontSize: 16, isBold: true, isLeft: true)
    let label = CellStyle(fontSize: 9, color: Palette.muted)
    let language = books.language
    let labels = [
      language("Total cost", "合計費用"), language("Requests", "リクエスト数"),
      language("Exact price", "費用が確定した割合"), language("Cost is", "費用の状態"),
      language("Unattributed", "未配賦"),
    ]
    for (column, text) in labels.enumerated() {
      sheet.text(text, row: row, column: column, style: label)
    }
    sheet.rowHeight(row + 1, points: 24)
    value.numberFormat = CellStyle.numberFormat(digits: digits, currency: true)
    if books.state == .unpriced {
      sheet.text(language.unknown, row: row + 1, column: 0, style: value)
    } else {
      sheet.number(cost.description, row: row + 1, column: 0, style: value)
    }
    value.numberFormat = "#,##0"
    let requests = books.whole(books.totalCounts.requests)
    sheet.number(String(requests), row: row + 1, column: 1, style: value)
    value.numberFormat = "0.00%"
    if let coverage = Coverage(books) {
      sheet.draw(.basisPoints(coverage.exact), row: row + 1, column: 2, style: value)
    } else {
      sheet.text("–", row: row + 1, column: 2, style: value)
    }
    var state = value
    state.numberFormat = nil
    if books.state < .estimated { state.color = Palette.attention }
    sheet.text(books.state.word(language), row: row + 1, column: 3, style: state)
    value.numberFormat = CellStyle.numberFormat(digits: digits, currency: true)
    let unattributed = books.printedProductCosts(digits: digits)[books.unattributedIndex]
    sheet.draw(
      PrintedMoney.cell(unattributed, exact: books.unattributedCost, digits: digits), row: row + 1, column: 4,
      style: value)
  }

  private static func chart(
    _ books: Books, _ placed: WorkbookSheet.Placed, _ sheet: WorkbookSheet, in file: WorkbookFile, row: Int
  ) throws(ReportError) -> Int {
    let bars = books.products.count
    guard books.totalCost > .zero, bars <= Limit.chartBarsMax else { return row }
    func range(_ column: Int) -> String {
      "'\(sheet.name)'!\(WorkbookSheet.reference(placed.firstRow, column, absolute: true))"
        + ":\(WorkbookSheet.reference(placed.lastRow, column, absolute: true))"
    }
    let height = 70 + 30 * bars
    guard
      let chart = WorkbookCharts.bars(
        in: file, categories: range(0), values: range(1),
        title: books.language("Cost by product (USD)", "プロダクト別の費用（USD）"),
        numberFormat: CellStyle.numberFormat(digits: books.productDigits, currency: true))
    else { return row }
    sheet.insert(chart, row: row, column: 0, width: 780, height: height)
    return row + height / 20 + 2
  }

  private static func findings(_ books: Books, _ sheet: WorkbookSheet, row: Int) {
    var row = row
    let language = books.language
    sheet.text(language("What to look at", "確認が必要なこと"), row: row, column: 0, style: .section, measures: false)
    row += 1
    let findings = Findings.list(books)
    if findings.isEmpty {
      sheet.text(Findings.nothing(language), row: row, column: 0, measures: false)
      return
    }
    for finding in findings {
      sheet.text(
        finding.headline, row: row, column: 0, style: CellStyle(color: Palette.attention, isBold: true),
        measures: false)
      sheet.paragraph(
        finding.advice, row: row + 1, columns: 0...lastColumn, charactersPerLine: Limit.paragraphCharacters)
      row += 2
    }
    sheet.text(
      language(
        "Places and models are on the sheet “\(TroubleSheet.name(language))”.",
        "該当箇所とモデルはシート「\(TroubleSheet.name(language))」にあります。"), row: row, column: 0, style: .muted,
      measures: false)
  }
}
