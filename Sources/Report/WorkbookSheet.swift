import CXLSXWriter
import Ledger

/// One sheet while it is written: cells, tables, column widths and how it prints.
final class WorkbookSheet {
  enum Limit {
    /// Wider columns push the figures off the screen.
    static let columnWidthMax = 44
    static let columnWidthMin = 9
    /// Japanese type needs more room than Excel's 15.
    static let rowHeightPoints = 17.0
  }

  /// Where a table ended up; rows and columns count from 0.
  struct Placed {
    var headRow: Int
    var firstRow: Int
    var lastRow: Int
    var column: Int
    /// The row behind the table, its total included.
    var nextRow: Int
  }

  let name: String
  let file: WorkbookFile
  let pointer: UnsafeMutablePointer<lxw_worksheet>
  private var widths: [Int: Int] = [:]
  private var leastWidths: [Int: Int] = [:]

  private let language: Language

  init(_ name: String, of books: Books, in file: WorkbookFile) throws(ReportError) {
    (self.name, pointer) = try file.addSheet(name)
    language = books.language
    self.file = file
    worksheet_set_default_row(pointer, Limit.rowHeightPoints, 0)
    Self.setUpPage(pointer, books, file)
  }

  /// How any sheet prints: A4 across, one page wide, its name and the page's number below.
  static func setUpPage(
    _ pointer: UnsafeMutablePointer<lxw_worksheet>, _ books: Books, _ file: WorkbookFile
  ) {
    // Cost centers are names, whatever their digits.
    let everywhere = "A1:XFD1048576"
    file.note(
      worksheet_ignore_errors(pointer, UInt8(LXW_IGNORE_NUMBER_STORED_AS_TEXT.rawValue), everywhere))
    worksheet_gridlines(pointer, UInt8(LXW_HIDE_ALL_GRIDLINES.rawValue))
    worksheet_set_landscape(pointer)
    worksheet_set_paper(pointer, 9)  // A4
    worksheet_fit_to_pages(pointer, 1, 0)
    worksheet_set_margins(pointer, 0.5, 0.5, 0.6, 0.7)
    // `&` starts a code in a footer.
    let footer = Workbook.title(books)
    let safe = String(WorkbookFile.cellText(footer).filter { $0 != "&" }.prefix(80))
    let page = books.language("Page &P of &N", "&P / &N ページ")
    file.note(worksheet_set_footer(pointer, "&L&8\(safe) · &A&R&8\(page)"))
  }

  // MARK: - Cells

  func title(_ title: String, _ subtitle: String) {
    text(title, row: 0, column: 0, style: .title, measures: false)
    rowHeight(0, points: 28)
    text(subtitle, row: 1, column: 0, style: .muted, measures: false)
  }

  /// `measures`: the column becomes wide enough for it. Titles run over their neighbours instead.
  func text(_ text: String, row: Int, column: Int, style: CellStyle = .body, measures: Bool = true) {
    let line = WorkbookFile.cellText(text)
    file.note(worksheet_write_string(pointer, UInt32(row), UInt16(column), line, file.format(style)))
    if measures { measure(PlainText.width(line), column: column, style: style) }
  }

  /// `digits` as decimal text: the file format knows only doubles, which hold 15 digits of it.
  func number(_ digits: String, row: Int, column: Int, style: CellStyle) {
    file.note(
      worksheet_write_number(pointer, UInt32(row), UInt16(column), Self.value(digits), file.format(style)))
    measure(CellText.grouped(digits).count + 2, column: column, style: style)
  }

  /// A formula of this program's own, with its value beside it for readers that do not calculate.
  /// A value that rounds to nothing is shown as the words in `cell`.
  func formula(_ formula: String, cell: Table.Cell, row: Int, column: Int, style: CellStyle) {
    let digits = Self.numberText(cell)
    var style = style
    if case .text(let words) = cell { style.numberFormat = "\"\(words)\"" }
    file.note(
      worksheet_write_formula_num(
        pointer, UInt32(row), UInt16(column), "=" + formula, file.format(style), Self.value(digits)))
    measure(CellText.grouped(digits).count + 2, column: column, style: style)
  }

