internal import Ledger

/// Packs rows into blocks, with what is added up of them and the tables by which they are found, and puts these into the
/// database.
final class BlockInsert {
  private unowned let store: Store
  private var packer = BlockPacker()
  private var tables: [Partition: Tables] = [:]
  private var usage: any BulkInsert

  private struct Tables {
    var blocks: any BulkInsert
    var ids: any BulkInsert
    var vendorIDs: (any BulkInsert)?
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
      if tables == nil || !packer.takes(one.time, rowsMax: rowsMax) || !times.contains(one.time) {
        if let tables { try end(tables, isNew: isNew) }
        if tables == nil || !times.contains(one.time) {
          if let tables { try finish(tables) }
          partition = Partition(time: one.time)
          times = partition.times
          tables = try self.tables(of: partition)
        }
        packer.begin(at: one.time)
      }
      guard let tables else { break }
      let facet = row.pointee.facet
      if !packer.knows(facet) { packer.learn(facet, try info(facet)) }
      let cell = packer.add(row, texts, isNew: isNew)
      if isNew { try addOthers(row, texts, to: cell) }
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

  private func info(_ facet: Int64) throws(StoreError) -> FacetInfo {
    let facts = try store.facts(facet)
    guard let usageFacet = store.usageFacets[facet] else {
      throw StoreError("facet \(facet) is missing: the store is damaged")
    }
    return FacetInfo(
      usageFacet: usageFacet, key: facts.keyName.map { TextHash.of(key: $0) } ?? 0,
      model: facts.model.map { TextHash.of(model: $0) } ?? 0)
  }

  /// What few rows used: meters without a number of their own, and other models.
  private func addOthers(
    _ row: UnsafePointer<RequestRow>, _ texts: UnsafeRawPointer, to cell: Int
  ) throws(StoreError) {
    if row.pointee.otherMeters.count >= 0 {
      var counts = TokenCounts()
      try readMeters(text(row.pointee.otherMeters, texts), into: &counts)
      packer.cells.add(others: counts, to: cell)
    }
    guard row.pointee.otherModels.count >= 0 else { return }
    // The tokens of other models inside an answer are those models', the request is not.
    let key = packer.cells.key(of: cell)
    for other in try readModels(text(row.pointee.otherModels, texts)) {
      var facts = try store.facts(key.facet)
      facts.modelReturned = other.model
      var otherKey = key
      otherKey.facet = try store.facetID(facts)
      packer.cells.add(UsageCell(other.counts, key: otherKey), others: other.counts)
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
    packer.block.finish()
    let insert = tables.blocks
    insert.add(packer.block.firstTime)
    insert.add(packer.block.lastTime)
    insert.add(packer.block.rows)
    insert.add(packer.block.finalRows)
    let list = packer.hashes.list
    try list.withUnsafeBufferPointer { hashes throws(StoreError) in
      insert.add(bytes: UnsafeRawBufferPointer(hashes))
      insert.add(bytes: packer.block.bytes)
      try insert.endRow()
    }
    if isNew { try put(&packer.cells) }
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
