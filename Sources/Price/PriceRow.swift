public import Ledger

/// Whether a price is the vendor's public one or the company's own agreement (FOCUS: ListUnitPrice,
/// ContractedUnitPrice). A contracted price goes before a list price.
public enum PriceBasis: String, Hashable, Sendable {
  case list
  case contracted
}

/// One line of a price book: what one meter of one model costs, where, at which tier, above how much context,
/// on which further conditions, and from when; or a factor on such prices, another name of a model, or its end.
public struct PriceRow: Hashable, Sendable {
  public var basis: PriceBasis
  /// As in the raw log: `openai`, `anthropic`, `bedrock` …
  public var provider: String
  /// `*` is any run of characters.
  public var model: String
  /// The region or scope it holds for; empty for any.
  public var region: String
  /// `standard`, `batch`, or the vendor's word; `*`, for what is no price, any.
  public var serviceTier: String
  /// Holds where the request's whole input, cached tokens included, is more than this many tokens.
  public var contextOver: Int64
  public var when: PriceCondition
  public var item: PriceItem
  /// First instant it is true, microseconds since 1970-01-01T00:00:00Z; nil since ever.
  public var effectiveFrom: Int64?

  public init(
    basis: PriceBasis = .list, provider: String, model: String, region: String = "",
    serviceTier: String = "standard", contextOver: Int64 = 0, when: PriceCondition = PriceCondition(),
    item: PriceItem, effectiveFrom: Int64? = nil
  ) {
    self.basis = basis
    self.provider = provider
    self.model = model
    self.region = region
    self.serviceTier = serviceTier
    self.contextOver = contextOver
    self.when = when
    self.item = item
    self.effectiveFrom = effectiveFrom
  }

  public init(
    provider: String, model: String, region: String = "", serviceTier: String = "standard",
    contextOver: Int64 = 0, meter: PricedMeter, rate: Money, effectiveFrom: Int64? = nil
  ) {
    self.init(
      provider: provider, model: model, region: region, serviceTier: serviceTier,
      contextOver: contextOver, item: .price(meter, rate), effectiveFrom: effectiveFrom)
  }

  /// What the price is for; nil where the row is no price.
  public var meter: PricedMeter? {
    if case .price(let meter, _) = item { return meter }
    return nil
  }

  /// What one unit costs; nil where the row is no price, or the end of one.
  public var rate: Money? {
    if case .price(_, let rate) = item { return rate }
    return nil
  }

  /// What the row is about, whenever and how much: rows that share it follow each other in time.
  public struct Subject: Hashable, Sendable {
    var basis: PriceBasis
    var provider, model, region, serviceTier: String
    var contextOver: Int64
    var when: PriceCondition
    var item: String
  }

  /// Everything but the amount: two rows may not share it.
  public struct Identity: Hashable, Sendable {
    var subject: Subject
    var effectiveFrom: Int64?
  }

  public var subject: Subject {
    Subject(
      basis: basis, provider: provider, model: model, region: region, serviceTier: serviceTier,
      contextOver: contextOver, when: when, item: item.name)
  }

  public var identity: Identity { Identity(subject: subject, effectiveFrom: effectiveFrom) }
}

/// What a line of a price book says.
public enum PriceItem: Hashable, Sendable {
  /// One unit's price; nil: from then on there is none.
  case price(PricedMeter, Money?)
  /// What prices are multiplied with.
  case factor(FactorScope, PriceFactor)
  /// The model is another name of this one.
  case alias(of: String)
  /// The vendor does not serve the model any more from then on.
  case retired

  public var name: String {
    switch self {
    case .price(let meter, _): meter.name
    case .factor(let scope, _): scope.rawValue
    case .alias: "alias"
    case .retired: "retired"
    }
  }
}

/// Which prices a factor multiplies: those of tokens, or all.
public enum FactorScope: String, Hashable, Sendable {
  case tokens
  case all
}

/// What a price can be for: a meter, or the reasoning part of the output where a vendor prices it apart.
public enum PricedMeter: Hashable, Sendable {
  case meter(Meter)
  case reasoning

  public var name: String {
    switch self {
    case .meter(let meter): meter.name
    case .reasoning: "reasoning"
    }
  }

  public init?(name: String) {
    if name == "reasoning" {
      self = .reasoning
      return
    }
    guard let meter = Meter(name: name) else { return nil }
    self = .meter(meter)
  }

  public var isToken: Bool {
    switch self {
    case .meter(let meter): meter.isToken
    case .reasoning: true
    }
  }

  /// Token prices are written per million, as vendors publish them; all others per one.
  public var publishedPer: Int64 { isToken ? 1_000_000 : 1 }
}

/// An exact decimal factor: 1.1, 0.88.
public struct PriceFactor: Hashable, Sendable, CustomStringConvertible {
  /// The factor is `numerator` × 10^-`fractionDigits`.
  public var numerator: Int64
  public var fractionDigits: Int

  public static let fractionDigitsMax = 9
  public static let numeratorMax: Int64 = 1_000_000_000_000

  /// Nil for what is no decimal number from 0 to 1000 with at most 9 digits behind the point.
  public init?(_ text: some StringProtocol) {
    guard let number = DecimalNumber(text), !number.negative, number.exponent >= -Self.fractionDigitsMax,
      number.digits.count + max(0, number.exponent) <= 12
    else { return nil }
    var value: Int64 = 0
    for digit in number.digits { value = value * 10 + Int64(digit) }
    for _ in 0..<max(0, number.exponent) { value *= 10 }
    numerator = value
    fractionDigits = max(0, -number.exponent)
    guard Int128(value) <= 1000 * powerOfTen(fractionDigits) else { return nil }
  }

  public var description: String {
    decimalText(Int128(numerator), fractionDigits: fractionDigits, trimmed: true)
  }

  /// A rate times the factor, to the femtodollar, half-even.
  public func times(_ rate: Money) -> Money {
    Money(
      femtodollars: divideHalfEven(rate.femtodollars * Int128(numerator), by: powerOfTen(fractionDigits)))
  }
}
