public import Ledger

/// How far a segment was read, and what its lines were.
public struct SegmentRow: Sendable {
  public var name: String
  /// Of the file as it lay there, to see without reading that nothing changed.
  public var fileBytes: Int64
  public var fileModifiedNanoseconds: Int64
  public var fileSuffix: String
  /// Uncompressed bytes taken, and their SHA-256.
  public var bytes: Int64
  public var lines: Int64
  public var sha256: String
  public var usages: Int64
  public var duplicates: Int64
  public var rejected: Int64
  public var control: Int64

  public init(name: String) {
    self.name = name
    fileBytes = -1
    fileModifiedNanoseconds = 0
    fileSuffix = ""
    bytes = 0
    lines = 0
    sha256 = ""
    usages = 0
    duplicates = 0
    rejected = 0
    control = 0
  }
}

/// Numbers of one writer, without a hole between them, and when the first and last of them were.
public struct TakenRange: Hashable, Sendable {
  public var first: Int64
  public var last: Int64
  public var firstTime: Int64
  public var lastTime: Int64
  public init(first: Int64, last: Int64, firstTime: Int64, lastTime: Int64) {
    self.first = first
    self.last = last
    self.firstTime = firstTime
    self.lastTime = lastTime
  }
}

/// A quarter of an hour: every zone's midnight falls on the beginning of one.
public let slotMicroseconds: Int64 = 900_000_000

/// Quarters of an hour since 1970.
public func timeSlot(of time: Int64) -> Int64 {
  time >= 0 ? time / slotMicroseconds : (time - slotMicroseconds + 1) / slotMicroseconds
}

extension Store {
  public func segment(named name: String) throws(StoreError) -> (id: Int64, row: SegmentRow)? {
    let select = try statement("SELECT * FROM segments WHERE name = ?")
    guard try select.bind(name).next() else { return nil }
    defer { select.reset() }
    return (select.integer(0), segmentRow(select))
  }

  /// The rows of those of these segments that have one.
  public func segments(named names: [String]) throws(StoreError) -> [String: (
    id: Int64, row: SegmentRow
  )] {
    var found: [String: (id: Int64, row: SegmentRow)] = [:]
    for part in parts(of: names, SegmentLimit.rowsPerStatement) {
      let places = repeatElement("?", count: part.count).joined(separator: ",")
      let select = try statement("SELECT * FROM segments WHERE name IN (\(places))")
      for name in part { select.bind(name) }
      while try select.next() {
        let row = segmentRow(select)
        found[row.name] = (select.integer(0), row)
      }
    }
    return found
  }

  /// Makes or renews a segment's row.
  /// - Returns: its number, which stays.
  public func save(_ row: SegmentRow) throws -> Int64 {
    guard isInTransaction else { return try transaction { try save(row) } }
    let id = try segment(named: row.name)?.id ?? newSegmentNumber()
    try save([(id, row)])
    return id
  }

  /// A number for a segment without a row. It is that segment's once the row was saved with it, in this transaction.
  public func newSegmentNumber() throws(StoreError) -> Int64 {
    var number = nextSegment ?? 0
    if nextSegment == nil {
      number = (try database.integer("SELECT coalesce(max(id), 0) FROM segments") ?? 0) + 1
    }
    nextSegment = number + 1
    return number
  }

  /// Makes or renews the rows of segments, each with its number.
  public func save(_ rows: [(id: Int64, row: SegmentRow)]) throws(StoreError) {
    for part in parts(of: rows, SegmentLimit.rowsPerStatement) {
      let places = repeatElement("(?,?,?,?,?,?,?,?,?,?,?,?)", count: part.count).joined(
        separator: ",")
      let upsert = try statement(
        """
        INSERT INTO segments(id, name, file_bytes, file_modified_ns, file_suffix, bytes, lines, sha256,
          usages, duplicates, rejected, control) VALUES \(places)
        ON CONFLICT(name) DO UPDATE SET file_bytes = excluded.file_bytes,
          file_modified_ns = excluded.file_modified_ns, file_suffix = excluded.file_suffix,
          bytes = excluded.bytes, lines = excluded.lines, sha256 = excluded.sha256, usages = excluded.usages,
          duplicates = excluded.duplicates, rejected = excluded.rejected, control = excluded.control
        """)
      for (id, row) in part {
        upsert.bind(id).bind(row.name).bind(row.fileBytes).bind(row.fileModifiedNanoseconds)
          .bind(row.fileSuffix).bind(row.bytes).bind(row.lines).bind(row.sha256).bind(row.usages)
          .bind(row.duplicates).bind(row.rejected).bind(row.control)
      }
      try upsert.run()
    }
  }

