public import Ledger

/// In: cells. Out: RFC 4180 text: comma, CRLF, quotes where they are needed, and no text that a spreadsheet
/// would take for a formula.
public struct CSVWriter {
  public private(set) var bytes: [UInt8]
  private var isFirstInLine = true

  /// With a byte order mark Japanese Excel reads UTF-8; without one it guesses CP932.
  public init(byteOrderMark: Bool) {
    bytes = byteOrderMark ? [0xEF, 0xBB, 0xBF] : []
  }

  /// Text from anywhere.
  public mutating func text(_ value: String) {
    field(Self.guarded(value))
  }

  /// With an apostrophe in front where a spreadsheet would take the text for a formula.
  public static func guarded(_ value: String) -> String { isFormulaLike(value) ? "'" + value : value }

  /// Digits made by this program: never guarded, so that a negative number stays one.
  public mutating func number(_ value: String) { field(value) }

  public mutating func endLine() {
    bytes.append(contentsOf: [0x0D, 0x0A])
    isFirstInLine = true
  }

  /// A cell that was made before, by `cell`.
  public mutating func made(_ cell: [UInt8]) {
    comma()
    bytes.append(contentsOf: cell)
  }

  /// A text's cell, to be used again and again.
  public static func cell(_ text: String) -> [UInt8] {
    var writer = CSVWriter(byteOrderMark: false)
    writer.text(text)
    return writer.bytes
  }

  public mutating func number(_ value: Int64) {
    comma()
    append(digits: value.magnitude, isNegative: value < 0)
  }

  /// The exact amount, as `Money.description` has it.
  public mutating func number(_ money: Money) {
    guard let amount = UInt64(exactly: money.femtodollars) else { return number(money.description) }
    comma()
    let unit: UInt64 = 1_000_000_000_000_000
    append(digits: amount / unit, isNegative: false)
    var fraction = amount % unit
    guard fraction != 0 else { return }
    var digits = Money.fractionDigits
    while fraction % 10 == 0 {
      fraction /= 10
      digits -= 1
    }
    bytes.append(UInt8(ascii: "."))
    let start = bytes.count
    for _ in 0..<digits { bytes.append(UInt8(ascii: "0")) }
    var at = start + digits
    while fraction > 0 {
      at -= 1
      bytes[at] = UInt8(48 + fraction % 10)
      fraction /= 10
    }
  }

  private mutating func append(digits value: UInt64, isNegative: Bool) {
    if isNegative { bytes.append(UInt8(ascii: "-")) }
    var count = 1
    var rest = value
    while rest >= 10 {
      rest /= 10
      count += 1
    }
    let start = bytes.count
    for _ in 0..<count { bytes.append(UInt8(ascii: "0")) }
    var at = start + count
    rest = value
    while rest > 0 {
      at -= 1
      bytes[at] = UInt8(48 + rest % 10)
      rest /= 10
    }
  }

  /// Hands out what was written so far.
  public mutating func take() -> [UInt8] {
    let written = bytes
    bytes.removeAll(keepingCapacity: true)
    return written
  }

  private mutating func comma() {
    if !isFirstInLine { bytes.append(UInt8(ascii: ",")) }
    isFirstInLine = false
  }

  private mutating func field(_ value: String) {
    comma()
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
