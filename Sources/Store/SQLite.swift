internal import CSQLite
internal import Glibc

/// One connection to an SQLite file. Not for two threads at once.
final class SQLite: Connection {
  private var handle: OpaquePointer?
  let name: String

  /// How long a statement waits for another process's transaction.
  static let busyMillisecondsMax: Int32 = 30_000

  init(path: String) throws(StoreError) {
    name = path
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK else {
      let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(handle)
      throw StoreError("\(path): cannot be opened: \(message); does its folder exist, and may it be written?")
    }
    sqlite3_busy_timeout(handle, Self.busyMillisecondsMax)
    // Rows come in blocks of many pages, each written once, so that a small cache does. A new file gets larger pages than
    // SQLite's own.
    try run(
      """
      PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
      PRAGMA cache_size = -4096; PRAGMA wal_autocheckpoint = 4096
      """)
  }

  deinit { sqlite3_close_v2(handle) }

  func run(_ sql: String) throws(StoreError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw fault() }
  }

  func prepare(_ sql: String) throws(StoreError) -> any Statement {
    try SQLiteStatement(handle(for: sql), self)
  }

  func reader(_ sql: String, rowsAtATime: Int) throws(StoreError) -> any Statement { try prepare(sql) }
  func holdsBytes(_ column: String) -> String { "instr(\(column), ?) > 0" }
  func keepAsTheyAre(_ columns: [String], of table: String) {}

  func bulkInsert(into table: String, columns: Int) throws(StoreError) -> any BulkInsert {
    try bulkInsert(into: table, columns: columns, onConflict: "")
  }

  func bulkInsert(
    into table: String, columns: Int, onConflict: String
  ) throws(StoreError) -> any BulkInsert {
    let values = repeatElement("?", count: columns).joined(separator: ",")
    return SQLiteBulkInsert(try handle(for: "INSERT INTO \(table) VALUES(\(values)) \(onConflict)"), self)
  }

  private func handle(for sql: String) throws(StoreError) -> OpaquePointer {
    var statement: OpaquePointer?
    guard
      sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK,
      let statement
    else { throw fault() }
    return statement
  }

  var changes: Int { Int(sqlite3_changes(handle)) }

  func begin() throws(StoreError) { try run("BEGIN IMMEDIATE") }
  func beginLease() throws(StoreError) { try begin() }
  func lockLeases() {}

  func schemaVersion() throws(StoreError) -> Int64 { try integer("PRAGMA user_version") ?? 0 }
  func makeRoomForSchema() {}
  func setSchemaVersion(_ version: Int64) throws(StoreError) { try run("PRAGMA user_version = \(version)") }

  /// Any other connection's writing counts: cheaper than to look at the keys.
  func keysVersion() throws(StoreError) -> Int64 { try integer("PRAGMA data_version") ?? 0 }

  func damage() throws(StoreError) -> String? {
    let check = try prepare("PRAGMA quick_check(1)")
    guard try check.next(), let found = check.text(0), found != "ok" else { return nil }
    return found
  }

  func mayWrite() -> Bool { access(name, W_OK) == 0 }
  func details() -> String? { nil }

  func beginReading() throws(StoreError) { try run("BEGIN") }
  func endReading() throws(StoreError) { try run("ROLLBACK") }

  /// The next number is one more than the largest by itself.
  func goOnNumbering() {}

  func tables() throws(StoreError) -> [String] {
    let select = try prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    var result: [String] = []
    while try select.next() { result.append(select.text(0) ?? "") }
    return result
  }

  func columns(of table: String) throws(StoreError) -> [Column] {
    let select = try prepare("SELECT name, type FROM pragma_table_info(?) ORDER BY cid").bind(table)
    var result: [Column] = []
    while try select.next() {
      let kind: Column.Kind =
        switch select.text(1) {
        case "INTEGER": .integer
        case "BLOB": .bytes
        default: .text
        }
      result.append(Column(name: select.text(0) ?? "", kind: kind))
    }
    return result
  }

  func fault() -> StoreError {
    StoreError("\(name): \(String(cString: sqlite3_errmsg(handle)))")
  }
}

private final class SQLiteStatement: Statement {
  private let handle: OpaquePointer
  private let database: SQLite
  private var bound: Int32 = 0

  init(_ handle: OpaquePointer, _ database: SQLite) {
    self.handle = handle
    self.database = database
  }

