public import Ledger

/// Request rows as a stage reads and writes them, one at a time; `RequestInsert` writes many.
extension Store {
  /// Adds a request's row. A second one with a taken `metered_id` is a duplicate.
  /// - Returns: false for such a duplicate.
  public func insert(_ usage: Usage, segment: Int64) throws -> Bool {
    guard isInTransaction else { return try transaction { try insert(usage, segment: segment) } }
    var batch = RequestBatch()
    try append(usage, segment: segment, to: &batch)
    return try usage.outcome == .interrupted ? putOpen(&batch) == 1 : insert(&batch) == 1
  }

  /// Adds a usage to a batch, its facts and names as numbers. They hold within a transaction.
  public func append(_ usage: Usage, segment: Int64, to batch: inout RequestBatch) throws(StoreError) {
    batch.append(
      usage, segment: segment, facet: try facetID(usage.facts), user: try nameID(usage.user) ?? 0,
      errorType: try nameID(usage.errorType) ?? 0)
  }

  /// Visits request rows in the order of time, one at a time, without loading all of them.
  public func forEachRequest(
    _ filter: RequestFilter, _ body: (Usage) throws(StoreError) -> Void
  ) throws(StoreError) {
    try visitRequests(filter) { usage, _ throws(StoreError) in
      try body(usage)
      return true
    }
  }

  /// Visits requests begun whose end has not come, in the order of time.
  public func forEachOpenRequest(
    _ filter: RequestFilter, _ body: (Usage) throws(StoreError) -> Void
  ) throws(StoreError) {
    try RequestVisit(filter, self).runOpen { usage, _ throws(StoreError) in
      try body(usage)
      return true
    }
  }

  /// Visits request rows until `body` says false.
  public func visitRequests(
    _ filter: RequestFilter, _ body: (Usage, RequestPlace) throws(StoreError) -> Bool
  ) throws(StoreError) {
    let visit = try RequestVisit(filter, self)
    if let id = filter.anyID {
      try visit.run(id: id, body)
    } else {
      try visit.run(body)
    }
  }

  /// A row, read from columns in the order of `Partition.columns`.
  func usage(_ row: any Statement) throws(StoreError) -> Usage {
    let place = Usage.Place(file: try segmentName(row.integer(1)), line: row.integer(2))
    var usage = Usage(
      id: RequestID.text(row.bytes(3)), attempt: Int(row.integer(4)), final: row.integer(5) != 0,
      time: row.integer(0), place: place, facts: try facts(row.integer(RequestColumn.facet)),
      outcome: try Outcome(storeNumber: row.integer(17)))
    usage.factsNumber = Int(row.integer(RequestColumn.facet))
    if let user = row.optionalInteger(RequestColumn.user) { usage.user = try name(user) }
    usage.session = row.text(RequestColumn.session)
    usage.ip = row.text(9)
    usage.responseID = row.text(10)
    usage.vendorRequestID = row.text(11)
    usage.meteredID = row.text(12)
    usage.stream = row.optionalInteger(13).map { $0 != 0 }
    usage.status = row.optionalInteger(14).map(Int.init)
    usage.durationMicroseconds = row.optionalInteger(15)
    usage.firstByteMicroseconds = row.optionalInteger(16)
    if let type = row.optionalInteger(RequestColumn.errorType) { usage.errorType = try name(type) }
    usage.flags = UsageFlags(rawValue: UInt32(truncatingIfNeeded: row.integer(19)))
    for (offset, meter) in columnMeters.enumerated() {
      usage.counts[meter] = row.integer(20 + Int32(offset))
    }
    usage.counts.reasoning = row.integer(26)
    if let text = row.text(27) { try readMeters(text, into: &usage.counts) }
    if let text = row.text(28) { usage.otherModels = try readModels(text) }
    if let text = row.text(29) { usage.unknownFields = try readFields(text) }
    if let text = row.text(30) { usage.statedCost = try statedCost(text) }
    return usage
  }
}

/// Columns that are read without the rest of their row: places in `Partition.columns`.
enum RequestColumn {
  static let facet: Int32 = 6
  static let user: Int32 = 7
  static let session: Int32 = 8
  static let errorType: Int32 = 18
}
