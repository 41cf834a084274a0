internal import Ledger

extension Store {
  private enum CarryLimit {
    /// Rows carried at a time: some megabytes.
    static let rowsPerPart = 4096
  }

  /// Brings the rows of a store that had all of them in one table into their months' tables, inside the transaction
  /// that also changes the schema.
  func carryOver() throws {
    try loadFacets()
    let select = try database.reader(
      """
      SELECT \(Partition.columns.map { $0 == "user_number" ? "\"user\"" : $0 }.joined(separator: ", "))
      FROM requests ORDER BY time, segment, line
      """)
    var ended = RequestBatch()
    var open = RequestBatch()
    while try select.next() {
      if try Outcome(storeNumber: select.integer(17)) == .interrupted {
        try carry(select, to: &open)
      } else {
        try carry(select, to: &ended)
      }
      if ended.rows.count >= CarryLimit.rowsPerPart {
        _ = try insert(&ended)
        ended.removeAll()
      }
    }
    _ = try insert(&ended)
    _ = try putOpen(&open)
    try database.run("DROP TABLE requests")
    // The look-ups by the vendors' ids went with it: they are made again when a source is read.
  }

  private func carry(_ select: any Statement, to batch: inout RequestBatch) throws(StoreError) {
    var row = try batch.read(select)
    row.id = batch.put(id: select.text(3) ?? "")
    batch.rows.append(row)
  }

  /// Brings the rows of a store that had a database row for each into blocks, and what was added up into cells.
  func moveIntoBlocks() throws(StoreError) {
    try loadFacets()
    try moveUsage()
    for partition in try partitions() {
      try makeBlocks(of: partition)
      let select = try statement("SELECT vendor_ids FROM request_months WHERE month = ?")
      guard try select.bind(partition.month).next() else { continue }
      let hasVendorIDs = select.integer(0) != 0
      select.reset()
      if hasVendorIDs { try makeVendorIDs(of: partition) }
      try moveRows(of: partition)
      try database.run("DROP TABLE \(partition.oldRequests)")
      try database.run("DROP TABLE \(partition.oldHashes)")
    }
  }

  private func moveRows(of partition: Partition) throws(StoreError) {
    let select = try database.reader(
      "SELECT \(Partition.columns.joined(separator: ", ")) FROM \(partition.oldRequests) ORDER BY time, segment, line"
    )
    var batch = RequestBatch()
    while try select.next() {
      batch.rows.append(try batch.read(select))
      guard batch.rows.count >= CarryLimit.rowsPerPart else { continue }
      try blockInsert().write(batch, isNew: false)
      batch.removeAll()
    }
    try blockInsert().write(batch, isNew: false)
  }

  private func moveUsage() throws(StoreError) {
    let order = "ORDER BY slot, facet, outcome, status"
    let totals = try database.reader("SELECT * FROM usage_slots \(order)")
    let meters = try database.reader("SELECT * FROM usage_slot_meters \(order)")
    func key(_ row: any Statement) -> UsageCell.Key {
      .init(slot: row.integer(0), facet: row.integer(1), outcome: row.integer(2), status: row.integer(3))
    }
    var cells = UsageCells()
    cells.begin()
    var first: Int64?
    var hasMeter = try meters.next()
    while try totals.next() {
      var cell = UsageCell(key: key(totals))
      cell.requests = totals.integer(4)
      cell.finalRequests = totals.integer(5)
      cell.duration = totals.integer(6)
      cell.durations = totals.integer(7)
      cell.firstByte = totals.integer(8)
      cell.firstBytes = totals.integer(9)
      cell.input = totals.integer(10)
      cell.cacheRead = totals.integer(11)
      cell.cacheWrite5m = totals.integer(12)
      cell.cacheWrite1h = totals.integer(13)
      cell.cacheWrite12h = totals.integer(14)
      cell.output = totals.integer(15)
      cell.reasoning = totals.integer(16)
      var others = TokenCounts()
      while hasMeter, key(meters) == cell.key {
        if let meter = meters.text(4).flatMap(Meter.init(name:)) { others[meter] = meters.integer(5) }
        hasMeter = try meters.next()
      }
      let isFull = cells.count >= RequestBlock.Limit.rows
      if let begun = first,
        isFull || cell.key.slot - begun >= RequestBlock.Limit.microseconds / slotMicroseconds
      {
        try blockInsert().put(&cells)
        cells.begin()
        first = nil
      }
      if first == nil { first = cell.key.slot }
      cells.add(cell, others: others.isZero ? nil : others)
    }
    guard first != nil else { return }
    try blockInsert().put(&cells)
    try blockInsert().finishUsage()
  }
}