  deinit { sqlite3_finalize(handle) }

  func put(_ value: Int64?) {
    bound += 1
    if let value { sqlite3_bind_int64(handle, bound, value) } else { sqlite3_bind_null(handle, bound) }
  }

  func put(_ value: String?) {
    bound += 1
    guard var value else {
      sqlite3_bind_null(handle, bound)
      return
    }
    value.withUTF8 { bytes in bindText(handle, bound, UnsafeRawBufferPointer(bytes), copied) }
  }

  func put(bytes: UnsafeRawBufferPointer?) {
    bound += 1
    bindBytes(handle, bound, bytes, copied)
  }

  func next() throws(StoreError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE:
      reset()
      return false
    default:
      let fault = database.fault()
      reset()
      throw fault
    }
  }

  func reset() {
    sqlite3_reset(handle)
    bound = 0
  }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func text(_ column: Int32) -> String? {
    guard let bytes = sqlite3_column_text(handle, column) else { return nil }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  func bytesInPlace(_ column: Int32) -> UnsafeRawBufferPointer? {
    guard !isNull(column) else { return nil }
    let start = sqlite3_column_blob(handle, column)
    return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
  }
}

/// A prepared INSERT, run for each row.
private final class SQLiteBulkInsert: BulkInsert {
  private let handle: OpaquePointer
  private let database: SQLite
  private var bound: Int32 = 0
  private var rows = 0
  /// A bit for each of the first columns that has a value from the row before: to make a null of a null costs nothing.
  private var values: UInt64 = 0

  init(_ handle: OpaquePointer, _ database: SQLite) {
    self.handle = handle
    self.database = database
  }

  deinit { sqlite3_finalize(handle) }

  func add(_ value: Int64?) {
    guard let value else { return addNull() }
    bound += 1
    values |= 1 << UInt64(bound)
    sqlite3_bind_int64(handle, bound, value)
  }

  func add(text: UnsafeRawBufferPointer?) {
    guard let text else { return addNull() }
    bound += 1
    values |= 1 << UInt64(bound)
    bindText(handle, bound, text, nil)
  }

  func add(bytes: UnsafeRawBufferPointer?) {
    guard let bytes else { return addNull() }
    bound += 1
    values |= 1 << UInt64(bound)
    bindBytes(handle, bound, bytes, nil)
  }

  private func addNull() {
    bound += 1
    let bit: UInt64 = 1 << UInt64(bound)
    guard values & bit != 0 || bound > 63 else { return }
    values &= ~bit
    sqlite3_bind_null(handle, bound)
  }

  func endRow() throws(StoreError) {
    bound = 0
    let result = sqlite3_step(handle)
    guard result == SQLITE_DONE else {
      let fault = database.fault()
      sqlite3_reset(handle)
      throw fault
    }
    sqlite3_reset(handle)
    rows += 1
  }

  func finish() -> Int {
    defer { rows = 0 }
    return rows
  }
}

/// SQLite copies a bound text before the call returns; without it, the text must stay until the statement has run.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

private func bindText(
  _ handle: OpaquePointer, _ index: Int32, _ text: UnsafeRawBufferPointer,
  _ lifetime: sqlite3_destructor_type?
) {
  if let mended = mended(text) {
    mended.withUnsafeBytes { bindText(handle, index, checked: $0, copied) }
  } else {
    bindText(handle, index, checked: text, lifetime)
  }
}

private func bindText(
  _ handle: OpaquePointer, _ index: Int32, checked text: UnsafeRawBufferPointer,
  _ lifetime: sqlite3_destructor_type?
) {
  // An empty text is a text, not a null, and an empty buffer may have no address.
  let start = text.baseAddress ?? UnsafeRawPointer(nothing.utf8Start)
  sqlite3_bind_text(handle, index, start.assumingMemoryBound(to: CChar.self), Int32(text.count), lifetime)
}

private func bindBytes(
  _ handle: OpaquePointer, _ index: Int32, _ bytes: UnsafeRawBufferPointer?,
  _ lifetime: sqlite3_destructor_type?
) {
  guard let bytes else {
    sqlite3_bind_null(handle, index)
    return
  }
  let start = bytes.baseAddress ?? UnsafeRawPointer(nothing.utf8Start)
  sqlite3_bind_blob(handle, index, start, Int32(bytes.count), lifetime)
}

private let nothing: StaticString = ""
