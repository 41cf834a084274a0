import Ledger
import Price
import TestKit
import Testing

/// Which price a usage gets, and what it comes to. Amounts are hand arithmetic.
@Suite struct PricingTests {
  /// Dollars per million tokens, or per unit for what is no token.
  private func row(
    _ provider: String, _ model: String, _ meter: PricedMeter, _ microdollarsPerToken: Int64,
    region: String = "",
    tier: String = "standard", over: Int64 = 0, from: Int64? = nil
  ) -> PriceRow {
    PriceRow(
      provider: provider, model: model, region: region, serviceTier: tier, contextOver: over, meter: meter,
      rate: Money(femtodollars: Int128(microdollarsPerToken) * 1_000_000_000), effectiveFrom: from)
  }

  private func usage(
    _ counts: TokenCounts, provider: String? = "openai", returned: String? = nil, requested: String? = "m",
    region: String? = nil, tier: String? = nil, at time: Int64 = 1_790_812_800_000_000
  ) -> Usage {
    var usage = Usage(
      id: "r", attempt: 1, final: true, time: time, place: .init(file: "f", line: 1),
      facts: RequestFacts(
        provider: provider, region: region, modelRequested: requested, modelReturned: returned,
        serviceTier: tier),
      outcome: .ok)
    usage.counts = counts
    return usage
  }

  private func book(_ rows: [PriceRow]) -> PriceBook { PriceBook(version: "test", rows: rows) }

  @Test("counts times rates, class by class: 812·$3 + 11200·$0.30 + 344·$15 a million is $0.010956")
  func sum() {
    let prices = book([
      row("anthropic", "claude", .meter(.input), 3),
      PriceRow(
        provider: "anthropic", model: "claude", meter: .meter(.cacheRead),
        rate: Money(femtodollars: 300_000_000)),
      row("anthropic", "claude", .meter(.output), 15),
    ])
    let charges = prices.price(
      usage(
        TokenCounts([.input: 812, .cacheRead: 11_200, .output: 344]), provider: "anthropic",
        requested: "claude")
    ).charges
    #expect(charges.count == 1)
    #expect(charges[0].total.description == "0.010956")
    #expect(charges[0].amounts[.input].description == "0.002436")
    #expect(charges[0].amounts[.cacheRead].description == "0.00336")
    #expect(charges[0].amounts[.output].description == "0.00516")
    #expect(!charges[0].isUnpriced)
  }

  @Test(
    "the returned model is looked for before the requested one, as it is, then without its date, then without prefix",
    arguments: [
      (
        "gpt-4o-mini-2024-07-18", "alias", ["gpt-4o-mini-2024-07-18", "gpt-4o-mini", "alias"],
        "gpt-4o-mini-2024-07-18"
      ),
      ("gpt-4o-mini-2024-07-18", "alias", ["gpt-4o-mini", "alias"], "gpt-4o-mini"),
      ("claude-sonnet-4-5-20250929", "alias", ["claude-sonnet-4-5", "alias"], "claude-sonnet-4-5"),
      ("claude-opus-4@20250514", nil, ["claude-opus-4"], "claude-opus-4"),
      ("models/gemini-2.5-flash", nil, ["gemini-2.5-flash"], "gemini-2.5-flash"),
      (
        "models/gemini-2.5-flash", nil, ["models/gemini-2.5-flash", "gemini-2.5-flash"],
        "models/gemini-2.5-flash"
      ),
      ("unheard-of", "alias", ["alias"], "alias"),
      (nil, "alias-2026-01-02", ["alias"], "alias"),
      ("gpt-4o", nil, ["gpt-4o-mini"], nil),
      ("gpt-4o-2024", nil, ["gpt-4o"], nil),
      ("GPT-4o", nil, ["gpt-4o"], nil),
      (nil, nil, ["m"], nil),
    ] as [(String?, String?, [String], String?)])
  func matching(returned: String?, requested: String?, listed: [String], found: String?) {
    let prices = book(listed.map { row("openai", $0, .meter(.input), 1) })
    let match = prices.match(provider: "openai", returned: returned, requested: requested, region: nil)
    #expect(match?.entry.model == found)
    if let match {
      #expect(match.step.hasPrefix(found == requested || returned == nil ? "requested" : "returned"))
    }
  }

  @Test(
    "a price of the region that served comes before the one for any region; another region's is never taken")
  func regions() {
    let prices = book([
      row("azure", "m", .meter(.input), 1), row("azure", "m", .meter(.input), 2, region: "eu"),
      row("azure", "only-eu", .meter(.input), 3, region: "eu"),
    ])
    func found(_ model: String, _ region: String?) -> String? {
      prices.match(provider: "azure", returned: model, requested: nil, region: region)?.entry.region
    }
    #expect(found("m", "eu") == "eu")
    #expect(found("m", "us") == "")
    #expect(found("m", nil) == "")
    #expect(found("only-eu", "eu") == "eu")
    #expect(found("only-eu", "us") == nil)
    #expect(found("only-eu", nil) == nil)
  }

