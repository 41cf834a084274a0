internal import CPQ

/// Rows of whole numbers for a table that may have some of them: sent as an array for each column, in PostgreSQL's
/// binary form, so that thousands are one statement.
final class PostgresBulkUpsert: BulkInsert {
  private let sql: String
  private let database: Postgres
  /// For each column, its elements: each with its length before it.
  private var arrays: [[UInt8]]
  private var column = 0
  private var waiting: Int32 = 0
  private var rows = 0

  /// Rows in one statement: some MB.
  private static let rowsMax: Int32 = 20_000
  /// The number of the type `bigint` in `pg_type`.
  private static let bigint: Int32 = 20

  init(_ table: String, columns: Int, onConflict: String, _ database: Postgres) {
    let values = repeatElement("?::bigint[]", count: columns).joined(separator: ", ")
    sql = "INSERT INTO \(table) SELECT * FROM unnest(\(values)) \(onConflict)"
    self.database = database
    arrays = Array(repeating: [], count: columns)
  }

  func add(_ value: Int64?) {
    Self.append(Int32(8), to: &arrays[column])
    Self.append(value ?? 0, to: &arrays[column])
    column += 1
  }

  func add(text: UnsafeRawBufferPointer?) { preconditionFailure("only whole numbers are taken") }
  func add(bytes: UnsafeRawBufferPointer?) { preconditionFailure("only whole numbers are taken") }

  func endRow() throws(StoreError) {
    column = 0
    waiting += 1
    rows += 1
    if waiting == Self.rowsMax { try send() }
  }

  func finish() throws(StoreError) -> Int {
    if waiting > 0 { try send() }
    defer { rows = 0 }
    return rows
  }

  private func send() throws(StoreError) {
    var values = PostgresValues()
    for index in arrays.indices {
      // One dimension, no nulls, the type, how many, counted from 1.
      var array: [UInt8] = []
      for word in [1, 0, Self.bigint, waiting, 1] { Self.append(word, to: &array) }
      array += arrays[index]
      array.withUnsafeBytes { values.add(blob: $0) }
      arrays[index].removeAll(keepingCapacity: true)
    }
    waiting = 0
    PQclear(try database.execute(sql, values))
  }

  private static func append<Word: FixedWidthInteger>(_ word: Word, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
