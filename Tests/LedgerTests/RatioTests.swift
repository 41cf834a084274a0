import Ledger
import TestKit
import Testing

@Suite struct RatioTests {
  @Test("a third of a hundred, two thirds of a hundred: rounded once, half to even") func rounding() {
    #expect(Ratio(1, over: 3).times(Int128(100)) == 33)
    #expect(Ratio(2, over: 3).times(Int128(100)) == 67)
    #expect(Ratio(1, over: 2).times(Int128(5)) == 2)
    #expect(Ratio(1, over: 2).times(Int128(7)) == 4)
    #expect(Ratio(1, over: 2).times(Int128(-7)) == -4)
    #expect(Ratio(2, over: 3).times(Int128(-100)) == -67)
  }

  @Test("products over 128 bits are exact") func wide() {
    let large = Int128(1) << 100
    #expect(Ratio(large, over: large - 1).times(large - 1) == large)
    #expect(Ratio(large - 1, over: large).times(large) == large - 1)
    // (10^30 + 1) × (10^30 + 1) / (10^30 − 1) = 10^30 + 3 + 4 / (10^30 − 1)
    let power = powerOfTen(30)
    #expect(Ratio(power + 1, over: power - 1).times(power + 1) == power + 3)
  }

  @Test(
    "ratios are added, multiplied, divided and ordered as numbers are",
    arguments: 1...50 as ClosedRange<UInt64>)
  func arithmetic(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    func number() -> Int128 { Int128.random(in: 1...9999, using: &random) }
    let (a, b, c, d) = (number(), number(), number(), number())
    let (left, right) = (Ratio(a, over: b), Ratio(c, over: d))
    #expect(left + right == Ratio(a * d + c * b, over: b * d))
    #expect(left * right == Ratio(a * c, over: b * d))
    #expect(left / right == Ratio(a * d, over: b * c))
    #expect((left < right) == (a * d < c * b))
  }
}
