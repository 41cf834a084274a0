internal import Ledger

/// A key of the map, taken apart: `azure/eu/gpt-4o` is Azure's gpt-4o in `eu`, `us.anthropic.claude-…` is
/// Bedrock's anthropic.claude-… in `us`, `hd/1024-x-1024/dall-e-3` is dall-e-3 at a size and quality.
struct LiteLLMEntry {
  var provider: String
  var model: String
  var region = ""
  /// The condition the key itself says.
  var when = ""

  /// Commitments by the hour are not prices of a request.
  init?(key: String, provider litellm: String?) {
    guard let litellm, !key.contains("-commitment/") else { return nil }
    provider = Self.provider(litellm)
    model = key
    var parts = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let prefixes = [litellm, provider, "vertex_ai", "amazon-nova"]
    if parts.count > 1, prefixes.contains(parts[0]) { parts.removeFirst() }
    if let size = parts.firstIndex(where: { $0.contains("-x-") }), size < parts.count - 1, size <= 1 {
      guard takeSize(&parts, size) else { return nil }
      if parts.count > 1, prefixes.contains(parts[0]) { parts.removeFirst() }
    }
    if parts.count > 1, Self.hasRegions(provider), Self.isRegion(parts[0]) { region = parts.removeFirst() }
    if parts.count > 1, provider == "bedrock", parts[0] == "invoke" || parts[0] == "converse" {
      parts.removeFirst()
    }
    model = parts.joined(separator: "/")
    if provider == "bedrock", region.isEmpty, let dot = model.firstIndex(of: "."),
      regionPrefixes.contains(String(model[..<dot]))
    {
      region = String(model[..<dot])
      model = String(model[model.index(after: dot)...])
    }
    guard !model.isEmpty else { return nil }
  }

  /// `hd/1024-x-1024/`: a price at this size, and at this quality. Steps of a sampler are not in a request.
  private mutating func takeSize(_ parts: inout [String], _ index: Int) -> Bool {
    let size = parts.remove(at: index).replacing("-x-", with: "x")
    guard size.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: "x") }) else { return false }
    var terms = ["image_size=\(size)"]
    if index == 1 {
      let quality = parts.removeFirst()
      if quality != "standard" { terms.insert("image_quality=\(quality)", at: 0) }
    }
    guard let first = parts.first, !first.hasSuffix("-steps") else { return false }
    when = terms.joined(separator: ";")
    return true
  }

  private static func provider(_ litellm: String) -> String {
    switch litellm {
    case "bedrock_converse": "bedrock"
    case "text-completion-openai": "openai"
    case "azure_text": "azure"
    case "cohere_chat": "cohere"
    case "fireworks_ai-embedding-models": "fireworks_ai"
    default: litellm.hasPrefix("vertex_ai") ? "vertex" : litellm
    }
  }

  private static func hasRegions(_ provider: String) -> Bool {
    ["bedrock", "bedrock_mantle", "azure"].contains(provider)
  }

  /// `us-east-1`, `eu`, `us`, `global`, `global-standard`: what stands between provider and model.
  private static func isRegion(_ part: String) -> Bool {
    if ["eu", "us", "global", "global-standard", "apac", "jp", "au", "ca", "in"].contains(part) {
      return true
    }
    return ["us-", "eu-", "ap-", "ca-", "sa-", "me-", "af-", "il-", "mx-"].contains { part.hasPrefix($0) }
  }
}

/// A Bedrock model's plain id stands in the map at the price of its `global.` profile, while its geographies
/// are dearer: it then is the global price, and a call in a region finds the geography's.
func withGlobalNamed(_ rows: [PriceRow]) -> [PriceRow] {
  struct Place: Hashable {
    var serviceTier: String
    var contextOver: Int64
    var when: PriceCondition
    var meter: PricedMeter
  }
  var prices: [String: [String: [Place: Money]]] = [:]
  for row in rows where row.provider == "bedrock" {
    guard case .price(let meter, let rate?) = row.item else { continue }
    let place = Place(
      serviceTier: row.serviceTier, contextOver: row.contextOver, when: row.when, meter: meter)
    prices[row.model, default: [:]][row.region, default: [:]][place] = rate
  }
  var renamed: Set<String> = []
  for (model, regions) in prices {
    guard let plain = regions[""], let global = regions["global"], plain == global else { continue }
    let isDearer = regions.contains { region, prices in
      region != "" && region != "global" && prices.contains { $0.value > plain[$0.key] ?? .zero }
    }
    if isDearer { renamed.insert(model) }
  }
  return rows.filter { row in
    !(row.provider == "bedrock" && row.region.isEmpty && row.rate != nil && renamed.contains(row.model))
  }
}