  @Test("a model's price at another vendor is never taken, and an unknown vendor has none")
  func providers() {
    let prices = book([row("openai", "m", .meter(.input), 1)])
    #expect(prices.match(provider: "azure", returned: "m", requested: "m", region: nil) == nil)
    #expect(prices.match(provider: nil, returned: "m", requested: "m", region: nil) == nil)
  }

  @Test(
    "the tier that served decides; absent and `default` are standard",
    arguments: [(nil, 2), ("default", 2), ("standard", 2), ("batch", 1), ("priority", 4)]
      as [(String?, Int64)])
  func tiers(tier: String?, microdollars: Int64) {
    let prices = book([
      row("openai", "m", .meter(.input), 2), row("openai", "m", .meter(.input), 1, tier: "batch"),
      row("openai", "m", .meter(.input), 4, tier: "priority"),
    ])
    let charge = prices.price(usage(TokenCounts([.input: 1]), tier: tier)).charges[0]
    #expect(charge.total == Money(femtodollars: Int128(microdollars) * 1_000_000_000))
  }

  @Test(
    "a threshold is exceeded by more than N tokens of the whole input, cached ones included, and holds for all of it",
    arguments: [(199_999, 3, 15), (200_000, 3, 15), (200_001, 6, 22)] as [(Int64, Int64, Int64)])
  func thresholds(totalInput: Int64, input: Int64, output: Int64) {
    let prices = book([
      row("openai", "m", .meter(.input), 3), row("openai", "m", .meter(.input), 6, over: 200_000),
      row("openai", "m", .meter(.output), 15), row("openai", "m", .meter(.output), 22, over: 200_000),
      row("openai", "m", .meter(.cacheRead), 1), row("openai", "m", .meter(.cacheWrite1h), 1),
    ])
    let charge = prices.price(
      usage(
        TokenCounts([.input: totalInput - 150_000, .cacheRead: 100_000, .cacheWrite1h: 50_000, .output: 10]))
    ).charges[0]
    #expect(charge.amounts[.input].femtodollars == Int128((totalInput - 150_000) * input) * 1_000_000_000)
    #expect(charge.amounts[.output].femtodollars == Int128(10 * output) * 1_000_000_000)
    // No price above the threshold: the plain one holds.
    #expect(charge.amounts[.cacheRead].femtodollars == 100_000 * 1_000_000_000)
  }

  @Test("the highest of several thresholds that is exceeded holds")
  func severalThresholds() {
    let prices = book([
      row("openai", "m", .meter(.input), 1), row("openai", "m", .meter(.input), 3, over: 256_000),
      row("openai", "m", .meter(.input), 2, over: 128_000),
    ])
    for (count, rate) in [(128_000, 1), (128_001, 2), (256_000, 2), (256_001, 3)] as [(Int64, Int64)] {
      let charge = prices.price(usage(TokenCounts([.input: count]))).charges[0]
      #expect(charge.total.femtodollars == Int128(count * rate) * 1_000_000_000, "\(count)")
    }
  }

  @Test("a price holds from its first instant until the next one's, at the time of the request")
  func effectiveDates() {
    let noon: Int64 = 1_790_812_800_000_000
    let prices = book([
      row("openai", "m", .meter(.input), 1), row("openai", "m", .meter(.input), 2, from: noon),
      row("openai", "m", .meter(.input), 3, from: noon + 1_000_000),
    ])
    for (time, rate) in [(noon - 1, 1), (noon, 2), (noon + 999_999, 2), (noon + 1_000_000, 3)]
      as [(Int64, Int64)]
    {
      let charge = prices.price(usage(TokenCounts([.input: 1]), at: time)).charges[0]
      #expect(charge.total.femtodollars == Int128(rate) * 1_000_000_000)
    }
    let later = book([row("openai", "m", .meter(.input), 2, from: noon)])
    let early = later.price(usage(TokenCounts([.input: 1]), at: noon - 1)).charges[0]
    #expect(early.isUnpriced)
    #expect(early.unpricedMeters.meters == [.input])
  }

  @Test("reasoning has its own rate where a vendor prices it apart, else the output's")
  func reasoning() {
    var counts = TokenCounts([.output: 40])
    counts.reasoning = 25
    let apart = book([row("openai", "m", .meter(.output), 10), row("openai", "m", .reasoning, 4)])
    // 15·10 + 25·4 = 250.
    #expect(apart.price(usage(counts)).charges[0].total.femtodollars == 250 * 1_000_000_000)
    let together = book([row("openai", "m", .meter(.output), 10)])
    #expect(together.price(usage(counts)).charges[0].total.femtodollars == 400 * 1_000_000_000)
  }

