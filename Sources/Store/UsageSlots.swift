internal import JSON
internal import Ledger

extension Store {
  /// Puts what the transaction's rows used to what their quarters of an hour had. Each transaction does so before it
  /// ends.
  public func finishRollups() throws(StoreError) {
    guard !usageTotals.isEmpty else { return }
    var totals = UsageTotals()
    swap(&totals, &usageTotals)
    let upsert = try usageUpsert()
    // In the order of the table's keys: its pages are written once.
    let order = totals.entries.indices.sorted { totals.entries[$0].key < totals.entries[$1].key }
    for index in order { try add(totals.entries[index], by: upsert) }
    try upsert.finish()
    for (key, json) in totals.otherMeters {
      var counts = TokenCounts()
      try readMeters(String(decoding: json, as: UTF8.self), into: &counts)
      try addOtherMeters(counts, key)
    }
    for (key, json) in totals.otherModels {
      try addOtherModels(try readModels(String(decoding: json, as: UTF8.self)), key)
    }
    for (slot, found) in totals.hashes.sorted(by: { $0.key < $1.key }) { try save(found, slot) }
  }

  private func usageUpsert() throws(StoreError) -> any BulkInsert {
    try database.bulkInsert(into: "usage_slots", columns: 17, onConflict: Self.addUsage)
  }

  private static let addUsage =
    "ON CONFLICT(slot, facet, outcome, status) DO UPDATE SET "
    + [
      "requests", "final_requests", "duration_us", "durations", "first_byte_us", "first_bytes", "input",
      "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_12h", "output", "reasoning",
    ].map { "\($0) = usage_slots.\($0) + excluded.\($0)" }.joined(separator: ", ")

  private func add(_ entry: UsageTotals.Entry, by upsert: any BulkInsert) throws(StoreError) {
    let key = entry.key
    for number in [
      key.slot, key.facet, key.outcome, key.status, entry.requests, entry.finalRequests, entry.duration,
      entry.durations, entry.firstByte, entry.firstBytes, entry.input, entry.cacheRead, entry.cacheWrite5m,
      entry.cacheWrite1h, entry.cacheWrite12h, entry.output, entry.reasoning,
    ] { upsert.add(number) }
    try upsert.endRow()
  }

  private func addOtherMeters(_ counts: TokenCounts, _ key: UsageTotals.Key) throws(StoreError) {
    for (meter, count) in counts.used {
      try statement(
        """
        INSERT INTO usage_slot_meters VALUES(?,?,?,?,?,?)
        ON CONFLICT(slot, facet, outcome, status, meter)
        DO UPDATE SET count = usage_slot_meters.count + excluded.count
        """
      ).bind(key.slot).bind(key.facet).bind(key.outcome).bind(key.status).bind(meter.name)
        .bind(min(count, UsageTotals.Limit.countMax)).run()
    }
  }

  /// The tokens of other models inside an answer are those models', the request is not.
  private func addOtherModels(_ models: [Usage.OtherModel], _ key: UsageTotals.Key) throws(StoreError) {
    for other in models {
      var facts = try facts(key.facet)
      facts.modelReturned = other.model
      var otherKey = key
      otherKey.facet = try facetID(facts)
      var entry = UsageTotals.Entry(key: otherKey)
      let counts = other.counts
      func limited(_ meter: Meter) -> Int64 { min(counts[meter], UsageTotals.Limit.countMax) }
      entry.input = limited(.input)
      entry.cacheRead = limited(.cacheRead)
      entry.cacheWrite5m = limited(.cacheWrite5m)
      entry.cacheWrite1h = limited(.cacheWrite1h)
      entry.cacheWrite12h = limited(.cacheWrite12h)
      entry.output = limited(.output)
      entry.reasoning = min(counts.reasoning, UsageTotals.Limit.countMax)
      let upsert = try usageUpsert()
      try add(entry, by: upsert)
      try upsert.finish()
      var others = counts
      for meter in columnMeters { others[meter] = 0 }
      try addOtherMeters(others, otherKey)
    }
  }

  private func save(_ found: UsageTotals.SlotHashes, _ slot: Int64) throws(StoreError) {
    let partition = Partition(time: slot * slotMicroseconds)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(found.hashes.count * 4)
    for hash in found.hashes {
      for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: hash >> shift)) }
    }
    try statement("INSERT INTO \(partition.hashes) VALUES(?,?,?,?)")
      .bind(slot).bind(found.segment).bind(found.line).bind(bytes: bytes).run()
  }
}

extension UsageTotals.Key: Comparable {
  static func < (a: Self, b: Self) -> Bool {
    (a.slot, a.facet, a.outcome, a.status) < (b.slot, b.facet, b.outcome, b.status)
  }
}
