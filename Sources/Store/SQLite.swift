internal import CSQLite

/// A store that cannot be used, and what to do.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  public var problem: String
  public init(_ problem: String) { self.problem = problem }
  public var description: String { problem }
}

/// One connection to an SQLite file. Not for two threads at once.
final class SQLite {
  private var handle: OpaquePointer?
  let path: String

  /// How long a statement waits for another process's transaction.
  static let busyMillisecondsMax: Int32 = 30_000

  init(path: String) throws(StoreError) {
    self.path = path
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK else {
      let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(handle)
      throw StoreError("\(path): cannot be opened: \(message); does its folder exist, and may it be written?")
    }
    sqlite3_busy_timeout(handle, Self.busyMillisecondsMax)
  }

  deinit { sqlite3_close_v2(handle) }

  func run(_ sql: String) throws(StoreError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw fault() }
  }

  func prepare(_ sql: String) throws(StoreError) -> Statement {
    var statement: OpaquePointer?
    guard
      sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK,
      let statement
    else { throw fault() }
    return Statement(statement, self)
  }

  /// The first column of the first row; nil for no row.
  func integer(_ sql: String) throws(StoreError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.next() ? statement.integer(0) : nil
  }

  var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }
  var changes: Int { Int(sqlite3_changes(handle)) }

  func fault() -> StoreError {
    StoreError("\(path): \(String(cString: sqlite3_errmsg(handle)))")
  }
}

/// A prepared statement: bind, step, read, and again.
final class Statement {
  let handle: OpaquePointer
  private let database: SQLite
  private var bound: Int32 = 0

  init(_ handle: OpaquePointer, _ database: SQLite) {
    self.handle = handle
    self.database = database
  }

  deinit { sqlite3_finalize(handle) }

  /// SQLite copies a bound text before the call returns.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  @discardableResult func bind(_ value: Int64?) -> Statement {
    bound += 1
    if let value { sqlite3_bind_int64(handle, bound, value) } else { sqlite3_bind_null(handle, bound) }
    return self
  }

  @discardableResult func bind(_ value: Int?) -> Statement { bind(value.map(Int64.init)) }

  @discardableResult func bind(_ value: Bool?) -> Statement { bind(value.map { $0 ? Int64(1) : 0 }) }

  @discardableResult func bind(_ value: String?) -> Statement {
    bound += 1
    guard var value else {
      sqlite3_bind_null(handle, bound)
      return self
    }
    value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        // An empty text is a text, not a null, and an empty buffer may have no address.
        let nothing: StaticString = ""
        let start =
          characters.baseAddress ?? UnsafeRawPointer(nothing.utf8Start).assumingMemoryBound(to: CChar.self)
        _ = sqlite3_bind_text(handle, bound, start, Int32(characters.count), Self.copied)
      }
    }
    return self
  }

  /// Binds bytes that are no text.
  @discardableResult func bind(bytes: [UInt8]) -> Statement {
    bound += 1
    bytes.withUnsafeBytes { buffer in
      if let start = buffer.baseAddress {
        _ = sqlite3_bind_blob(handle, bound, start, Int32(buffer.count), Self.copied)
      } else {
        _ = sqlite3_bind_zeroblob(handle, bound, 0)
      }
    }
    return self
  }

  /// Steps to the next row; at the end, or where there is none, makes the statement ready to be bound again.
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

  /// Runs a statement that returns nothing.
  func run() throws(StoreError) { while try next() {} }

  func reset() {
    sqlite3_reset(handle)
    bound = 0
  }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
  /// Bytes that are no text; none for null.
  func bytes(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(handle, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }
  func text(_ column: Int32) -> String? {
    guard let bytes = sqlite3_column_text(handle, column) else { return nil }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }
}
