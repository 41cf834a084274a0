internal import CPQ

/// A statement of PostgreSQL's, and its rows: all of them, or as a reader some thousand at a time.
final class PostgresStatement: Statement {
  private let sql: String
  private let database: Postgres
  /// Of a reader; nil for all rows.
  private let rowsAtATime: Int?
  private var values = PostgresValues()
  private var rows: PostgresRows?
  private var row: Int32 = -1

  /// A reader's cursor, while it is open.
  private var cursor: String?
  private var hasOwnTransaction = false

  init(_ sql: String, _ database: Postgres, rowsAtATime: Int?) {
    self.sql = sql
    self.database = database
    self.rowsAtATime = rowsAtATime
  }

  deinit { closeCursor() }

  func put(_ value: Int64?) {
    if let value { values.add(String(value).utf8) } else { values.addNull() }
  }

  func put(_ value: String?) {
    guard var value else {
      values.addNull()
      return
    }
    value.withUTF8 { bytes in
      if let mended = mended(UnsafeRawBufferPointer(bytes)) { values.add(mended) } else { values.add(bytes) }
    }
  }

  func put(bytes: UnsafeRawBufferPointer?) {
    if let bytes { values.add(blob: bytes) } else { values.addNull() }
  }

  func next() throws(StoreError) -> Bool {
    if rows == nil {
      if rowsAtATime != nil { try openCursor() }
      rows = try fetch()
      row = -1
    }
    row += 1
    if let rows, row < rows.count { return true }
    if cursor != nil, let rows, rows.count > 0 {
      self.rows = try fetch()
      row = 0
      if let rows = self.rows, rows.count > 0 { return true }
    }
    reset()
    return false
  }

  func reset() {
    rows = nil
    values.removeAll()
    closeCursor()
  }

  private func fetch() throws(StoreError) -> PostgresRows {
    guard let cursor, let rowsAtATime else { return PostgresRows(try database.execute(sql, values)) }
    let sql = "FETCH FORWARD \(rowsAtATime) FROM \(cursor)"
    return PostgresRows(try database.execute(sql, PostgresValues(), once: true))
  }

  private func openCursor() throws(StoreError) {
    hasOwnTransaction = try database.beginReader()
    let name = database.nextCursor()
    cursor = name
    do {
      let made = try database.execute("DECLARE \(name) NO SCROLL CURSOR FOR \(sql)", values, once: true)
      PQclear(made)
    } catch {
      closeCursor()
      throw error
    }
  }

  private func closeCursor() {
    guard let cursor else { return }
    self.cursor = nil
    do {
      // In a transaction that failed, the cursor is gone already.
      if database.isInTransaction { try database.run("CLOSE \(cursor)") }
      if hasOwnTransaction { try database.endReader() }
    } catch {
      // The connection was lost: whoever uses it next is told.
    }
  }

  func isNull(_ column: Int32) -> Bool { rows?.isNull(row, column) ?? true }
  func integer(_ column: Int32) -> Int64 { rows?.integer(row, column) ?? 0 }
  func text(_ column: Int32) -> String? { rows?.text(row, column) }
  func bytesInPlace(_ column: Int32) -> UnsafeRawBufferPointer? {
    guard let rows, !rows.isNull(row, column) else { return nil }
    return rows.bytes(row, column)
  }
}

/// Rows as the server sent them, in its binary form.
private final class PostgresRows {
  private let result: OpaquePointer?
  let count: Int32
  private let types: [Oid]

  init(_ result: OpaquePointer?) {
    self.result = result
    count = PQntuples(result)
    types = (0..<PQnfields(result)).map { PQftype(result, $0) }
  }

  deinit { PQclear(result) }

  func isNull(_ row: Int32, _ column: Int32) -> Bool { PQgetisnull(result, row, column) != 0 }

  func bytes(_ row: Int32, _ column: Int32) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
  }

  /// The types' numbers in `pg_type`.
  private static let numeric: Oid = 1700
  private static let wholeNumbers: Set<Oid> = [20, 21, 23, 26]
  private static let boolean: Oid = 16

  func integer(_ row: Int32, _ column: Int32) -> Int64 {
    guard !isNull(row, column) else { return 0 }
    let bytes = bytes(row, column)
    let type = types[Int(column)]
    if type == Self.numeric { return wholeNumber(bytes) }
    if type == Self.boolean { return bytes.first == 0 ? 0 : 1 }
    switch (bytes.count, Self.wholeNumbers.contains(type)) {
    case (8, true): return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
    case (4, true): return Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
    case (2, true): return Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
    default: return Int64(String(decoding: bytes, as: UTF8.self)) ?? 0
    }
  }

  func text(_ row: Int32, _ column: Int32) -> String? {
    guard !isNull(row, column) else { return nil }
    let type = types[Int(column)]
    if type == Self.numeric || type == Self.boolean || Self.wholeNumbers.contains(type) {
      return String(integer(row, column))
    }
    return String(decoding: bytes(row, column), as: UTF8.self)
  }

  /// A sum of whole numbers: 16-bit words for how many digits to the base of 10,000, the first one's weight, the
  /// sign and the decimals, and then the digits.
  private func wholeNumber(_ bytes: UnsafeRawBufferPointer) -> Int64 {
    func word(_ index: Int) -> Int {
      guard index * 2 + 2 <= bytes.count else { return 0 }
      return Int(Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)))
    }
    let digits = word(0)
    let weight = word(1)
    guard weight >= 0 else { return 0 }
    var value: Int128 = 0
    // No sum of 64-bit numbers has more.
    for index in 0...min(weight, 7) { value = value * 10_000 + Int128(index < digits ? word(4 + index) : 0) }
    let signed = word(2) == 0x4000 ? -value : value
    return Int64(clamping: signed)
  }
}
