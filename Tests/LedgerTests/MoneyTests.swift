import Ledger
import TestKit
import Testing

/// Money is a whole number of 1e-15 USD; texts and roundings here are worked out by hand.
@Suite struct MoneyTests {
  @Test(
    "money is plain decimal digits: exact, no exponent, no trailing zeros",
    arguments: [
      (0, "0"),
      (1, "0.000000000000001"),
      (-1, "-0.000000000000001"),
      (1_000_000_000_000_000, "1"),
      (1_050_000_000_000_000, "1.05"),
      (-20_000_000_000_000_000, "-20"),
      (812 * 3_000_000_000, "0.002436"),
      (123_456_789_012_345_678_901_234_567, "123456789012.345678901234567"),
      (18_446_744_073_709_551_615, "18446.744073709551615"),
      (18_446_744_073_709_551_616, "18446.744073709551616"),
      (1_000_000_000_000_000_000_000_000_000_000_000_000, "1000000000000000000000"),
      (.max, "170141183460469231731687.303715884105727"),
      (.min, "-170141183460469231731687.303715884105728"),
    ] as [(Int128, String)])
  func exactText(femtodollars: Int128, text: String) {
    #expect(Money(femtodollars: femtodollars).description == text)
  }

  @Test(
    "dividing rounds to the nearest whole number and ties to the even one, on both sides of zero",
    arguments: [
      (0, 7, 0), (1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 2, 4), (-1, 2, 0), (-3, 2, -2), (-5, 2, -2),
      (-7, 2, -4),
      (10, 3, 3), (11, 3, 4), (-10, 3, -3), (-11, 3, -4), (24, 10, 2), (25, 10, 2), (26, 10, 3), (35, 10, 4),
      (-25, 10, -2), (-26, 10, -3), (-35, 10, -4), (9, 1, 9),
    ] as [(Int128, Int128, Int128)])
  func halfEven(dividend: Int128, divisor: Int128, quotient: Int128) {
    #expect(divideHalfEven(dividend, by: divisor) == quotient)
  }

  @Test(
    "an amount is printed with the digits asked for, ties to the even digit",
    arguments: [
      ("1.005", 2, "1.00"), ("1.015", 2, "1.02"), ("1.0050000001", 2, "1.01"), ("0.5", 0, "0"),
      ("1.5", 0, "2"),
      ("-0.015", 2, "-0.02"), ("-0.005", 2, "0.00"), ("12", 4, "12.0000"),
      ("0.000000000000001", 15, "0.000000000000001"),
    ] as [(String, Int, String)])
  func printedDigits(amount: String, digits: Int, printed: String) throws {
    #expect(try money(amount).dollars(fractionDigits: digits) == printed)
  }

  @Test("adding, subtracting, negating and multiplying are those of whole numbers")
  func arithmetic() throws {
    let price = try money("0.000003")
    #expect(price * 812 == (try money("0.002436")))
    #expect(try money("0.1") + money("0.2") == money("0.3"))
    #expect(try money("0.1") - money("0.3") == money("-0.2"))
    #expect(try -money("0.1") == money("-0.1"))
    #expect(try money("-0.1") < .zero)
    var sum = Money.zero
    for _ in 0..<1_000_000 { sum += price }
    #expect(sum == (try money("3")))
    sum -= price * 1_000_000
    #expect(sum == .zero)
  }

  /// The text as an amount, digit by digit: a second way to the same number.
  private func money(_ text: String) throws -> Money {
    var digits = text.filter { $0 != "." && $0 != "-" }
    let behindPoint = text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) - 1 } ?? 0
    digits += String(repeating: "0", count: 15 - behindPoint)
    let units = try #require(Int128(digits))
    return Money(femtodollars: text.hasPrefix("-") ? -units : units)
  }
}
