public import Attribute
public import Ledger
internal import Price
internal import Store

public enum RulesPreviewLimit {
  /// What a person looks through before saying yes; one line stands for the rest.
  public static let moversMax = 30
}

/// What other rules would move in one period's metered cost, before they are used.
public struct RulesPreview: Sendable {
  /// One product, or one key's use of one model for one product.
  public struct Line: Hashable, Sendable {
    public var product: String
    public var key: String
    public var model: String
    public var was: Money
    public var now: Money
    public var difference: Money { now - was }
  }

  public var period: Period
  public var rulesWas: String
  public var rulesNow: String
  /// In the order of the rules, those in force first; the differences add up to zero.
  public var products: [Line]
  /// The largest differences first, all of them; those that stay are not here.
  public var movers: [Line]
  /// Requests with any cost on another product, or in another proportion.
  public var movedRequests: Int64
}

extension Run {
  /// Attributes the period's requests by the rules in force for it and by others. Nothing is written.
  ///
  /// A closed period is asked by the prices and rules that are in force for it.
  /// - Throws: `StoreError` naming the months whose request rows were dropped.
  public func preview(_ period: Period, rules other: Rules) throws -> RulesPreview {
    var current = rules.rules
    var book = prices.book
    if let closed = try closedBooks.closed(period) {
      let now = try closedBooks.correction(of: closed).now
      current = try closedBooks.loadRules(now.rulesVersion, period)
      book = try closedBooks.loadPrices(now.pricesVersion).book
    }
    try store.requireRows(of: period.label, from: period.begin, to: period.end)
    var filter = Store.RequestFilter()
    filter.begin = period.begin
    filter.end = period.end
    let pricer = Pricer(book: book)
    var sums: [Mover: Moved] = [:]
    var moved: Int64 = 0
    try store.forEachRequest(filter) { usage in
      let (was, now) = (current.match(usage), other.match(usage))
      var own: [Mover: Moved] = [:]
      func add(_ charge: Charge, _ rule: Int?, _ rules: Rules, _ side: WritableKeyPath<Moved, Int128>) {
        for share in rules.shares(of: charge, rule: rule) {
          let mover = Mover(
            product: rules.products[share.product].id, key: usage.facts.keyName ?? "",
            model: charge.model ?? "")
          own[mover, default: Moved()][keyPath: side] += share.amounts.total.femtodollars
        }
      }
      for charge in pricer.charges(usage) {
        add(charge, was, current, \.was)
        add(charge, now, other, \.now)
      }
      if own.values.contains(where: { $0.was != $0.now }) { moved += usage.requests }
      for (mover, sum) in own {
        sums[mover, default: Moved()].was += sum.was
        sums[mover, default: Moved()].now += sum.now
      }
    }
    return RulesPreview(
      period: period, rulesWas: current.version, rulesNow: other.version,
      products: Self.products(sums, order: current.products + other.products), movers: Self.movers(sums),
      movedRequests: moved)
  }

  private struct Mover: Hashable {
    var product: String
    var key: String
    var model: String
  }

  /// In femtodollars.
  private struct Moved {
    var was: Int128 = 0
    var now: Int128 = 0
  }

  private static func products(
    _ sums: [Mover: Moved], order: [Product]
  ) -> [RulesPreview.Line] {
    var ids: [String] = []
    for product in order where product.id != Product.unattributed.id && !ids.contains(product.id) {
      ids.append(product.id)
    }
    return (ids + [Product.unattributed.id]).map { id in
      let own = sums.filter { $0.key.product == id }.values
      return RulesPreview.Line(
        product: id, key: "", model: "", was: Money(femtodollars: own.reduce(0) { $0 + $1.was }),
        now: Money(femtodollars: own.reduce(0) { $0 + $1.now }))
    }
  }

  private static func movers(_ sums: [Mover: Moved]) -> [RulesPreview.Line] {
    sums.filter { $0.value.was != $0.value.now }.map { mover, sum in
      RulesPreview.Line(
        product: mover.product, key: mover.key, model: mover.model, was: Money(femtodollars: sum.was),
        now: Money(femtodollars: sum.now))
    }.sorted { a, b in
      let (x, y) = (a.difference.femtodollars.magnitude, b.difference.femtodollars.magnitude)
      return x == y ? (a.key, a.model, a.product) < (b.key, b.model, b.product) : x > y
    }
  }
}
