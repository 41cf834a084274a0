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

/// A share as it is taken.
public struct Lease: Hashable, Sendable {
  public var bucket: LeaseBucket
  public var proxy: String
  /// Whole nanodollars.
  public var granted: Int64
}

extension Store {
  /// Gives a proxy more of a budget: what it wants, or all that is left, or nothing where that is of no use.
  ///
  /// It waits for no other writers than those of shares, so a long ingest holds no request up.
  /// - Parameter proxy: a name that no other proxy has, wherever it keeps its raw log.
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
      if own + more != had { try set(bucket, proxy, own + more) }
      if had == 0, more > 0, let first = demand.firstBucket { try forget(bucket, before: first) }
      return more
    }
  }

  /// What a proxy has of these by its own knowledge: what it did not use is free again, what it used beyond its shares is
  /// counted.
  public func hold(_ amounts: [LeaseBucket: Int64], by proxy: String) throws(StoreError) {
    try inLease { () throws(StoreError) -> Void in
      for (bucket, amount) in amounts { try set(bucket, proxy, amount) }
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

  /// The shares that are taken, in the order of holders, budgets and buckets.
  /// - Parameter proxy: nil for those of all.
  public func leases(of proxy: String? = nil) throws(StoreError) -> [Lease] {
    let select = try statement(
      """
      SELECT holder, budget, bucket, proxy, granted FROM budget_leases
      WHERE granted > 0\(proxy == nil ? "" : " AND proxy = ?") ORDER BY holder, budget, bucket, proxy
      """)
    if let proxy { select.put(proxy) }
    var result: [Lease] = []
    while try select.next() {
      result.append(
        Lease(
          bucket: LeaseBucket(
            holder: select.text(0) ?? "", budget: select.text(1) ?? "", bucket: select.integer(2)),
          proxy: select.text(3) ?? "", granted: select.integer(4)))
    }
    return result
  }

  /// Frees all shares of a proxy that will not come back. What it spent of them counts no more.
  /// - Returns: how many they were, and their sum in nanodollars.
  public func releaseLeases(of proxy: String, by mark: ChangeMark) throws -> (count: Int, nanodollars: Int64)
  {
    try transaction {
      try database.lockLeases()
      let select = try statement(
        "SELECT count(*), coalesce(sum(granted), 0) FROM budget_leases WHERE proxy = ?"
      ).bind(proxy)
      guard try select.next() else { throw StoreError("a count has no row") }
      let found = (count: Int(select.integer(0)), nanodollars: select.integer(1))
      select.reset()
      guard found.count > 0 else { return found }
      try statement("DELETE FROM budget_leases WHERE proxy = ?").bind(proxy).run()
      try record(
        "release", "proxy", proxy, "{\"shares\":\(found.count),\"nanodollars\":\(found.nanodollars)}", mark)
      return found
    }
  }

  /// A day: another proxy's clock may be late by so much. Of periods, the last one stays, however long it was.
  private static let bucketsKept: Int64 = 96

  /// Buckets that no proxy's window reaches any more.
  private func forget(_ bucket: LeaseBucket, before first: Int64) throws(StoreError) {
    try statement(
      """
      DELETE FROM budget_leases WHERE holder = ? AND budget = ? AND bucket < ? AND bucket <
        (SELECT max(bucket) FROM budget_leases WHERE holder = ? AND budget = ? AND bucket < ?)
      """
    ).bind(kept(bucket.holder)).bind(bucket.budget).bind(first - Self.bucketsKept)
      .bind(kept(bucket.holder)).bind(bucket.budget).bind(first).run()
  }

  private func set(_ bucket: LeaseBucket, _ proxy: String, _ granted: Int64) throws(StoreError) {
    guard granted > 0 else {
      try statement("DELETE FROM budget_leases WHERE holder = ? AND budget = ? AND bucket = ? AND proxy = ?")
        .bind(kept(bucket.holder)).bind(bucket.budget).bind(bucket.bucket).bind(proxy).run()
      return
    }
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
