import CXLSXWriter
import Glibc

/// In: cells, styles and charts. Out: an xlsx file. The one place that talks to libxlsxwriter.
///
/// Text is written only as text (`worksheet_write_string`), never through a call that guesses a type, so that
/// nothing from outside becomes a formula. The first error is kept and thrown when the file is closed.
final class WorkbookFile {
  enum Limit {
    /// Excel holds 32,767 characters in a cell; nobody reads more than this of a name or a reason.
    static let textCharactersMax = 400
    /// Excel's own limit.
    static let rowsMax = 1_048_576
  }

  private let pointer: UnsafeMutablePointer<lxw_workbook>
  private let path: String
  private let font: String
  private var names = SheetNames()
  private var grounds: [UInt32: UnsafeMutablePointer<lxw_format>] = [:]
  private var formats: [CellStyle: UnsafeMutablePointer<lxw_format>] = [:]
  private var firstError: lxw_error = LXW_NO_ERROR

  init(path: String, language: Language) throws(ReportError) {
    // The library finds out only at the end, and complains to stderr by itself.
    guard let probe = fopen(path, "wb") else {
      let reason = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
      throw ReportError(
        code: .fileNotWritten, path: path,
        advice: "\(reason). Check that the folder exists and may be written to.")
    }
    fclose(probe)
    guard let pointer = workbook_new(path) else {
      throw ReportError(code: .fileNotWritten, path: path, advice: "no memory for a workbook")
    }
    self.pointer = pointer
    self.path = path
    // Each is there wherever Excel speaks the language, and others fall back to one of the same width.
    font = language("Calibri", "Yu Gothic")
  }

  /// Without a creation time the library takes the clock's, and no two files would be alike.
  func setProperties(title: String, subject: String, comments: String, createdSeconds: Int64) {
    var properties = lxw_doc_properties()
    properties.created = time_t(createdSeconds)
    let texts = [Self.cellText(title), Self.cellText(subject), "Tollbook", Self.cellText(comments)]
    withMutableCStrings(texts) {
      properties.title = $0[0]
      properties.subject = $0[1]
      properties.author = $0[2]
      properties.comments = $0[3]
      note(workbook_set_properties(pointer, &properties))
    }
  }

  /// - Parameter streamed: its lines come in order, and go to the disk as they come.
  /// - Returns: the sheet, and the name it got.
  func addSheet(
    _ name: String, streamed: Bool = false
  ) throws(ReportError) -> (name: String, sheet: UnsafeMutablePointer<lxw_worksheet>) {
    let name = names.next(name)
    // The library reads this option when a sheet is added, and only then.
    pointer.pointee.options.constant_memory = streamed ? 1 : 0
    guard let sheet = workbook_add_worksheet(pointer, name) else {
      throw ReportError(code: .fileNotWritten, path: path, advice: "the sheet \(name) could not be added")
    }
    return (name, sheet)
  }

  func addChart(_ type: lxw_chart_type) -> UnsafeMutablePointer<lxw_chart>? {
    workbook_add_chart(pointer, UInt8(type.rawValue))
  }

  func note(_ error: lxw_error) {
    if firstError == LXW_NO_ERROR { firstError = error }
  }

  /// Writes the file out. The workbook is gone afterwards, whatever happened.
  func close() throws(ReportError) {
    let error = workbook_close(pointer)
    note(error)
    guard firstError != LXW_NO_ERROR else { return }
    let reason = lxw_strerror(firstError).map { String(cString: $0) } ?? "error \(firstError.rawValue)"
    let isSize =
      firstError == LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE
      || firstError == LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED
    throw ReportError(
      code: isSize ? .tooLarge : .fileNotWritten, path: path,
      advice: "\(reason) Check that the folder exists, may be written to and has room.")
  }

  /// Text fit for a cell: printable, bounded, and without Excel's own escapes (`_x0041_` would show as `A`).
  static func cellText(_ text: String) -> String {
    let line = PlainText.oneLine(text, max: Limit.textCharactersMax)
    guard line.contains("_x") else { return line }
    var result = ""
    var rest = Substring(line)
    while let first = rest.first {
      let head = rest.prefix(7)
      let isEscape =
        head.count == 7 && head.hasPrefix("_x") && head.hasSuffix("_")
        && head.dropFirst(2).dropLast().allSatisfy(\.isHexDigit)
      result += isEscape ? "_x005F_" : String(first)
      rest.removeFirst()
    }
    return result
  }

