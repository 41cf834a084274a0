internal import Ledger

/// A walk over request rows in the order of time, or against it. Of one part of the time after the other, the rows that
/// fit are taken out of all blocks that may have them, and with them the requests that have not ended; a part is as long
/// as what it has fits into memory.
final class RequestVisit {
  typealias Body = (Usage, Store.RequestPlace) throws(StoreError) -> Bool

  enum Limit {
    /// Rows in memory at a time, unless more are of one microsecond, and the bytes of their texts.
    static let rows = 8192
    static let textBytes = 16 << 20
    /// The first part; each may be twice as long as the one before it.
    static let partMicroseconds: Int64 = 3_600_000_000
  }

  private let store: Store
  private let filter: Store.RequestFilter
  private var match: RequestMatch
  private var rest: Range<Int64>
  private var batch = RequestBatch()
  private var goesOn = true
  private var hasOpen: Bool
  private let hasEnded: Bool

  /// - Parameters:
  ///   - ended: requests whose end was read.
  ///   - open: those that have not ended.
  init(
    _ filter: Store.RequestFilter, _ store: Store, ended: Bool = true, open: Bool = true
  ) throws(StoreError) {
    self.store = store
    self.filter = filter
    hasEnded = ended
    hasOpen = open
    match = try RequestMatch(filter, store)
    var begin = filter.begin ?? .min
    var end = filter.end ?? .max
    if let after = filter.after {
      if filter.newestFirst { end = min(end, after.time + 1) } else { begin = max(begin, after.time) }
    }
    rest = begin..<max(begin, end)
  }

  func run(_ body: Body) throws(StoreError) {
    guard !match.isImpossible else { return }
    try store.reading { () throws(StoreError) in try visitAll(body) }
  }

  /// Visits every attempt that has this id: the request's own, or else the vendor's or the answer's.
  func run(id: String, _ body: Body) throws(StoreError) {
    guard !match.isImpossible else { return }
    try store.reading { () throws(StoreError) in
      let bytes = RequestID.bytes(id)
      match.id = bytes
      var isFound = false
      for span in try store.spans(of: [bytes]) where goesOn {
        isFound = try visit(ended: span.clamped(to: rest), body) || isFound
      }
      isFound = try visitOpen(body) || isFound
      guard !isFound else { return }
      match.id = nil
      match.vendorID = Array(kept(id).utf8)
      hasOpen = false
      guard let spans = try store.vendorIDSpans(of: kept(id)) else { return try visitAll(body) }
      for span in spans where goesOn { _ = try visit(ended: span.clamped(to: rest), body) }
    }
  }

  // MARK: - Parts

  private func visitAll(_ body: Body) throws(StoreError) {
    var length = Limit.partMicroseconds
    while goesOn, let part = try nextPart(length) {
      batch.removeAll()
      guard try gather(part) else {
        length = max(1, length / 2)
        continue
      }
      if batch.rows.count < Limit.rows / 2, length < .max / 2 { length *= 2 }
      rest =
        filter.newestFirst ? rest.lowerBound..<part.lowerBound : part.upperBound..<rest.upperBound
      _ = try handOut(body)
    }
  }

  /// The next part of the time that begins with rows, of at most this length.
  private func nextPart(_ length: Int64) throws(StoreError) -> Range<Int64>? {
    guard !rest.isEmpty else { return nil }
    if filter.newestFirst {
      guard let last = try store.lastTime(in: rest, ended: hasEnded, open: hasOpen) else { return nil }
      let upper = last == .max ? last : last + 1
      let (lower, isBelow) = upper.subtractingReportingOverflow(length)
      return max(rest.lowerBound, isBelow ? .min : lower)..<upper
    }
    guard let first = try store.firstTime(in: rest, ended: hasEnded, open: hasOpen) else { return nil }
    let (upper, isAbove) = first.addingReportingOverflow(length)
    return first..<min(rest.upperBound, isAbove ? .max : upper)
  }

  /// - Returns: whether there was a row.
  private func visit(ended range: Range<Int64>, _ body: Body) throws(StoreError) -> Bool {
    guard !range.isEmpty else { return false }
    batch.removeAll()
    _ = try gatherEnded(range, rowsMax: .max)
    return try handOut(body)
  }

  private func visitOpen(_ body: Body) throws(StoreError) -> Bool {
    guard goesOn else { return false }
    batch.removeAll()
    _ = try gatherOpen(rest, rowsMax: .max)
    return try handOut(body)
  }

  /// - Returns: whether there was a row.
  private func handOut(_ body: Body) throws(StoreError) -> Bool {
    var order = Array(batch.rows.indices)
    let rows = batch.rows
    order.sort { rows[$0].place < rows[$1].place }
    if filter.newestFirst { order.reverse() }
    for index in order where goesOn {
      goesOn = try body(try store.usage(rows[index], of: batch), rows[index].place)
    }
    return !rows.isEmpty
  }

  // MARK: - Rows

  /// The rows of a part that fit.
  /// - Returns: false where they are too many.
  private func gather(_ part: Range<Int64>) throws(StoreError) -> Bool {
    let rowsMax = part.upperBound &- part.lowerBound == 1 ? Int.max : Limit.rows
    if hasEnded, try !gatherEnded(part, rowsMax: rowsMax) { return false }
    return hasOpen ? try gatherOpen(part, rowsMax: rowsMax) : true
  }

  private func gatherEnded(_ part: Range<Int64>, rowsMax: Int) throws(StoreError) -> Bool {
    for partition in try store.partitions(from: part.lowerBound, to: part.upperBound) {
      let blocks = try store.blocks(of: partition, part, holding: match.hashes)
      while try blocks.next() {
        var block = try BlockReader(blocks.bytesInPlace(0))
        while try block.next(), block.row.time < part.upperBound {
          guard block.row.time >= part.lowerBound, isWanted(block.row.place),
            try match.matchesBeginning(block.row, store)
          else { continue }
          try block.readRest()
          guard match.matchesRest(block.row, block.texts) else { continue }
          block.append(to: &batch)
          if isFull(rowsMax) { return false }
        }
      }
    }
    return true
  }

  private func gatherOpen(_ part: Range<Int64>, rowsMax: Int) throws(StoreError) -> Bool {
    let select = try store.database.reader(
      "SELECT \(Partition.columns.joined(separator: ", ")) FROM open_requests WHERE time >= ? AND time < ?")
    select.bind(part.lowerBound).bind(part.upperBound)
    while try select.next() {
      let texts = batch.texts.count
      let row = try batch.read(select)
      if isWanted(row.place), try match.matchesBeginning(row, store), isMatch(row) {
        batch.rows.append(row)
      } else {
        batch.texts.removeSubrange(texts...)
      }
      if isFull(rowsMax) { return false }
    }
    return true
  }

  private func isMatch(_ row: RequestRow) -> Bool {
    batch.texts.withUnsafeBytes { texts in texts.baseAddress.map { match.matchesRest(row, $0) } ?? true }
  }

  private func isFull(_ rowsMax: Int) -> Bool {
    batch.rows.count > rowsMax || batch.texts.count > Limit.textBytes && rowsMax < .max
  }

  /// Whether it is behind the row from which the caller goes on.
  private func isWanted(_ place: Store.RequestPlace) -> Bool {
    guard let after = filter.after else { return true }
    return filter.newestFirst ? place < after : after < place
  }
}
