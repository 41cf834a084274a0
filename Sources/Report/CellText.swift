import Ledger

/// In: a table. Out: its cells as people read them; one number of digits in a money column.
struct CellText {
  private let digits: [Int]

  init(_ table: Table) {
    let lines = table.rows + (table.total.map { [$0] } ?? [])
    digits = table.columns.indices.map { column in
      lines.reduce(2) { digits, line in
        guard line.indices.contains(column), case .money(let money) = line[column] else { return digits }
        return max(digits, Self.digitsNeeded(money))
      }
    }
  }

  /// Text from outside is returned as it is: each renderer has its own escapes.
  func text(_ cell: Table.Cell, column: Int) -> String {
    switch cell {
    case .empty: ""
    case .text(let text): text
    case .count(let count): Self.grouped(String(count))
    case .millionths(let count): Self.grouped(decimalText(count, fractionDigits: 6, trimmed: true))
    case .money(let money): Self.dollars(money, digits: digits[column])
    case .basisPoints(let points):
      decimalText(Int128(points), fractionDigits: 2, trimmed: false) + "%"
    }
  }

  static func dollars(_ money: Money, digits: Int) -> String {
    let text = grouped(money.dollars(fractionDigits: digits))
    return text.first == "-" ? "-$" + text.dropFirst() : "$" + text
  }

  /// Digits behind the point without trailing zeros.
  private static func digitsNeeded(_ money: Money) -> Int {
    let text = money.description
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
