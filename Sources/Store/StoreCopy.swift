extension Store {
  /// Writes everything that is here, as it is at this moment and with its numbers, to a store that has nothing yet: in
  /// one transaction, and counted after.
  /// - Returns: how many rows there are.
  /// - Throws: `StoreError`; then the other store has nothing still.
  public func copy(to other: Store) throws -> Int {
    try database.beginReading()
    defer { forgetNumbers() }
    do {
      let rows = try other.transaction { try copyTables(to: other) }
      other.forgetNumbers()
      try database.endReading()
      return rows
    } catch {
      let reason = error
      try database.endReading()
      throw reason
    }
  }

  /// Writes what is known of closed periods and decisions on them, with its numbers, to a store that knows of none.
  /// - Throws: `StoreError`.
  public func copyClosedBooks(to other: Store) throws {
    try other.transaction {
      for table in Self.closedTables { _ = try copy(table, to: other) }
      try other.database.goOnNumbering()
    }
    other.forgetNumbers()
  }

  private static let closedTables = [
    "rules_texts", "costs_texts", "closed_periods", "closed_files", "closed_inputs", "closed_rows",
    "closed_adjustments",
    "bookings", "decisions",
  ]

  private func copyTables(to other: Store) throws(StoreError) -> Int {
    for table in try other.database.tables()
    where try other.database.integer("SELECT 1 FROM \(table) LIMIT 1") != nil {
      throw StoreError(
        "\(other.name) has something already (in \(table)); a copy is made only to an empty store")
    }
    // The months' tables are made as they are needed: the other has none yet.
    let partitions = try partitions()
    other.hasVendorIDLookups = hasVendorIDLookups
    for partition in partitions { try other.makeTables(of: partition) }
    let there = Set(try other.database.tables())
    var total = 0
    for table in try database.tables() {
      guard there.contains(table) else {
        throw StoreError("\(name) has a table \(table) that this program does not know; use a newer one")
      }
      total += try copy(table, to: other)
    }
    try other.database.goOnNumbering()
    return total
  }

  private func copy(_ table: String, to other: Store) throws(StoreError) -> Int {
    let columns = try other.database.columns(of: table)
    let names = columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let hasBytes = columns.contains { $0.kind == .bytes }
    let rows = try database.reader(
      "SELECT \(names) FROM \(table)",
      rowsAtATime: hasBytes ? StoreLimit.blocksAtATime : StoreLimit.rowsAtATime)
    let copy = try other.database.bulkInsert(into: table, columns: columns.count)
    while try rows.next() {
      for (index, column) in columns.enumerated() {
        let index = Int32(index)
        switch column.kind {
        case .integer: copy.add(rows.optionalInteger(index))
        case .text: copy.add(text: rows.bytesInPlace(index))
        case .bytes: copy.add(bytes: rows.bytesInPlace(index))
        }
      }
      try copy.endRow()
    }
    let written = try copy.finish()
    let count = "SELECT count(*) FROM \(table)"
    guard let here = try database.integer(count), let there = try other.database.integer(count),
      here == there, here == Int64(written)
    else { throw StoreError("\(table): not every row arrived; nothing was copied") }
    return written
  }
}
