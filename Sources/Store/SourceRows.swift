public import Ledger

extension Schema {
  /// Other sources than the raw log.
  static let sources = """
    ALTER TABLE requests ADD COLUMN stated TEXT;   -- what another program said it cost, in femtodollars
    -- How a segment that is another source's file was read, and where a later reading goes on.
    CREATE TABLE source_files(
      segment INTEGER PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL) STRICT;
    -- The ids of the requests that came from other sources, by which they are known again.
    CREATE TABLE source_ids(id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    """
}

/// Where the last reading of a source's file stopped: behind its last row.
public struct SourceFileRow: Hashable, Sendable {
  public var rows: Int64
  public var bytes: Int64
  /// Of those bytes.
  public var sha256: String
  public init(rows: Int64 = 0, bytes: Int64 = 0, sha256: String = "") {
    self.rows = rows
    self.bytes = bytes
    self.sha256 = sha256
  }
}

extension Store {
  /// Makes the look-ups by the vendors' ids. They make every insert slower, so only a store that takes other sources
  /// has them.
  public func prepareForSources() throws {
    try transaction { () throws(StoreError) in
      _ = try partitions()
      hasVendorIDLookups = true
      knownBlockInsert = nil
      let without = try statement("SELECT month FROM request_months WHERE vendor_ids = 0")
      var months: [Int64] = []
      while try without.next() { months.append(without.integer(0)) }
      for month in months {
        let partition = Partition(month: month)
        try makeVendorIDs(of: partition)
        try fillVendorIDs(of: partition)
        try statement("UPDATE request_months SET vendor_ids = 1 WHERE month = ?").bind(month).run()
      }
    }
  }

  private func fillVendorIDs(of partition: Partition) throws(StoreError) {
    let insert = try database.bulkInsert(into: partition.vendorIDs, columns: 3)
    let blocks = try blocks(of: partition, partition.times)
    while try blocks.next() {
      var block = try BlockReader(blocks.bytesInPlace(0))
      while try block.next() {
        try block.readRest()
        let spans = [block.row.responseID, block.row.vendorRequestID]
        guard spans.contains(where: { $0.count >= 0 }) else { continue }
        for span in spans {
          let text = UnsafeRawBufferPointer(
            start: block.texts + Int(span.offset), count: Int(max(span.count, 0)))
          insert.add(text: span.count < 0 ? nil : text)
        }
        insert.add(block.row.time)
        try insert.endRow()
      }
    }
    try insert.finish()
  }

  /// Whether any other source has brought a request.
  public func hasSourceIDs() throws(StoreError) -> Bool {
    try database.integer("SELECT 1 FROM source_ids LIMIT 1") != nil
  }

  /// Whether another source has brought this request: by the answer's id, or the vendor's id of the request.
  public func isFromSource(_ usage: Usage) throws(StoreError) -> Bool {
    for id in [usage.responseID, usage.vendorRequestID] {
      guard let id else { continue }
      let select = try statement("SELECT 1 FROM source_ids WHERE id = ?")
      let found = try select.bind(id).next()
      select.reset()
      if found { return true }
    }
    return false
  }

  public func sourceFile(segment: Int64) throws(StoreError) -> SourceFileRow? {
    let select = try statement("SELECT rows, bytes, sha256 FROM source_files WHERE segment = ?")
    guard try select.bind(segment).next() else { return nil }
    defer { select.reset() }
    return SourceFileRow(rows: select.integer(0), bytes: select.integer(1), sha256: select.text(2) ?? "")
  }

  public func save(_ row: SourceFileRow, segment: Int64) throws(StoreError) {
    try statement(
      """
      INSERT INTO source_files VALUES(?,?,?,?) ON CONFLICT(segment) DO UPDATE SET
        rows = excluded.rows, bytes = excluded.bytes, sha256 = excluded.sha256
      """
    )
    .bind(segment).bind(row.rows).bind(row.bytes).bind(row.sha256).run()
  }

  /// A part of a transaction that happens as a whole or not at all, whatever becomes of the rest.
  public func nested<R>(_ body: () throws -> R) throws -> R {
    try writeWaitingRows()
    try database.run("SAVEPOINT part")
    do {
      let result = try body()
      try writeWaitingRows()
      try database.run("RELEASE part")
      return result
    } catch {
      forgetNumbers()
      try database.run("ROLLBACK TO part; RELEASE part")
      throw error
    }
  }
}

func statedText(_ cost: Money?) -> String? { cost.map { String($0.femtodollars) } }

func statedCost(_ text: String) throws(StoreError) -> Money {
  guard let value = Int128(text) else { throw StoreError("a stated cost is no number: the store is damaged") }
  return Money(femtodollars: value)
}
