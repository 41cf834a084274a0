import Ledger
import TestKit
import Testing

/// Cutting a sum into parts, and rounding a column so that it still adds up (largest remainder).
@Suite struct ApportionTests {
  @Test(
    "what is left over goes to the largest remainders, ties to the earlier part",
    arguments: [
      (5, [1, 1, 1], [2, 2, 1]),
      (-5, [1, 1, 1], [-2, -2, -1]),
      (100, [1, 1, 1], [34, 33, 33]),
      (1, [60, 40], [1, 0]),
      (1, [40, 60], [0, 1]),
      (1, [50, 50], [1, 0]),
      (1, [1, 2, 1], [0, 1, 0]),
      (3, [3, 2, 2], [1, 1, 1]),
      (7, [0, 1, 0], [0, 7, 0]),
      (0, [3, 4], [0, 0]),
      // 1001/3 · (1, 2) = 333 2/3 and 667 1/3.
      (1001, [1, 2], [334, 667]),
    ] as [(Int128, [Int128], [Int128])])
  func byHand(total: Int128, weights: [Int128], parts: [Int128]) {
    #expect(apportion(total, by: weights) == parts)
  }

  @Test("sums whose product does not fit 128 bits are cut as exactly as small ones")
  func wide() {
    let total = powerOfTen(27)
    let weights = [powerOfTen(26), 2 * powerOfTen(26), 0, 4 * powerOfTen(26)]
    let parts = apportion(total, by: weights)
    // A seventh of 10^27 is 142857142857142857142857142.857…, two are …285.714…, four are …571.428…
    #expect(
      parts == [
        142_857_142_857_142_857_142_857_143, 285_714_285_714_285_714_285_714_286, 0,
        571_428_571_428_571_428_571_428_571,
      ])
    #expect(apportion(-total, by: weights) == parts.map { -$0 })
  }

  @Test(
    "parts add up, each within one unit of exact, and no smaller remainder is rounded up before a larger one")
  func laws() {
    var random = SeededRandom(seed: 0xA990)
    for round in 0..<5_000 {
      let weights = (0..<Int.random(in: 1...9, using: &random)).map { _ in
        Int128(Int64.random(in: 0...(round % 2 == 0 ? 5 : 1_000_000), using: &random))
      }
      let sum = weights.reduce(0, +)
      guard sum > 0 else { continue }
      let total =
        Int128(Int64.random(in: -1_000_000_000_000_000...1_000_000_000_000_000, using: &random))
        >> (round % 50)
      let parts = apportion(total, by: weights)
      #expect(parts.reduce(0, +) == total, "round \(round)")
      // How far a part is from exact, in units of 1/sum: rounded up is positive.
      let excess = zip(parts, weights).map { ($0 * sum - total * $1) * (total < 0 ? -1 : 1) }
      for (n, part) in excess.enumerated() {
        #expect(part.magnitude < sum.magnitude, "round \(round), part \(n)")
        for (other, otherPart) in excess.enumerated() where part > 0 && otherPart <= 0 && otherPart > -sum {
          // Rounded up by e means a remainder of sum − e; rounded down by e a remainder of e.
          let mine = sum - part
          let theirs = -otherPart
          #expect(mine > theirs || (mine == theirs && n < other), "round \(round), parts \(n) and \(other)")
        }
      }
    }
  }

  @Test(
    "a printed column adds up to the half-even rounding of its exact total",
    arguments: [
      ([5, 5, 5], 10, [1, 1, 0]),
      ([25, 25], 10, [3, 2]),
      ([-5, -5, -5], 10, [0, -1, -1]),
      ([10, 20, 30], 10, [1, 2, 3]),
      ([14, 14, 14], 10, [2, 1, 1]),
      ([-14, 30], 10, [-1, 3]),
      ([], 10, []),
    ] as [([Int128], Int128, [Int128])])
  func columnByHand(exact: [Int128], denominator: Int128, printed: [Int128]) {
    #expect(roundColumn(exact, denominator: denominator) == printed)
  }

  @Test("a printed column adds up, each figure is less than one unit off, and whole figures stay as they are")
  func columnLaws() {
    var random = SeededRandom(seed: 0xC01)
    for round in 0..<5_000 {
      let denominator = Int128(Int64.random(in: 1...1_000, using: &random))
      let exact = (0..<Int.random(in: 1...12, using: &random)).map { _ in
        Int128(Int64.random(in: -100_000...100_000, using: &random))
      }
      let printed = roundColumn(exact, denominator: denominator)
      let sum = exact.reduce(0, +)
      let twiceOff = (printed.reduce(0, +) * denominator - sum).magnitude * 2
      #expect(twiceOff <= denominator.magnitude, "round \(round)")
      if twiceOff == denominator.magnitude {
        #expect(printed.reduce(0, +) % 2 == 0, "round \(round): a tie goes to the even total")
      }
      for (figure, whole) in zip(exact, printed) {
        #expect((whole * denominator - figure).magnitude < denominator.magnitude, "round \(round)")
      }
    }
  }
}
