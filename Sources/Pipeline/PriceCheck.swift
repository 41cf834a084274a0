public import Ledger
public import Price
public import Store

/// What a person should know about a price book before signing with it.
public struct PriceCheck: Sendable {
  /// A kind of request in use that is not priced whole, with the reason.
  public struct Unpriced: Hashable, Sendable {
    public var provider: String
    public var model: String
    public var reason: String
    public var requests: Int
  }

  /// A model in use that its vendor has retired, or will.
  public struct Retired: Hashable, Sendable {
    public var provider: String
    public var model: String
    public var at: Int64
    public var requests: Int
  }

  /// A price of a model in use that another source has differently.
  public struct Disagreement: Hashable, Sendable {
    public var provider: String
    public var model: String
    public var meter: PricedMeter
    public var ours: Money
    public var theirs: Money
  }

  public var publishedAt: Int64
  public var ageDays: Int64
  public var requests = 0
  public var unpriced: [Unpriced] = []
  public var retired: [Retired] = []
  public var disagreements: [Disagreement] = []
  /// Models in use that both sources price, where there is a second one.
  public var compared = 0

  public enum Limit {
    /// Vendors change prices about once a month; a book older than that is worth a look.
    public static let ageDaysMax: Int64 = 31
  }

  public var isOld: Bool { ageDays > Limit.ageDaysMax }
  public var isFine: Bool { !isOld && unpriced.isEmpty && retired.isEmpty && disagreements.isEmpty }

  /// - Parameters:
  ///   - period: whose requests say what is in use.
  ///   - other: a second source to compare with.
  /// - Throws: `StoreError`.
  public init(
    _ store: Store, _ period: Period, prices: PriceFolder.Stored, other: PriceBook?, now: Int64
  ) throws(StoreError) {
    publishedAt = prices.publishedAt
    ageDays = max(0, (now - prices.publishedAt) / 86_400_000_000)
    let book = prices.book
    let pricer = Pricer(book: book)
    var reasons: [Unpriced: Int] = [:]
    var queries: [RateQuery: Int] = [:]
    var filter = Store.RequestFilter()
    filter.begin = period.begin
    filter.end = period.end
    var count = 0
    try store.forEachRequest(filter) { usage in
      count += 1
      if !usage.outcome.isFailure { queries[RateQuery(usage.facts), default: 0] += 1 }
      for charge in pricer.charges(usage) {
        guard let reason = charge.unpricedReason else { continue }
        let item = Unpriced(
          provider: usage.facts.provider ?? "", model: charge.model ?? "", reason: reason, requests: 0)
        reasons[item, default: 0] += 1
      }
    }
    requests = count
    unpriced = reasons.map { item, count in
      var item = item
      item.requests = count
      return item
    }.sorted {
      ($1.requests, $0.provider, $0.model, $0.reason) < ($0.requests, $1.provider, $1.model, $1.reason)
    }
    retired = Self.retired(queries, book)
    if let other { compare(Set(queries.keys), book, other, at: now) }
  }

  private static func retired(_ queries: [RateQuery: Int], _ book: PriceBook) -> [Retired] {
    var found: [Retired: Int] = [:]
    for (query, count) in queries {
      guard let provider = query.provider, let model = query.returned ?? query.requested,
        let at = book.retired(provider: provider, model: model)
      else { continue }
      found[Retired(provider: provider, model: model, at: at, requests: 0), default: 0] += count
    }
    return found.map { item, count in
      var item = item
      item.requests = count
      return item
    }.sorted { ($0.at, $0.provider, $0.model) < ($1.at, $1.provider, $1.model) }
  }

  private mutating func compare(
    _ queries: Set<RateQuery>, _ book: PriceBook, _ other: PriceBook, at now: Int64
  ) {
    struct Key: Hashable {
      var provider: String
      var model: String
    }
    var seen: [Key: [Disagreement]] = [:]
    for query in queries {
      let ours = book.rateCard(query, at: now)
      let theirs = other.rateCard(query, at: now)
      guard ours.match != nil, theirs.match != nil else { continue }
      let key = Key(provider: query.provider ?? "", model: query.returned ?? query.requested ?? "")
      var list = seen[key] ?? []
      for meter in Meter.allCases {
        guard let a = ours.ownRate(of: meter), let b = theirs.ownRate(of: meter), a != b else { continue }
        let item = Disagreement(
          provider: key.provider, model: key.model, meter: .meter(meter), ours: a, theirs: b)
        if !list.contains(item) { list.append(item) }
      }
      seen[key] = list
    }
    compared = seen.count
    disagreements = seen.values.flatMap { $0 }.sorted {
      ($0.provider, $0.model, $0.meter.name, $0.ours) < ($1.provider, $1.model, $1.meter.name, $1.ours)
    }
  }
}
