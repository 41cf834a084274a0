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
    try RequestVisit(filter, self, ended: false).run { usage, _ throws(StoreError) in
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

  /// What a row says.
  func usage(_ row: RequestRow, of batch: borrowing RequestBatch) throws(StoreError) -> Usage {
    var usage = Usage(
      id: batch.texts.withUnsafeBytes { RequestID.text(UnsafeRawBufferPointer(rebasing: $0[row.id.range])) },
      attempt: Int(row.attempt), final: row.final, time: row.time,
      place: Usage.Place(file: try segmentName(row.segment), line: row.line), facts: try facts(row.facet),
      outcome: row.outcome)
    usage.factsNumber = Int(row.facet)
    if row.user != 0 { usage.user = try name(row.user) }
    usage.session = batch.text(row.session)
    usage.ip = batch.text(row.ip)
    usage.responseID = batch.text(row.responseID)
    usage.vendorRequestID = batch.text(row.vendorRequestID)
    usage.meteredID = batch.text(row.meteredID)
    usage.stream = row.stream < 0 ? nil : row.stream != 0
    usage.status = row.status == RequestRow.none ? nil : Int(row.status)
    usage.durationMicroseconds = row.duration == RequestRow.none ? nil : row.duration
    usage.firstByteMicroseconds = row.firstByte == RequestRow.none ? nil : row.firstByte
    if row.errorType != 0 { usage.errorType = try name(row.errorType) }
    usage.flags = UsageFlags(rawValue: row.flags)
    usage.counts[.input] = row.input
    usage.counts[.cacheRead] = row.cacheRead
    usage.counts[.cacheWrite5m] = row.cacheWrite5m
    usage.counts[.cacheWrite1h] = row.cacheWrite1h
    usage.counts[.cacheWrite12h] = row.cacheWrite12h
    usage.counts[.output] = row.output
    usage.counts.reasoning = row.reasoning
    if let text = batch.text(row.otherMeters) { try readMeters(text, into: &usage.counts) }
    if let text = batch.text(row.otherModels) { usage.otherModels = try readModels(text) }
    if let text = batch.text(row.unknownFields) { usage.unknownFields = try readFields(text) }
    if let text = batch.text(row.stated) { usage.statedCost = try statedCost(text) }
    return usage
  }
}

extension RequestBatch {
  /// A row whose cells stand in the order of `Partition.columns`; its texts are added to the batch, it itself is not.
  mutating func read(_ select: any Statement) throws(StoreError) -> RequestRow {
    var row = RequestRow()
    row.time = select.integer(0)
    row.segment = select.integer(1)
    row.line = select.integer(2)
    row.id = put(bytes: select.bytesInPlace(3))
    row.attempt = select.integer(4)
    row.final = select.integer(5) != 0
    row.facet = select.integer(6)
    row.user = select.integer(7)
    row.session = put(bytes: select.bytesInPlace(8))
    row.ip = put(bytes: select.bytesInPlace(9))
    row.responseID = put(bytes: select.bytesInPlace(10))
    row.vendorRequestID = put(bytes: select.bytesInPlace(11))
    row.meteredID = put(bytes: select.bytesInPlace(12))
    row.stream = select.optionalInteger(13).map { Int8(truncatingIfNeeded: $0) } ?? -1
    row.status = select.optionalInteger(14) ?? RequestRow.none
    row.duration = select.optionalInteger(15) ?? RequestRow.none
    row.firstByte = select.optionalInteger(16) ?? RequestRow.none
    row.outcome = try Outcome(storeNumber: select.integer(17))
    row.errorType = select.integer(18)
    row.flags = UInt32(truncatingIfNeeded: select.integer(19))
    row.input = select.integer(20)
    row.cacheRead = select.integer(21)
    row.cacheWrite5m = select.integer(22)
    row.cacheWrite1h = select.integer(23)
    row.cacheWrite12h = select.integer(24)
    row.output = select.integer(25)
    row.reasoning = select.integer(26)
    row.otherMeters = put(bytes: select.bytesInPlace(27))
    row.otherModels = put(bytes: select.bytesInPlace(28))
    row.unknownFields = put(bytes: select.bytesInPlace(29))
    row.stated = put(bytes: select.bytesInPlace(30))
    return row
  }
}
