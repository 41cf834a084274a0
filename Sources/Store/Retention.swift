/// Months of request rows that are dropped as a whole, and what is known of them after.
extension Store {
  /// A month that has request rows.
  public struct RequestMonth: Hashable, Sendable {
    /// `2026-10`, in UTC.
    public var name: String
    /// When its first and last row arrived.
    public var first: Int64
    public var last: Int64
    let partition: Partition
  }

  /// The months that have request rows, in the order of time.
  public func requestMonths() throws(StoreError) -> [RequestMonth] {
    var result: [RequestMonth] = []
    for partition in try partitions(from: nil, to: nil) {
      let select = try database.prepare("SELECT min(first_time), max(last_time) FROM \(partition.blocks)")
      guard try select.next(), let first = select.optionalInteger(0), let last = select.optionalInteger(1)
      else { continue }
      select.reset()
      result.append(RequestMonth(name: partition.name, first: first, last: last, partition: partition))
    }
    return result
  }

  /// Drops a month's request rows. What was added up of them stays.
  public func drop(_ month: RequestMonth, at now: Int64) throws {
    try transaction { () throws(StoreError) in
      let partition = month.partition
      for table in try tables(of: partition) { try database.run("DROP TABLE \(table)") }
      try statement("DELETE FROM request_months WHERE month = ?").bind(partition.month).run()
      try statement(
        """
        INSERT INTO pruned_months VALUES(?,?) ON CONFLICT(month) DO UPDATE SET pruned_at = excluded.pruned_at
        """
      ).bind(partition.month).bind(now).run()
    }
    // Statements of a table that is gone.
    forgetNumbers()
    statements.removeAll()
  }

  /// The months of a half-open range of time whose rows were dropped, in the order of time: `2026-10`.
  public func droppedMonths(from begin: Int64, to end: Int64) throws(StoreError) -> [String] {
    try droppedPartitions().filter { $0.times.lowerBound < end && $0.times.upperBound > begin }.map(\.name)
  }

  /// Every month whose rows were dropped, in the order of time.
  public func droppedMonths() throws(StoreError) -> [String] { try droppedPartitions().map(\.name) }

  func droppedPartitions() throws(StoreError) -> [Partition] {
    let select = try statement("SELECT month FROM pruned_months ORDER BY month")
    var result: [Partition] = []
    while try select.next() { result.append(Partition(month: select.integer(0))) }
    return result
  }
}
