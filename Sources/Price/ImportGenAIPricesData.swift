internal import JSON
internal import Ledger

/// What one unit costs, by the context threshold above which it does; 0 is the price without one.
typealias GenAILevels = [Int64: Money]

/// Prices that hold together; as long as they do, no price of another set of the model does.
struct GenAISet {
  var constraint: GenAIConstraint
  /// By genai-prices' name of the unit, such as `input_mtok`.
  var prices: [String: GenAILevels]
}

/// Prices that go before the set's for requests with these facts.
struct GenAIVariant {
  var serviceTier: String
  var when: PriceCondition
  var set: GenAISet
}

enum GenAIConstraint: Hashable {
  case always
  /// From this instant on, microseconds since 1970-01-01T00:00:00Z.
  case since(Int64)
  /// In these minutes of every day, UTC.
  case minutes([Range<Int>])
}

/// Reads the data's JSON; what cannot be said in rows is listed in `result`.
struct GenAIReader {
  let place: String
  var result = PriceImport()

  init(place: String) { self.place = place }

  mutating func vendor(_ value: JSONValue) throws(PriceError) -> GenAIVendor {
    guard let id = value.present("id")?.string, let models = value.present("models") else {
      throw PriceError(place: place, problem: "a provider has no id or no models")
    }
    var vendor = GenAIVendor(
      id: id, others: (value.present("fallback_model_providers")?.elements ?? []).compactMap(\.string),
      models: [])
    for model in models.elements { vendor.models.append(try self.model(model, id)) }
    return vendor
  }

  private mutating func model(_ value: JSONValue, _ vendor: String) throws(PriceError) -> GenAIModel {
    guard let id = value.present("id")?.string, !id.isEmpty, let prices = value.present("prices") else {
      throw PriceError(place: "\(place), provider \(vendor)", problem: "a model has no id or no prices")
    }
    let name = "\(vendor)/\(id)"
    if value.present("deprecated")?.bool == true {
      result.skippedFields["deprecated, without a date", default: 0] += 1
    }
    var model = GenAIModel(id: id, names: [], sets: [], variants: [])
    if let match = value.present("match") {
      var unsaid: [String] = []
      model.names = genAINames(match, &unsaid)
      result.skippedModels += unsaid.map { "other names of \(name): \($0)" }
    }
    if prices.isObject {
      model.sets = [GenAISet(constraint: .always, prices: try self.prices(prices, name))]
    } else {
      for element in prices.elements { model.sets.append(try set(element, name)) }
    }
    guard !model.sets.isEmpty else {
      throw PriceError(
        place: "\(place), model \(name)", problem: "its prices are neither a set nor a list of sets")
    }
    for element in value.present("price_variants")?.elements ?? [] {
      if let variant = try variant(element, name) { model.variants.append(variant) }
    }
    return model
  }

  private mutating func set(_ value: JSONValue, _ model: String) throws(PriceError) -> GenAISet {
    var constraint = GenAIConstraint.always
    if let written = value.present("constraint") {
      guard let found = genAIConstraint(written) else {
        throw PriceError(
          place: "\(place), model \(model)",
          problem: "neither a start_date nor a start_time and end_time: \(written.rawText.prefix(80))")
      }
      constraint = found
    }
    guard let prices = value.present("prices") else {
      throw PriceError(place: "\(place), model \(model)", problem: "a set of prices without prices")
    }
    return GenAISet(constraint: constraint, prices: try self.prices(prices, model))
  }

  private mutating func variant(_ value: JSONValue, _ model: String) throws(PriceError) -> GenAIVariant? {
    let set = try set(value, model)
    if set.prices.isEmpty { return nil }
    var serviceTier = "standard"
    var terms: [String] = []
    for (name, word) in value.present("when")?.members ?? [] {
      let (name, word) = (name.string ?? "", word.string ?? "")
      switch name {
      case "processing", "service_tier": serviceTier = serviceTierName(word)
      default: terms.append("\(name)=\(word)")
      }
    }
    let words = terms.sorted().joined(separator: ";")
    guard serviceTier != "standard" || !terms.isEmpty, let when = PriceCondition(words) else {
      result.skippedModels.append("\(model) when \(value.present("when")?.rawText.prefix(80) ?? "nothing")")
      return nil
    }
    return GenAIVariant(serviceTier: serviceTier, when: when, set: set)
  }

  private mutating func prices(
    _ value: JSONValue, _ model: String
  ) throws(PriceError) -> [String: GenAILevels] {
    var prices: [String: GenAILevels] = [:]
    for (key, price) in value.members where !price.isNull {
      let unit = key.string ?? ""
      guard let per = genAIUnits[unit] else {
        result.skippedFields[unit, default: 0] += 1
        continue
      }
      if !price.isObject {
        prices[unit] = [0: try rate(price, per, unit, model)]
        continue
      }
      guard let base = price.present("base") else {
        throw PriceError(place: "\(place), model \(model), \(unit)", problem: "tiers without a base price")
      }
      var levels: GenAILevels = [0: try rate(base, per, unit, model)]
      for tier in price.present("tiers")?.elements ?? [] {
        guard let start = tier.present("start")?.wholeNumber, start >= 0, let price = tier.present("price")
        else {
          throw PriceError(
            place: "\(place), model \(model), \(unit)", problem: "a tier without start or price")
        }
        levels[start] = try rate(price, per, unit, model)
      }
      prices[unit] = levels
    }
    return prices
  }