  func blank(row: Int, column: Int, style: CellStyle) {
    file.note(worksheet_write_blank(pointer, UInt32(row), UInt16(column), file.format(style)))
  }

  /// A paragraph over several columns, as high as its lines need.
  func paragraph(_ text: String, row: Int, columns: ClosedRange<Int>, charactersPerLine: Int) {
    let line = WorkbookFile.cellText(text)
    file.note(
      worksheet_merge_range(
        pointer, UInt32(row), UInt16(columns.lowerBound), UInt32(row), UInt16(columns.upperBound), line,
        file.format(.wrapped)))
    let lines = (PlainText.width(line) + charactersPerLine - 1) / charactersPerLine
    rowHeight(row, points: 17 * max(1, lines))
  }

  func rowHeight(_ row: Int, points: Int) {
    file.note(worksheet_set_row(pointer, UInt32(row), Double(points), nil))
  }

  static func value(_ digits: String) -> Double {
    guard let value = Double(digits) else { preconditionFailure("decimal digits: \(digits)") }
    return value
  }

  func measure(_ width: Int, column: Int, style: CellStyle) {
    let scaled = (width + 2) * max(10, style.fontSize) / 10
    widths[column] = max(widths[column] ?? 0, scaled)
  }

  // MARK: - Tables

  /// Draws a table; the columns in `summed` get a formula in its total row, which must hold their sum.
  /// - Parameter rowSum: columns that the last one adds up, line by line.
  @discardableResult
  func draw(
    _ table: Table, row: Int, column: Int = 0, summed: Set<Int> = [], rowSum: Range<Int>? = nil,
    filter: Bool = false
  ) -> Placed {
    let styles = table.columns.indices.map { columnStyle($0, of: table) }
    for (index, title) in table.columns.enumerated() {
      var style = CellStyle(color: Palette.accent, isBold: true, edge: .head)
      style.isRight = title.kind != .text
      style.isIndented = title.kind == .text && index > 0
      // Room for the filter's button.
      if filter { measure(PlainText.width(title.title) + 3, column: column + index, style: style) }
      text(title.title, row: row, column: column + index, style: style)
    }
    let first = row + 1
    for (line, cells) in table.rows.enumerated() {
      for (index, cell) in cells.enumerated() {
        if let rowSum, index == cells.count - 1, !rowSum.isEmpty {
          drawSum(of: rowSum, cell, row: first + line, column: column, style: styles[index])
        } else {
          draw(cell, row: first + line, column: column + index, style: styles[index])
        }
      }
    }
    let last = first + table.rows.count - 1
    if filter && !table.rows.isEmpty {
      file.note(
        worksheet_autofilter(
          pointer, UInt32(row), UInt16(column), UInt32(last), UInt16(column + table.columns.count - 1)))
    }
    guard let total = table.total else {
      return Placed(headRow: row, firstRow: first, lastRow: last, column: column, nextRow: last + 1)
    }
    for (index, cell) in total.enumerated() {
      var style = styles[index]
      style.isBold = true
      style.edge = .total
      style.color = Palette.ink
      if summed.contains(index) && !table.rows.isEmpty && cell != .empty {
        let range = "\(Self.reference(first, column + index)):\(Self.reference(last, column + index))"
        // Adding doubles leaves dust behind the last digit, which the rounding takes away again.
        formula(
          "ROUND(SUBTOTAL(109,\(range)),\(Self.digits(of: cell)))", cell: cell, row: last + 1,
          column: column + index, style: style)
      } else {
        draw(cell, row: last + 1, column: column + index, style: style)
      }
    }
    return Placed(headRow: row, firstRow: first, lastRow: last, column: column, nextRow: last + 2)
  }

  private func drawSum(
    of columns: Range<Int>, _ cell: Table.Cell, row: Int, column: Int, style: CellStyle
  ) {
    var style = style
    style.isBold = true
    let range =
      Self.reference(row, column + columns.lowerBound) + ":"
      + Self.reference(row, column + columns.upperBound - 1)
    formula(
      "ROUND(SUM(\(range)),\(Self.digits(of: cell)))", cell: cell, row: row,
      column: column + columns.upperBound, style: style)
  }

