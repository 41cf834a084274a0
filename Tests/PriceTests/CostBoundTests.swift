import Ledger
import Price
import TestKit
import Testing

/// A bound is never below what a request can cost.
@Suite struct CostBoundTests {
  @Test(
    "whatever falls in which meter, the books' charge is within the bound",
    arguments: 1...20 as ClosedRange<UInt64>)
  func law(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let stored = try bundledPrices()
    let models = Set(stored.rows.map { "\($0.provider) \($0.model)" }).sorted()
    var compared = 0
    for _ in 0..<200 {
      let parts = models[Int.random(in: 0..<models.count, using: &random)].split(separator: " ", maxSplits: 1)
      let query = RateQuery(
        provider: String(parts[0]), returned: nil, requested: String(parts[1]), region: nil,
        serviceTier: ["standard", "batch", "priority"][Int.random(in: 0...2, using: &random)])
      let card = stored.book.rateCard(query, at: 1_790_812_800_000_000)
      var use = UseBound()
      use.inputTokens = Int64.random(in: 0...1_000_000, using: &random)
      use.outputTokens = Int64.random(in: 0...100_000, using: &random)
      use.takesMedia = true
      use.keepsLong = true
      guard let bound = card.costMax(use) else { continue }
      var counts = TokenCounts()
      var input = use.inputTokens
      for meter in [Meter.cacheRead, .cacheWrite5m, .cacheWrite1h, .inputAudio, .inputImage, .cacheReadAudio]
      {
        let part = Int64.random(in: 0...input, using: &random)
        counts[meter] = part
        input -= part
      }
      counts[.input] = input
      let audio = Int64.random(in: 0...use.outputTokens, using: &random)
      counts[.outputAudio] = audio
      counts[.output] = use.outputTokens - audio
      counts.reasoning = Int64.random(in: 0...counts[.output], using: &random)
      let charge = card.charge(counts, model: nil, isRequest: true)
      #expect(charge.total <= bound, "\(parts), seed \(seed)")
      compared += 1
    }
    #expect(compared > 50)
  }

  @Test("the dearest rate that may hold, by hand") func byHand() throws {
    let book = PriceBook(
      version: "v",
      rows: [
        PriceRow(provider: "p", model: "m", meter: .meter(.input), rate: Money(femtodollars: 3)),
        PriceRow(provider: "p", model: "m", meter: .meter(.cacheWrite1h), rate: Money(femtodollars: 6)),
        PriceRow(provider: "p", model: "m", meter: .meter(.output), rate: Money(femtodollars: 15)),
        PriceRow(
          provider: "p", model: "m", contextOver: 100, meter: .meter(.input), rate: Money(femtodollars: 5)),
      ])
    let card = book.rateCard(
      RateQuery(provider: "p", returned: nil, requested: "m", region: nil, serviceTier: "standard"), at: 0)
    var use = UseBound()
    use.inputTokens = 100
    use.outputTokens = 10
    #expect(card.costMax(use) == Money(femtodollars: 450))
    use.inputTokens = 101
    #expect(card.costMax(use) == Money(femtodollars: 655))
    use.keepsLong = true
    #expect(card.costMax(use) == Money(femtodollars: 756))
    let unknown = book.rateCard(
      RateQuery(provider: "p", returned: nil, requested: "x", region: nil, serviceTier: "standard"), at: 0)
    #expect(unknown.costMax(use) == nil)
  }
}
