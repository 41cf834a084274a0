internal import JSON
internal import Ledger

/// What else moves the price, as words: a closed list of names, and values of a closed alphabet, because the text
/// comes from outside and each new combination is stored.
enum PriceFact: String, CaseIterable {
  case cacheType = "cache_type"
  /// How long the requests of a sum were, `200k-1M` say.
  case contextWindow = "context_window"
  case imageQuality = "image_quality"
  case imageSize = "image_size"
  case inferenceGeo = "inference_geo"
  case latency
  case resolution
  case searchContextSize = "search_context_size"
  case speed

  /// Words that mean nothing special, and are left out.
  func isPlain(_ value: String) -> Bool {
    switch self {
    case .inferenceGeo: value == "global" || value == "not_available"
    case .latency, .speed: value == "standard"
    case .imageQuality: value == "standard" || value == "auto"
    case .imageSize: value == "auto"
    // What is plain differs: one vendor takes medium where nothing is said, another low.
    case .searchContextSize, .cacheType, .contextWindow, .resolution: false
    }
  }
}

enum PriceFactLimit {
  static let factsMax = 8
  static let valueCharactersMax = 40
}

extension Normalized {
  /// Adds a fact in its place. Absent words, plain ones, and those of another alphabet are left out; what is said
  /// twice counts as it was said last.
  mutating func addFact(_ fact: PriceFact, _ word: JSONValue?) {
    guard let value = word?.string, isFactValue(value), !fact.isPlain(value) else { return }
    let name = fact.rawValue
    priceFacts.removeAll { $0.name == name }
    guard priceFacts.count < PriceFactLimit.factsMax else { return }
    let place = priceFacts.firstIndex { $0.name > name } ?? priceFacts.endIndex
    priceFacts.insert(.init(name: name, value: value), at: place)
  }
}

/// `[A-Za-z0-9._:x-]{1,40}`
private func isFactValue(_ value: String) -> Bool {
  guard !value.isEmpty, value.utf8.count <= PriceFactLimit.valueCharactersMax else { return false }
  return value.unicodeScalars.allSatisfy {
    switch $0 {
    case "a"..."z", "A"..."Z", "0"..."9", ".", "_", ":", "-": true
    default: false
    }
  }
}
