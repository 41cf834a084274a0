import Attribute
import Ledger
import TestKit
import Testing

/// Cutting a charge between products: whole femtodollars, nothing lost.
@Suite struct SplitTests {
  private func charge(_ amounts: KeyValuePairs<Meter, Int128>) -> Charge {
    var charge = Charge(model: "m", counts: TokenCounts())
    for (meter, amount) in amounts { charge.amounts[meter] = Money(femtodollars: amount) }
    return charge
  }

  @Test(
    "60 to 40 of 1001 and of 1 femtodollar are 601 and 400, 1 and 0: class by class, the larger remainder first"
  )
  func byHand() throws {
    let split = try rules(
      "products: [{id: a}, {id: b}]\nrules: [{split: {a: 60, b: 40}, when: {key: \"*\"}}]")
    // 1001·60/100 = 600.6 and 400.4; 1·60/100 = 0.6 and 0.4; 5 → 3 and 2.
    let shares = split.shares(of: charge([.input: 1001, .output: 1, .cacheRead: 5]), rule: 0)
    #expect(shares.map(\.product) == [0, 1])
    #expect(shares.map { $0.amounts[.input].femtodollars } == [601, 400])
    #expect(shares.map { $0.amounts[.output].femtodollars } == [1, 0])
    #expect(shares.map { $0.amounts[.cacheRead].femtodollars } == [3, 2])
    #expect(shares.map(\.weight) == [60, 40])
    #expect(shares.map(\.weightTotal) == [100, 100])
    #expect(shares.map(\.rule) == [0, 0])
  }

  @Test("a tie goes to the product that stands first among the products, however the split is written")
  func ties() throws {
    for written in ["{a: 1, b: 1, c: 1}", "{c: 1, b: 1, a: 1}"] {
      let split = try rules(
        "products: [{id: a}, {id: b}, {id: c}]\nrules: [{split: \(written), when: {key: \"*\"}}]")
      let shares = split.shares(of: charge([.input: 100, .output: 2]), rule: 0)
      #expect(shares.map { split.products[$0.product].id } == ["a", "b", "c"])
      #expect(shares.map { $0.amounts[.input].femtodollars } == [34, 33, 33])
      #expect(shares.map { $0.amounts[.output].femtodollars } == [1, 1, 0])
    }
  }

  @Test("what no rule places is one share of the whole")
  func unattributed() throws {
    let none = try rules("products: [{id: a}]\nrules: []")
    let shares = none.shares(of: charge([.input: 7]), rule: nil)
    #expect(shares.count == 1)
    #expect(none.products[shares[0].product] == .unattributed)
    #expect(shares[0].rule == nil)
    #expect(shares[0].amounts.total.femtodollars == 7)
  }

  @Test("shares add up to their charge, class by class, to the last femtodollar, whatever the weights")
  func law() throws {
    var random = SeededRandom(seed: 0x5917)
    for _ in 0..<300 {
      let count = Int.random(in: 1...8, using: &random)
      let products = (0..<count).map { "{id: p\($0)}" }.joined(separator: ", ")
      let weights = (0..<count).map { _ in Int64.random(in: 1...1_000_000, using: &random) }
      let parts = weights.enumerated().map { "p\($0.offset): \($0.element)" }.shuffled(using: &random)
      let split = try rules(
        "products: [\(products)]\nrules: [{split: {\(parts.joined(separator: ", "))}, when: {key: \"*\"}}]")
      var whole = charge([:])
      for meter in Meter.allCases {
        whole.amounts[meter] = Money(
          femtodollars: Int128(Int64.random(in: 0...Int64.max, using: &random) >> 8))
      }
      let shares = split.shares(of: whole, rule: 0)
      #expect(shares.count == count)
      let total = Int128(weights.reduce(0, +))
      for meter in Meter.allCases {
        let amount = whole.amounts[meter].femtodollars
        #expect(shares.reduce(Int128(0)) { $0 + $1.amounts[meter].femtodollars } == amount)
        for share in shares {
          let exact = amount * Int128(weights[share.product])
          #expect((share.amounts[meter].femtodollars * total - exact).magnitude < total.magnitude)
        }
      }
      #expect(shares.reduce(0) { $0 + $1.weight } == shares[0].weightTotal)
    }
  }
}