  /// The library's properties are `char *`, though it only copies them.
  private func withMutableCStrings(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>]) -> Void
  ) {
    let pointers = texts.map { text in
      let bytes = text.utf8CString
      let pointer = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
      for (index, byte) in bytes.enumerated() { pointer[index] = byte }
      return pointer
    }
    body(pointers)
    for pointer in pointers { pointer.deallocate() }
  }

  // MARK: - Styles

  /// A format that only colours what is behind a cell's own.
  func ground(_ color: UInt32) -> UnsafeMutablePointer<lxw_format>? {
    if let format = grounds[color] { return format }
    guard let format = workbook_add_format(pointer) else { return nil }
    format_set_bg_color(format, color)
    grounds[color] = format
    return format
  }

  /// Each style becomes one format of the file.
  func format(_ style: CellStyle) -> UnsafeMutablePointer<lxw_format>? {
    if let format = formats[style] { return format }
    guard let format = workbook_add_format(pointer) else { return nil }
    format_set_font_name(format, font)
    format_set_font_size(format, Double(style.fontSize))
    format_set_font_color(format, style.color)
    let vertical = style.wraps ? LXW_ALIGN_VERTICAL_TOP : LXW_ALIGN_VERTICAL_CENTER
    format_set_align(format, UInt8(vertical.rawValue))
    if style.isBold { format_set_bold(format) }
    if style.wraps { format_set_text_wrap(format) }
    if style.isRight { format_set_align(format, UInt8(LXW_ALIGN_RIGHT.rawValue)) }
    if style.isIndented { format_set_indent(format, 1) }
    if style.isLeft { format_set_align(format, UInt8(LXW_ALIGN_LEFT.rawValue)) }
    if let number = style.numberFormat { format_set_num_format(format, number) }
    switch style.edge {
    case .none: break
    case .head:
      format_set_bg_color(format, Palette.headFill)
      format_set_bottom(format, UInt8(LXW_BORDER_THIN.rawValue))
      format_set_bottom_color(format, Palette.accent)
    case .row:
      format_set_bottom(format, UInt8(LXW_BORDER_HAIR.rawValue))
      format_set_bottom_color(format, Palette.line)
    case .total:
      format_set_top(format, UInt8(LXW_BORDER_THIN.rawValue))
      format_set_top_color(format, Palette.accent)
    case .blank:
      format_set_bottom(format, UInt8(LXW_BORDER_THIN.rawValue))
      format_set_bottom_color(format, Palette.muted)
    }
    formats[style] = format
    return format
  }
}

/// How a cell looks.
struct CellStyle: Hashable {
  /// `blank` is a line to write on.
  enum Edge: Hashable { case none, head, row, total, blank }

  var fontSize = 10
  var color = Palette.ink
  var isBold = false
  var isRight = false
  var isLeft = false
  /// Away from the figures on its left.
  var isIndented = false
  var wraps = false
  var numberFormat: String?
  var edge = Edge.none

  static let body = CellStyle()
  static let title = CellStyle(fontSize: 18, color: Palette.accent, isBold: true)
  static let section = CellStyle(fontSize: 12, color: Palette.accent, isBold: true)
  static let muted = CellStyle(color: Palette.muted)
  static let wrapped = CellStyle(wraps: true)

  static func dayFormat(_ language: Language) -> String {
    language("ddd yyyy-mm-dd", "[$-411]m\"月\"d\"日\"（aaa）")
  }

  /// Amounts to the billionth, of which only as many digits show as there are, and six at least.
  static let exactMoneyFormat = "$#,##0.000000###;[Red]-$#,##0.000000###"

  /// `digits` of 0 is for counts.
  static func numberFormat(digits: Int, currency: Bool) -> String {
    let zeros = digits > 0 ? "." + String(repeating: "0", count: digits) : ""
    let dollar = currency ? "$" : ""
    return "\(dollar)#,##0\(zeros);[Red]-\(dollar)#,##0\(zeros)"
  }
}
