internal import JSON
public import Ledger

/// What an import made, and what it could not take: nothing is dropped in silence.
public struct PriceImport: Sendable {
  public struct Rounded: Hashable, Sendable {
    public var model: String
    public var field: String
    public var text: String
    public var rate: Money
  }

  public var rows: [PriceRow] = []
  public var models = 0
  /// Prices finer than 1e-15 USD, as written and as taken.
  public var rounded: [Rounded] = []
  /// Fields that look like prices and have no meter here yet, with how many models have them.
  public var skippedFields: [String: Int] = [:]
  /// Models left out, each with the reason.
  public var skippedModels: [String] = []

  public init() {}
}

/// Reads LiteLLM's price map (`model_prices_and_context_window.json`): USD per token, thresholds and tiers in
/// the fields' names.
/// - Parameter effectiveFrom: the map has no dates; nil holds since ever.
/// - Throws: `PriceError` for a text that is not such a map.
public func importLiteLLM(
  _ text: [UInt8], name: String, effectiveFrom: Int64? = nil
) throws(PriceError) -> PriceImport {
  let tape = JSONTape()
  let root: JSONValue
  do throws(JSONError) {
    root = try tape.parse(text)
  } catch {
    throw PriceError(place: name, problem: "not JSON: \(error)")
  }
  guard root.isObject else { throw PriceError(place: name, problem: "not an object of models") }
  var result = PriceImport()
  var seen: [PriceRow.Identity: Money] = [:]
  for (key, value) in root.members {
    guard let model = key.string, model != "sample_spec", value.isObject else { continue }
    guard let entry = LiteLLMEntry(key: model, provider: value.present("litellm_provider")?.string) else {
      result.skippedModels.append(model)
      continue
    }
    result.models += 1
    for (fieldName, fieldValue) in value.members {
      guard let field = fieldName.string else { continue }
      for price in LiteLLMField.prices(field, fieldValue, &result) {
        guard let number = DecimalNumber(price.text), !number.negative,
          let (rate, rounded) = number.femtodollars(per: 1)
        else {
          throw PriceError(
            place: "\(name), model \(model), \(field)", problem: "not a price: \(price.text.prefix(40))")
        }
        let row = PriceRow(
          provider: entry.provider, model: entry.model, region: entry.region,
          serviceTier: price.tier, contextOver: price.contextOver, meter: price.meter,
          rate: Money(femtodollars: rate), effectiveFrom: effectiveFrom)
        if let other = seen[row.identity] {
          if other != Money(femtodollars: rate) {
            result.skippedModels.append("\(model): \(field) differs from another entry of the same name")
          }
          continue
        }
        seen[row.identity] = Money(femtodollars: rate)
        result.rows.append(row)
        if rounded {
          result.rounded.append(.init(model: model, field: field, text: price.text, rate: Money(femtodollars: rate)))
        }
      }
    }
  }
  guard !result.rows.isEmpty else {
    throw PriceError(place: name, problem: "no model with a price in it; is it LiteLLM's price map?")
  }
  return result
}

/// A key of the map, taken apart: `azure/eu/gpt-4o` is Azure's gpt-4o in `eu`.
struct LiteLLMEntry {
  var provider: String
  var model: String
  var region = ""

  /// Commitments by the hour are not prices of a request.
  init?(key: String, provider litellm: String?) {
    guard let litellm, !key.contains("-commitment/") else { return nil }
    provider = Self.provider(litellm)
    var parts = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if parts.count > 1, parts[0] == litellm || parts[0] == provider { parts.removeFirst() }
    if parts.count > 1, provider == "bedrock" || provider == "azure", Self.isRegion(parts[0]) {
      region = parts.removeFirst()
    }
    model = parts.joined(separator: "/")
    guard !model.isEmpty else { return nil }
  }

  private static func provider(_ litellm: String) -> String {
    switch litellm {
    case "bedrock_converse": "bedrock"
    case "text-completion-openai": "openai"
    case "azure_text": "azure"
    case "cohere_chat": "cohere"
    default: litellm.hasPrefix("vertex_ai") ? "vertex" : litellm
    }
  }

  /// `us-east-1`, `eu`, `us`, `global`, `global-standard`: what stands between provider and model.
  private static func isRegion(_ part: String) -> Bool {
    if ["eu", "us", "global", "global-standard", "apac", "jp"].contains(part) { return true }
    return part.hasPrefix("us-") || part.hasPrefix("eu-") || part.hasPrefix("ap-")
      || part.hasPrefix("ca-") || part.hasPrefix("sa-") || part.hasPrefix("me-")
      || part.hasPrefix("af-") || part.hasPrefix("il-")
  }
}

/// A field of the map, taken apart: base name, cache lifetime, context threshold, tier.
enum LiteLLMField {
  struct Price {
    var meter: PricedMeter
    var tier: String
    var contextOver: Int64
    var text: String
  }

  private static let bases: [(prefix: String, meter: PricedMeter)] = [
    ("cache_creation_input_token_cost_above_12hr", .meter(.cacheWrite12h)),
    ("cache_creation_input_token_cost_above_1hr", .meter(.cacheWrite1h)),
    ("cache_creation_input_token_cost", .meter(.cacheWrite5m)),
    ("cache_read_input_token_cost", .meter(.cacheRead)),
    ("input_cost_per_token", .meter(.input)),
    ("output_cost_per_token", .meter(.output)),
    ("output_cost_per_reasoning_token", .reasoning),
    ("input_cost_per_audio_token", .meter(.inputAudio)),
    ("output_cost_per_audio_token", .meter(.outputAudio)),
    ("input_cost_per_image_token", .meter(.inputImage)),
    ("output_cost_per_image_token", .meter(.outputImage)),
  ]

  static func prices(_ field: String, _ value: JSONValue, _ result: inout PriceImport) -> [Price] {
    if field == "search_context_cost_per_query" {
      guard let text = value.present("search_context_size_medium")?.numberText else { return [] }
      return [Price(meter: .meter(.webSearch), tier: "standard", contextOver: 0, text: text)]
    }
    guard field.contains("cost") else { return [] }
    guard let text = value.numberText, let (meter, tier, over) = parse(field) else {
      if !value.isNull { result.skippedFields[field, default: 0] += 1 }
      return []
    }
    return [Price(meter: meter, tier: tier, contextOver: over, text: text)]
  }

  private static func parse(_ field: String) -> (PricedMeter, String, Int64)? {
    guard let base = bases.first(where: { field.hasPrefix($0.prefix) }) else { return nil }
    var rest = field.dropFirst(base.prefix.count)
    var over: Int64 = 0
    if rest.hasPrefix("_above_"), let end = rest.firstRange(of: "k_tokens") {
      guard let thousands = Int64(rest[rest.startIndex..<end.lowerBound].dropFirst("_above_".count)) else {
        return nil
      }
      over = thousands * 1000
      rest = rest[end.upperBound...]
    }
    switch rest {
    case "": return (base.meter, "standard", over)
    case "_batches": return (base.meter, "batch", over)
    case "_priority", "_flex", "_ultrafast": return (base.meter, String(rest.dropFirst()), over)
    default: return nil
    }
  }
}
