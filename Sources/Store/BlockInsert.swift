internal import Ledger

/// What is known of facts by their number.
struct FacetInfo {
  /// The number of the same facts without the agent; 0: not known yet.
  var usageFacet: Int64 = 0
  /// Hashes of the key's name and the model; 0 for none.
  var key: UInt32 = 0
  var model: UInt32 = 0
}

/// Packs rows into blocks, with what is added up of them and the tables by which they are found, and puts these into the
/// database.
final class BlockInsert {
  private unowned let store: Store
  private var block = BlockWriter()
  private var hashes = BlockHashes()
  private var cells = UsageCells()
  private var infos: [FacetInfo] = []
  private var tables: [Partition: Tables] = [:]
  private var usage: any BulkInsert

  private struct Tables {
    var blocks: any BulkInsert
    var ids: any BulkInsert
    var vendorIDs: (any BulkInsert)?
  }

  private enum Limit {
    /// Facts whose hashes are kept by number; those above are looked up each time.
    static let infos: Int64 = 1 << 20
  }

  init(_ store: Store) throws(StoreError) {
    self.store = store
    usage = try store.database.bulkInsert(into: "usage_cells", columns: 3)
  }

  private struct Ordered {
    var time: Int64
    var index: Int32
  }

  /// Writes the rows of a batch that are no duplicates, in any order.
  /// - Parameter isNew: false for rows that were in the store before: they are added up, and their ids noted.
  func write(_ batch: borrowing RequestBatch, isNew: Bool = true) throws(StoreError) {
    var order: [Ordered] = []
    order.reserveCapacity(batch.rows.count)
    for index in batch.rows.indices where !batch.rows[index].isDuplicate {
      order.append(Ordered(time: batch.rows[index].time, index: Int32(truncatingIfNeeded: index)))
    }
    try batch.rows.withUnsafeBufferPointer { rows throws(StoreError) in
      guard let rows = rows.baseAddress else { return }
      order.sort { a, b in
        a.time != b.time ? a.time < b.time : isBefore(rows + Int(a.index), rows + Int(b.index))
      }
      try batch.texts.withUnsafeBufferPointer { texts throws(StoreError) in
        try write(order, rows, UnsafeRawPointer(texts.baseAddress ?? nothing.utf8Start), isNew: isNew)
      }
    }
  }

  private func isBefore(_ a: UnsafePointer<RequestRow>, _ b: UnsafePointer<RequestRow>) -> Bool {
    (a.pointee.segment, a.pointee.line) < (b.pointee.segment, b.pointee.line)
  }

  private func write(
    _ order: [Ordered], _ rows: UnsafePointer<RequestRow>, _ texts: UnsafeRawPointer, isNew: Bool
  ) throws(StoreError) {
    var partition = Partition(month: 0)
    var times: Range<Int64> = 0..<0
    var tables: Tables?
    // As few blocks as can be, of the same size.
    let blocks = (order.count + RequestBlock.Limit.rows - 1) / RequestBlock.Limit.rows
    let rowsMax = blocks == 0 ? 0 : (order.count + blocks - 1) / blocks
    for one in order {
      let row = rows + Int(one.index)
      if tables == nil || block.rows == rowsMax || !block.takes(one.time) || !times.contains(one.time) {
        if let tables { try end(tables, isNew: isNew) }
        if tables == nil || !times.contains(one.time) {
          if let tables { try finish(tables) }
          partition = Partition(time: one.time)
          times = partition.times
          tables = try self.tables(of: partition)
        }
        block.begin(at: one.time)
        hashes.begin()
        cells.begin()
      }
      guard let tables else { break }
      block.add(row, texts)
      try addUp(row, texts, isNew: isNew)
      if isNew, !RequestID.isNear(bytes(row.pointee.id, texts), one.time) {
        tables.ids.add(RequestID.hash(bytes(row.pointee.id, texts)))
        tables.ids.add(one.time)
        try tables.ids.endRow()
      }
      if let vendorIDs = tables.vendorIDs { try note(row, texts, by: vendorIDs) }
    }
    guard let tables else { return }
    try end(tables, isNew: isNew)
    try finish(tables)
    try usage.finish()
  }

