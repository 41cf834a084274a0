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
    var waiting: [UsageCell.Key: (cell: UsageCell, others: TokenCounts)] = [:]
    func handOut(before slot: Int64) throws(StoreError) {
      let keys = waiting.keys.filter { $0.slot < slot }.sorted()
      for key in keys {
        guard let (cell, others) = waiting.removeValue(forKey: key) else { continue }
        try body(try total(cell, others))
      }
    }
    try forEachCell(from: begin, to: end, beforeSlot: handOut) { cell, others in
      waiting[cell.key, default: (UsageCell(key: cell.key), TokenCounts())].cell.add(cell)
      if let others { waiting[cell.key]?.others += others }
    }
    try handOut(before: .max)
  }

  private func total(_ cell: UsageCell, _ others: TokenCounts) throws(StoreError) -> UsageTotal {
    let key = cell.key
    var total = UsageTotal(
      slot: key.slot, facts: try facts(key.facet), outcome: try Outcome(storeNumber: key.outcome),
      status: key.status == 0 ? nil : Int(key.status))
    total.requests = cell.requests
    total.finalRequests = cell.finalRequests
    total.durationMicroseconds = cell.duration
    total.durations = cell.durations
    total.firstByteMicroseconds = cell.firstByte
    total.firstBytes = cell.firstBytes
    total.counts = others
    total.counts[.input] = cell.input
    total.counts[.cacheRead] = cell.cacheRead
    total.counts[.cacheWrite5m] = cell.cacheWrite5m
    total.counts[.cacheWrite1h] = cell.cacheWrite1h
    total.counts[.cacheWrite12h] = cell.cacheWrite12h
    total.counts[.output] = cell.output
    total.counts.reasoning = cell.reasoning
    return total
  }

  /// Visits the cells of a range of time as they were written: several may have one key.
  /// - Parameter beforeSlot: no cell that follows is of a quarter of an hour before this one.
  func forEachCell(
    from begin: Int64, to end: Int64, beforeSlot: (Int64) throws(StoreError) -> Void = { _ in },
    _ body: (UsageCell, TokenCounts?) throws(StoreError) -> Void
  ) throws(StoreError) {
    let slots = timeSlot(of: begin)..<max(timeSlot(of: begin), timeSlot(of: end))
    try reading { () throws(StoreError) in
      let packed = try database.reader(
        """
        SELECT first_slot, cells FROM usage_cells WHERE first_slot >= ? AND first_slot < ? AND last_slot >= ?
        ORDER BY first_slot
        """, rowsAtATime: StoreLimit.blocksAtATime)
      packed.bind(slots.lowerBound - RequestBlock.Limit.microseconds / slotMicroseconds - 1)
        .bind(slots.upperBound).bind(slots.lowerBound)
      while try packed.next() {
        try beforeSlot(packed.integer(0))
        try readCells(packed.bytesInPlace(1)) { cell, others throws(StoreError) in
          if slots.contains(cell.key.slot) { try body(cell, others) }
        }
      }
    }
  }
}
