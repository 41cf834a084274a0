import CXLSXWriter
import Glibc
import Ledger

/// A sheet of many lines under one head, handed to the disk line by line, so that the workbook holds one line of
/// it at a time whatever their number; and an Excel table all the same.
final class StreamedSheet {
  struct Column {
    enum Kind { case text, day, money, count }
    var title: String
    var kind: Kind
    var width: Int
  }

  /// Text that was made fit for a cell, to be written again and again. Lives as long as its sheet.
  struct Text {
    fileprivate let characters: UnsafePointer<CChar>
    fileprivate let isEmpty: Bool
  }

  let name: String
  private let file: WorkbookFile
  private let pointer: UnsafeMutablePointer<lxw_worksheet>
  private let language: Language
  private var texts: [String: Text] = [:]
  private var columns: [Column] = []
  private var formats: [UnsafeMutablePointer<lxw_format>?] = []
  private var row: UInt32 = 0

  init(_ name: String, of books: Books, in file: WorkbookFile) throws(ReportError) {
    let (name, pointer) = try file.addSheet(name, streamed: true)
    self.name = name
    self.file = file
    self.pointer = pointer
    language = books.language
    WorkbookSheet.setUpPage(pointer, books, file)
  }

  deinit {
    for text in texts.values { text.characters.deallocate() }
  }

  func head(_ columns: [Column]) {
    self.columns = columns
    formats = columns.map { file.format(style(of: $0)) }
    for (index, column) in columns.enumerated() {
      file.note(
        worksheet_set_column(
          pointer, UInt16(index), UInt16(index), Double(column.width), formats[index]))
      var style = CellStyle(color: Palette.accent, isBold: true, edge: .head)
      style.isRight = column.kind == .money || column.kind == .count
      file.note(
        worksheet_write_string(pointer, 0, UInt16(index), text(column.title).characters, file.format(style)))
    }
    row = 1
    worksheet_freeze_panes(pointer, 1, 0)
    file.note(worksheet_repeat_rows(pointer, 0, 0))
  }

  private func style(of column: Column) -> CellStyle {
    var style = CellStyle.body
    switch column.kind {
    case .text: break
    case .day:
      style.isLeft = true
      style.numberFormat = CellStyle.dayFormat(language)
    case .money: style.numberFormat = CellStyle.exactMoneyFormat
    case .count: style.numberFormat = CellStyle.numberFormat(digits: 0, currency: false)
    }
    return style
  }

  // MARK: - A line

  func text(_ text: String) -> Text {
    if let known = texts[text] { return known }
    let bytes = Array(WorkbookFile.cellText(text).utf8CString)
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    copy.initialize(from: bytes, count: bytes.count)
    let made = Text(characters: copy, isEmpty: bytes.count == 1)
    texts[text] = made
    return made
  }

  func write(_ text: Text, column: Int) {
    guard !text.isEmpty else { return }
    file.note(worksheet_write_string(pointer, row, UInt16(column), text.characters, formats[column]))
  }

  func day(_ serial: Int64, column: Int) { number(Double(serial), column: column) }

  /// Both sides of the division are exact, so the quotient is the double nearest to the decimal, as any reader
  /// of its digits would have it.
  func money(_ money: Money, column: Int) {
    let units = money.femtodollars / powerOfTen(Money.fractionDigits - DataSheet.Limit.digits)
    guard let whole = Int64(exactly: units), whole.magnitude < 1 << 53 else {
      return number(WorkbookSheet.value(money.description), column: column)
    }
    number(Double(whole) / 1e9, column: column)
  }

  /// Millionths.
  func count(_ millionths: Int128, column: Int) {
    guard let few = Int64(exactly: millionths), few.magnitude < 1 << 53 else {
      return number(
        WorkbookSheet.value(decimalText(millionths, fractionDigits: 6, trimmed: true)), column: column)
    }
    number(Double(few) / 1e6, column: column)
  }

  private func number(_ value: Double, column: Int) {
    file.note(worksheet_write_number(pointer, row, UInt16(column), value, formats[column]))
  }

  func endRow() { row += 1 }

  // MARK: - The end

  func address(rows: ClosedRange<Int>, column: Int) -> String {
    WorkbookSheet.quoted(name) + "!"
      + WorkbookSheet.reference(rows.lowerBound, column, absolute: true) + ":"
      + WorkbookSheet.reference(rows.upperBound, column, absolute: true)
  }

  /// - Parameter isTable: whether there is a line to make a table of.
  func finish(isTable: Bool) {
    worksheet_fit_to_pages(pointer, 1, 0)
    guard isTable else { return }
    // The library refuses a table on a streamed sheet, because it would write the head when the lines are
    // already on the disk. The head is there, so its own copy may go nowhere.
    pointer.pointee.optimize = 0
    defer { pointer.pointee.optimize = 1 }
    var heads = columns.map { column in
      var head = lxw_table_column()
      head.header = UnsafeMutablePointer(mutating: text(column.title).characters)
      return head
    }
    heads.withUnsafeMutableBufferPointer { heads in
      var pointers: [UnsafeMutablePointer<lxw_table_column>?] =
        heads.indices.map { heads.baseAddress?.advanced(by: $0) } + [nil]
      let table = strdup("Data")
      defer { free(table) }
      pointers.withUnsafeMutableBufferPointer { pointers in
        var options = lxw_table_options()
        options.name = table
        options.style_type = UInt8(LXW_TABLE_STYLE_TYPE_LIGHT.rawValue)
        options.style_type_number = 1
        options.columns = pointers.baseAddress
        file.note(worksheet_add_table(pointer, 0, 0, row - 1, UInt16(columns.count - 1), &options))
      }
    }
  }
}
