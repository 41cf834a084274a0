/// A store that cannot be used, and what to do.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  public var problem: String
  /// Nothing is wrong: somebody else is at work.
  public var isHeld = false
  /// The connection was lost while the work was being committed: nobody knows whether it is.
  public var isInDoubt = false
  /// What was to be new is there already.
  public var isTaken = false
  public init(_ problem: String) { self.problem = problem }
  init(taken problem: String) {
    self.problem = problem
    isTaken = true
  }
  public var description: String { problem }
}

/// One connection to a store's database, SQLite's or PostgreSQL's. Not for two threads at once.
///
/// The store's SQL is written once, in words that both understand, with `?` for each value; what differs is in the
/// conformers and in `PostgresDialect`. Texts are UTF-8 and compared by their bytes. A NUL inside a text, which
/// PostgreSQL cannot keep, becomes U+FFFD in both, so that both give the same books.
protocol Connection: AnyObject {
  /// For messages: a file's path, or a server without a password.
  var name: String { get }

  /// Runs statements that take no values and give no rows. What they define is written as SQLite's.
  func run(_ sql: String) throws(StoreError)

  /// A statement to be used again and again; its rows are few enough to lie in memory.
  func prepare(_ sql: String) throws(StoreError) -> any Statement

  /// A query with any number of rows: they come as they are asked for. Other queries may run in between.
  /// - Parameter rowsAtATime: how many a server sends at once; few where a row is large.
  func reader(_ sql: String, rowsAtATime: Int) throws(StoreError) -> any Statement

  /// A condition: the bytes of a column hold those of the next parameter.
  func holdsBytes(_ column: String) -> String

  /// Bytes of these columns are packed already: the database is not to spend time on making them smaller.
  func keepAsTheyAre(_ columns: [String], of table: String) throws(StoreError)

  /// Takes many rows of a table, in the order of its columns.
  func bulkInsert(into table: String, columns: Int) throws(StoreError) -> any BulkInsert

  /// Takes many rows of whole numbers, no key twice, and does what `onConflict` says where a key is there already.
  func bulkInsert(into table: String, columns: Int, onConflict: String) throws(StoreError) -> any BulkInsert

  /// Rows that the last statement added, changed or removed.
  var changes: Int { get }

  /// Begins a transaction that writes; another connection's waits until it is over.
  func begin() throws(StoreError)

  /// Begins a transaction of a few rows of shares; it waits for no other kind of writer where the database can do that.
  func beginLease() throws(StoreError)
  /// In a transaction that writes: keeps shares as they are until its end.
  func lockLeases() throws(StoreError)

  /// The number of steps that made the schema; 0 for a store without any.
  func schemaVersion() throws(StoreError) -> Int64
  /// Inside the transaction that runs the first of its steps, before it.
  func makeRoomForSchema() throws(StoreError)
  func setSchemaVersion(_ version: Int64) throws(StoreError)

  /// Changes whenever another connection has changed the clients' keys.
  func keysVersion() throws(StoreError) -> Int64

  /// What the database's own check finds wrong; nil for a sound one.
  func damage() throws(StoreError) -> String?
  func mayWrite() throws(StoreError) -> Bool
  /// What there is to say of the database beside its name; nothing for a file.
  func details() throws(StoreError) -> String?

  /// All that is read until `endReading` is of one moment, whatever others write.
  func beginReading() throws(StoreError)
  func endReading() throws(StoreError)

  /// The tables that there are, in the order of their names.
  func tables() throws(StoreError) -> [String]
  /// A table's columns in their order.
  func columns(of table: String) throws(StoreError) -> [Column]
  /// After rows were put in with their numbers: the next row gets a number behind them.
  func goOnNumbering() throws(StoreError)
}

struct Column: Hashable, Sendable {
  enum Kind: Sendable { case integer, text, bytes }
  var name: String
  var kind: Kind
}

extension Connection {
  func reader(_ sql: String) throws(StoreError) -> any Statement {
    try reader(sql, rowsAtATime: StoreLimit.rowsAtATime)
  }

  /// The first column of the first row; nil for no row.
  func integer(_ sql: String) throws(StoreError) -> Int64? {
    let statement = try prepare(sql)
    guard try statement.next() else { return nil }
    defer { statement.reset() }
    return statement.integer(0)
  }
}

