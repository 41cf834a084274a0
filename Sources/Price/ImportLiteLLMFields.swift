internal import JSON
internal import Ledger

/// The names of the map's price fields, taken apart. One is a base and suffixes in any order: a cache's
/// lifetime (`_above_1hr`), a context threshold (`_above_200k_tokens`), a size (`_720p`), and a tier, which is
/// whatever word remains (`_batches`, `_flex`, or one of next year).
enum LiteLLMField {
  private struct Base {
    var prefix: String
    var meter: PricedMeter
    var per: Int64 = 1
    var when = ""
    /// The name of the fact that a size suffix is about.
    var size: String?
  }

  /// A longer name stands before the one it begins with.
  private static let bases: [Base] = [
    Base(prefix: "input_cost_per_token_cache_hit", meter: .meter(.cacheRead)),
    Base(prefix: "cache_creation_input_token_cost", meter: .meter(.cacheWrite5m)),
    Base(prefix: "cache_read_input_token_cost", meter: .meter(.cacheRead)),
    Base(
      prefix: "explicit_cache_read_input_token_cost", meter: .meter(.cacheRead), when: "cache_type=ephemeral"),
    Base(prefix: "cache_read_input_audio_token_cost", meter: .meter(.cacheReadAudio)),
    Base(prefix: "cache_read_input_image_token_cost", meter: .meter(.cacheReadImage)),
    Base(prefix: "input_cost_per_token", meter: .meter(.input)),
    Base(prefix: "output_cost_per_token", meter: .meter(.output)),
    Base(prefix: "output_cost_per_reasoning_token", meter: .reasoning),
    Base(prefix: "input_cost_per_audio_token", meter: .meter(.inputAudio)),
    Base(prefix: "output_cost_per_audio_token", meter: .meter(.outputAudio)),
    Base(prefix: "input_cost_per_image_token", meter: .meter(.inputImage)),
    Base(prefix: "output_cost_per_image_token", meter: .meter(.outputImage)),
    Base(prefix: "input_cost_per_video_token", meter: .meter(.inputVideo)),
    Base(prefix: "output_cost_per_image", meter: .meter(.image), size: "image_size"),
    Base(
      prefix: "output_cost_per_video_per_second", meter: .meter(.outputMillisecond), per: 1000,
      size: "resolution"),
    Base(prefix: "output_cost_per_second", meter: .meter(.outputMillisecond), per: 1000, size: "resolution"),
    Base(prefix: "input_cost_per_character", meter: .meter(.character)),
    Base(prefix: "input_cost_per_query", meter: .meter(.query)),
    Base(prefix: "input_cost_per_request", meter: .meter(.request)),
    Base(prefix: "ocr_cost_per_page", meter: .meter(.page)),
    Base(prefix: "code_interpreter_cost_per_session", meter: .meter(.codeSession)),
    Base(prefix: "google_maps_grounding_cost_per_query", meter: .meter(.mapsSearch)),
  ]

  private static let secondsIn = [
    "input_cost_per_second", "input_cost_per_audio_per_second", "input_cost_per_video_per_second",
  ]

  static func looksLikeAPrice(_ field: String) -> Bool {
    ["cost", "pric", "multiplier"].contains { field.contains($0) }
  }

  /// What a field says about prices; nil for one that says nothing or nothing that is understood.
  static func prices(_ field: String, _ value: JSONValue, of entry: JSONValue) -> [LiteLLMPrice]? {
    switch field {
    case "search_context_cost_per_query": return searchPrices(value)
    case "off_peak_pricing": return offPeakPrices(value)
    case "provider_specific_entry": return factorPrices(value)
    case "tiered_pricing": return rangePrices(value)
    case "regional_processing_uplift_multiplier_eu", "regional_processing_uplift_multiplier_us":
      return value.numberText.map {
        [LiteLLMPrice(item: .factor, when: "region=\(field.suffix(2))", text: $0, field: field)]
      }
    case "regional_endpoint_uplift_multiplier":
      return value.numberText.map {
        [LiteLLMPrice(item: .factor, when: "region!=global", text: $0, field: field)]
      }
    case "input_cost_per_token_cache_hit" where entry.present("cache_read_input_token_cost") != nil:
      // The old spelling of the same price.
      return []
    case "input_cost_per_image"
    where entry.present("mode")?.string?.hasPrefix("image_") == true
      && entry.present("output_cost_per_image") == nil:
      // Of a model that makes images it is the image made.
      return value.numberText.map { [LiteLLMPrice(item: .price(.meter(.image)), text: $0, field: field)] }
    case "output_cost_per_second" where entry.present("mode")?.isString("audio_transcription") == true:
      // What is transcribed is counted once: by what went in, where that has a price.
      if let price = entry.present("input_cost_per_second")?.numberText.flatMap({ DecimalNumber($0) }),
        !price.digits.isEmpty
      {
        return []
      }
      return value.numberText.map {
        [LiteLLMPrice(item: .price(.meter(.millisecond)), text: $0, per: 1000, field: field)]
      }
    case "input_cost_per_second"
    where entry.present("mode")?.isString("audio_transcription") == true
      && value.numberText.flatMap({ DecimalNumber($0) })?.digits.isEmpty == true
      && entry.present("output_cost_per_second") != nil:
      return []
    default: break
    }
    guard let text = value.numberText else { return nil }
    if secondsIn.contains(field) {
      guard secondsIn.filter({ entry.member($0) != nil }).count == 1 else { return nil }
      return [LiteLLMPrice(item: .price(.meter(.millisecond)), text: text, per: 1000, field: field)]
    }
    return price(field, text).map { [$0] }
  }

  /// One number under a name of the grammar.
  static func price(_ field: String, _ text: String) -> LiteLLMPrice? {
    guard let base = bases.first(where: { field.hasPrefix($0.prefix) }) else { return nil }
    var price = LiteLLMPrice(
      item: .price(base.meter), when: base.when, text: text, per: base.per, field: field)
    var rest = field.dropFirst(base.prefix.count)
    var hasTier = false
    while !rest.isEmpty {
      if rest.hasPrefix("_above_") {
        rest.removeFirst("_above_".count)
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest.removeFirst(digits.count)
        guard let number = Int64(digits) else { return nil }
        if rest.hasPrefix("k_tokens"), number <= 1_000_000 {
          price.contextOver = number * 1000
          rest.removeFirst("k_tokens".count)
        } else if rest.hasPrefix("_tokens") {
          price.contextOver = number
          rest.removeFirst("_tokens".count)
        } else if rest.hasPrefix("hr"), base.meter == .meter(.cacheWrite5m), number == 1 || number == 12 {
          price.item = .price(.meter(number == 1 ? .cacheWrite1h : .cacheWrite12h))
          rest.removeFirst("hr".count)
        } else {
          return nil
        }
        continue
      }
      guard rest.removeFirst() == "_" else { return nil }
      let word = rest.prefix { $0 != "_" }
      rest.removeFirst(word.count)
      guard !word.isEmpty else { return nil }
      if let size = base.size, word.contains(where: \.isNumber) {
        guard price.when.isEmpty else { return nil }
        price.when = "\(size)=\(word)"
      } else {
        guard !hasTier, word.utf8.allSatisfy({ (97...122).contains($0) }) else { return nil }
        price.tier = word == "batches" ? "batch" : String(word)
        hasTier = true
      }
    }
    return price
  }
}

extension JSONValue {
  /// A member that is there and not null, by a name that is not known when this is compiled.
  func member(_ name: String) -> JSONValue? {
    members.first { $0.name.string == name && !$0.value.isNull }?.value
  }
}
