internal import Ledger

/// What requests of a quarter of an hour used that had the same facts, outcome and status.
struct UsageCell {
  enum Limit {
    /// More of one meter, or of a time, in one request than any vendor serves: what is above counts as this, so that
    /// a quarter's sum stays a whole number of 64 bits for a million of them.
    static let countMax: Int64 = 1 << 43
  }

  struct Key: Hashable, Comparable {
    var slot: Int64
    /// The number of the facts without the agent.
    var facet: Int64
    var outcome: Int64
    /// 0 for none.
    var status: Int64

    static func < (a: Self, b: Self) -> Bool {
      (a.slot, a.facet, a.outcome, a.status) < (b.slot, b.facet, b.outcome, b.status)
    }
  }

  var key: Key
  /// Where its table says that it is.
  var place = 0
  /// A row was added to it, not only another model's tokens.
  var hasRow = false
  var requests: Int64 = 0
  var finalRequests: Int64 = 0
  var duration: Int64 = 0
  var durations: Int64 = 0
  var firstByte: Int64 = 0
  var firstBytes: Int64 = 0
  var input: Int64 = 0
  var cacheRead: Int64 = 0
  var cacheWrite5m: Int64 = 0
  var cacheWrite1h: Int64 = 0
  var cacheWrite12h: Int64 = 0
  var output: Int64 = 0
  var reasoning: Int64 = 0

  init(key: Key) { self.key = key }

  init(_ counts: TokenCounts, key: Key) {
    self.key = key
    input = Self.limited(counts[.input])
    cacheRead = Self.limited(counts[.cacheRead])
    cacheWrite5m = Self.limited(counts[.cacheWrite5m])
    cacheWrite1h = Self.limited(counts[.cacheWrite1h])
    cacheWrite12h = Self.limited(counts[.cacheWrite12h])
    output = Self.limited(counts[.output])
    reasoning = Self.limited(counts.reasoning)
  }

  @inline(__always) static func limited(_ count: Int64) -> Int64 { min(count, Limit.countMax) }

  @inline(__always) mutating func add(_ row: UnsafePointer<RequestRow>) {
    requests &+= Self.limited(row.pointee.requests)
    if row.pointee.final { finalRequests &+= Self.limited(row.pointee.requests) }
    if row.pointee.duration != RequestRow.none {
      duration &+= Self.limited(row.pointee.duration)
      durations &+= 1
    }
    if row.pointee.firstByte != RequestRow.none {
      firstByte &+= Self.limited(row.pointee.firstByte)
      firstBytes &+= 1
    }
    input &+= Self.limited(row.pointee.input)
    cacheRead &+= Self.limited(row.pointee.cacheRead)
    cacheWrite5m &+= Self.limited(row.pointee.cacheWrite5m)
    cacheWrite1h &+= Self.limited(row.pointee.cacheWrite1h)
    cacheWrite12h &+= Self.limited(row.pointee.cacheWrite12h)
    output &+= Self.limited(row.pointee.output)
    reasoning &+= Self.limited(row.pointee.reasoning)
  }
}

extension UsageCell {
  mutating func add(_ other: UsageCell) {
    requests &+= other.requests
    finalRequests &+= other.finalRequests
    duration &+= other.duration
    durations &+= other.durations
    firstByte &+= other.firstByte
    firstBytes &+= other.firstBytes
    input &+= other.input
    cacheRead &+= other.cacheRead
    cacheWrite5m &+= other.cacheWrite5m
    cacheWrite1h &+= other.cacheWrite1h
    cacheWrite12h &+= other.cacheWrite12h
    output &+= other.output
    reasoning &+= other.reasoning
  }
}

/// Visits packed cells.
func readCells(
  _ bytes: UnsafeRawBufferPointer?, _ body: (UsageCell, TokenCounts?) throws(StoreError) -> Void
) throws(StoreError) {
  guard let bytes, var packed = PackedReader(checked: bytes), packed.byte() == UsageCells.version else {
    throw UsageCells.damaged
  }
  var slot: Int64 = 0
  while !packed.isAtEnd {
    let bits: UInt16 = packed.word()
    if bits & UsageCells.movesBit != 0 { slot = slot &+ packed.integer() }
    var cell = UsageCell(
      key: .init(slot: slot, facet: packed.integer(), outcome: packed.integer(), status: packed.integer()))
    cell.requests = packed.integer()
    if bits & 1 << 0 != 0 { cell.finalRequests = packed.integer() }
    if bits & 1 << 1 != 0 { cell.duration = packed.integer() }
    if bits & 1 << 2 != 0 { cell.durations = packed.integer() }
    if bits & 1 << 3 != 0 { cell.firstByte = packed.integer() }
    if bits & 1 << 4 != 0 { cell.firstBytes = packed.integer() }
    if bits & 1 << 5 != 0 { cell.input = packed.integer() }
    if bits & 1 << 6 != 0 { cell.cacheRead = packed.integer() }
    if bits & 1 << 7 != 0 { cell.cacheWrite5m = packed.integer() }
    if bits & 1 << 8 != 0 { cell.cacheWrite1h = packed.integer() }
    if bits & 1 << 9 != 0 { cell.cacheWrite12h = packed.integer() }
    if bits & 1 << 10 != 0 { cell.output = packed.integer() }
    if bits & 1 << 11 != 0 { cell.reasoning = packed.integer() }
    let others = bits & UsageCells.othersBit == 0 ? nil : readOthers(&packed)
    guard !packed.isDamaged else { throw UsageCells.damaged }
    try body(cell, others)
  }
}

private func readOthers(_ packed: inout PackedReader) -> TokenCounts {
  var counts = TokenCounts()
  for _ in 0..<min(packed.number(), UInt64(Meter.count)) {
    let length = packed.number()
    guard let start = packed.skip(length) else { break }
    let name = String(decoding: UnsafeBufferPointer(start: start, count: Int(length)), as: UTF8.self)
    let count = packed.integer()
    // A name that a newer program gave is left out, as everywhere.
    if let meter = Meter(name: name) { counts[meter] = count }
  }
  return counts
}
