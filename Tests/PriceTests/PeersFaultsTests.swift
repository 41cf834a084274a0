import Ledger
import Price
import Testing

/// Wrong amounts that users of other calculators reported, each with the right one by hand.
@Suite struct PeersFaultsTests {
  private func cost(
    _ map: String, _ counts: TokenCounts, provider: String = "anthropic", model: String = "m",
    tier: String = "standard", region: String? = nil
  ) throws -> (usd: String, unpriced: MeterSet, reason: String?) {
    let book = PriceBook(version: "v", rows: try importLiteLLM(Array(map.utf8), name: "map.json").rows)
    let query = RateQuery(
      provider: provider, returned: model, requested: nil, region: region, serviceTier: tier)
    let charge = book.rateCard(query, at: 0).charge(counts, model: model)
    return (charge.total.description, charge.unpricedMeters, charge.unpricedReason)
  }

  private let claude = #"""
    {"m":{"litellm_provider":"anthropic","input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05,
    "cache_read_input_token_cost":3e-07,"cache_creation_input_token_cost":3.75e-06,
    "cache_creation_input_token_cost_above_1hr":6e-06,"input_cost_per_token_above_200k_tokens":6e-06,
    "cache_creation_input_token_cost_above_1hr_above_200k_tokens":1.2e-05,
    "input_cost_per_token_above_512k_tokens":9e-06}}
    """#

  @Test("cache writes are paid once: 1,000 fresh at $3 and 2,000 written at $3.75 a million are $0.0105")
  func writesOnce() throws {
    #expect(try cost(claude, TokenCounts([.input: 1000, .cacheWrite5m: 2000])).usd == "0.0105")
  }

  @Test("cache reads have their own price: 100 fresh at $3 and 9,900 read at $0.30 a million are $0.00327")
  func reads() throws {
    #expect(try cost(claude, TokenCounts([.input: 100, .cacheRead: 9900])).usd == "0.00327")
  }

  @Test("an hour's write in a long context: 200,001 tokens, 1,000 of them written, at $6 and $12 a million")
  func longHour() throws {
    // 199,001 x 6 + 1,000 x 12 = 1,206,006 millionths.
    #expect(try cost(claude, TokenCounts([.input: 199_001, .cacheWrite1h: 1000])).usd == "1.206006")
  }

  @Test("a threshold nobody had before is a number like any other: 512,001 tokens at $9 a million")
  func newThreshold() throws {
    #expect(try cost(claude, TokenCounts([.input: 512_000])).usd == "3.072")
    #expect(try cost(claude, TokenCounts([.input: 512_001])).usd == "4.608009")
  }

  @Test("OpenAI's written tokens are paid: 3 fresh at $1, 18,011 written at $1.25, 40 out at $5 a million")
  func openAIWrites() throws {
    let map = #"""
      {"m":{"litellm_provider":"openai","input_cost_per_token":1e-06,"output_cost_per_token":5e-06,
      "cache_creation_input_token_cost":1.25e-06}}
      """#
    // 3 + 22,513.75 + 200 = 22,716.75 millionths.
    let counts = TokenCounts([.input: 3, .cacheWrite5m: 18_011, .output: 40])
    #expect(try cost(map, counts, provider: "openai").usd == "0.02271675")
  }

  @Test(
    "Fireworks' cached tokens cost half of its input where it says no other: 1,000 at $0.9 a million, halved")
  func fireworks() throws {
    let map = #"{"fireworks_ai/m":{"litellm_provider":"fireworks_ai","input_cost_per_token":9e-07}}"#
    #expect(try cost(map, TokenCounts([.cacheRead: 1000]), provider: "fireworks_ai").usd == "0.00045")
  }

  @Test("a region without a price has none, whatever other regions cost; it is not free either")
  func otherRegions() throws {
    let map = #"""
      {"bedrock/us-east-1/m":{"litellm_provider":"bedrock","input_cost_per_token":1e-06},
       "bedrock/eu-west-1/m":{"litellm_provider":"bedrock","input_cost_per_token":2e-06}}
      """#
    let asked = TokenCounts([.input: 1000])
    let london = try cost(map, asked, provider: "bedrock", region: "eu-west-2")
    #expect(london.unpriced == MeterSet.of(.input))
    #expect(london.reason?.contains("eu-west-1, us-east-1") == true)
    #expect(try cost(map, asked, provider: "bedrock", region: "eu-west-1").usd == "0.002")
  }

  @Test("a geography's surcharge is kept: us. costs 10 % more than global.")
  func geography() throws {
    let map = #"""
      {"global.anthropic.m":{"litellm_provider":"bedrock_converse","input_cost_per_token":3e-06},
       "us.anthropic.m":{"litellm_provider":"bedrock_converse","input_cost_per_token":3.3e-06}}
      """#
    let asked = TokenCounts([.input: 1000])
    #expect(try cost(map, asked, provider: "bedrock", model: "us.anthropic.m").usd == "0.0033")
    #expect(try cost(map, asked, provider: "bedrock", model: "global.anthropic.m").usd == "0.003")
  }

  @Test("a price of zero is a price, and no price is none")
  func zero() throws {
    let map = #"{"m":{"litellm_provider":"anthropic","input_cost_per_token":0.0}}"#
    let counts = TokenCounts([.input: 1000, .output: 10])
    #expect(try cost(map, counts).unpriced == MeterSet.of(.output))
    #expect(try cost(map, counts).usd == "0")
  }
}
