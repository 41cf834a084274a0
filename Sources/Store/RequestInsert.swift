extension Store {
  /// Adds the rows of a batch to their months' tables. A row with a taken `metered_id` is left out: the batch's
  /// `duplicates` name them.
  /// - Returns: how many rows were added.
  public func insert(_ batch: inout RequestBatch) throws -> Int {
    guard isInTransaction else { return try transaction { try insert(&batch) } }
    batch.duplicates.removeAll(keepingCapacity: true)
    if facetIDs.isEmpty { try loadFacets() }
    let skipped = try takeMeteredIDs(&batch)
    // A stored property of a class is checked at each access: these are taken out for the loop.
    var usage = UsageTotals()
    swap(&usage, &self.usageTotals)
    defer { swap(&usage, &self.usageTotals) }
    let rows = batch.rows
    let added = try batch.texts.withUnsafeBytes { texts in
      try insert(rows, texts, without: skipped, &usage)
    }
    return added
  }

  private func insert(
    _ rows: [RequestRow], _ texts: UnsafeRawBufferPointer, without skipped: [Int], _ usage: inout UsageTotals
  ) throws(StoreError) -> Int {
    var added = 0
    var times: Range<Int64> = 0..<0
    var table: RowInsert?
    var partition = Partition(month: 0)
    var nextSkipped = 0
    for index in rows.indices {
      if nextSkipped < skipped.count, skipped[nextSkipped] == index {
        nextSkipped += 1
        continue
      }
      let row = rows[index]
      if !times.contains(row.time) || table == nil {
        try table?.finish()
        partition = Partition(time: row.time)
        times = partition.times
        try prepare(partition)
        table = try rowInsert(partition.requests)
      }
      guard let table else { continue }
      let hasNearID = try table.put(row, texts)
      if !hasNearID { try noteID(row, texts, in: partition) }
      guard let facet = usageFacets[row.facet] else {
        throw StoreError("facet \(row.facet) is missing: the store is damaged")
      }
      usage.add(row, facet: facet, texts)
      added += 1
    }
    try table?.finish()
    return added
  }

  /// An id that does not say the row's time is found by a table of such ids' hashes.
  private func noteID(
    _ row: RequestRow, _ texts: UnsafeRawBufferPointer, in partition: Partition
  ) throws(StoreError) {
    let text = String(decoding: UnsafeRawBufferPointer(rebasing: texts[row.id.range]), as: UTF8.self)
    try statement("INSERT INTO \(partition.ids) VALUES(?,?) ON CONFLICT DO NOTHING")
      .bind(RequestID.hash(RequestID.bytes(text))).bind(row.time).run()
  }

  /// - Returns: the rows whose `metered_id` was taken before.
  private func takeMeteredIDs(_ batch: inout RequestBatch) throws(StoreError) -> [Int] {
    let metered = batch.rows.indices.filter { batch.rows[$0].meteredID.count >= 0 }
    var rest = metered[...]
    while !rest.isEmpty {
      let asked = rest.prefix(rest.count == 1 ? 1 : MeteredLimit.idsPerStatement)
      rest = rest.dropFirst(asked.count)
      let texts = asked.map { kept(batch.text(batch.rows[$0].meteredID) ?? "") }
      var new = try takeMeteredIDs(texts, room: asked.count == 1 ? 1 : MeteredLimit.idsPerStatement)
      for (index, text) in zip(asked, texts) where new.remove(Array(text.utf8)) == nil {
        batch.duplicates.append(index)
      }
    }
    return batch.duplicates
  }

  /// - Parameter room: places in the statement; those behind the ids stay empty.
  /// - Returns: the ids that were not taken, as their bytes.
  private func takeMeteredIDs(_ ids: [String], room: Int) throws(StoreError) -> Set<[UInt8]> {
    let places = [String](repeating: "(CAST(? AS TEXT))", count: room).joined(separator: ",")
    let insert = try statement(
      """
      INSERT INTO metered_ids SELECT column1 FROM (VALUES \(places)) AS asked WHERE column1 IS NOT NULL
      ON CONFLICT DO NOTHING RETURNING id
      """)
    for id in ids { insert.bind(id) }
    for _ in ids.count..<room { insert.bind(nil as String?) }
    var new: Set<[UInt8]> = []
    while try insert.next() { new.insert(insert.bytes(0)) }
    return new
  }

  func rowInsert(_ table: String) throws(StoreError) -> RowInsert {
    if let known = rowInserts[table] { return known }
    let made = RowInsert(try database.bulkInsert(into: table, columns: Partition.columns.count))
    rowInserts[table] = made
    return made
  }
}

extension TextSpan {
  var range: Range<Int> { Int(offset)..<Int(offset) + Int(max(count, 0)) }
}

/// Puts request rows into one table.
final class RowInsert {
  private let rows: any BulkInsert
  /// The id of the row in hand.
  private var id = UnsafeMutableRawBufferPointer.allocate(byteCount: RequestID.uuidBytes, alignment: 8)

  init(_ rows: any BulkInsert) { self.rows = rows }

  deinit { id.deallocate() }

  /// - Returns: whether the row is found by the time in its id.
  func put(_ row: RequestRow, _ texts: UnsafeRawBufferPointer) throws(StoreError) -> Bool {
    func text(_ span: TextSpan) -> UnsafeRawBufferPointer? {
      span.count < 0 ? nil : UnsafeRawBufferPointer(rebasing: texts[span.range])
    }
    func number(_ value: Int64, none: Int64) -> Int64? { value == none ? nil : value }
    rows.add(row.time)
    rows.add(row.segment)
    rows.add(row.line)
    let idText = UnsafeRawBufferPointer(rebasing: texts[row.id.range])
    let id = id(of: idText)
    rows.add(bytes: id)
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
    return RequestID.isNear(id, row.time)
  }

  private func id(of text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    if RequestID.read(uuid: text, into: id) {
      return UnsafeRawBufferPointer(rebasing: id[..<RequestID.uuidBytes])
    }
    let marked = RequestID.marked(text)
    if marked.count > id.count {
      id.deallocate()
      id = .allocate(byteCount: marked.count, alignment: 8)
    }
    id.copyBytes(from: marked)
    return UnsafeRawBufferPointer(rebasing: id[..<marked.count])
  }

  /// The rows are there after this.
  @discardableResult func finish() throws(StoreError) -> Int { try rows.finish() }
}

private enum MeteredLimit {
  /// Ids that one statement takes: on a server each statement costs a way there and back.
  static let idsPerStatement = 32
}
