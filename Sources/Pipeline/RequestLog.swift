public import Ledger
public import Price
public import Store

/// A page of the request log: what is asked for, newest first, each request priced as it is read.
public struct RequestLog {
  public var filter = Store.RequestFilter()
  /// In USD, both included. A request whose cost is unknown is in no range of costs.
  public var costMin: Money?
  public var costMax: Money?
  public var limit = 50

  public init() { filter.newestFirst = true }

  public struct Entry {
    public var usage: Usage
    public var charges: [Charge]
    public var place: Store.RequestPlace

    /// Nil where it is unknown: never a zero.
    public var cost: Money? {
      guard usage.outcome != .interrupted,
        charges.contains(where: \.hasPricedMeter) || !charges.contains(where: \.isUnpriced)
      else { return nil }
      return charges.reduce(Money.zero) { $0 + $1.total }
    }
  }

  /// Visits the page's requests.
  /// - Returns: from where the next page goes on; nil at the end.
  public func visit(
    _ store: Store, _ book: PriceBook, _ body: (Entry) -> Void
  ) throws(StoreError) -> Store.RequestPlace? {
    let pricer = Pricer(book: book)
    var count = 0
    var last: Store.RequestPlace?
    var hasMore = false
    try store.visitRequests(filter) { usage, place in
      let entry = Entry(usage: usage, charges: pricer.charges(usage), place: place)
      guard fits(entry) else { return true }
      guard count < limit else {
        hasMore = true
        return false
      }
      count += 1
      last = place
      body(entry)
      return true
    }
    return hasMore ? last : nil
  }

  private func fits(_ entry: Entry) -> Bool {
    guard costMin != nil || costMax != nil else { return true }
    guard let cost = entry.cost else { return false }
    return (costMin.map { $0 <= cost } ?? true) && (costMax.map { cost <= $0 } ?? true)
  }
}

extension Store.RequestPlace {
  /// As a person hands it on: `1790812800000000-1-42`.
  public var cursor: String { "\(time)-\(segment)-\(line)" }

  /// - Throws: `UsageError`.
  public init(cursor: String) throws {
    let parts = cursor.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
    guard parts.count == 3, let time = parts[0], let segment = parts[1], let line = parts[2] else {
      throw UsageError("--after \"\(cursor)\" is not understood; give it as a page before named it")
    }
    self.init(time: time, segment: segment, line: line)
  }
}
