internal import CPQ

/// Rows sent with COPY in PostgreSQL's binary form: a number of columns, then each value's length and bytes.
final class PostgresBulkInsert: BulkInsert {
  private let table: String
  private let columns: Int
  private let database: Postgres
  private var buffer: [UInt8] = []
  private var rows = 0

  /// A COPY is begun and ended for each such piece, so that other statements may run in between.
  private static let bufferBytesMax = 4 << 20

  private static let signature: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8)

  init(_ table: String, columns: Int, _ database: Postgres) {
    self.table = table
    self.columns = columns
    self.database = database
    beginBuffer()
  }

  private func beginBuffer() {
    buffer.removeAll(keepingCapacity: true)
    buffer += Self.signature
    addWord(Int16(columns))
  }

  private func addWord<Word: FixedWidthInteger>(_ word: Word) {
    withUnsafeBytes(of: word.bigEndian) { buffer.append(contentsOf: $0) }
  }

  func add(_ value: Int64?) {
    guard let value else {
      addWord(Int32(-1))
      return
    }
    addWord(Int32(8))
    addWord(value)
  }

  func add(text: UnsafeRawBufferPointer?) {
    guard let text, let mended = mended(text) else {
      add(bytes: text)
      return
    }
    mended.withUnsafeBytes { add(bytes: $0) }
  }

  func add(bytes: UnsafeRawBufferPointer?) {
    guard let bytes else {
      addWord(Int32(-1))
      return
    }
    addWord(Int32(bytes.count))
    buffer.append(contentsOf: bytes)
  }

  func endRow() throws(StoreError) {
    rows += 1
    if buffer.count >= Self.bufferBytesMax {
      try send()
      beginBuffer()
    } else {
      addWord(Int16(columns))
    }
  }

  func finish() throws(StoreError) -> Int {
    // The number of columns of a row that never came gives its place to the end's mark.
    buffer.removeLast(2)
    if buffer.count > Self.signature.count {
      addWord(Int16(-1))
      try copy()
    }
    beginBuffer()
    defer { rows = 0 }
    return rows
  }

  private func send() throws(StoreError) {
    addWord(Int16(-1))
    try copy()
  }

  private func copy() throws(StoreError) {
    try database.awaitCopy()
    let handle = database.handle
    let begun = PQexec(handle, "COPY \(table) FROM STDIN (FORMAT binary)")
    defer { PQclear(begun) }
    try database.check(begun)
    let wasTaken = buffer.withUnsafeBytes { bytes in
      PQputCopyData(handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count)) == 1
    }
    guard wasTaken, PQputCopyEnd(handle, nil) == 1 else { throw database.fault(nil) }
    database.noteCopySent()
  }
}