  public func addSlots(_ slots: Set<Int64>, segment: Int64) throws(StoreError) {
    try addSlots(slots.sorted().map { (segment, $0) })
  }

  /// Notes the quarters of an hour that segments' lines fall in, no two of them the same. What is known stays.
  public func addSlots(_ slots: [(segment: Int64, slot: Int64)]) throws(StoreError) {
    guard !slots.isEmpty else { return }
    let insert = try database.bulkInsert(
      into: "segment_slots", columns: 2, onConflict: "ON CONFLICT DO NOTHING")
    for (segment, slot) in slots {
      insert.add(segment)
      insert.add(slot)
      try insert.endRow()
    }
    try insert.finish()
  }

  public func add(_ rejection: Rejection, segment: Int64) throws(StoreError) {
    try statement("INSERT INTO rejections VALUES(?,?,?,?)")
      .bind(segment).bind(rejection.place.line).bind(rejection.reason).bind(rejection.excerpt).run()
  }

  /// The segments with a line in the half-open range of time, in the order of their names.
  /// - Parameter withoutTime: decides for a segment in which no line's time could be read, by its name.
  public func segments(
    from begin: Int64, to end: Int64, withoutTime: (String) -> Bool
  ) throws(StoreError) -> [(id: Int64, row: SegmentRow)] {
    let select = try statement(
      """
      SELECT *, (SELECT count(*) FROM segment_slots t WHERE t.segment = s.id),
        EXISTS(SELECT 1 FROM segment_slots t WHERE t.segment = s.id AND t.slot >= ? AND t.slot <= ?)
      FROM segments s ORDER BY name
      """)
    select.bind(timeSlot(of: begin)).bind(timeSlot(of: end - 1))
    var result: [(id: Int64, row: SegmentRow)] = []
    while try select.next() {
      let row = segmentRow(select)
      let inside = select.integer(12) == 0 ? withoutTime(row.name) : select.integer(13) != 0
      if inside { result.append((select.integer(0), row)) }
    }
    return result
  }

  public func rejections(segment: Int64, file: String) throws(StoreError) -> [Rejection] {
    let select = try statement(
      "SELECT line, reason, excerpt FROM rejections WHERE segment = ? ORDER BY line")
    select.bind(segment)
    var result: [Rejection] = []
    while try select.next() {
      result.append(
        Rejection(
          place: .init(file: file, line: select.integer(0)), reason: select.text(1) ?? "",
          excerpt: select.text(2) ?? ""))
    }
    return result
  }

  private func segmentRow(_ row: any Statement) -> SegmentRow {
    var result = SegmentRow(name: row.text(1) ?? "")
    result.fileBytes = row.integer(2)
    result.fileModifiedNanoseconds = row.integer(3)
    result.fileSuffix = row.text(4) ?? ""
    result.bytes = row.integer(5)
    result.lines = row.integer(6)
    result.sha256 = row.text(7) ?? ""
    result.usages = row.integer(8)
    result.duplicates = row.integer(9)
    result.rejected = row.integer(10)
    result.control = row.integer(11)
    return result
  }

  // MARK: - Writers

  public func taken(writer: String) throws(StoreError) -> [TakenRange] {
    let select = try statement(
      "SELECT first, last, first_time, last_time FROM taken WHERE writer = ? ORDER BY first")
    select.bind(writer)
    var result: [TakenRange] = []
    while try select.next() {
      result.append(
        TakenRange(
          first: select.integer(0), last: select.integer(1), firstTime: select.integer(2),
          lastTime: select.integer(3)))
    }
    return result
  }

  public func save(_ ranges: [TakenRange], writer: String) throws(StoreError) {
    try statement("DELETE FROM taken WHERE writer = ?").bind(writer).run()
    for range in ranges {
      try statement("INSERT INTO taken VALUES(?,?,?,?,?)")
        .bind(writer).bind(range.first).bind(range.last).bind(range.firstTime).bind(range.lastTime)
        .run()
    }
  }

  public func writers() throws(StoreError) -> [String] {
    let select = try statement("SELECT DISTINCT writer FROM taken ORDER BY writer")
    var result: [String] = []
    while try select.next() { result.append(select.text(0) ?? "") }
    return result
  }
}

private enum SegmentLimit {
  /// Rows that one statement takes: on a server each statement costs a way there and back.
  static let rowsPerStatement = 32
}

/// A list in parts of one size, and what is left of it one by one, so that few statements serve all lengths.
private func parts<Element>(of list: [Element], _ size: Int) -> [ArraySlice<Element>] {
  var parts: [ArraySlice<Element>] = []
  var rest = list[...]
  while !rest.isEmpty {
    parts.append(rest.prefix(rest.count >= size ? size : 1))
    rest = rest.dropFirst(parts[parts.count - 1].count)
  }
  return parts
}
