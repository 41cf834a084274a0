import Ledger

/// Whether each sheet's details add up to the workbook's total: formulas, so that whoever changes a figure sees it.
enum ControlTable {
  /// - Parameter total: the cell that holds the total, and its value.
  /// - Returns: the row behind it.
  static func draw(
    _ controls: [WorkbookControl], _ books: Books, _ sheet: WorkbookSheet,
    total: (cell: String, value: Money),
    row: Int
  ) -> Int {
    guard !controls.isEmpty else { return row }
    let language = books.language
    sheet.text(
      language("Do the sheets agree?", "シート間の検算"), row: row, column: 0, style: .section, measures: false)
    head(language, sheet, row: row + 1)
    let half = Money(femtodollars: powerOfTen(Money.fractionDigits - books.productDigits) / 2)
    for (index, control) in controls.enumerated() {
      let line = row + 2 + index
      let digits = max(6, books.productDigits)
      var money = CellStyle(isRight: true, edge: .row)
      money.numberFormat = CellStyle.numberFormat(digits: digits, currency: true)
      sheet.text(control.sheet, row: line, column: 0, style: CellStyle(edge: .row))
      sheet.formula(control.formula, cell: .money(control.value), row: line, column: 1, style: money)
      let difference = control.value - total.value
      let here = WorkbookSheet.reference(line, 1)
      sheet.formula(
        "ROUND(\(here)-\(total.cell),9)", cell: .money(difference), row: line, column: 2, style: money)
      let agrees = difference <= half && -difference <= half
      var verdict = CellStyle(color: agrees ? Palette.good : Palette.attention, isBold: true, edge: .row)
      verdict.isIndented = true
      let (yes, no) = (language("agrees", "一致"), language("DIFFERS", "不一致"))
      // Sheets of finer digits differ by what rounding took away: half a unit of the total at most.
      sheet.formula(
        "IF(ABS(\(WorkbookSheet.reference(line, 2)))<=\(half.description),\"\(yes)\",\"\(no)\")",
        word: agrees ? yes : no, row: line, column: 3, style: verdict)
    }
    return row + 2 + controls.count
  }

  private static func head(_ language: Language, _ sheet: WorkbookSheet, row: Int) {
    var style = CellStyle(color: Palette.accent, isBold: true, edge: .head)
    sheet.text(language("Sheet", "シート"), row: row, column: 0, style: style)
    style.isRight = true
    sheet.text(language("Its details add up to", "明細の和"), row: row, column: 1, style: style)
    sheet.text(language("Off the total by", "合計との差"), row: row, column: 2, style: style)
    style.isRight = false
    style.isIndented = true
    sheet.text(language("Verdict", "判定"), row: row, column: 3, style: style)
  }
}

/// Lines for the people who stand for the figures.
enum SignOff {
  static func draw(_ books: Books, _ sheet: WorkbookSheet, row: Int) {
    let language = books.language
    sheet.text(language("Sign-off", "承認"), row: row, column: 0, style: .section, measures: false)
    let label = CellStyle(fontSize: 9, color: Palette.muted)
    let titles = [
      language("Prepared by", "作成"), language("Reviewed by", "確認者"), language("Date", "日付"),
      language("Approved by", "承認者"), language("Date", "日付"),
    ]
    for (column, title) in titles.enumerated() {
      sheet.text(title, row: row + 1, column: column, style: label)
      if column > 0 { sheet.blank(row: row + 2, column: column, style: CellStyle(edge: .blank)) }
    }
    sheet.text(
      "Tollbook \(books.programVersion)", row: row + 2, column: 0, style: CellStyle(edge: .blank))
    sheet.rowHeight(row + 2, points: 26)
  }
}
