public import Ledger

/// What calls of a model used of each meter, and what that cost. All counts are weighted: in units of 1/`weightDenominator`
/// of their books.
///
/// A call is one model's part of an attempt that used something with a price. A failure without usage is none, an
/// attempt that the proxy followed with another is one: calls are what money follows.
public struct UseSum: Sendable {
  /// One meter's part. What has no rate is counted apart: nobody knows what it costs.
  public struct Part: Hashable, Sendable {
    public var meter: Meter
    public var count: Int128 = 0
    public var femtodollars: Int128 = 0
    public var unpricedCount: Int128 = 0

    public init(meter: Meter, count: Int128 = 0, femtodollars: Int128 = 0, unpricedCount: Int128 = 0) {
      self.meter = meter
      self.count = count
      self.femtodollars = femtodollars
      self.unpricedCount = unpricedCount
    }
  }

  public var calls: Int128 = 0
  public var requests: Int128 = 0
  /// Of the meters used, in no order.
  public private(set) var parts: [Part] = []
  /// What the tokens read from and written to a cache would have cost as plain input. Nil once that is not known of some.
  public var withoutCache: Int128? = 0

  public init() {}

  public var femtodollars: Int128 { parts.reduce(0) { $0 + $1.femtodollars } }
  public var cost: Money { Money(femtodollars: femtodollars) }

  public func part(_ meter: Meter) -> Part { parts.first { $0.meter == meter } ?? Part(meter: meter) }

  /// Of the tokens that went in: all, and those read from a cache.
  public var promptTokens: Int128 { count(of: \.isPrompt) }
  public var cacheReadTokens: Int128 { count(of: \.isCacheRead) }

  public func count(of holds: (Meter) -> Bool) -> Int128 {
    parts.reduce(0) { holds($1.meter) ? $0 + $1.count : $0 }
  }

  public func cost(of holds: (Meter) -> Bool) -> Money {
    Money(femtodollars: parts.reduce(0) { holds($1.meter) ? $0 + $1.femtodollars : $0 })
  }

  public mutating func add(_ part: Part) {
    if let at = parts.firstIndex(where: { $0.meter == part.meter }) {
      parts[at].count += part.count
      parts[at].femtodollars += part.femtodollars
      parts[at].unpricedCount += part.unpricedCount
    } else {
      parts.append(part)
    }
  }

  /// Of a time of which only sums were kept: what no meter is known of.
  public mutating func add(requests: Int128, cost: Money) {
    self.requests += requests
    add(Part(meter: .request, femtodollars: cost.femtodollars))
  }

  mutating func remove(_ isUnwanted: (Part) -> Bool) { parts.removeAll(where: isUnwanted) }

  public static func += (a: inout UseSum, b: UseSum) {
    a.calls += b.calls
    a.requests += b.requests
    for part in b.parts { a.add(part) }
    a.withoutCache = a.withoutCache.flatMap { known in b.withoutCache.map { known + $0 } }
  }

  /// The same, so many times.
  public func times(_ factor: Int128) -> UseSum {
    var result = UseSum()
    result.calls = calls * factor
    result.requests = requests * factor
    result.parts = parts.map {
      Part(
        meter: $0.meter, count: $0.count * factor, femtodollars: $0.femtodollars * factor,
        unpricedCount: $0.unpricedCount * factor)
    }
    result.withoutCache = withoutCache.map { $0 * factor }
    return result
  }
}

/// What was used where: a place in the books, with the key that asked and the day.
public struct UseCell: Sendable {
  /// Index into the period's days.
  public var day: Int
  /// Index into the books' products.
  public var product: Int
  public var caller: UseCaller
  public var sum: UseSum

  public init(day: Int, product: Int, caller: UseCaller, sum: UseSum) {
    self.day = day
    self.product = product
    self.caller = caller
    self.sum = sum
  }
}

/// A key's use of one model at one tier.
public struct UseCaller: Hashable, Comparable, Sendable {
  /// The key's name, else its id; empty where there was none.
  public var key: String
  /// Empty where unknown.
  public var provider: String
  public var model: String
  public var serviceTier: String

  /// Stands for the keys beyond `PeriodUse.Limit.keysMax`.
  public static let otherKeys = "(other keys)"

  public init(key: String, provider: String, model: String, serviceTier: String) {
    self.key = key
    self.provider = provider
    self.model = model
    self.serviceTier = serviceTier
  }

  public static func < (a: UseCaller, b: UseCaller) -> Bool {
    (a.key, a.provider, a.model, a.serviceTier) < (b.key, b.provider, b.model, b.serviceTier)
  }
}

/// What a period used, to the day, the product, the key and the model: what a review is made of.
public struct PeriodUse: Sendable {
  /// In order of day, product and caller.
  public var cells: [UseCell] = []
  /// Costs by user; those beyond `Limit.usersMax` are not told apart.
  public var users: [String: Money] = [:]
  public var hasMoreUsers = false
  /// By product.
  public var wasted: [WastedUse] = []

  /// Makes room for a product in front of the last one.
  mutating func addProduct(before last: Int) {
    for index in cells.indices where cells[index].product == last { cells[index].product = last + 1 }
    if last < wasted.count { wasted.insert(WastedUse(), at: last) }
  }

  public enum Limit {
    /// A user's place is some hundred bytes; a company with more of them looks at keys and products.
    public static let usersMax = 200_000
    /// Keys told apart. Each has a cell for each day and model, of some hundred bytes.
    public static let keysMax = 5000
  }

  public init() {}
}

/// What was paid for answers that nobody could use.
public struct WastedUse: Hashable, Sendable {
  /// The last attempt failed.
  public var failed = Money.zero
  /// An attempt that the proxy followed with another.
  public var retried = Money.zero
  /// The client had left.
  public var abandoned = Money.zero

  public init() {}

  public var total: Money { failed + retried + abandoned }

  public static func += (a: inout WastedUse, b: WastedUse) {
    a.failed += b.failed
    a.retried += b.retried
    a.abandoned += b.abandoned
  }
}
