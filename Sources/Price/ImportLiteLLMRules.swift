internal import JSON
internal import Ledger

// What vendors' documents say and the map leaves out. Each rule names its source, which stands in the book.

/// The rules in a book's comments.
enum LiteLLMRule {
  static let longContext =
    "flex and batch above a context threshold without a price of theirs: risen as the standard price, since they "
    + "are published as one discount (ai.google.dev/gemini-api/docs, platform.openai.com/docs)"
  static let cachedInBatches =
    "caches in batches without a price of theirs: OpenAI and Azure, plain input; Google, the cache's own price, "
    + "since the discounts do not stack (docs.cloud.google.com/vertex-ai, batch inference)"
  static let cachedAtFireworks =
    "tokens read from Fireworks' cache without a price: half of input (docs.fireworks.ai)"
  static let search =
    "searches without a price: xAI 5 USD for 1,000 (docs.x.ai), Anthropic 10 USD (platform.claude.com/docs)"
}

/// A vendor's published rule that a batch costs half, for what the map has no batch price of.
struct BatchDiscount {
  var provider: String
  var source: String

  static let documented = [
    BatchDiscount(
      provider: "anthropic",
      source: "Message Batches cost 50 %, prompt caching's lifetimes included (platform.claude.com/docs)"),
    BatchDiscount(
      provider: "openai", source: "Batch API, 50 % discount (platform.openai.com/docs/guides/batch)"),
    BatchDiscount(
      provider: "azure", source: "Global Batch, 50 % less than global standard (learn.microsoft.com)"),
    BatchDiscount(
      provider: "gemini", source: "Batch API, 50 % of the standard cost (ai.google.dev/gemini-api/docs)"),
    BatchDiscount(
      provider: "vertex", source: "batch inference, 50 % discount (docs.cloud.google.com/vertex-ai)"),
    BatchDiscount(
      provider: "bedrock", source: "batch inference, 50 % of on-demand (aws.amazon.com/bedrock/pricing)"),
    BatchDiscount(provider: "mistral", source: "batch inference, 50 % discount (docs.mistral.ai)"),
    BatchDiscount(provider: "groq", source: "Batch API, 50 % discount (console.groq.com/docs/batch)"),
  ]

  func row(effectiveFrom: Int64?) -> PriceRow? {
    PriceFactor("0.5").map {
      PriceRow(
        provider: provider, model: "*", serviceTier: "batch", item: .factor(.tokens, $0),
        effectiveFrom: effectiveFrom)
    }
  }
}

/// What a cache is in a batch, where the map has a batch price for input and none for tokens read from a cache.
///
/// OpenAI and Azure price no caches in the batches of such models: it is plain input. Google's two discounts do
/// not stack, and the cache's holds (Vertex AI, batch inference).
func cachedInBatches(_ rows: [PriceRow]) -> [PriceRow] {
  func isOf(_ row: PriceRow, _ meter: Meter, _ tier: String, _ over: Int64) -> Bool {
    row.meter == .meter(meter) && row.serviceTier == tier && row.contextOver == over && row.when.isEmpty
  }
  var result: [PriceRow] = []
  for input in rows where input.meter == .meter(.input) && input.serviceTier == "batch" && input.when.isEmpty
  {
    let over = input.contextOver
    guard let read = rows.first(where: { isOf($0, .cacheRead, "standard", over) }),
      !rows.contains(where: { isOf($0, .cacheRead, "batch", over) })
    else { continue }
    var row = read
    row.serviceTier = "batch"
    switch input.provider {
    case "openai", "azure":
      for meter in [Meter.cacheRead, .cacheWrite5m, .cacheWrite1h, .cacheWrite12h]
      where rows.contains(where: { isOf($0, meter, "standard", over) })
        && !rows.contains(where: { isOf($0, meter, "batch", over) })
      {
        row.item = .price(.meter(meter), input.rate)
        result.append(row)
      }
    case "gemini", "vertex":
      if input.model.hasPrefix("gemini") { result.append(row) }
    default: continue
    }
  }
  return result
}

/// Fireworks reads from its cache at half of the input's price where it says no other (docs.fireworks.ai, pricing).
func cachedAtFireworks(_ prices: [LiteLLMPrice], _ entry: LiteLLMEntry) -> LiteLLMPrice? {
  guard entry.provider == "fireworks_ai", !prices.contains(where: { $0.item == .price(.meter(.cacheRead)) }),
    var read = prices.first(where: {
      $0.item == .price(.meter(.input)) && $0.tier == "standard" && $0.contextOver == 0 && $0.when.isEmpty
    })
  else { return nil }
  read.item = .price(.meter(.cacheRead))
  read.per = 2
  return read
}

/// A search's price that a vendor has for all its models and the map for none.
func searchPriceOfVendor(_ entry: LiteLLMEntry, _ value: JSONValue) -> LiteLLMPrice? {
  guard value.present("supports_web_search")?.bool == true,
    value.present("search_context_cost_per_query") == nil
  else { return nil }
  // For 1,000 searches: 5 USD (docs.x.ai, tools' prices), 10 USD (platform.claude.com/docs, pricing).
  let prices = ["xai": "0.005", "anthropic": "0.01"]
  return prices[entry.provider].map {
    LiteLLMPrice(item: .price(.meter(.webSearch)), text: $0, field: "supports_web_search")
  }
}

/// Perplexity's plain search is the low one (docs.perplexity.ai, search_context_size).
func withPlainSearchOfVendor(_ prices: [LiteLLMPrice], _ entry: LiteLLMEntry) -> [LiteLLMPrice] {
  guard entry.provider == "perplexity" else { return prices }
  return prices.map { price in
    guard price.item == .price(.meter(.webSearch)) else { return price }
    var price = price
    switch price.when {
    case "": price.when = "search_context_size=medium"
    case "search_context_size=low": price.when = ""
    default: break
    }
    return price
  }
}
