/// A decimal number read as text, exactly: JSON's and people's `0.000003`, `3e-06`, `4.0000000000000003E-7`.
public struct DecimalNumber: Hashable, Sendable {
  public var negative: Bool
  /// The digits without leading zeros; empty is zero.
  public var digits: [UInt8]
  /// The value is digits × 10^exponent.
  public var exponent: Int

  /// More digits than any price has, fewer than would overflow.
  public static let digitsMax = 60

  public init?(_ text: some StringProtocol) {
    var rest = Array(text.utf8)[...]
    negative = rest.first == UInt8(ascii: "-")
    if negative { rest.removeFirst() }
    digits = []
    exponent = 0
    var seen = 0
    func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    while let byte = rest.first, isDigit(byte) {
      digits.append(byte - 48)
      seen += 1
      rest.removeFirst()
    }
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      guard let byte = rest.first, isDigit(byte) else { return nil }
      while let byte = rest.first, isDigit(byte) {
        digits.append(byte - 48)
        exponent -= 1
        seen += 1
        rest.removeFirst()
      }
    }
    guard seen > 0, seen <= Self.digitsMax else { return nil }
    if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
      rest.removeFirst()
      let minus = rest.first == UInt8(ascii: "-")
      if minus || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
      guard !rest.isEmpty, rest.count <= 3, rest.allSatisfy(isDigit) else { return nil }
      let power = rest.reduce(0) { $0 * 10 + Int($1 - 48) }
      exponent += minus ? -power : power
      rest = []
    }
    guard rest.isEmpty else { return nil }
    digits = Array(digits.drop { $0 == 0 })
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
  }

  /// The value in units of 10^-`fractionDigits`, exactly; nil where it has more digits or does not fit.
  public func units(fractionDigits: Int) -> Int128? {
    let power = exponent + fractionDigits
    if digits.isEmpty { return 0 }
    guard power >= 0, digits.count + power <= 36 else { return nil }
    let value = digits.reduce(Int128(0)) { $0 * 10 + Int128($1) } * powerOfTen(power)
    return negative ? -value : value
  }

  /// The value over `divisor`, in femtodollars, and whether it had to be rounded (half-even). Nil where it does
  /// not fit.
  public func femtodollars(per divisor: Int64) -> (value: Int128, rounded: Bool)? {
    guard divisor > 0 else { return nil }
    let power = exponent + Money.fractionDigits
    guard digits.count <= 30, power <= 30 else { return nil }
    var numerator: Int128 = 0
    for digit in digits { numerator = numerator * 10 + Int128(digit) }
    var denominator = Int128(divisor)
    if power >= 0 {
      guard digits.count + power <= 36 else { return nil }
      numerator *= powerOfTen(power)
    } else {
      // Digits far below the unit: only their being there matters.
      guard -power <= 30 else { return (0, numerator != 0) }
      let (scaled, overflow) = denominator.multipliedReportingOverflow(by: powerOfTen(-power))
      guard !overflow else { return nil }
      denominator = scaled
    }
    if negative { numerator = -numerator }
    return (divideHalfEven(numerator, by: denominator), numerator % denominator != 0)
  }
}