  func draw(_ cell: Table.Cell, row: Int, column: Int, style: CellStyle) {
    switch cell {
    case .empty: blank(row: row, column: column, style: style)
    case .text(let value):
      var style = style
      if value == CostState.unpriced.word(language) || value == CostState.partial.word(language) {
        style.color = Palette.attention
      }
      text(value, row: row, column: column, style: style)
    case .count, .millionths, .money, .basisPoints:
      number(Self.numberText(cell), row: row, column: column, style: style)
    }
  }

  private func columnStyle(_ index: Int, of table: Table) -> CellStyle {
    var style = CellStyle(edge: .row)
    let cells = table.rows.map { $0[index] } + (table.total.map { [$0[index]] } ?? [])
    let digits = cells.map(CellText.digitsNeeded).max() ?? 0
    style.isRight = table.columns[index].kind != .text
    style.isIndented = !style.isRight && index > 0
    switch table.columns[index].kind {
    case .text: break
    case .percent: style.numberFormat = "0.00%"
    case .money: style.numberFormat = CellStyle.numberFormat(digits: max(2, digits), currency: true)
    case .count: style.numberFormat = CellStyle.numberFormat(digits: digits, currency: false)
    }
    return style
  }

  /// What a formula over such cells is rounded to.
  private static func digits(of cell: Table.Cell) -> Int {
    switch cell {
    case .empty: 0
    case .count, .millionths: 6
    case .text, .money: 9
    case .basisPoints: 4
    }
  }

  static func numberText(_ cell: Table.Cell) -> String {
    switch cell {
    case .empty, .text: "0"
    case .count(let count): String(count)
    case .millionths(let count): decimalText(count, fractionDigits: 6, trimmed: true)
    case .money(let money): money.description
    case .basisPoints(let points): decimalText(Int128(points), fractionDigits: 4, trimmed: true)
    }
  }

  /// A sheet's name as formulas have it.
  static func quoted(_ name: String) -> String { "'" + name.replacing("'", with: "''") + "'" }

  /// `C7` for row 6, column 2.
  static func reference(_ row: Int, _ column: Int, absolute: Bool = false) -> String {
    var letters = ""
    var rest = column
    repeat {
      letters = String(UnicodeScalar(UInt8(65 + rest % 26))) + letters
      rest = rest / 26 - 1
    } while rest >= 0
    return absolute ? "$\(letters)$\(row + 1)" : "\(letters)\(row + 1)"
  }

  // MARK: - Around the cells

  func freeze(rows: Int, columns: Int) {
    worksheet_freeze_panes(pointer, UInt32(rows), UInt16(columns))
  }

  func repeatOnEachPage(rows: ClosedRange<Int>) {
    file.note(worksheet_repeat_rows(pointer, UInt32(rows.lowerBound), UInt32(rows.upperBound)))
  }

  func insert(_ chart: UnsafeMutablePointer<lxw_chart>, row: Int, column: Int, width: Int, height: Int) {
    var options = lxw_chart_options()
    // The library's chart is 480 by 288 pixels.
    options.x_scale = Double(width) / 480
    options.y_scale = Double(height) / 288
    options.object_position = UInt8(LXW_OBJECT_MOVE_DONT_SIZE.rawValue)
    file.note(worksheet_insert_chart_opt(pointer, UInt32(row), UInt16(column), chart, &options))
  }

  /// As wide as that even if nothing in it is.
  func minimumWidth(_ width: Int, column: Int) { leastWidths[column] = width }

  func fitOnePage() { worksheet_fit_to_pages(pointer, 1, 1) }

  /// Call last: sets each column as wide as what was written to it.
  func finish() {
    for column in Set(widths.keys).union(leastWidths.keys).sorted() {
      let measured = min(max(widths[column] ?? 0, Limit.columnWidthMin), Limit.columnWidthMax)
      let bounded = max(measured, leastWidths[column] ?? 0)
      file.note(worksheet_set_column(pointer, UInt16(column), UInt16(column), Double(bounded), nil))
    }
  }
}
