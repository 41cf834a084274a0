public import Ledger

/// Closed periods: written once, in one transaction of the caller's, and read back.
extension Store {
  /// - Returns: the number that the other rows of this close are kept under.
  public func add(
    _ period: ClosedPeriod, files: [ClosedPeriod.File], inputs: [ClosedPeriod.Input], rows: [ClosedRow]
  ) throws(StoreError) -> Int64 {
    let insert = try statement(
      """
      INSERT INTO closed_periods(label, zone, begin, "end", closed_at, incomplete, weight_denominator, post)
      VALUES(?,?,?,?,?,?,?,?) RETURNING id
      """)
    insert.bind(period.label).bind(period.zone).bind(period.begin).bind(period.end).bind(period.closedAt)
      .bind(period.isIncomplete).bind(String(period.weightDenominator)).bind(period.post)
    guard try insert.next() else { throw StoreError("a closed period's row was not written") }
    let id = insert.integer(0)
    insert.reset()
    for file in files {
      try statement("INSERT INTO closed_files VALUES(?,?,?)").bind(id).bind(file.name).bind(file.sha256).run()
    }
    for input in inputs {
      try statement("INSERT INTO closed_inputs VALUES(?,?,?,?)")
        .bind(id).bind(input.name).bind(input.lines).bind(input.sha256).run()
    }
    for row in rows {
      let place = row.place
      let counts = row.counts
      let insert = try statement("INSERT INTO closed_rows VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
        .bind(id).bind(place.day).bind(place.product).bind(place.provider).bind(place.model)
        .bind(place.serviceTier)
      for count in [
        counts.requests, counts.failedRequests, counts.interruptedRequests, counts.unpricedRequests,
        counts.inputTokens, counts.cacheReadTokens, counts.cacheWriteTokens, counts.outputTokens,
      ] { insert.bind(String(count)) }
      try insert.bind(String(row.amount.cost.femtodollars)).bind(row.amount.state.rawValue)
        .bind(place.entry.rawValue).run()
    }
    return id
  }

  /// Every closed period, in the order of time.
  public func closedPeriods() throws(StoreError) -> [ClosedPeriod] {
    let select = try statement(
      """
      SELECT id, label, zone, begin, "end", closed_at, incomplete, weight_denominator, post
      FROM closed_periods
      ORDER BY begin, id
      """)
    var result: [ClosedPeriod] = []
    while try select.next() {
      result.append(
        ClosedPeriod(
          id: select.integer(0), label: select.text(1) ?? "", zone: select.text(2) ?? "",
          begin: select.integer(3), end: select.integer(4), closedAt: select.integer(5),
          isIncomplete: select.integer(6) != 0, weightDenominator: try whole(select.text(7)),
          post: select.text(8) ?? ""))
    }
    return result
  }

  public func files(ofClosed id: Int64) throws(StoreError) -> [ClosedPeriod.File] {
    let select = try statement("SELECT name, sha256 FROM closed_files WHERE period = ? ORDER BY name")
    select.bind(id)
    var result: [ClosedPeriod.File] = []
    while try select.next() {
      result.append(ClosedPeriod.File(name: select.text(0) ?? "", sha256: select.text(1) ?? ""))
    }
    return result
  }

  public func inputs(ofClosed id: Int64) throws(StoreError) -> [ClosedPeriod.Input] {
    let select = try statement("SELECT name, lines, sha256 FROM closed_inputs WHERE period = ? ORDER BY name")
    select.bind(id)
    var result: [ClosedPeriod.Input] = []
    while try select.next() {
      result.append(
        ClosedPeriod.Input(
          name: select.text(0) ?? "", lines: select.integer(1), sha256: select.text(2) ?? ""))
    }
    return result
  }

  /// In the order of their places.
  public func rows(ofClosed id: Int64) throws(StoreError) -> [ClosedRow] {
    let select = try statement(
      """
      SELECT period, day, product, provider, model, service_tier, requests, failed_requests,
        interrupted_requests, unpriced_requests, input_tokens, cache_read_tokens, cache_write_tokens,
        output_tokens, femtodollars, state, entry
      FROM closed_rows WHERE period = ?
      """)
    select.bind(id)
    var result: [ClosedRow] = []
    while try select.next() {
      var counts = WeightedCounts()
      counts.requests = try whole(select.text(6))
      counts.failedRequests = try whole(select.text(7))
      counts.interruptedRequests = try whole(select.text(8))
      counts.unpricedRequests = try whole(select.text(9))
      counts.inputTokens = try whole(select.text(10))
      counts.cacheReadTokens = try whole(select.text(11))
      counts.cacheWriteTokens = try whole(select.text(12))
      counts.outputTokens = try whole(select.text(13))
      guard let amount = try amount(select.text(14), select.text(15)) else { throw Self.damaged }
      result.append(
        ClosedRow(place: try place(select, from: 1, entry: 16), counts: counts, amount: amount))
    }
    return result.sorted { $0.place < $1.place }
  }

  // MARK: - Adjustments frozen in a closed period

  public func add(_ adjustments: [Adjustment], closed: Int64, for period: Int64) throws(StoreError) {
    for one in adjustments {
      let place = one.place
      try statement(
        """
        INSERT INTO closed_adjustments(period, for_period, day, product, provider, model, service_tier, reason,
          words, was_femtodollars, was_state, is_femtodollars, is_state, prices_was, prices_is, rules_was, rules_is,
          entry, costs_was, costs_is)
        VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
        """
      ).bind(closed).bind(period).bind(place.day).bind(place.product).bind(place.provider).bind(place.model)
        .bind(place.serviceTier).bind(one.reason.rawValue).bind(one.words)
        .bind((one.was?.cost.femtodollars).map { String($0) }).bind(one.was?.state.rawValue)
        .bind((one.now?.cost.femtodollars).map { String($0) }).bind(one.now?.state.rawValue)
        .bind(one.pricesWas).bind(one.pricesNow).bind(one.rulesWas).bind(one.rulesNow)
        .bind(place.entry.rawValue).bind(one.costsWas).bind(one.costsNow).run()
    }
  }

  /// Adjustments to a closed period that are frozen, in the order they were made, and where each was booked.
  public func adjustments(
    forClosed period: ClosedPeriod
  ) throws(StoreError) -> [(closed: Int64, adjustment: Adjustment)] {
    let select = try statement(
      """
      SELECT period, day, product, provider, model, service_tier, reason, words, was_femtodollars, was_state,
        is_femtodollars, is_state, prices_was, prices_is, rules_was, rules_is, entry, costs_was, costs_is
      FROM closed_adjustments WHERE for_period = ? ORDER BY id
      """)
    select.bind(period.id)
    var result: [(closed: Int64, adjustment: Adjustment)] = []
    while try select.next() {
      guard let reason = Adjustment.Reason(rawValue: select.text(6) ?? "") else { throw Self.damaged }
      let one = Adjustment(
        forPeriod: period.label, place: try place(select, from: 1, entry: 16), reason: reason,
        words: select.text(7) ?? "",
        was: try amount(select.text(8), select.text(9)), now: try amount(select.text(10), select.text(11)),
        pricesWas: select.text(12) ?? "", pricesNow: select.text(13) ?? "",
        rulesWas: select.text(14) ?? "", rulesNow: select.text(15) ?? "",
        costsWas: select.text(17) ?? "", costsNow: select.text(18) ?? "")
      result.append((select.integer(0), one))
    }
    return result
  }

  // MARK: -

  static let damaged = StoreError("a closed period's row cannot be read: the store is damaged")

  private func place(
    _ row: any Statement, from column: Int32, entry: Int32
  ) throws(StoreError) -> BookPlace {
    guard let known = Entry(rawValue: row.text(entry) ?? "") else { throw Self.damaged }
    return BookPlace(
      day: row.text(column) ?? "", product: row.text(column + 1) ?? "", provider: row.text(column + 2) ?? "",
      model: row.text(column + 3) ?? "", serviceTier: row.text(column + 4) ?? "", entry: known)
  }

  private func amount(_ femtodollars: String?, _ state: String?) throws(StoreError) -> BookedAmount? {
    guard let femtodollars, let state else { return nil }
    guard let known = CostState(rawValue: state) else { throw Self.damaged }
    return BookedAmount(cost: Money(femtodollars: try whole(femtodollars)), state: known)
  }

  private func whole(_ text: String?) throws(StoreError) -> Int128 {
    guard let number = text.flatMap({ Int128($0) }) else { throw Self.damaged }
    return number
  }
}
