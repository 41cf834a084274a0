public import Ledger
public import Price
public import Store

/// What a period's requests cost by two versions of the prices, model by model.
public struct PriceComparison: Sendable {
  public struct Row: Sendable {
    public var provider: String
    public var model: String
    public var requests = 0
    public var was = Money.zero
    public var becomes = Money.zero
    /// Requests with a part that has no price, by each version.
    public var wasUnpriced = 0
    public var becomesUnpriced = 0
    public var isSame: Bool { was == becomes && wasUnpriced == becomesUnpriced }
  }

  /// The largest difference first.
  public var rows: [Row] = []
  public var requests: Int { rows.reduce(0) { $0 + $1.requests } }
  public var was: Money { rows.reduce(.zero) { $0 + $1.was } }
  public var becomes: Money { rows.reduce(.zero) { $0 + $1.becomes } }

  /// - Throws: `StoreError`.
  public init(
    _ store: Store, _ period: Period, from before: PriceBook, to after: PriceBook
  ) throws(StoreError) {
    struct Key: Hashable {
      var provider: String
      var model: String
    }
    var found: [Key: Row] = [:]
    let old = Pricer(book: before)
    let new = Pricer(book: after)
    var filter = Store.RequestFilter()
    filter.begin = period.begin
    filter.end = period.end
    try store.requireRows(of: period.label, from: period.begin, to: period.end)
    try store.forEachRequest(filter) { usage in
      let key = Key(provider: usage.facts.provider ?? "", model: usage.facts.model ?? "")
      var row = found[key] ?? Row(provider: key.provider, model: key.model)
      row.requests += 1
      let was = old.charges(usage)
      let becomes = new.charges(usage)
      row.was += was.reduce(.zero) { $0 + $1.total }
      row.becomes += becomes.reduce(.zero) { $0 + $1.total }
      if was.contains(where: \.isUnpriced) { row.wasUnpriced += 1 }
      if becomes.contains(where: \.isUnpriced) { row.becomesUnpriced += 1 }
      found[key] = row
    }
    func magnitude(_ row: Row) -> UInt128 { (row.becomes - row.was).femtodollars.magnitude }
    rows = found.values.sorted {
      (magnitude($1), $0.provider, $0.model) < (magnitude($0), $1.provider, $1.model)
    }
  }
}
