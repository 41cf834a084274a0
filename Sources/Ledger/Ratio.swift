/// A number that is not negative as one whole number over another, in lowest terms: rates, shares and averages without
/// rounding.
public struct Ratio: Hashable, Comparable, Sendable {
  public let numerator: Int128
  public let denominator: Int128

  /// - Parameter denominator: positive.
  public init(_ numerator: Int128, over denominator: Int128 = 1) {
    precondition(
      numerator >= 0 && denominator > 0, "a ratio of a number that is not negative to a positive one")
    let divisor = max(1, commonDivisor(numerator, denominator))
    self.numerator = numerator / divisor
    self.denominator = denominator / divisor
  }

  public static let zero = Ratio(0)

  public var isZero: Bool { numerator == 0 }

  public static func + (a: Ratio, b: Ratio) -> Ratio {
    let common = a.denominator / commonDivisor(a.denominator, b.denominator) * b.denominator
    return Ratio(
      a.numerator * (common / a.denominator) + b.numerator * (common / b.denominator), over: common)
  }

  public static func * (a: Ratio, b: Ratio) -> Ratio {
    // Crosswise first, so that no product is larger than it must be.
    let left = Ratio(a.numerator, over: b.denominator)
    let right = Ratio(b.numerator, over: a.denominator)
    return Ratio(left.numerator * right.numerator, over: left.denominator * right.denominator)
  }

  /// - Parameter b: not zero.
  public static func / (a: Ratio, b: Ratio) -> Ratio {
    precondition(!b.isZero, "a divisor that is not zero")
    return a * Ratio(b.denominator, over: b.numerator)
  }

  public static func < (a: Ratio, b: Ratio) -> Bool {
    let left = a.numerator.magnitude.multipliedFullWidth(by: b.denominator.magnitude)
    let right = b.numerator.magnitude.multipliedFullWidth(by: a.denominator.magnitude)
    return (left.high, left.low) < (right.high, right.low)
  }

  /// So many times a whole number, rounded half-even once: the product is taken in 256 bits.
  public func times(_ units: Int128) -> Int128 {
    let product = units.magnitude.multipliedFullWidth(by: numerator.magnitude)
    let divisor = denominator.magnitude
    precondition(product.high < divisor, "a product that fits 128 bits")
    var (quotient, remainder) = divisor.dividingFullWidth(product)
    let rest = divisor - remainder
    if remainder > rest || (remainder == rest && quotient % 2 == 1) { quotient += 1 }
    return units < 0 ? -Int128(quotient) : Int128(quotient)
  }

  public func times(_ money: Money) -> Money { Money(femtodollars: times(money.femtodollars)) }
}

private func commonDivisor(_ a: Int128, _ b: Int128) -> Int128 {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