/// A prepared statement: bind, step, read, and again.
protocol Statement: AnyObject {
  /// Gives the next parameter its value; `bind` does the same and can be chained.
  func put(_ value: Int64?)
  func put(_ value: String?)
  /// Bytes that are no text.
  func put(bytes: UnsafeRawBufferPointer?)

  /// Steps to the next row; at the end, or where there is none, makes the statement ready to be bound again.
  func next() throws(StoreError) -> Bool
  func reset()

  func isNull(_ column: Int32) -> Bool
  func integer(_ column: Int32) -> Int64
  func text(_ column: Int32) -> String?
  /// A text's or a blob's bytes where they lie, until the next step; nil for null.
  func bytesInPlace(_ column: Int32) -> UnsafeRawBufferPointer?
}

extension Statement {
  // Never inlined: a chain of twenty would be compiled once for each way through two kinds of statement.
  @inline(never) @discardableResult func bind(_ value: Int64?) -> Self {
    put(value)
    return self
  }

  @inline(never) @discardableResult func bind(_ value: String?) -> Self {
    put(value)
    return self
  }

  @inline(never) @discardableResult func bind(bytes: UnsafeRawBufferPointer?) -> Self {
    put(bytes: bytes)
    return self
  }

  @discardableResult func bind(_ value: Int?) -> Self { bind(value.map(Int64.init)) }
  @discardableResult func bind(_ value: Bool?) -> Self { bind(value.map { $0 ? Int64(1) : 0 }) }

  @discardableResult func bind(bytes: [UInt8]) -> Self { bytes.withUnsafeBytes { bind(bytes: $0) } }

  /// Bytes that are no text; none for null.
  func bytes(_ column: Int32) -> [UInt8] { bytesInPlace(column).map { Array($0) } ?? [] }

  /// Runs a statement that returns nothing.
  func run() throws(StoreError) { while try next() {} }

  func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
}

/// Rows on their way into one table: each value in the order of the columns, then `endRow`. Until `finish`, rows may
/// not be there yet; one that the table refuses fails all, at the latest with the next statement.
protocol BulkInsert: AnyObject {
  func add(_ value: Int64?)
  /// The bytes of a text, which must stay where they are until `endRow`; nil for none. What is not UTF-8 is mended.
  func add(text: UnsafeRawBufferPointer?)
  /// Bytes that are no text; as for texts, they must stay.
  func add(bytes: UnsafeRawBufferPointer?)
  func endRow() throws(StoreError)
  /// - Returns: how many rows were added.
  @discardableResult func finish() throws(StoreError) -> Int
}

extension BulkInsert {
  func add(_ value: Int?) { add(value.map(Int64.init)) }
}

/// Whether a text is ASCII without a NUL, as most are: both databases keep it as it stands.
@inline(__always) func isKept(_ text: UnsafeRawBufferPointer) -> Bool {
  guard let base = text.baseAddress else { return true }
  let highest: UInt64 = 0x8080_8080_8080_8080
  var at = 0
  while at &+ 8 <= text.count {
    let word = (base + at).loadUnaligned(as: UInt64.self)
    // A byte of 0 borrows from its highest bit.
    guard word & highest == 0, (word &- 0x0101_0101_0101_0101) & highest == 0 else { return false }
    at = at &+ 8
  }
  while at < text.count {
    let byte = text[at]
    guard byte != 0, byte < 0x80 else { return false }
    at = at &+ 1
  }
  return true
}

/// A text as both databases can keep it, where it is not so as it stands: U+FFFD for each NUL and for what is not
/// UTF-8. Nil for a text that is good.
func mended(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
  if isKept(text) { return nil }
  guard text.contains(0) || !isUTF8(text) else { return nil }
  let valid = String(decoding: text, as: UTF8.self)
  var result: [UInt8] = []
  result.reserveCapacity(valid.utf8.count + 8)
  for byte in valid.utf8 {
    if byte == 0 { result += [0xEF, 0xBF, 0xBD] } else { result.append(byte) }
  }
  return result
}

/// A text as the store will keep it.
func kept(_ text: String) -> String {
  text.utf8.contains(0) ? text.replacing("\u{0}", with: "\u{FFFD}") : text
}

private func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
  String(validating: bytes, as: UTF8.self) != nil
}
