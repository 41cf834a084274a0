/// An attempt at a request, by its name.
public struct Attempt: Hashable, Sendable {
  public var id: String
  public var attempt: Int
  public init(id: String, attempt: Int) {
    self.id = id
    self.attempt = attempt
  }
}

/// Requests begun whose end has not come, and which of them have ended.
extension Store {
  /// Keeps attempts as interrupted until their end comes. One that is kept already stays as it is.
  /// - Parameter batch: rows whose outcome is `interrupted`.
  /// - Returns: how many were added.
  public func putOpen(_ batch: inout RequestBatch) throws -> Int {
    guard isInTransaction else { return try transaction { try putOpen(&batch) } }
    let insert = try knownOpenInsert ?? OpenInsert(database)
    knownOpenInsert = insert
    var added = 0
    for row in batch.rows {
      let known = try statement("SELECT 1 FROM open_requests WHERE id = ? AND attempt = ?")
      let isKnown = try known.bind(bytes: Array(batch.texts[row.id.range])).bind(row.attempt).next()
      known.reset()
      if isKnown { continue }
      try insert.put(row, of: batch)
      // Before the next is looked for.
      added += try insert.finish()
    }
    return added
  }

  /// Takes away attempts because their end has come.
  public func removeOpen(_ attempts: some Sequence<Attempt>) throws(StoreError) {
    for one in attempts {
      try statement("DELETE FROM open_requests WHERE id = ? AND attempt = ?")
        .bind(bytes: RequestID.bytes(one.id)).bind(one.attempt).run()
    }
  }

  /// Every attempt that is kept as interrupted.
  public func openAttempts() throws(StoreError) -> Set<Attempt> {
    let select = try database.reader("SELECT id, attempt FROM open_requests")
    var found: Set<Attempt> = []
    while try select.next() {
      let id = select.bytes(0).withUnsafeBytes { RequestID.text($0) }
      found.insert(Attempt(id: id, attempt: Int(select.integer(1))))
    }
    return found
  }

  /// Which of these attempts have a row, because their end was read.
  public func ended(among attempts: [Attempt]) throws(StoreError) -> Set<Attempt> {
    var wanted: [Int64: [(id: [UInt8], attempt: Attempt)]] = [:]
    for one in attempts {
      let id = RequestID.bytes(one.id)
      wanted[RequestID.hash(id), default: []].append((id, one))
    }
    var found: Set<Attempt> = []
    let spans = joined(try spans(of: wanted.values.joined().map(\.id)), gap: Self.sameBlocksMicroseconds)
    return try reading { () throws(StoreError) in
      for span in spans {
        for partition in try partitions(from: span.lowerBound, to: span.upperBound) {
          let blocks = try blocks(of: partition, span)
          while try blocks.next() {
            var block = try BlockReader(blocks.bytesInPlace(0))
            while try block.next() {
              guard span.contains(block.row.time) else { continue }
              try block.readRest()
              let id = UnsafeRawBufferPointer(
                start: block.texts + Int(block.row.id.offset), count: Int(block.row.id.count))
              guard let asked = wanted[RequestID.hash(id)] else { continue }
              for one in asked
              where one.attempt.attempt == Int(block.row.attempt) && id.elementsEqual(one.id) {
                found.insert(one.attempt)
              }
            }
          }
        }
      }
      return found
    }
  }

  /// Times that are so near to each other are looked for in the same blocks.
  private static let sameBlocksMicroseconds: Int64 = 3_600_000_000

  /// Where rows with these ids may lie: around the times that the ids say, and at the times noted for other ids.
  func spans(of ids: [[UInt8]]) throws(StoreError) -> [Range<Int64>] {
    try writeWaitingRows()
    var times: [Range<Int64>] = []
    let partitions = try partitions(from: nil, to: nil)
    for id in ids {
      if let made = id.withUnsafeBytes({ RequestID.time($0) }) {
        times.append(made - RequestID.nearMicroseconds..<made + RequestID.nearMicroseconds + 1)
      }
      for partition in partitions {
        let select = try statement("SELECT time FROM \(partition.ids) WHERE hash = ?")
        select.bind(RequestID.hash(id))
        while try select.next() { times.append(only(select.integer(0))) }
      }
    }
    return joined(times, gap: 0)
  }

  /// Where rows with this id of the vendor's lie; nil where no month has such a look-up.
  func vendorIDSpans(of id: String) throws(StoreError) -> [Range<Int64>]? {
    let partitions = try partitions(from: nil, to: nil)
    guard hasVendorIDLookups else { return nil }
    var times: [Range<Int64>] = []
    for partition in partitions {
      for column in Partition.vendorIDColumns {
        let select = try statement("SELECT time FROM \(partition.vendorIDs) WHERE \(column) = ?").bind(id)
        while try select.next() { times.append(only(select.integer(0))) }
      }
    }
    return joined(times, gap: 0)
  }
}

/// A range with one instant.
private func only(_ time: Int64) -> Range<Int64> {
  time == .max ? time - 1..<time : time..<time + 1
}

/// The same times, each once, in their order; what is not further apart than `gap` is one.
private func joined(_ ranges: [Range<Int64>], gap: Int64) -> [Range<Int64>] {
  var result: [Range<Int64>] = []
  for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
    if let last = result.last,
      range.lowerBound <= last.upperBound || range.lowerBound &- last.upperBound <= gap
    {
      result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
    } else {
      result.append(range)
    }
  }
  return result
}
