internal import Ledger

/// A walk over request rows in the order of time, or against it: month by month, and with them the requests that have
/// not ended. Where a filter asks for little, the totals and hashes of each quarter of an hour say where to read.
final class RequestVisit {
  typealias Body = (Usage, Store.RequestPlace) throws(StoreError) -> Bool

  enum Limit {
    /// Quarters of an hour looked up at a time: a day of them, so that the newest rows are found soon.
    static let slotsPerLook: Int64 = 96
  }

  private let store: Store
  private let filter: Store.RequestFilter
  private var match: RequestMatch
  private var open: (any Statement)?
  private let begin: Int64
  private let end: Int64
  private var goesOn = true

  init(_ filter: Store.RequestFilter, _ store: Store) throws(StoreError) {
    self.store = store
    self.filter = filter
    match = try RequestMatch(filter, store)
    var begin = filter.begin ?? .min
    var end = filter.end ?? .max
    if let after = filter.after {
      if filter.newestFirst { end = min(end, after.time + 1) } else { begin = max(begin, after.time) }
    }
    self.begin = begin
    self.end = end
  }

  func run(_ body: Body) throws(StoreError) {
    guard !match.isImpossible, begin < end else { return }
    try startOpen()
    var partitions = try store.partitions(from: begin, to: end)
    if filter.newestFirst { partitions.reverse() }
    for partition in partitions where goesOn {
      let select = try store.database.reader(sql(partition.requests))
      try forEachRange(of: partition) { range throws(StoreError) in
        try read(range, select, body)
        return goesOn
      }
    }
    while goesOn, let open, try visit(open, body) {}
  }

  /// Visits only the requests that have not ended.
  func runOpen(_ body: Body) throws(StoreError) {
    guard !match.isImpossible, begin < end else { return }
    try startOpen()
    while goesOn, let open, try visit(open, body) {}
  }

  /// Visits every attempt that has this id: the request's own, or else the vendor's or the answer's.
  func run(id: String, _ body: Body) throws(StoreError) {
    var isFound = false
    func found(_ usage: Usage, _ place: Store.RequestPlace) throws(StoreError) -> Bool {
      isFound = true
      return try body(usage, place)
    }
    let bytes = RequestID.bytes(id)
    for span in try store.spans(of: [bytes]) where goesOn {
      let select = try store.database.reader(
        sql(span.partition.requests, and: " AND id = ?", isOrdered: true))
      let times = span.times.clamped(to: begin...max(begin, end - 1))
      bind(select, times.lowerBound..<times.upperBound + 1)
      select.bind(bytes: bytes)
      try all(select, found)
    }
    let open = try store.database.reader(sql("open_requests", and: " AND id = ?", isOrdered: true))
    bind(open, begin..<end)
    open.bind(bytes: bytes)
    try all(open, found)
    guard !isFound else { return }
    for partition in try store.partitions(from: begin, to: end) where goesOn {
      // Each by itself, so that it can use its look-up where there is one.
      for column in ["response_id", "vendor_request_id"] where goesOn {
        let select = try store.database.reader(
          sql(partition.requests, and: " AND \(column) = ?", isOrdered: true))
        bind(select, begin..<end)
        select.bind(id)
        try all(select) { usage, place throws(StoreError) in
          // A row that has the id as both is visited once.
          if column == "vendor_request_id", usage.responseID == id { return true }
          return try body(usage, place)
        }
      }
    }
  }

  private func all(_ select: any Statement, _ body: Body) throws(StoreError) {
    while goesOn, try select.next() {
      if try match.matches(select, store) { goesOn = try body(try store.usage(select), place(select)) }
    }
  }

  // MARK: - Rows

  private func read(_ range: Range<Int64>, _ select: any Statement, _ body: Body) throws(StoreError) {
    select.reset()
    bind(select, range)
    bindAfter(select)
    while goesOn, try select.next() {
      while let open, comes(place(open), before: place(select)), goesOn { _ = try visit(open, body) }
      if goesOn, try match.matches(select, store) {
        goesOn = try body(try store.usage(select), place(select))
      }
    }
    select.reset()
  }

  private func startOpen() throws(StoreError) {
    let select = try store.database.reader(sql("open_requests"))
    bind(select, begin..<end)
    bindAfter(select)
    if try select.next() { open = select }
  }

  /// Visits the row of a request that has not ended, and steps to the next.
  /// - Returns: false where there is none.
  private func visit(_ row: any Statement, _ body: Body) throws(StoreError) -> Bool {
    if try match.matches(row, store) { goesOn = try body(try store.usage(row), place(row)) }
    if try !row.next() { open = nil }
    return open != nil
  }

  private func comes(_ a: Store.RequestPlace, before b: Store.RequestPlace) -> Bool {
    filter.newestFirst ? b < a : a < b
  }

