/// An exact amount of US dollars: a whole number of femtodollars (1e-15 USD).
///
/// Every published token price and its multipliers terminate within that unit, so adding and
/// multiplying are exact. Nothing here rounds; `rounded(toFractionDigits:)` and `apportion` are
/// the two places that do, and both say how.
public struct Money: Hashable, Comparable, Sendable {
  public var femtodollars: Int128

  public static let zero = Money(femtodollars: 0)
  public static let fractionDigits = 15

  @inlinable public init(femtodollars: Int128) {
    self.femtodollars = femtodollars
  }

  public static func < (a: Money, b: Money) -> Bool { a.femtodollars < b.femtodollars }
  @inlinable public static func + (a: Money, b: Money) -> Money {
    Money(femtodollars: a.femtodollars + b.femtodollars)
  }
  public static func - (a: Money, b: Money) -> Money {
    Money(femtodollars: a.femtodollars - b.femtodollars)
  }
  public static prefix func - (a: Money) -> Money { Money(femtodollars: -a.femtodollars) }
  @inlinable public static func += (a: inout Money, b: Money) { a.femtodollars += b.femtodollars }
  public static func -= (a: inout Money, b: Money) { a.femtodollars -= b.femtodollars }
  @inlinable public static func * (a: Money, count: Int64) -> Money {
    Money(femtodollars: a.femtodollars * Int128(count))
  }

  /// The amount in whole units of 10^-`digits` dollars, half-even: 1.005 USD at 2 digits is 100.
  public func rounded(toFractionDigits digits: Int) -> Int128 {
    precondition((0...Self.fractionDigits).contains(digits), "fraction digits out of range")
    return divideHalfEven(femtodollars, by: powerOfTen(Self.fractionDigits - digits))
  }

  /// Plain decimal digits with exactly `digits` of them behind the point, rounded half-even.
  public func dollars(fractionDigits digits: Int) -> String {
    decimalText(rounded(toFractionDigits: digits), fractionDigits: digits, trimmed: false)
  }
}

extension Money: CustomStringConvertible {
  /// The exact amount: plain decimal digits, no exponent, no trailing zeros, `0` for nothing.
  public var description: String {
    decimalText(femtodollars, fractionDigits: Self.fractionDigits, trimmed: true)
  }
}

/// A whole number of 10^-`fractionDigits` units as plain decimal text: (1050, 3) is "1.050", or "1.05" when trimmed.
public func decimalText(_ units: Int128, fractionDigits: Int, trimmed: Bool) -> String {
  let scale = powerOfTen(fractionDigits)
  let magnitude = units.magnitude
  let whole = String(magnitude / scale.magnitude)
  var fraction = ""
  if fractionDigits > 0 {
    let digits = String(magnitude % scale.magnitude)
    fraction = String(repeating: "0", count: fractionDigits - digits.count) + digits
    if trimmed {
      while fraction.last == "0" { fraction.removeLast() }
    }
  }
  let sign = units < 0 ? "-" : ""
  return fraction.isEmpty ? sign + whole : sign + whole + "." + fraction
}

/// 10 to the `exponent`, for 0 to 38.
public func powerOfTen(_ exponent: Int) -> Int128 {
  precondition((0...38).contains(exponent), "a power of ten that fits 128 bits")
  var result: Int128 = 1
  for _ in 0..<exponent { result *= 10 }
  return result
}

/// The quotient rounded to the nearest whole number, ties to the even one. `divisor` is positive.
public func divideHalfEven(_ dividend: Int128, by divisor: Int128) -> Int128 {
  precondition(divisor > 0, "a positive divisor")
  let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
  let twice = remainder.magnitude * 2
  let away: Int128 = dividend < 0 ? -1 : 1
  if twice > divisor.magnitude { return quotient + away }
  if twice < divisor.magnitude { return quotient }
  return quotient % 2 == 0 ? quotient : quotient + away
}
