import Ledger

/// In: a table. Out: its cells as people read them, with one number of digits in each column.
struct CellText {
  private let digits: [Int]

  init(_ table: Table) {
    let lines = table.rows + (table.total.map { [$0] } ?? [])
    digits = table.columns.indices.map { column in
      lines.reduce(0) { digits, line in
        line.indices.contains(column) ? max(digits, Self.digitsNeeded(line[column])) : digits
      }
    }
  }

  /// Text from outside is returned as it is: each renderer has its own escapes.
  func text(_ cell: Table.Cell, column: Int) -> String {
    switch cell {
    case .empty: ""
    case .text(let text): text
    case .count(let count): Self.fixed(Int128(count) * 1_000_000, digits: digits[column])
    case .millionths(let count): Self.fixed(count, digits: digits[column])
    case .money(let money): Self.dollars(money, digits: digits[column])
    case .basisPoints(let points):
      decimalText(Int128(points), fractionDigits: 2, trimmed: false) + "%"
    }
  }

  static func dollars(_ money: Money, digits: Int) -> String {
    let text = grouped(money.dollars(fractionDigits: digits))
    return text.first == "-" ? "-$" + text.dropFirst() : "$" + text
  }

  private static func fixed(_ millionths: Int128, digits: Int) -> String {
    let units = divideHalfEven(millionths, by: powerOfTen(6 - digits))
    return grouped(decimalText(units, fractionDigits: digits, trimmed: false))
  }

  /// Digits behind the point without trailing zeros; money has at least its cents.
  static func digitsNeeded(_ cell: Table.Cell) -> Int {
    switch cell {
    case .empty, .text, .count, .basisPoints: 0
    case .money(let money): max(2, fractionDigits(money.description))
    case .millionths(let count): fractionDigits(decimalText(count, fractionDigits: 6, trimmed: true))
    }
  }

  private static func fractionDigits(_ text: String) -> Int {
    guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
    return text.utf8.distance(from: point, to: text.utf8.endIndex) - 1
  }

  /// `1234567.89` → `1,234,567.89`.
  static func grouped(_ number: String) -> String {
    var whole = Substring(number)
    var rest = ""
    if let point = number.firstIndex(of: ".") {
      whole = number[..<point]
      rest = String(number[point...])
    }
    let sign = whole.first == "-" ? "-" : ""
    let digits = Array(whole.drop { $0 == "-" })
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return sign + text + rest
  }
}
