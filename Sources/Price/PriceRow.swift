public import Ledger

/// One published price: what one meter of one model costs at one tier, from when, above how much context.
public struct PriceRow: Hashable, Sendable {
  /// As in the raw log: `openai`, `anthropic`, `bedrock` …
  public var provider: String
  public var model: String
  /// The region or scope it holds for; empty for any.
  public var region: String
  /// `standard`, `batch`, or the vendor's word.
  public var serviceTier: String
  /// Holds where the request's whole input, cached tokens included, is more than this many tokens.
  public var contextOver: Int64
  public var meter: PricedMeter
  public var rate: Money
  /// First instant it is true, microseconds since 1970-01-01T00:00:00Z; nil since ever.
  public var effectiveFrom: Int64?

  public init(
    provider: String, model: String, region: String = "", serviceTier: String = "standard",
    contextOver: Int64 = 0, meter: PricedMeter, rate: Money, effectiveFrom: Int64? = nil
  ) {
    self.provider = provider
    self.model = model
    self.region = region
    self.serviceTier = serviceTier
    self.contextOver = contextOver
    self.meter = meter
    self.rate = rate
    self.effectiveFrom = effectiveFrom
  }

  /// Everything but the price: two rows may not share it.
  public struct Identity: Hashable, Sendable {
    var provider, model, region, serviceTier: String
    var contextOver: Int64
    var meter: PricedMeter
    var effectiveFrom: Int64?
  }

  public var identity: Identity {
    Identity(
      provider: provider, model: model, region: region, serviceTier: serviceTier,
      contextOver: contextOver, meter: meter, effectiveFrom: effectiveFrom)
  }
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

  /// Token prices are written per million, as vendors publish them; all others per one.
  public var publishedPer: Int64 {
    switch self {
    case .meter(let meter): meter.isToken ? 1_000_000 : 1
    case .reasoning: 1_000_000
    }
  }
}
