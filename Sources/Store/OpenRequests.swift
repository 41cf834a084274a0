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
    let insert = try rowInsert("open_requests")
    var added = 0
    for row in batch.rows {
      let id = batch.text(row.id) ?? ""
      let known = try statement("SELECT 1 FROM open_requests WHERE id = ? AND attempt = ?")
      let isKnown = try known.bind(bytes: RequestID.bytes(id)).bind(row.attempt).next()
      known.reset()
      if isKnown { continue }
      _ = try batch.texts.withUnsafeBytes { try insert.put(row, $0) }
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
      found.insert(Attempt(id: RequestID.text(select.bytes(0)), attempt: Int(select.integer(1))))
    }
    return found
  }

  /// Which of these attempts have a row, because their end was read.
  public func ended(among attempts: [Attempt]) throws(StoreError) -> Set<Attempt> {
    var wanted: [[UInt8]: [Attempt]] = [:]
    for one in attempts { wanted[RequestID.bytes(one.id), default: []].append(one) }
    var found: Set<Attempt> = []
    for span in try spans(of: Array(wanted.keys)) {
      let select = try database.reader(
        "SELECT id, attempt FROM \(span.partition.requests) WHERE time >= ? AND time <= ?")
      select.bind(span.times.lowerBound).bind(span.times.upperBound)
      while try select.next() {
        guard let asked = wanted[select.bytes(0)] else { continue }
        let attempt = Int(select.integer(1))
        for one in asked where one.attempt == attempt { found.insert(one) }
      }
    }
    return found
  }

  /// A time in which rows with wanted ids may lie.
  struct IDSpan {
    var partition: Partition
    var times: ClosedRange<Int64>
  }

  /// Where rows with these ids may lie: around the times that the ids say, and at the times noted for other ids.
  func spans(of ids: [[UInt8]]) throws(StoreError) -> [IDSpan] {
    var times: [ClosedRange<Int64>] = []
    for id in ids {
      if let made = id.withUnsafeBytes({ RequestID.time($0) }) {
        times.append(made - RequestID.nearMicroseconds...made + RequestID.nearMicroseconds)
      }
      for partition in try partitions(from: nil, to: nil) {
        let select = try statement("SELECT time FROM \(partition.ids) WHERE hash = ?")
        select.bind(RequestID.hash(id))
        while try select.next() { times.append(select.integer(0)...select.integer(0)) }
      }
    }
    var spans: [IDSpan] = []
    for range in joined(times) {
      for partition in try partitions(from: range.lowerBound, to: range.upperBound + 1) {
        spans.append(IDSpan(partition: partition, times: range))
      }
    }
    return spans
  }
}

/// The same times, each once, in their order.
private func joined(_ ranges: [ClosedRange<Int64>]) -> [ClosedRange<Int64>] {
  var result: [ClosedRange<Int64>] = []
  for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
    if let last = result.last, last.upperBound >= range.lowerBound {
      result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
    } else {
      result.append(range)
    }
  }
  return result
}
