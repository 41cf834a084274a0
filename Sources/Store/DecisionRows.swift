/// By what closed periods were booked, and by what they are to be: bookings, decisions, texts of rules.
extension Store {
  /// - Parameter closed: the period whose close this is; `period` itself, or one that took adjustments to it.
  public func add(_ booking: Booking, closed: Int64, for period: Int64) throws(StoreError) {
    try statement(
      """
      INSERT INTO bookings(period, for_period, decision, prices_version, rules_version, program, attempts,
        interrupted, requests, costs_version)
      VALUES(?,?,?,?,?,?,?,?,?,?)
      """
    )
    .bind(closed).bind(period).bind(booking.decision).bind(booking.pricesVersion)
    .bind(booking.rulesVersion).bind(booking.program).bind(booking.seen.attempts)
    .bind(booking.seen.interrupted).bind(booking.seen.requests).bind(booking.costsVersion).run()
  }

  /// How a closed period was booked, from its own close on: the last is what stands in the books.
  /// - Parameter closed: only up to this close.
  public func bookings(
    forClosed period: Int64, upTo closed: Int64 = .max
  ) throws(StoreError) -> [Booking] {
    let select = try statement(
      """
      SELECT decision, prices_version, rules_version, program, attempts, interrupted, requests, costs_version
      FROM bookings
      WHERE for_period = ? AND period <= ? ORDER BY period
      """)
    select.bind(period).bind(closed)
    var result: [Booking] = []
    while try select.next() {
      result.append(
        Booking(
          decision: select.integer(0), pricesVersion: select.text(1) ?? "",
          rulesVersion: select.text(2) ?? "", costsVersion: select.text(7) ?? "",
          program: select.text(3) ?? "",
          seen: RequestTally(
            attempts: select.integer(4), interrupted: select.integer(5), requests: select.integer(6))))
    }
    return result
  }

  public func add(_ decision: Decision, for period: Int64) throws(StoreError) {
    try statement(
      """
      INSERT INTO decisions(period, decided_at, prices_version, rules_version, reason, costs_version)
      VALUES(?,?,?,?,?,?)
      """
    ).bind(period).bind(decision.decidedAt).bind(decision.pricesVersion).bind(decision.rulesVersion)
      .bind(decision.reason).bind(decision.costsVersion).run()
  }

  /// In the order they were made.
  public func decisions(forClosed period: Int64) throws(StoreError) -> [Decision] {
    let select = try statement(
      """
      SELECT id, decided_at, prices_version, rules_version, reason, costs_version FROM decisions
      WHERE period = ? ORDER BY id
      """)
    select.bind(period)
    var result: [Decision] = []
    while try select.next() {
      result.append(
        Decision(
          id: select.integer(0), decidedAt: select.integer(1), pricesVersion: select.text(2) ?? "",
          rulesVersion: select.text(3) ?? "", costsVersion: select.text(5) ?? "",
          reason: select.text(4) ?? ""))
    }
    return result
  }

  /// Keeps the text of rules; the same version is kept once.
  public func saveRules(version: String, name: String, text: String) throws(StoreError) {
    try statement("INSERT INTO rules_texts VALUES(?,?,?) ON CONFLICT DO NOTHING")
      .bind(version).bind(name).bind(text).run()
  }

  public func rules(version: String) throws(StoreError) -> (name: String, text: String)? {
    let select = try statement("SELECT name, text FROM rules_texts WHERE version = ?")
    guard try select.bind(version).next() else { return nil }
    defer { select.reset() }
    return (select.text(0) ?? "", select.text(1) ?? "")
  }

  /// Keeps the text of costs and their rates; the same version is kept once.
  public func saveCosts(version: String, name: String, text: String, rates: String) throws(StoreError) {
    try statement("INSERT INTO costs_texts VALUES(?,?,?,?) ON CONFLICT DO NOTHING")
      .bind(version).bind(name).bind(text).bind(rates).run()
  }

  public func costs(version: String) throws(StoreError) -> (name: String, text: String, rates: String)? {
    let select = try statement("SELECT name, text, rates FROM costs_texts WHERE version = ?")
    guard try select.bind(version).next() else { return nil }
    defer { select.reset() }
    return (select.text(0) ?? "", select.text(1) ?? "", select.text(2) ?? "")
  }

  public func tally(from begin: Int64, to end: Int64) throws(StoreError) -> RequestTally {
    var result = RequestTally(attempts: 0, interrupted: 0, requests: 0)
    // Of months whose rows were dropped, what was added up of them is left. It counts later rows too.
    let dropped = try droppedPartitions()
    for partition in dropped {
      let times = partition.times.clamped(to: begin..<max(begin, end))
      guard !times.isEmpty else { continue }
      try forEachCell(from: times.lowerBound, to: times.upperBound) { cell, _ in
        result.attempts += cell.requests
        result.requests += cell.finalRequests
      }
    }
    for partition in try partitions(from: begin, to: end) where !dropped.contains(partition) {
      let count = try count(partition, begin..<max(begin, end))
      result.attempts += count.rows
      result.requests += count.final
    }
    let open = try statement("SELECT count(*) FROM open_requests WHERE time >= ? AND time < ?")
    guard try open.bind(begin).bind(end).next() else { throw StoreError("a count has no row") }
    result.interrupted = open.integer(0)
    result.attempts += open.integer(0)
    result.requests += open.integer(0)
    open.reset()
    return result
  }
}