  private func place(_ row: any Statement) -> Store.RequestPlace {
    Store.RequestPlace(time: row.integer(0), segment: row.integer(1), line: row.integer(2))
  }

  private func sql(_ table: String, and condition: String = "", isOrdered: Bool = false) -> String {
    let order = filter.newestFirst ? " DESC" : ""
    let after =
      filter.after == nil || isOrdered
      ? "" : " AND (time, segment, line) \(filter.newestFirst ? "<" : ">") (?, ?, ?)"
    return """
      SELECT \(Partition.columns.joined(separator: ", ")) FROM \(table) WHERE time >= ? AND time < ?\(match.sql)\
      \(condition)\(after) ORDER BY time\(order), segment\(order), line\(order)
      """
  }

  private func bind(_ select: any Statement, _ range: Range<Int64>) {
    select.bind(range.lowerBound).bind(range.upperBound)
    for number in match.numbers { select.bind(number) }
    for text in match.texts { select.bind(text) }
  }

  private func bindAfter(_ select: any Statement) {
    guard let after = filter.after else { return }
    select.bind(after.time).bind(after.segment).bind(after.line)
  }

  // MARK: - Where to read

  /// The times of a month in which there may be rows, in the order asked for.
  private func forEachRange(
    of partition: Partition, _ body: (Range<Int64>) throws(StoreError) -> Bool
  ) throws(StoreError) {
    let whole = partition.times.clamped(to: begin..<end)
    guard match.asksTotals || !match.hashes.isEmpty else {
      _ = try body(whole)
      return
    }
    guard let slots = try slots(of: partition, whole) else { return }
    var looked = slots
    while !looked.isEmpty {
      let part: Range<Int64>
      if filter.newestFirst {
        part = max(looked.lowerBound, looked.upperBound - Limit.slotsPerLook)..<looked.upperBound
        looked = looked.lowerBound..<part.lowerBound
      } else {
        part = looked.lowerBound..<min(looked.upperBound, looked.lowerBound + Limit.slotsPerLook)
        looked = part.upperBound..<looked.upperBound
      }
      for range in try candidates(part, partition) {
        let times = range.clamped(to: whole)
        if times.isEmpty { continue }
        guard try body(times) else { return }
      }
    }
  }

  /// The quarters of an hour in which a month has any rows.
  private func slots(of partition: Partition, _ times: Range<Int64>) throws(StoreError) -> Range<Int64>? {
    let select = try store.database.reader(
      "SELECT min(time), max(time) FROM \(partition.requests) WHERE time >= ? AND time < ?")
    select.bind(times.lowerBound).bind(times.upperBound)
    guard try select.next(), let first = select.optionalInteger(0), let last = select.optionalInteger(1)
    else { return nil }
    return timeSlot(of: first)..<timeSlot(of: last) + 1
  }

  /// The times of those of these quarters that may have rows, joined where they follow each other.
  private func candidates(_ slots: Range<Int64>, _ partition: Partition) throws(StoreError) -> [Range<Int64>]
  {
    var wanted: Set<Int64>?
    if match.asksTotals { wanted = try slotsByTotals(slots) }
    for hash in match.hashes {
      if wanted?.isEmpty == true { return [] }
      let found = try slotsWith(hash, slots, partition)
      wanted = wanted.map { $0.intersection(found) } ?? found
    }
    var ranges: [Range<Int64>] = []
    for slot in (wanted ?? []).sorted() {
      let range = slot * slotMicroseconds..<(slot + 1) * slotMicroseconds
      if let last = ranges.last, last.upperBound == range.lowerBound {
        ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
      } else {
        ranges.append(range)
      }
    }
    return filter.newestFirst ? ranges.reversed() : ranges
  }

  private func slotsByTotals(_ slots: Range<Int64>) throws(StoreError) -> Set<Int64> {
    let select = try store.database.reader(
      "SELECT slot, facet, outcome, status FROM usage_slots WHERE slot >= ? AND slot < ?")
    select.bind(slots.lowerBound).bind(slots.upperBound)
    var found: Set<Int64> = []
    while try select.next() {
      if let outcome = filter.outcome, select.integer(2) != outcome.storeNumber { continue }
      if let status = filter.status, !status.contains(Int(select.integer(3))) { continue }
      if try match.matches(facet: select.integer(1), store) { found.insert(select.integer(0)) }
    }
    return found
  }

  private func slotsWith(
    _ hash: UInt32, _ slots: Range<Int64>, _ partition: Partition
  ) throws(StoreError) -> Set<Int64> {
    let select = try store.database.reader(
      "SELECT slot, hashes FROM \(partition.hashes) WHERE slot >= ? AND slot < ?")
    select.bind(slots.lowerBound).bind(slots.upperBound)
    var found: Set<Int64> = []
    while try select.next() {
      let slot = select.integer(0)
      if !found.contains(slot), TextHash.isIn(select.bytes(1), hash) { found.insert(slot) }
    }
    return found
  }
}
