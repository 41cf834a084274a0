public import Ledger

/// What the requests of a quarter of an hour used that had the same facts (the agent apart), outcome and status.
public struct UsageTotal: Sendable {
  /// Quarters of an hour since 1970.
  public var slot: Int64
  public var facts: RequestFacts
  public var outcome: Outcome
  /// Nil for none.
  public var status: Int?
  /// Attempts; and those of them that are a request, which the proxy did not follow with another.
  public var requests: Int64 = 0
  public var finalRequests: Int64 = 0
  /// Sums, and of how many requests that said so.
  public var durationMicroseconds: Int64 = 0
  public var durations: Int64 = 0
  public var firstByteMicroseconds: Int64 = 0
  public var firstBytes: Int64 = 0
  public var counts = TokenCounts()
}

extension Store {
  /// Visits what was used in a half-open range of time that begins and ends with a quarter of an hour, in the order of
  /// time. Requests that have not ended are in none of it.
  public func forEachUsageTotal(
    from begin: Int64, to end: Int64, _ body: (UsageTotal) throws(StoreError) -> Void
  ) throws(StoreError) {
    let totals = try database.reader(
      "SELECT * FROM usage_slots WHERE slot >= ? AND slot < ? ORDER BY slot, facet, outcome, status")
    let meters = try database.reader(
      "SELECT * FROM usage_slot_meters WHERE slot >= ? AND slot < ? ORDER BY slot, facet, outcome, status")
    let first = timeSlot(of: begin)
    let last = timeSlot(of: end)
    totals.bind(first).bind(last)
    meters.bind(first).bind(last)
    var hasMeter = try meters.next()
    while try totals.next() {
      let key = self.key(totals)
      var total = UsageTotal(
        slot: key.slot, facts: try facts(key.facet), outcome: try Outcome(storeNumber: key.outcome),
        status: key.status == 0 ? nil : Int(key.status))
      total.requests = totals.integer(4)
      total.finalRequests = totals.integer(5)
      total.durationMicroseconds = totals.integer(6)
      total.durations = totals.integer(7)
      total.firstByteMicroseconds = totals.integer(8)
      total.firstBytes = totals.integer(9)
      for (offset, meter) in columnMeters.enumerated() {
        total.counts[meter] = totals.integer(10 + Int32(offset))
      }
      total.counts.reasoning = totals.integer(16)
      while hasMeter, self.key(meters) == key {
        if let meter = meters.text(4).flatMap(Meter.init(name:)) { total.counts[meter] = meters.integer(5) }
        hasMeter = try meters.next()
      }
      try body(total)
    }
  }

  private func key(_ row: any Statement) -> UsageTotals.Key {
    .init(slot: row.integer(0), facet: row.integer(1), outcome: row.integer(2), status: row.integer(3))
  }
}