  private mutating func rate(
    _ value: JSONValue, _ per: Int64, _ unit: String, _ model: String
  ) throws(PriceError) -> Money {
    let text = value.numberText ?? value.string ?? ""
    guard let number = DecimalNumber(text), !number.negative,
      let (femtodollars, rounded) = number.femtodollars(per: per)
    else {
      throw PriceError(
        place: "\(place), model \(model), \(unit)", problem: "not a price: \(value.rawText.prefix(40))")
    }
    let rate = Money(femtodollars: femtodollars)
    if rounded { result.rounded.append(.init(model: model, field: unit, text: text, rate: rate)) }
    return rate
  }
}

/// The units that have a meter here, and of how many of the meter's units the price is. Hours are counted in
/// thousandths of a second.
private let genAIUnits: [String: Int64] = [
  "input_mtok": 1_000_000, "output_mtok": 1_000_000, "cache_read_mtok": 1_000_000,
  "cache_write_mtok": 1_000_000, "cache_write_5m_mtok": 1_000_000, "cache_write_1h_mtok": 1_000_000,
  "input_audio_mtok": 1_000_000, "output_audio_mtok": 1_000_000, "cache_audio_read_mtok": 1_000_000,
  "input_image_mtok": 1_000_000, "output_image_mtok": 1_000_000, "cache_image_read_mtok": 1_000_000,
  "input_video_mtok": 1_000_000, "output_reasoning_mtok": 1_000_000, "input_mchars": 1_000_000,
  "web_searches_kcount": 1_000, "storage_searches_kcount": 1_000, "rerank_searches_kcount": 1_000,
  "requests_kcount": 1_000, "input_document_kpages": 1_000, "audio_hours": 3_600_000,
  "input_audio_hours": 3_600_000, "output_audio_hours": 3_600_000,
]

/// The meters' prices of such a set. In genai-prices what has no price of its own is counted in the wider
/// unit that has one; where the meters' own rule for that says otherwise, the price is written out.
func genAIMeters(_ prices: [String: GenAILevels]) -> [PricedMeter: GenAILevels] {
  let writing = prices["cache_write_mtok"]
  let reading = prices["cache_read_mtok"]
  let hours = prices["audio_hours"]
  let found: [(PricedMeter, GenAILevels?)] = [
    (.meter(.input), prices["input_mtok"]),
    (.meter(.output), prices["output_mtok"]),
    (.reasoning, prices["output_reasoning_mtok"]),
    (.meter(.cacheRead), reading),
    (.meter(.cacheWrite5m), prices["cache_write_5m_mtok"] ?? writing),
    (.meter(.cacheWrite1h), prices["cache_write_1h_mtok"] ?? writing),
    (.meter(.inputAudio), prices["input_audio_mtok"]),
    (.meter(.outputAudio), prices["output_audio_mtok"]),
    (.meter(.inputImage), prices["input_image_mtok"]),
    (.meter(.outputImage), prices["output_image_mtok"]),
    (.meter(.inputVideo), prices["input_video_mtok"]),
    (
      .meter(.cacheReadAudio),
      prices["cache_audio_read_mtok"] ?? (reading == nil ? prices["input_audio_mtok"] : nil)
    ),
    (
      .meter(.cacheReadImage),
      prices["cache_image_read_mtok"] ?? (reading == nil ? prices["input_image_mtok"] : nil)
    ),
    (.meter(.webSearch), prices["web_searches_kcount"]),
    (.meter(.fileSearch), prices["storage_searches_kcount"]),
    (.meter(.query), prices["rerank_searches_kcount"]),
    (.meter(.request), prices["requests_kcount"]),
    (.meter(.page), prices["input_document_kpages"]),
    (.meter(.character), prices["input_mchars"]),
    (.meter(.millisecond), prices["input_audio_hours"] ?? hours),
    // Hours without a direction are those of a conversation.
    (
      .meter(.outputMillisecond),
      prices["output_audio_hours"] ?? (prices["input_audio_hours"] == nil ? hours : nil)
    ),
  ]
  var meters: [PricedMeter: GenAILevels] = [:]
  for (meter, levels) in found { meters[meter] = levels }
  return meters
}

/// Nil for what is no constraint.
private func genAIConstraint(_ value: JSONValue) -> GenAIConstraint? {
  if let day = value.present("start_date")?.string {
    return Timestamp.parse("\(day)T00:00:00Z".utf8).map { .since($0) }
  }
  guard let start = value.present("start_time")?.string.flatMap(minuteOfDay),
    let end = value.present("end_time")?.string.flatMap(minuteOfDay)
  else { return nil }
  if end < start { return .minutes([0..<end, start..<1440].filter { !$0.isEmpty }) }
  return .minutes([start..<end])
}

/// `16:30:00+00:00`, `16:30:00Z`, `18:00:00+01:30` → the minute of the UTC day; nil where there are seconds.
private func minuteOfDay(_ text: String) -> Int? {
  guard let time = Timestamp.parse("1970-01-02T\(text)".utf8) ?? Timestamp.parse("1970-01-02T\(text)Z".utf8),
    time % 60_000_000 == 0
  else { return nil }
  return Int(time / 60_000_000) % 1440
}
