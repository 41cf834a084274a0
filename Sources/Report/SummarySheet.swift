import Ledger

/// The first sheet: the month's answer on one screen, what to look at, whether the sheets agree, and room to sign.
struct SummarySheet {
  enum Limit {
    /// A screenful; the sheet of products has them all.
    static let productsMax = 15
    /// The six columns of the page, in characters of body text.
    static let paragraphCharacters = 150
  }

  private static let lastColumn = 5
  private let books: Books
  private let sheet: WorkbookSheet
  private var language: Language { books.language }

  init(_ books: Books, in file: WorkbookFile) throws(ReportError) {
    self.books = books
    sheet = try WorkbookSheet(books.language("Summary", "サマリー"), of: books, in: file)
  }

  /// - Parameters:
  ///   - total: where the products' sum stands.
  ///   - controls: the sums of the other sheets.
  func write(total: WorkbookControl, controls: [WorkbookControl]) throws(ReportError) {
    sheet.title(Workbook.title(books), books.periodRange + language(". US dollars.", "。金額は米ドルです。"))
    sheet.fitOnePage()
    if let line = books.currencySentence {
      sheet.text(line, row: 2, column: 0, style: .muted, measures: false)
    }
    sheet.tab(Palette.accent)
    figures(total, row: 3)
    sheet.text(language("By product", "プロダクト別"), row: 6, column: 0, style: .section, measures: false)
    let table = books.productsTable(rowsMax: Limit.productsMax)
    let placed = sheet.draw(table, row: 7, summed: books.productsTableSums)
    sheet.bars(placed, column: table.columns.count - 4)
    var row = findings(row: placed.nextRow + 1) + 1
    let known = books.state == .unpriced ? [] : controls
    row = ControlTable.draw(known, books, sheet, total: (sheet.address(4, 0), total.value), row: row) + 1
    SignOff.draw(books, sheet, row: row)
    sheet.minimumWidth(34, column: 0)
    for column in 1..<table.columns.count { sheet.minimumWidth(18, column: column) }
    sheet.finish()
  }

  /// Figures side by side: label above, value below.
  private func figures(_ total: WorkbookControl, row: Int) {
    let digits = books.productDigits
    let tiles = FigureTiles(sheet, row: row)
    if books.state == .unpriced {
      tiles.word(language("Total cost", "合計費用"), language.unknown, column: 0)
    } else {
      tiles.money(
        language("Total cost", "合計費用"), .money(total.value), digits: digits, column: 0,
        formula: total.formula)
    }
    tiles.count(
      language("Requests", "リクエスト数"), books.whole(books.totalCounts.requests), column: 1)
    if let coverage = Coverage(books) {
      tiles.percent(language("Exact price", "費用が確定した割合"), coverage.exact, column: 2)
    } else {
      tiles.word(language("Exact price", "費用が確定した割合"), "–", column: 2)
    }
    tiles.word(
      language("Cost is", "費用の状態"), books.state.word(language), column: 3,
      isAttention: books.state.isUnknown)
    let unattributed = books.printedProductCosts(digits: digits)[books.unattributedIndex]
    tiles.money(
      language("Unattributed", "未配賦"),
      PrintedMoney.cell(unattributed, exact: books.unattributedCost, digits: digits), digits: digits,
      column: 4)
    let passed = books.checks.count { $0.passed }
    tiles.word(
      language("Checks passed", "検算の一致"), "\(passed) / \(books.checks.count)", column: 5,
      isAttention: passed < books.checks.count)
  }

  private func findings(row: Int) -> Int {
    var row = row
    sheet.text(language("What to look at", "確認が必要なこと"), row: row, column: 0, style: .section, measures: false)
    row += 1
    let findings = Findings.list(books)
    if findings.isEmpty {
      sheet.text(Findings.nothing(language), row: row, column: 0, measures: false)
      return row + 1
    }
    for finding in findings {
      sheet.text(
        finding.headline, row: row, column: 0, style: CellStyle(color: Palette.attention, isBold: true),
        measures: false)
      sheet.paragraph(
        finding.advice, row: row + 1, columns: 0...Self.lastColumn,
        charactersPerLine: Limit.paragraphCharacters)
      row += 2
    }
    let place = TroubleSheet.name(language)
    sheet.text(
      language("Places and models are on the sheet “\(place)”.", "該当箇所とモデルはシート「\(place)」にあります。"), row: row,
      column: 0, style: .muted, measures: false)
    return row + 1
  }
}

/// Large figures in a row of a sheet, each under its label.
struct FigureTiles {
  private let sheet: WorkbookSheet
  private let row: Int
  private let label = CellStyle(fontSize: 9, color: Palette.muted)
  private let value = CellStyle(fontSize: 16, isBold: true, isLeft: true)

  init(_ sheet: WorkbookSheet, row: Int) {
    self.sheet = sheet
    self.row = row
    sheet.rowHeight(row + 1, points: 26)
  }

  func word(_ title: String, _ word: String, column: Int, isAttention: Bool = false) {
    sheet.text(title, row: row, column: column, style: label)
    var style = value
    if isAttention { style.color = Palette.attention }
    sheet.text(word, row: row + 1, column: column, style: style)
  }

  /// - Parameter formula: where the figure stands; nil where it stands nowhere else.
  func money(_ title: String, _ cell: Table.Cell, digits: Int, column: Int, formula: String? = nil) {
    sheet.text(title, row: row, column: column, style: label)
    var style = value
    style.numberFormat = CellStyle.numberFormat(digits: digits, currency: true)
    if let formula {
      sheet.formula(formula, cell: cell, row: row + 1, column: column, style: style)
    } else {
      sheet.draw(cell, row: row + 1, column: column, style: style)
    }
  }

  func count(_ title: String, _ count: Int128, column: Int) {
    cell(title, .sum(count), "#,##0", column: column)
  }

  func percent(_ title: String, _ basisPoints: Int64, column: Int) {
    cell(title, .basisPoints(basisPoints), "0.00%", column: column)
  }

  /// A figure that may have parts.
  func cell(_ title: String, _ cell: Table.Cell, _ format: String, column: Int) {
    sheet.text(title, row: row, column: column, style: label)
    var style = value
    style.numberFormat = format
    sheet.draw(cell, row: row + 1, column: column, style: style)
  }
}
