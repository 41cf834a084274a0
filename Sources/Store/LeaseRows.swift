/// A budget that several proxies share, in one bucket: a period, or of a rolling budget a quarter of an hour.
public struct LeaseBucket: Hashable, Sendable {
  /// Whose budget it is.
  public var holder: String
  public var budget: String
  public var bucket: Int64

  public init(holder: String, budget: String, bucket: Int64) {
    self.holder = holder
    self.budget = budget
    self.bucket = bucket
  }
}

/// What a proxy asks for; amounts are whole nanodollars.
public struct LeaseDemand: Hashable, Sendable {
  /// All that all proxies may have together in the buckets from `firstBucket` on; nil for every bucket.
  public var amount: Int64
  public var firstBucket: Int64?
  /// Less than this is of no use.
  public var atLeast: Int64
  public var wanted: Int64
  /// What it has by its own knowledge, where it has begun anew: what it was given before is void.
  public var restart: Int64?

  public init(amount: Int64, firstBucket: Int64?, atLeast: Int64, wanted: Int64, restart: Int64? = nil) {
    self.amount = amount
    self.firstBucket = firstBucket
    self.atLeast = atLeast
    self.wanted = wanted
    self.restart = restart
  }
}

extension Store {
  /// Gives a proxy more of a budget: what it wants, or all that is left, or nothing where that is of no use.
  ///
  /// It waits for no other writers than those of shares, so a long ingest holds no request up.
  /// - Returns: how much more it has now.
  public func lease(_ bucket: LeaseBucket, to proxy: String, _ demand: LeaseDemand) throws(StoreError)
    -> Int64
  {
    try inLease { () throws(StoreError) -> Int64 in
      let select = try statement(
        """
        SELECT coalesce(sum(CASE WHEN proxy = ? AND bucket = ? THEN granted ELSE 0 END), 0), coalesce(sum(granted), 0)
        FROM budget_leases WHERE holder = ? AND budget = ? AND bucket >= ?
        """
      ).bind(proxy).bind(bucket.bucket).bind(kept(bucket.holder)).bind(bucket.budget).bind(
        demand.firstBucket ?? .min)
      guard try select.next() else { throw StoreError("a sum has no row") }
      let (had, all) = (select.integer(0), select.integer(1))
      select.reset()
      let own = demand.restart ?? had
      let left = demand.amount - (all - had) - own
      let more = left < max(1, demand.atLeast) ? 0 : min(left, max(demand.atLeast, demand.wanted))
      try set(bucket, proxy, own + more)
      return more
    }
  }

  /// Takes back what a proxy does not need.
  public func giveBack(_ nanodollars: Int64, of bucket: LeaseBucket, from proxy: String) throws(StoreError) {
    try inLease { () throws(StoreError) -> Void in
      try statement(
        """
        UPDATE budget_leases SET granted = granted - ? WHERE holder = ? AND budget = ? AND bucket = ? AND proxy = ?
          AND granted >= ?
        """
      ).bind(nanodollars).bind(kept(bucket.holder)).bind(bucket.budget).bind(bucket.bucket).bind(proxy)
        .bind(nanodollars).run()
    }
  }

  /// What all proxies together have of a budget from a bucket on.
  public func leased(_ holder: String, _ budget: String, from firstBucket: Int64?) throws(StoreError) -> Int64
  {
    let select = try statement(
      "SELECT coalesce(sum(granted), 0) FROM budget_leases WHERE holder = ? AND budget = ? AND bucket >= ?"
    ).bind(kept(holder)).bind(budget).bind(firstBucket ?? .min)
    guard try select.next() else { throw StoreError("a sum has no row") }
    defer { select.reset() }
    return select.integer(0)
  }

  private func set(_ bucket: LeaseBucket, _ proxy: String, _ granted: Int64) throws(StoreError) {
    try statement(
      """
      INSERT INTO budget_leases VALUES(?,?,?,?,?)
      ON CONFLICT(holder, budget, bucket, proxy) DO UPDATE SET granted = excluded.granted
      """
    ).bind(kept(bucket.holder)).bind(bucket.budget).bind(bucket.bucket).bind(proxy).bind(granted).run()
  }

  private func inLease<R>(_ body: () throws(StoreError) -> R) throws(StoreError) -> R {
    try database.beginLease()
    var isCommitting = false
    do throws(StoreError) {
      let result = try body()
      isCommitting = true
      try database.run("COMMIT")
      return result
    } catch {
      var reason = error
      reason.isInDoubt = isCommitting
      do throws(StoreError) { try database.run("ROLLBACK") } catch {
        // It ends with its connection too. What went wrong first is what must be told.
      }
      throw reason
    }
  }
}
