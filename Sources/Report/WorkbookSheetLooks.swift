import CXLSXWriter
import Glibc
import Ledger

/// What a sheet has around its figures: bars, shades, a tab's colour, boxes to fill in.
extension WorkbookSheet {
  /// Bars in the cells of a column, as long as their figures, from nothing to the longest.
  func bars(_ placed: Placed, column: Int) {
    guard placed.lastRow >= placed.firstRow else { return }
    var format = lxw_conditional_format()
    format.type = UInt8(LXW_CONDITIONAL_DATA_BAR.rawValue)
    format.bar_color = Palette.bar
    format.bar_solid = 1
    format.data_bar_2010 = 1
    format.min_rule_type = UInt8(LXW_CONDITIONAL_RULE_TYPE_NUMBER.rawValue)
    format.min_value = 0
    conditional(&format, rows: placed.firstRow...placed.lastRow, columns: column...column)
  }

  /// The dearer, the darker.
  func heat(rows: ClosedRange<Int>, columns: ClosedRange<Int>) {
    var format = lxw_conditional_format()
    format.type = UInt8(LXW_CONDITIONAL_2_COLOR_SCALE.rawValue)
    format.min_color = 0xFFFFFF
    format.max_color = Palette.heat
    conditional(&format, rows: rows, columns: columns)
  }

  /// A quiet ground under the rows whose first column is a Saturday or a Sunday.
  func shadeWeekends(rows: ClosedRange<Int>, columns: ClosedRange<Int>) {
    let day = "$A\(rows.lowerBound + 1)"
    let criteria = "=AND(ISNUMBER(\(day)),WEEKDAY(\(day),2)>5)"
    guard let ground = file.ground(Palette.weekend) else { return }
    let rule = strdup(criteria)
    defer { free(rule) }
    var format = lxw_conditional_format()
    format.type = UInt8(LXW_CONDITIONAL_TYPE_FORMULA.rawValue)
    format.value_string = rule
    format.format = ground
    conditional(&format, rows: rows, columns: columns)
  }

  private func conditional(
    _ format: inout lxw_conditional_format, rows: ClosedRange<Int>, columns: ClosedRange<Int>
  ) {
    file.note(
      worksheet_conditional_format_range(
        pointer, UInt32(rows.lowerBound), UInt16(columns.lowerBound), UInt32(rows.upperBound),
        UInt16(columns.upperBound), &format))
  }

  func tab(_ color: UInt32) { worksheet_set_tab_color(pointer, color) }

  /// A formula of this program's own whose value is a word.
  func formula(_ formula: String, word: String, row: Int, column: Int, style: CellStyle) {
    file.note(
      worksheet_write_formula_str(
        pointer, UInt32(row), UInt16(column), "=" + formula, file.format(style), word))
    measure(PlainText.width(word), column: column, style: style)
  }

  /// This sheet's cell or range, as formulas of other sheets name it.
  func address(_ row: Int, _ column: Int) -> String {
    Self.quoted(name) + "!" + Self.reference(row, column, absolute: true)
  }

  func address(rows: ClosedRange<Int>, column: Int) -> String {
    address(rows.lowerBound, column) + ":"
      + Self.reference(rows.upperBound, column, absolute: true)
  }
}

/// A sheet's total, which the cover compares with its own.
struct WorkbookControl {
  var sheet: String
  /// A formula that gives it.
  var formula: String
  var value: Money
}

/// Names that a spreadsheet takes for a sheet.
struct SheetNames {
  enum Limit {
    /// Excel's own, in UTF-16 units.
    static let charactersMax = 31
  }

  private var taken: Set<String> = []

  /// `name` without what Excel forbids, cut, and with a number where another sheet has it already.
  mutating func next(_ name: String) -> String {
    let allowed = PlainText.oneLine(name).map { "[]:*?/\\".contains($0) ? "-" : $0 }
    var plain = String(allowed).trimmingBlanks()
    while plain.first == "'" { plain.removeFirst() }
    while plain.last == "'" { plain.removeLast() }
    if plain.isEmpty { plain = "-" }
    var number = 1
    while true {
      let suffix = number == 1 ? "" : " \(number)"
      let candidate = Self.cut(plain, to: Limit.charactersMax - suffix.utf16.count) + suffix
      if taken.insert(candidate.lowercased()).inserted { return candidate }
      number += 1
    }
  }

  private static func cut(_ text: String, to max: Int) -> String {
    var result = ""
    for character in text {
      guard result.utf16.count + character.utf16.count <= max else { break }
      result.append(character)
    }
    while result.last == "'" { result.removeLast() }
    return result.isEmpty ? "-" : result
  }
}

extension String {
  fileprivate func trimmingBlanks() -> String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
