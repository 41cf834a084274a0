extension Store {
  /// Adds the rows of a batch. A row with a taken `metered_id` is left out: the batch's `duplicates` name them.
  ///
  /// Rows are kept in blocks of thousands: those that are too few for one wait for more until something is read or the
  /// transaction ends.
  /// - Returns: how many rows were added.
  public func insert(_ batch: inout RequestBatch) throws -> Int {
    guard isInTransaction else { return try transaction { try insert(&batch) } }
    try takeMeteredIDs(&batch)
    if waitingRows.rows.isEmpty, batch.rows.count >= RequestBlock.Limit.rows {
      try write(batch)
    } else {
      waitingRows.append(batch)
      if waitingRows.rows.count >= RequestBlock.Limit.rows { try writeWaitingRows() }
    }
    return batch.rows.count - batch.duplicates.count
  }

  /// After this the transaction's rows are in the database.
  func writeWaitingRows() throws(StoreError) {
    guard !waitingRows.rows.isEmpty else { return }
    let waiting = waitingRows
    waitingRows = RequestBatch()
    try write(waiting)
  }

  private func write(_ batch: borrowing RequestBatch) throws(StoreError) {
    if facetIDs.isEmpty { try loadFacets() }
    try blockInsert().write(batch)
  }

  func blockInsert() throws(StoreError) -> BlockInsert {
    if let knownBlockInsert { return knownBlockInsert }
    let made = try BlockInsert(self)
    knownBlockInsert = made
    return made
  }

  /// Takes the metered ids of a batch's rows, and marks those whose id was taken before.
  private func takeMeteredIDs(_ batch: inout RequestBatch) throws(StoreError) {
    batch.duplicates.removeAll(keepingCapacity: true)
    let metered = batch.rows.indices.filter { batch.rows[$0].meteredID.count >= 0 }
    var rest = metered[...]
    while !rest.isEmpty {
      let asked = rest.prefix(rest.count == 1 ? 1 : MeteredLimit.idsPerStatement)
      rest = rest.dropFirst(asked.count)
      let texts = asked.map { kept(batch.text(batch.rows[$0].meteredID) ?? "") }
      var new = try takeMeteredIDs(texts, room: asked.count == 1 ? 1 : MeteredLimit.idsPerStatement)
      for (index, text) in zip(asked, texts) where new.remove(Array(text.utf8)) == nil {
        batch.rows[index].isDuplicate = true
        batch.duplicates.append(index)
      }
    }
  }

  /// - Parameter room: places in the statement; those behind the ids stay empty.
  /// - Returns: the ids that were not taken, as their bytes.
  private func takeMeteredIDs(_ ids: [String], room: Int) throws(StoreError) -> Set<[UInt8]> {
    let insert = try statement(room == 1 ? MeteredLimit.takeOne : MeteredLimit.takeMany)
    for id in ids { insert.bind(id) }
    for _ in ids.count..<room { insert.bind(nil as String?) }
    var new: Set<[UInt8]> = []
    while try insert.next() { new.insert(insert.bytes(0)) }
    return new
  }
}

private enum MeteredLimit {
  /// Ids that one statement takes: on a server each statement costs a way there and back.
  static let idsPerStatement = 128

  static let takeOne = taking(1)
  static let takeMany = taking(idsPerStatement)

  private static func taking(_ ids: Int) -> String {
    let places = [String](repeating: "(CAST(? AS TEXT))", count: ids).joined(separator: ",")
    return """
      INSERT INTO metered_ids SELECT column1 FROM (VALUES \(places)) AS asked WHERE column1 IS NOT NULL
      ON CONFLICT DO NOTHING RETURNING id
      """
  }
}

/// Puts rows of requests that have not ended into their table.
final class OpenInsert {
  private let rows: any BulkInsert

  init(_ database: any Connection) throws(StoreError) {
    rows = try database.bulkInsert(into: "open_requests", columns: Partition.columns.count)
  }

  func put(_ row: RequestRow, of batch: borrowing RequestBatch) throws(StoreError) {
    try batch.texts.withUnsafeBufferPointer { texts throws(StoreError) in
      try put(row, UnsafeRawBufferPointer(texts))
    }
  }

  private func put(_ row: RequestRow, _ texts: UnsafeRawBufferPointer) throws(StoreError) {
    func text(_ span: TextSpan) -> UnsafeRawBufferPointer? {
      span.count < 0 ? nil : UnsafeRawBufferPointer(rebasing: texts[span.range])
    }
    func number(_ value: Int64, none: Int64) -> Int64? { value == none ? nil : value }
    rows.add(row.time)
    rows.add(row.segment)
    rows.add(row.line)
    rows.add(bytes: text(row.id))
    rows.add(row.attempt)
    rows.add(row.final ? 1 : 0)
    rows.add(row.facet)
    rows.add(number(row.user, none: 0))
    rows.add(text: text(row.session))
    rows.add(text: text(row.ip))
    rows.add(text: text(row.responseID))
    rows.add(text: text(row.vendorRequestID))
    rows.add(text: text(row.meteredID))
    rows.add(number(Int64(row.stream), none: -1))
    rows.add(number(row.status, none: RequestRow.none))
    rows.add(number(row.duration, none: RequestRow.none))
    rows.add(number(row.firstByte, none: RequestRow.none))
    rows.add(row.outcome.storeNumber)
    rows.add(number(row.errorType, none: 0))
    rows.add(Int64(row.flags))
    rows.add(row.input)
    rows.add(row.cacheRead)
    rows.add(row.cacheWrite5m)
    rows.add(row.cacheWrite1h)
    rows.add(row.cacheWrite12h)
    rows.add(row.output)
    rows.add(row.reasoning)
    rows.add(text: text(row.otherMeters))
    rows.add(text: text(row.otherModels))
    rows.add(text: text(row.unknownFields))
    rows.add(text: text(row.stated))
    try rows.endRow()
  }

  /// The rows are there after this.
  @discardableResult func finish() throws(StoreError) -> Int { try rows.finish() }
}
