/// In: cells. Out: RFC 4180 text: comma, CRLF, quotes where they are needed, and no text that a spreadsheet
/// would take for a formula.
struct CSVWriter {
  private(set) var bytes: [UInt8]
  private var isFirstInLine = true

  /// With a byte order mark Japanese Excel reads UTF-8; without one it guesses CP932.
  init(byteOrderMark: Bool) {
    bytes = byteOrderMark ? [0xEF, 0xBB, 0xBF] : []
  }

  /// Text from anywhere.
  mutating func text(_ value: String) {
    field(Self.isFormulaLike(value) ? "'" + value : value)
  }

  /// Digits made by this program: never guarded, so that a negative number stays one.
  mutating func number(_ value: String) { field(value) }

  mutating func endLine() {
    bytes.append(contentsOf: [0x0D, 0x0A])
    isFirstInLine = true
  }

  private mutating func field(_ value: String) {
    if !isFirstInLine { bytes.append(UInt8(ascii: ",")) }
    isFirstInLine = false
    let needsQuotes = value.utf8.contains { byte in
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 0x0D || byte == 0x0A
        || byte == 0x09
    }
    guard needsQuotes || value.first == " " || value.last == " " else {
      bytes.append(contentsOf: value.utf8)
      return
    }
    bytes.append(UInt8(ascii: "\""))
    for byte in value.utf8 {
      if byte == UInt8(ascii: "\"") { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// A spreadsheet looks past blanks and byte order marks, and takes full-width signs for the plain ones.
  static func isFormulaLike(_ value: String) -> Bool {
    for scalar in value.unicodeScalars {
      switch scalar {
      case "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠": return true
      case " ", "\u{A0}", "\u{3000}", "\u{FEFF}", "\u{200B}", "\u{2060}": continue
      default: return scalar.properties.isWhitespace ? nextIsFormulaSign(after: scalar, in: value) : false
      }
    }
    return false
  }

  /// Rare blanks (thin spaces and the like): whatever follows all leading blanks decides.
  private static func nextIsFormulaSign(after blank: Unicode.Scalar, in value: String) -> Bool {
    guard let start = value.unicodeScalars.firstIndex(of: blank) else { return false }
    let rest = value.unicodeScalars[value.unicodeScalars.index(after: start)...]
    return isFormulaLike(String(String.UnicodeScalarView(rest)))
  }
}
