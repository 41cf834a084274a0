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
  precondition((0...38).contains(fractionDigits), "as many digits as 128 bits have")
  // Written from the last digit on; 39 digits, a zero before the point, the point and the sign fit.
  return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 44) { text in
    var digits = DigitsFromLast(units.magnitude)
    var at = text.count
    func push(_ byte: UInt8) {
      at -= 1
      text[at] = byte
    }
    for _ in 0..<fractionDigits {
      let digit = digits.next()
      if !trimmed || at < text.count || digit != 48 { push(digit) }
    }
    if at < text.count { push(UInt8(ascii: ".")) }
    repeat { push(digits.next()) } while !digits.areOver
    if units < 0 { push(UInt8(ascii: "-")) }
    return String(decoding: UnsafeBufferPointer(rebasing: text[at...]), as: UTF8.self)
  }
}

/// A number's decimal digits, the last one first, and behind them zeros.
private struct DigitsFromLast {
  /// What is left of the digits that are taken off at a time, since 64 bits are divided much faster than 128.
  private var near: UInt64
  private var nearDigits = 20
  private var far: UInt128 = 0

  init(_ number: UInt128) {
    near = UInt64(truncatingIfNeeded: number)
    guard number > UInt64.max else { return }
    far = number
    nearDigits = 0
  }

  var areOver: Bool { near == 0 && far == 0 }

  mutating func next() -> UInt8 {
    if nearDigits == 0 {
      let (rest, digits) = far.quotientAndRemainder(dividingBy: 1_000_000_000_000_000_000)
      (far, near, nearDigits) = (rest, UInt64(truncatingIfNeeded: digits), 18)
    }
    nearDigits -= 1
    defer { near /= 10 }
    return 48 + UInt8(truncatingIfNeeded: near % 10)
  }
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
