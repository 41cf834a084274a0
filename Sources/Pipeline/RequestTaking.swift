internal import Ingest
internal import Ledger
internal import Store

/// Accepted `start` and `end` lines in, request rows out: an end is a row, a start without one an interrupted request
/// until its end is read.
struct RequestTaking {
  private let store: Store
  private var rows = RequestBatch()
  /// Texts met before, and the store's numbers for them.
  private var names = TextNumbers()
  private var nameNumbers: [Int64] = []
  /// Begun in this transaction, not ended yet.
  private var begun: [RequestID: Begun] = [:]
  private var open: Set<RequestID> = []
  /// Other sources have brought requests, which may stand here too.
  private var hasSources = false

  /// Texts of what has begun, kept until their transaction ends.
  private var beginnings: [UInt8] = []

  private struct Begun {
    var time: Int64
    var segment: Int64
    var line: Int64
    var attempt: Int32
    var numbering: Int
    var facts: Int32
    /// In `beginnings`.
    var id: TextPlace
    var user: TextPlace
    var session: TextPlace
    var ip: TextPlace
  }

  private enum Limit {
    /// Names whose numbers are kept in memory; beyond it the memory starts anew.
    static let names = 200_000
    /// Rows that are put at once, over several files where these are small: a little less than two blocks, so that the
    /// rows of the chunk that is in hand then find room too.
    static let rows = 7_800
  }

  init(_ store: Store) { self.store = store }

  /// Requests begun whose end has not come, over all that is in the store.
  var interrupted: Int { open.count }

  mutating func begin() throws {
    open = Set(try store.openAttempts().map { RequestID($0) })
    hasSources = try store.hasSourceIDs()
  }

  // MARK: - Lines

  mutating func begin(_ line: UnsafePointer<LineRow>, _ batch: LineBatch, _ segment: Int64) {
    let row = line.pointee
    begun[id(line, batch)] = Begun(
      time: row.time, segment: segment, line: row.line, attempt: row.attempt, numbering: batch.numbering,
      facts: row.facts, id: keep(row.id, batch), user: keep(row.user, batch),
      session: keep(row.session, batch),
      ip: keep(row.ip, batch))
  }

  private mutating func keep(_ place: TextPlace, _ batch: LineBatch) -> TextPlace {
    batch.withText(place) { bytes in
      guard let bytes else { return .none }
      beginnings.append(contentsOf: bytes)
      return TextPlace(start: Int32(beginnings.count - bytes.count), count: Int32(bytes.count))
    }
  }

  /// - Parameter isBegun: its start was taken just now, and `begin` not told of it.
  /// - Returns: false where another source has brought the request already.
  mutating func end(
    _ line: UnsafePointer<LineRow>, _ batch: LineBatch, _ numbering: inout Ingestion.Numbering,
    _ segment: Int64, isBegun: Bool
  ) throws -> Bool {
    if !isBegun, !begun.isEmpty || !open.isEmpty {
      let id = id(line, batch)
      if begun.removeValue(forKey: id) == nil, open.remove(id) != nil {
        try store.removeOpen([
          Attempt(id: batch.text(line.pointee.id) ?? "", attempt: Int(line.pointee.attempt))
        ])
      }
    }
    let facts = Int(line.pointee.facts)
    if hasSources, try store.isFromSource(batch.usage(line.pointee, facts: numbering.facts[facts])) {
      return false
    }
    if numbering.facets[facts] == 0 {
      numbering.facets[facts] = try store.facetNumber(of: numbering.facts[facts])
    }
    let facet = numbering.facets[facts]
    let user = try number(of: line.pointee.user, batch)
    let errorType = try number(of: line.pointee.errorType, batch)
    if line.pointee.extra >= 0 {
      rows.append(
        batch.usage(line.pointee, facts: numbering.facts[facts]), segment: segment, facet: facet, user: user,
        errorType: errorType)
    } else {
      rows.rows.append(row(line, batch, segment, facet: facet, user: user, errorType: errorType))
    }
    return true
  }

  /// What has gathered is to be put.
  var isFull: Bool { rows.rows.count >= Limit.rows }

  /// Writes what has gathered.
  /// - Returns: the segments of requests that were known by another id of theirs, one for each request.
  mutating func put() throws -> [Int64] {
    guard !rows.rows.isEmpty else { return [] }
    defer { rows.removeAll() }
    _ = try store.insert(&rows)
    return rows.duplicates.map { rows.rows[$0].segment }
  }

