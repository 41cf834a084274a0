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
  /// What a reader of the book should know about lines that are not in the source as they stand.
  public var notes: [String] = []

  public init() {}

  mutating func note(_ text: String) {
    if !notes.contains(text) { notes.append(text) }
  }
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
  var taken = LiteLLMRows(effectiveFrom: effectiveFrom)
  for (key, value) in root.members {
    guard let model = key.string, model != "sample_spec", model != "fallback_generalizations", value.isObject
    else { continue }
    guard let entry = LiteLLMEntry(key: model, provider: value.present("litellm_provider")?.string) else {
      result.skippedModels.append(model)
      continue
    }
    result.models += 1
    var prices: [LiteLLMPrice] = []
    for (fieldName, fieldValue) in value.members {
      guard let field = fieldName.string else { continue }
      if let found = LiteLLMField.prices(field, fieldValue, of: value) {
        prices += found
      } else if LiteLLMField.looksLikeAPrice(field), !fieldValue.isNull {
        result.skippedFields[field, default: 0] += 1
      }
    }
    replaceByRanges(&prices)
    countAtThreshold(&prices, entry)
    if let search = searchPriceOfVendor(entry, value) {
      prices.append(search)
      result.note(LiteLLMRule.search)
    }
    prices = withPlainSearchOfVendor(prices, entry)
    if let read = cachedAtFireworks(prices, entry) {
      prices.append(read)
      result.note(LiteLLMRule.cachedAtFireworks)
    }
    try taken.add(prices, of: entry, key: model, place: name, &result)
    taken.addRetirement(value.present("deprecation_date")?.string, of: entry, key: model, &result)
  }
  result.rows = withGlobalNamed(taken.rows)
  guard result.rows.contains(where: { $0.rate != nil }) else {
    throw PriceError(place: name, problem: "no model with a price in it; is it LiteLLM's price map?")
  }
  let providers = Set(result.rows.map(\.provider))
  for discount in BatchDiscount.documented where providers.contains(discount.provider) {
    guard let row = discount.row(effectiveFrom: effectiveFrom) else { continue }
    result.rows.append(row)
    result.notes.append("batch at half: \(discount.provider), \(discount.source)")
  }
  return result
}

/// A price of an entry, as its field says it.
struct LiteLLMPrice {
  var item: Item
  var tier = "standard"
  var contextOver: Int64 = 0
  var when = ""
  /// The number as it is written.
  var text: String
  /// It is the price of so many units.
  var per: Int64 = 1
  var field: String

  enum Item: Hashable {
    case price(PricedMeter)
    case factor
  }
}

/// The rows made so far. The same price twice is one; of two that disagree the first stays, and it is told.
struct LiteLLMRows {
  var rows: [PriceRow] = []
  private var seen: [PriceRow.Subject: PriceItem] = [:]
  private var ends: [PriceRow.Subject: Int64] = [:]
  private let effectiveFrom: Int64?

  init(effectiveFrom: Int64?) { self.effectiveFrom = effectiveFrom }

  mutating func add(
    _ prices: [LiteLLMPrice], of entry: LiteLLMEntry, key: String, place: String, _ result: inout PriceImport
  ) throws(PriceError) {
    var own: [PriceRow] = []
    for price in prices {
      func bad(_ problem: String) -> PriceError {
        PriceError(place: "\(place), model \(key), \(price.field)", problem: problem)
      }
      guard let when = PriceCondition(joined(entry.when, price.when)) else {
        throw bad("not a condition: \(price.when.prefix(80))")
      }
      let item: PriceItem
      switch price.item {
      case .factor:
        guard let factor = PriceFactor(price.text) else {
          throw bad("not a factor: \(price.text.prefix(40))")
        }
        item = .factor(.tokens, factor)
      case .price(let meter):
        guard let number = DecimalNumber(price.text), !number.negative,
          let (value, isRounded) = number.femtodollars(per: price.per),
          value <= Int128(PriceFile.usdMax) * powerOfTen(Money.fractionDigits)
        else { throw bad("not a price: \(price.text.prefix(40))") }
        let rate = Money(femtodollars: value)
        item = .price(meter, rate)
        if isRounded {
          result.rounded.append(.init(model: key, field: price.field, text: price.text, rate: rate))
        }
      }
      own.append(
        PriceRow(
          provider: entry.provider, model: entry.model, region: entry.region,
          serviceTier: price.item == .factor ? "*" : price.tier, contextOver: price.contextOver, when: when,
          item: item, effectiveFrom: effectiveFrom))
    }
    let risen = longContextOfFlatTiers(own)
    let cached = cachedInBatches(own + risen)
    if !risen.isEmpty { result.note(LiteLLMRule.longContext) }
    if !cached.isEmpty { result.note(LiteLLMRule.cachedInBatches) }
    own += risen + cached
    for row in withoutPlainReasoning(own) {
      if let other = seen[row.subject] {
        if other != row.item {
          result.skippedModels.append("\(key): \(row.words) differs from another entry of the same name")
        }
        continue
      }
      seen[row.subject] = row.item
      rows.append(row)
    }
  }

  private func joined(_ a: String, _ b: String) -> String {
    a.isEmpty || b.isEmpty ? a + b : a + ";" + b
  }

  /// The day from which the vendor does not serve the model.
  mutating func addRetirement(
    _ date: String?, of entry: LiteLLMEntry, key: String, _ result: inout PriceImport
  ) {
    guard let date, let time = Timestamp.parse((date + "T00:00:00Z").utf8) else {
      if let date { result.skippedModels.append("\(key): deprecation_date \(date.prefix(20)) is not a day") }
      return
    }
    let row = PriceRow(
      provider: entry.provider, model: entry.model, region: entry.region, serviceTier: "*", item: .retired,
      effectiveFrom: time)
    if let other = ends[row.subject] {
      if other != time { result.skippedModels.append("\(key): deprecation_date differs from another entry") }
      return
    }
    ends[row.subject] = time
    rows.append(row)
  }
}

extension PriceRow {
  fileprivate var words: String {
    var words = [item.name, "tier \(serviceTier)"]
    if contextOver > 0 { words.append("over \(contextOver)") }
    if !when.isEmpty { words.append("\(when)") }
    return words.joined(separator: " ")
  }
}