  @Test("a meter without a rate leaves the rest priced, and is named; a rate of zero is a price")
  func unpricedMeter() {
    let prices = book([row("openai", "m", .meter(.input), 2), row("openai", "m", .meter(.cacheRead), 0)])
    let charge = prices.price(usage(TokenCounts([.input: 3, .cacheRead: 9, .output: 5, .webSearch: 1])))
      .charges[0]
    #expect(charge.unpricedMeters.meters == [.output, .webSearch])
    #expect(charge.hasPricedMeter)
    #expect(charge.isUnpriced)
    #expect(charge.unpricedReason?.contains("output") == true)
    #expect(charge.total.femtodollars == 6 * 1_000_000_000)
  }

  @Test("a model without an entry is unpriced with its reason, never zero for want of a price")
  func unpricedModel() {
    let charge = book([row("openai", "other", .meter(.input), 2)])
      .price(usage(TokenCounts([.input: 3, .output: 5]))).charges[0]
    #expect(charge.unpricedMeters.meters == [.input, .output])
    #expect(!charge.hasPricedMeter)
    #expect(charge.unpricedReason?.isEmpty == false)
  }

  @Test("an answer that used nothing costs nothing, price or no price; one without usage is unknown")
  func nothingUsed() {
    let charge = book([row("openai", "other", .meter(.input), 2)]).price(usage(TokenCounts())).charges[0]
    #expect(!charge.isUnpriced)
    #expect(charge.total == .zero)
    var missing = usage(TokenCounts())
    missing.flags = [.usageMissing]
    #expect(book([row("openai", "m", .meter(.input), 2)]).price(missing).charges[0].isUnpriced)
  }

  @Test("a refusal that the vendor does not charge costs nothing and is not unpriced")
  func notBilled() {
    var refused = usage(TokenCounts([.input: 535]))
    refused.flags = [.notBilled]
    let charge = book([row("openai", "m", .meter(.input), 2)]).price(refused).charges[0]
    #expect(charge.total == .zero)
    #expect(!charge.isUnpriced)
  }

  @Test("other models inside the answer are priced as themselves; searches at their own price each")
  func otherModels() {
    var answer = usage(TokenCounts([.input: 1760, .output: 531, .webSearch: 3]))
    answer.otherModels = [
      .init(model: "O", counts: TokenCounts([.input: 823, .output: 1612])),
      .init(model: "unheard-of", counts: TokenCounts([.input: 1])),
    ]
    let prices = book([
      row("openai", "m", .meter(.input), 1), row("openai", "m", .meter(.output), 2),
      row("openai", "O", .meter(.input), 5), row("openai", "O", .meter(.output), 25),
      PriceRow(
        provider: "openai", model: "m", meter: .meter(.webSearch),
        rate: Money(femtodollars: 10_000_000_000_000)),
    ])
    let charges = prices.price(answer).charges
    #expect(charges.map(\.model) == ["m", "O", "unheard-of"])
    // 1760 + 531·2 = 2822 µ$, and 3 searches at 1 cent; 823·5 + 1612·25 = 44415 µ$.
    #expect(charges[0].total.description == "0.032822")
    #expect(charges[1].total.description == "0.044415")
    #expect(charges.map(\.isUnpriced) == [false, false, true])
  }

  @Test("what `explain` shows adds up to the charge, and every line says which rate it is")
  func explained() {
    var random = SeededRandom(seed: 0xE6)
    let prices = book([
      row("openai", "m", .meter(.input), 3), row("openai", "m", .meter(.input), 6, over: 1000),
      row("openai", "m", .meter(.output), 10), row("openai", "m", .reasoning, 4),
      row("openai", "m", .meter(.input), 1, tier: "batch"),
    ])
    for _ in 0..<500 {
      var counts = TokenCounts()
      counts[.input] = Int64.random(in: 0...2000, using: &random)
      counts[.output] = Int64.random(in: 0...2000, using: &random)
      counts[.cacheRead] = Int64.random(in: 0...1, using: &random)
      counts.reasoning = Int64.random(in: 0...counts[.output], using: &random)
      let tier = Bool.random(using: &random) ? "batch" : nil
      let priced = prices.price(usage(counts, tier: tier))
      let lines = priced.lines[0]
      let sum = lines.reduce(Money.zero) { $0 + ($1.rate ?? .zero) * $1.count }
      #expect(sum == priced.charges[0].total)
      var again = Charge(model: nil, counts: TokenCounts([.input: 5]))
      again.reset(counts)
      #expect(priced.cards[0].price(&again) == sum)
      #expect(again.total == sum)
      #expect(lines.allSatisfy { !$0.note.isEmpty })
      for meter in Meter.allCases {
        #expect(lines.filter { $0.meter == meter }.reduce(0) { $0 + $1.count } == counts[meter])
      }
    }
  }
}