  /// Before a transaction ends: what has begun and not ended is an interrupted request until its end is read.
  /// - Parameter facts: the facts of a reader's number in its numbering.
  mutating func settle(_ facts: (_ numbering: Int, _ number: Int32) -> RequestFacts) throws {
    defer { beginnings.removeAll(keepingCapacity: true) }
    guard !begun.isEmpty else { return }
    // The end may have been read before the start, from a file that sorts earlier.
    let ended = Set(try store.ended(among: begun.values.map(attempt)).map { RequestID($0) })
    for (id, start) in begun where !ended.contains(id) {
      var usage = Usage(
        id: text(start.id) ?? "", attempt: Int(start.attempt), final: true, time: start.time,
        place: .init(file: "", line: start.line), facts: facts(start.numbering, start.facts),
        outcome: .interrupted)
      usage.user = text(start.user)
      usage.session = text(start.session)
      usage.ip = text(start.ip)
      if try store.insert(usage, segment: start.segment) { open.insert(id) }
    }
    begun.removeAll(keepingCapacity: true)
  }

  private func attempt(_ start: Begun) -> Attempt {
    Attempt(id: text(start.id) ?? "", attempt: Int(start.attempt))
  }

  private func text(_ place: TextPlace) -> String? {
    place.count < 0
      ? nil
      : String(decoding: beginnings[Int(place.start)..<Int(place.start + place.count)], as: UTF8.self)
  }

  // MARK: - Rows

  private mutating func row(
    _ line: UnsafePointer<LineRow>, _ batch: LineBatch, _ segment: Int64, facet: Int64, user: Int64,
    errorType: Int64
  ) -> RequestRow {
    func known(_ value: Int64) -> Int64 { value < 0 ? RequestRow.none : value }
    var row = RequestRow()
    row.time = line.pointee.time
    row.segment = segment
    row.line = line.pointee.line
    row.attempt = Int64(line.pointee.attempt)
    row.facet = facet
    row.user = user
    row.errorType = errorType
    row.final = line.pointee.final
    row.outcome = line.pointee.outcome
    row.flags = line.pointee.flags.rawValue
    row.stream = line.pointee.stream
    row.status = line.pointee.status
    row.duration = known(line.pointee.durationMicroseconds)
    row.firstByte = known(line.pointee.firstByteMicroseconds)
    row.input = line.pointee.counts.input
    row.cacheRead = line.pointee.counts.cacheRead
    row.cacheWrite5m = line.pointee.counts.cacheWrite5m
    row.cacheWrite1h = line.pointee.counts.cacheWrite1h
    row.cacheWrite12h = line.pointee.counts.cacheWrite12h
    row.output = line.pointee.counts.output
    row.reasoning = line.pointee.counts.reasoning
    row.id = batch.withText(line.pointee.id) { rows.put(id: $0 ?? .init(start: nil, count: 0)) }
    row.session = put(line.pointee.session, batch)
    row.ip = put(line.pointee.ip, batch)
    row.responseID = put(line.pointee.responseID, batch)
    row.vendorRequestID = put(line.pointee.vendorRequestID, batch)
    row.meteredID = put(line.pointee.meteredID, batch)
    return row
  }

  private mutating func put(_ place: TextPlace, _ batch: LineBatch) -> TextSpan {
    batch.withText(place) { bytes in
      guard let bytes else { return .none }
      let offset = rows.texts.count
      rows.texts.append(contentsOf: bytes)
      return TextSpan(offset: UInt32(offset), count: Int32(bytes.count))
    }
  }

  /// The store's number for a name; 0 for none.
  private mutating func number(of place: TextPlace, _ batch: LineBatch) throws(StoreError) -> Int64 {
    guard place.count >= 0 else { return 0 }
    if nameNumbers.count >= Limit.names {
      names = TextNumbers()
      nameNumbers.removeAll()
    }
    let number = batch.withText(place) { bytes in bytes.map { names.number($0) } ?? 0 }
    if number < nameNumbers.count { return nameNumbers[number] }
    let found = batch.withText(place) { bytes -> Result<Int64, StoreError> in
      guard let bytes else { return .success(0) }
      do throws(StoreError) { return .success(try store.nameNumber(of: bytes)) } catch {
        return .failure(error)
      }
    }
    nameNumbers.append(try found.get())
    return nameNumbers[number]
  }

  private func id(_ line: UnsafePointer<LineRow>, _ batch: LineBatch) -> RequestID {
    batch.withText(line.pointee.id) { bytes in
      RequestID(bytes ?? .init(start: nil, count: 0), attempt: line.pointee.attempt)
    }
  }
}
