// What the books say at one place, and what changes it later: the nouns that reports, the store and the
// closing of periods share.

/// Where a row of the books comes from.
public enum Entry: String, CaseIterable, Sendable {
  case usage
  case adjustment
  case fixed
  case credit
  /// Cost that is moved from one product to another; such rows add up to zero.
  case allocation
}

/// How well a cost is known. The first that holds is what a row shows.
public enum CostState: String, Comparable, CaseIterable, Sendable {
  /// Nothing in it has a price: the cost is unknown, and the cell is empty.
  case unpriced
  /// Something in it has no price, or a request was interrupted: the cost is a lower bound.
  case partial
  /// Counts were estimated or mended.
  case estimated
  case exact

  public static func < (a: CostState, b: CostState) -> Bool {
    allCases.firstIndex(of: a) ?? 0 < allCases.firstIndex(of: b) ?? 0
  }

  /// A part of the cost is not known.
  public var isUnknown: Bool { self < .estimated }
}

/// The four columns of tokens in the books: every token is in one of them.
public struct BookedTokens: Hashable, Sendable {
  public var input: Int64
  public var cacheRead: Int64
  public var cacheWrite: Int64
  public var output: Int64

  public init(_ counts: TokenCounts) {
    input = counts[.input] + counts[.inputAudio] + counts[.inputImage] + counts[.inputVideo]
    cacheRead = counts[.cacheRead] + counts[.cacheReadAudio] + counts[.cacheReadImage]
    cacheWrite = counts.cacheWrite
    output = counts[.output] + counts[.outputAudio] + counts[.outputImage]
  }
}

/// Whole numbers that splits may cut: each is in units of 1/`Books.weightDenominator`.
public struct WeightedCounts: Hashable, Sendable {
  public var requests: Int128 = 0
  public var failedRequests: Int128 = 0
  public var interruptedRequests: Int128 = 0
  public var unpricedRequests: Int128 = 0
  public var inputTokens: Int128 = 0
  public var cacheReadTokens: Int128 = 0
  public var cacheWriteTokens: Int128 = 0
  public var outputTokens: Int128 = 0

  public init() {}

  public static func += (a: inout WeightedCounts, b: WeightedCounts) {
    a.requests += b.requests
    a.failedRequests += b.failedRequests
    a.interruptedRequests += b.interruptedRequests
    a.unpricedRequests += b.unpricedRequests
    a.inputTokens += b.inputTokens
    a.cacheReadTokens += b.cacheReadTokens
    a.cacheWriteTokens += b.cacheWriteTokens
    a.outputTokens += b.outputTokens
  }
}

/// A place in the books, to the day. Products are named by their id, because rules may renumber them.
public struct BookPlace: Hashable, Comparable, Sendable {
  /// `2026-10-01`, in the books' zone.
  public var day: String
  public var product: String
  /// Empty where unknown.
  public var provider: String
  /// For a fixed cost, a credit or an allocation its name.
  public var model: String
  /// Empty for what is no usage.
  public var serviceTier: String
  public var entry: Entry

  public init(
    day: String, product: String, provider: String, model: String, serviceTier: String, entry: Entry = .usage
  ) {
    self.day = day
    self.product = product
    self.provider = provider
    self.model = model
    self.serviceTier = serviceTier
    self.entry = entry
  }

  public static func < (a: BookPlace, b: BookPlace) -> Bool {
    (a.day, a.product, a.provider, a.model, a.serviceTier, a.entry.rawValue)
      < (b.day, b.product, b.provider, b.model, b.serviceTier, b.entry.rawValue)
  }
}

/// What the books say at a place. A place they say nothing of has no amount at all.
public struct BookedAmount: Hashable, Sendable {
  /// What is priced of it; with state `unpriced` nothing is, and the cost is unknown.
  public var cost: Money
  public var state: CostState

  public init(cost: Money, state: CostState) {
    self.cost = cost
    self.state = state
  }
}

/// A change to a closed period at one place, for one reason: booked in an open period, as was and is.
public struct Adjustment: Hashable, Sendable {
  public enum Reason: String, CaseIterable, Sendable {
    /// Lines that were read after the close, and requests that ended after it.
    case lateLines = "late lines"
    /// No line is new, but another version of this program reads or prices them otherwise.
    case program
    case prices
    case rules
    /// Another costs file: seats, credits, spreading.
    case costs
  }

  /// The closed period.
  public var forPeriod: String
  public var place: BookPlace
  public var reason: Reason
  /// Of the decision behind it, as a person wrote it; empty where nobody had to decide.
  public var words: String
  /// Nil where the books said nothing of the place.
  public var was: BookedAmount?
  public var now: BookedAmount?
  public var pricesWas: String
  public var pricesNow: String
  public var rulesWas: String
  public var rulesNow: String
  public var costsWas: String
  public var costsNow: String

  public init(
    forPeriod: String, place: BookPlace, reason: Reason, words: String, was: BookedAmount?,
    now: BookedAmount?, pricesWas: String, pricesNow: String, rulesWas: String, rulesNow: String,
    costsWas: String = "none", costsNow: String = "none"
  ) {
    self.forPeriod = forPeriod
    self.place = place
    self.reason = reason
    self.words = words
    self.was = was
    self.now = now
    self.pricesWas = pricesWas
    self.pricesNow = pricesNow
    self.rulesWas = rulesWas
    self.rulesNow = rulesNow
    self.costsWas = costsWas
    self.costsNow = costsNow
  }

  public var difference: Money { (now?.cost ?? .zero) - (was?.cost ?? .zero) }
}
