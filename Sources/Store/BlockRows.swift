/// Where blocks of request rows lie, by time.
extension Store {
  /// The packed rows of a month's blocks that have rows in a range of time, and these hashes.
  func blocks(
    of partition: Partition, _ range: Range<Int64>, holding hashes: [UInt32] = []
  ) throws(StoreError) -> any Statement {
    let condition = hashes.map { _ in " AND " + database.holdsBytes("hashes") }.joined()
    let select = try database.reader(
      """
      SELECT data FROM \(partition.blocks) WHERE first_time >= ? AND first_time < ? AND last_time >= ?\(condition)
      ORDER BY first_time
      """, rowsAtATime: StoreLimit.blocksAtATime)
    select.bind(Self.firstOfBlocks(with: range.lowerBound)).bind(range.upperBound).bind(range.lowerBound)
    for hash in hashes { withUnsafeBytes(of: hash.littleEndian) { _ = select.bind(bytes: $0) } }
    return select
  }

  /// The first time that a block with a row of this time can have.
  static func firstOfBlocks(with time: Int64) -> Int64 {
    let (first, isBelow) = time.subtractingReportingOverflow(RequestBlock.Limit.microseconds)
    return isBelow ? .min : first
  }

  /// The first time in a range at which there may be a row; nil where there is none behind it.
  func firstTime(in range: Range<Int64>, ended: Bool, open: Bool) throws(StoreError) -> Int64? {
    var first: Int64?
    for partition in ended ? try partitions(from: range.lowerBound, to: range.upperBound) : []
    where first == nil {
      let select = try statement(
        """
        SELECT first_time FROM \(partition.blocks) WHERE first_time >= ? AND first_time < ? AND last_time >= ?
        ORDER BY first_time LIMIT 1
        """)
      select.bind(Self.firstOfBlocks(with: range.lowerBound)).bind(range.upperBound).bind(range.lowerBound)
      if try select.next() { first = max(range.lowerBound, select.integer(0)) }
      select.reset()
    }
    guard open else { return first }
    let select = try statement("SELECT min(time) FROM open_requests WHERE time >= ? AND time < ?")
    select.bind(range.lowerBound).bind(range.upperBound)
    if try select.next(), let time = select.optionalInteger(0) { first = min(first ?? time, time) }
    select.reset()
    return first
  }

  /// The last time in a range at which there may be a row; nil where there is none before it.
  func lastTime(in range: Range<Int64>, ended: Bool, open: Bool) throws(StoreError) -> Int64? {
    var last: Int64?
    for partition in ended ? try partitions(from: range.lowerBound, to: range.upperBound).reversed() : []
    where last == nil {
      // The block that begins last is hardly longer than a block may be before the one that ends last.
      let begins = try statement(
        "SELECT max(first_time) FROM \(partition.blocks) WHERE first_time < ? AND last_time >= ?")
      begins.bind(range.upperBound).bind(range.lowerBound)
      guard try begins.next(), let begin = begins.optionalInteger(0) else {
        begins.reset()
        continue
      }
      begins.reset()
      let ends = try statement(
        "SELECT max(last_time) FROM \(partition.blocks) WHERE first_time >= ? AND first_time < ?")
      ends.bind(Self.firstOfBlocks(with: begin)).bind(range.upperBound)
      if try ends.next() { last = min(range.upperBound - 1, ends.integer(0)) }
      ends.reset()
    }
    guard open else { return last }
    let select = try statement("SELECT max(time) FROM open_requests WHERE time >= ? AND time < ?")
    select.bind(range.lowerBound).bind(range.upperBound)
    if try select.next(), let time = select.optionalInteger(0) { last = max(last ?? time, time) }
    select.reset()
    return last
  }

  /// Counts a month's rows in a range of time.
  func count(_ partition: Partition, _ range: Range<Int64>) throws(StoreError) -> (rows: Int64, final: Int64)
  {
    let whole = try statement(
      """
      SELECT coalesce(sum(requests), 0), coalesce(sum(final_requests), 0) FROM \(partition.blocks)
      WHERE first_time >= ? AND last_time < ?
      """)
    guard try whole.bind(range.lowerBound).bind(range.upperBound).next() else {
      throw StoreError("a count has no row")
    }
    var result = (rows: whole.integer(0), final: whole.integer(1))
    whole.reset()
    // Of those that lie over an end of the range, some of their rows.
    let parts = try database.reader(
      """
      SELECT data FROM \(partition.blocks) WHERE first_time >= ? AND first_time < ? AND last_time >= ?
        AND (first_time < ? OR last_time >= ?)
      """, rowsAtATime: StoreLimit.blocksAtATime)
    parts.bind(Self.firstOfBlocks(with: range.lowerBound)).bind(range.upperBound).bind(range.lowerBound)
      .bind(range.lowerBound).bind(range.upperBound)
    while try parts.next() {
      var block = try BlockReader(parts.bytesInPlace(0))
      while try block.next() {
        guard range.contains(block.row.time) else { continue }
        result.rows += 1
        if block.row.final { result.final += 1 }
      }
    }
    return result
  }

  /// All that is read inside is of one moment, whatever others write.
  func reading<R>(_ body: () throws(StoreError) -> R) throws(StoreError) -> R {
    try writeWaitingRows()
    if isInTransaction || readings > 0 { return try body() }
    try database.beginReading()
    readings += 1
    defer { readings -= 1 }
    let result: R
    do {
      result = try body()
    } catch {
      let reason = error
      do { try database.endReading() } catch {
        // What went wrong first is what must be told.
      }
      throw reason
    }
    try database.endReading()
    return result
  }
}
