import Ledger
import Price
import Testing

/// Under which vendor, model, region and condition the keys of LiteLLM's map stand in a book.
@Suite struct ImportLiteLLMNamesTests {
  @Test(
    "a key is the vendor's word, the model as the vendor names it, its region, and a size",
    arguments: [
      ("gpt-4o", "openai", "openai,gpt-4o,,,"),
      ("openai/container", "openai", "openai,container,,,"),
      ("ft:davinci", "text-completion-openai", "openai,ft:davinci,,,"),
      ("azure/eu/gpt-4o", "azure", "azure,gpt-4o,eu,,"),
      ("azure/global-standard/gpt-4o", "azure", "azure,gpt-4o,global-standard,,"),
      ("azure/apac/gpt-9", "azure", "azure,gpt-9,apac,,"),
      ("azure_ai/claude-opus-5", "azure_ai", "azure_ai,claude-opus-5,,,"),
      ("gemini/gemini-9", "gemini", "gemini,gemini-9,,,"),
      ("gemini-9", "vertex_ai-language-models", "vertex,gemini-9,,,"),
      ("vertex_ai/claude-opus-5@20260101", "vertex_ai-anthropic_models", "vertex,claude-opus-5@20260101,,,"),
      ("openrouter/anthropic/claude-opus-5", "openrouter", "openrouter,anthropic/claude-opus-5,,,"),
      ("bedrock/us-gov-west-1/anthropic.c", "bedrock", "bedrock,anthropic.c,us-gov-west-1,,"),
      ("us.anthropic.c-v1:0", "bedrock_converse", "bedrock,anthropic.c-v1:0,us,,"),
      ("us-gov.anthropic.c-v1:0", "bedrock_converse", "bedrock,anthropic.c-v1:0,us-gov,,"),
      ("global.anthropic.c-v1:0", "bedrock_converse", "bedrock,anthropic.c-v1:0,global,,"),
      ("meta.llama", "bedrock_converse", "bedrock,meta.llama,,,"),
      ("bedrock/invoke/anthropic.c", "bedrock", "bedrock,anthropic.c,,,"),
      ("bedrock_mantle/us-gov-west-1/xai.grok", "bedrock_mantle", "bedrock_mantle,xai.grok,us-gov-west-1,,"),
      ("1024-x-1024/dall-e-2", "openai", "openai,dall-e-2,,image_size=1024x1024,"),
      ("hd/1024-x-1792/dall-e-3", "openai", "openai,dall-e-3,,image_quality=hd;image_size=1024x1792,"),
      ("standard/1024-x-1024/dall-e-3", "openai", "openai,dall-e-3,,image_size=1024x1024,"),
      (
        "azure/low/1024-x-1024/gpt-image-1", "azure",
        "azure,gpt-image-1,,image_quality=low;image_size=1024x1024,"
      ),
    ])
  func keys(key: String, vendor: String, expected: String) throws {
    let text = #"{"\#(key)":{"litellm_provider":"\#(vendor)","output_cost_per_image":0.04}}"#
    let rows = try importLiteLLM(Array(text.utf8), name: "map.json").rows.filter { $0.model != "*" }
    #expect(
      rows.map { "\($0.provider),\($0.model),\($0.region),\($0.when)," } == [expected])
  }

  private func book(_ prices: String) throws -> PriceBook {
    let entries = prices.split(separator: " ").map { pair in
      let parts = pair.split(separator: "=")
      return #""\#(parts[0])":{"litellm_provider":"bedrock_converse","input_cost_per_token":\#(parts[1])}"#
    }
    let text = "{\(entries.joined(separator: ","))}"
    return PriceBook(version: "v", rows: try importLiteLLM(Array(text.utf8), name: "map.json").rows)
  }

  private func region(_ book: PriceBook, _ model: String, in region: String?) -> String? {
    book.match(provider: "bedrock", returned: nil, requested: model, region: region)?.entry.region
  }

  @Test("a call in a region never gets the global price in silence: the geography's is 10 % dearer")
  func inRegion() throws {
    let prices = try book("anthropic.c=3e-06 global.anthropic.c=3e-06 us.anthropic.c=3.3e-06")
    #expect(region(prices, "anthropic.c", in: "us-east-1") == "us")
    #expect(region(prices, "anthropic.c", in: "eu-west-1") == nil)
    #expect(region(prices, "anthropic.c", in: nil) == "global")
    #expect(region(prices, "global.anthropic.c", in: "us-east-1") == "global")
    #expect(region(prices, "us.anthropic.c", in: "us-east-1") == "us")
  }

  @Test("where the geography costs the same, or there is no global price, the plain id holds anywhere")
  func anywhere() throws {
    let same = try book("anthropic.c=3e-06 global.anthropic.c=3e-06 us.anthropic.c=3e-06")
    #expect(region(same, "anthropic.c", in: "eu-west-1") == "")
    let noGlobal = try book("meta.l=3e-06 us.meta.l=3e-06 eu.meta.l=4e-06")
    #expect(region(noGlobal, "meta.l", in: "eu-west-1") == "eu")
    #expect(region(noGlobal, "meta.l", in: "ap-south-1") == "")
  }

  @Test(
    "an hour's cache write in a batch is half of the hour's price: 500 · 3.75 + 1500 · 6, halved, is 0.0054375"
  )
  func batchWrites() throws {
    let text = #"""
      {"c":{"litellm_provider":"anthropic","input_cost_per_token":3e-06,"input_cost_per_token_batches":1.5e-06,
      "cache_creation_input_token_cost":3.75e-06,"cache_creation_input_token_cost_batches":1.875e-06,
      "cache_creation_input_token_cost_above_1hr":6e-06}}
      """#
    let prices = PriceBook(version: "v", rows: try importLiteLLM(Array(text.utf8), name: "map.json").rows)
    let query = RateQuery(
      provider: "anthropic", returned: "c", requested: nil, region: nil, serviceTier: "batch")
    let charge = prices.rateCard(query, at: 0)
      .charge(TokenCounts([.cacheWrite5m: 500, .cacheWrite1h: 1500]), model: "c")
    #expect(charge.total.description == "0.0054375")
    #expect(!charge.isUnpriced)
  }
}