  private func addUp(_ row: UnsafePointer<RequestRow>, _ texts: UnsafeRawPointer, isNew: Bool)
    throws(StoreError)
  {
    let info = try info(row.pointee.facet)
    let status = row.pointee.status == RequestRow.none ? 0 : row.pointee.status
    let key = UsageCell.Key(
      slot: timeSlot(of: row.pointee.time), facet: info.usageFacet, outcome: row.pointee.outcome.storeNumber,
      status: status)
    let index = cells.cell(key)
    if cells.noteRow(of: index) {
      if info.key != 0 { hashes.note(info.key) }
      if info.model != 0 { hashes.note(info.model) }
      hashes.note(TextHash.of(outcome: key.outcome))
      if row.pointee.status != RequestRow.none {
        hashes.note(TextHash.of(status: status))
        hashes.note(TextHash.of(statusHundred: status / TextHash.statusHundred))
      }
    }
    if row.pointee.user != 0 { hashes.note(TextHash.of(user: row.pointee.user)) }
    if row.pointee.errorType != 0 { hashes.note(TextHash.of(errorType: row.pointee.errorType)) }
    if row.pointee.session.count >= 0 {
      hashes.note(TextHash.of(session: bytes(row.pointee.session, texts)))
    }
    guard isNew else { return }
    cells.add(row, to: index)
    if row.pointee.otherMeters.count >= 0 {
      var counts = TokenCounts()
      try readMeters(text(row.pointee.otherMeters, texts), into: &counts)
      cells.add(others: counts, to: index)
    }
    guard row.pointee.otherModels.count >= 0 else { return }
    // The tokens of other models inside an answer are those models', the request is not.
    for other in try readModels(text(row.pointee.otherModels, texts)) {
      var facts = try store.facts(key.facet)
      facts.modelReturned = other.model
      var otherKey = key
      otherKey.facet = try store.facetID(facts)
      cells.add(UsageCell(other.counts, key: otherKey), others: other.counts)
    }
  }

  private func note(
    _ row: UnsafePointer<RequestRow>, _ texts: UnsafeRawPointer, by vendorIDs: any BulkInsert
  ) throws(StoreError) {
    guard row.pointee.responseID.count >= 0 || row.pointee.vendorRequestID.count >= 0 else { return }
    for span in [row.pointee.responseID, row.pointee.vendorRequestID] {
      vendorIDs.add(text: span.count < 0 ? nil : bytes(span, texts))
    }
    vendorIDs.add(row.pointee.time)
    try vendorIDs.endRow()
  }

  private func end(_ tables: Tables, isNew: Bool) throws(StoreError) {
    block.finish()
    let insert = tables.blocks
    insert.add(block.firstTime)
    insert.add(block.lastTime)
    insert.add(block.rows)
    insert.add(block.finalRows)
    let list = hashes.list
    try list.withUnsafeBufferPointer { hashes throws(StoreError) in
      insert.add(bytes: UnsafeRawBufferPointer(hashes))
      insert.add(bytes: block.bytes)
      try insert.endRow()
    }
    guard isNew else { return }
    try put(&cells)
  }

  /// Puts away what was added up.
  func put(_ cells: inout UsageCells) throws(StoreError) {
    cells.finish()
    usage.add(cells.firstSlot)
    usage.add(cells.lastSlot)
    usage.add(bytes: cells.bytes)
    try usage.endRow()
  }

  func finishUsage() throws(StoreError) { try usage.finish() }

  private func finish(_ tables: Tables) throws(StoreError) {
    try tables.blocks.finish()
    try tables.ids.finish()
    try tables.vendorIDs?.finish()
  }

  private func tables(of partition: Partition) throws(StoreError) -> Tables {
    try store.prepare(partition)
    if let known = tables[partition] { return known }
    let database = store.database
    let made = Tables(
      blocks: try database.bulkInsert(into: partition.blocks, columns: Partition.blockColumns),
      ids: try database.bulkInsert(
        into: partition.ids, columns: 2, onConflict: "ON CONFLICT DO NOTHING"),
      vendorIDs: store.hasVendorIDLookups
        ? try database.bulkInsert(into: partition.vendorIDs, columns: 3) : nil)
    tables[partition] = made
    return made
  }

  private func info(_ facet: Int64) throws(StoreError) -> FacetInfo {
    if facet < Int64(infos.count), facet > 0, infos[Int(facet)].usageFacet != 0 { return infos[Int(facet)] }
    let facts = try store.facts(facet)
    guard let usageFacet = store.usageFacets[facet] else {
      throw StoreError("facet \(facet) is missing: the store is damaged")
    }
    let made = FacetInfo(
      usageFacet: usageFacet, key: facts.keyName.map { TextHash.of(key: $0) } ?? 0,
      model: facts.model.map { TextHash.of(model: $0) } ?? 0)
    guard facet > 0, facet < Limit.infos else { return made }
    if facet >= Int64(infos.count) {
      infos += repeatElement(FacetInfo(), count: Int(facet) + 1 - infos.count)
    }
    infos[Int(facet)] = made
    return made
  }

  private func text(_ span: TextSpan, _ texts: UnsafeRawPointer) -> String {
    String(decoding: bytes(span, texts), as: UTF8.self)
  }

  @inline(__always) private func bytes(
    _ span: TextSpan, _ texts: UnsafeRawPointer
  ) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: texts + Int(span.offset), count: Int(max(span.count, 0)))
  }
}

private let nothing: StaticString = ""
