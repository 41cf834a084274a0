internal import Ledger

/// Request rows packed one behind the other, in the order of time: what one database row holds.
///
/// A block begins with the format's version, three zeros and how many rows there are in 32 bits, and ends with a check value.
/// A row is its length in 32 bits, a word that says what it has (`RowParts`), time, segment and line as what they are more
/// than those of the row before, and the rest in the order in which `BlockWriter.add` puts it. Blocks are only added, never
/// changed, and a released version can be read for ever.
enum RequestBlock {
  enum Limit {
    static let rows = 4096
    /// A block is full with so many bytes; the row that fills it may be as long as a row may be.
    static let bytes = 1 << 20
    /// From the first row's time to the last one's, so that a clock that is wrong makes no block that stands in the way
    /// of a whole month.
    static let microseconds: Int64 = 6 * 3_600_000_000
  }

  static let version: UInt8 = 1
  static let countPlace = 4
  static let damaged = StoreError("a block of request rows cannot be read: the store is damaged")
}

/// What a packed row has. The bits stand in stores: they are never changed, only added to.
struct RowParts: OptionSet {
  var rawValue: UInt32

  static let final = RowParts(rawValue: 1 << 0)
  static let streamKnown = RowParts(rawValue: 1 << 1)
  static let stream = RowParts(rawValue: 1 << 2)
  static let user = RowParts(rawValue: 1 << 3)
  static let errorType = RowParts(rawValue: 1 << 4)
  static let status = RowParts(rawValue: 1 << 5)
  /// Not the first.
  static let attempt = RowParts(rawValue: 1 << 6)
  /// The id is a UUID's 16 bytes.
  static let uuid = RowParts(rawValue: 1 << 7)
  static let session = RowParts(rawValue: 1 << 8)
  static let ip = RowParts(rawValue: 1 << 9)
  static let responseID = RowParts(rawValue: 1 << 10)
  static let vendorRequestID = RowParts(rawValue: 1 << 11)
  static let meteredID = RowParts(rawValue: 1 << 12)
  static let duration = RowParts(rawValue: 1 << 13)
  static let firstByte = RowParts(rawValue: 1 << 14)
  static let flags = RowParts(rawValue: 1 << 15)
  static let cacheRead = RowParts(rawValue: 1 << 16)
  static let cacheWrite5m = RowParts(rawValue: 1 << 17)
  static let cacheWrite1h = RowParts(rawValue: 1 << 18)
  static let cacheWrite12h = RowParts(rawValue: 1 << 19)
  static let reasoning = RowParts(rawValue: 1 << 20)
  static let otherMeters = RowParts(rawValue: 1 << 21)
  static let otherModels = RowParts(rawValue: 1 << 22)
  static let unknownFields = RowParts(rawValue: 1 << 23)
  static let stated = RowParts(rawValue: 1 << 24)
}

/// Packs rows into a block, in the order of time.
struct BlockWriter: ~Copyable {
  private var packed = PackedBytes(capacity: 1 << 18)
  private var segment: Int64 = 0
  private var line: Int64 = 0
  private(set) var firstTime: Int64 = 0
  private(set) var lastTime: Int64 = 0
  private(set) var rows = 0
  private(set) var finalRows = 0

  /// Numbers of a row, and the lengths of its texts: more than they can take.
  private static let numbersBytesMax = 8 + 36 * PackedBytes.numberBytesMax

  var bytes: UnsafeRawBufferPointer { packed.bytes }

  mutating func begin(at time: Int64) {
    packed.removeAll()
    packed.put(byte: RequestBlock.version)
    for _ in 0..<3 { packed.put(byte: 0) }
    packed.put(word: UInt32(0))
    // The first row says all of its time, segment and line.
    (segment, line, lastTime) = (0, 0, 0)
    (rows, finalRows) = (0, 0)
    firstTime = time
  }

  /// Whether a row of that time, which is not before the last one, may stand in this block.
  func takes(_ time: Int64) -> Bool {
    packed.count < RequestBlock.Limit.bytes
      && UInt64(bitPattern: time &- firstTime) <= UInt64(RequestBlock.Limit.microseconds)
  }

  /// - Parameter texts: what the row's spans stand in.
  mutating func add(_ row: UnsafePointer<RequestRow>, _ texts: UnsafeRawPointer) {
    let parts = parts(row)
    packed.reserve(Self.numbersBytesMax)
    let start = packed.count
    packed.put(word: UInt32(0))
    packed.put(word: parts.rawValue)
    packed.put(row.pointee.time &- lastTime)
    packed.put(signed: row.pointee.segment &- segment)
    packed.put(signed: row.pointee.line &- line)
    packed.put(row.pointee.facet)
    packed.put(byte: UInt8(truncatingIfNeeded: row.pointee.outcome.storeNumber))
    if parts.contains(.user) { packed.put(row.pointee.user) }
    if parts.contains(.errorType) { packed.put(row.pointee.errorType) }
    if parts.contains(.status) { packed.put(row.pointee.status) }
    // What is asked for seldom stands behind.
    if parts.contains(.attempt) { packed.put(row.pointee.attempt) }
    if parts.contains(.duration) { packed.put(row.pointee.duration) }
    if parts.contains(.firstByte) { packed.put(row.pointee.firstByte) }
    if parts.contains(.flags) { packed.put(UInt64(row.pointee.flags)) }
    packed.put(row.pointee.input)
    packed.put(row.pointee.output)
    if parts.contains(.cacheRead) { packed.put(row.pointee.cacheRead) }
    if parts.contains(.cacheWrite5m) { packed.put(row.pointee.cacheWrite5m) }
    if parts.contains(.cacheWrite1h) { packed.put(row.pointee.cacheWrite1h) }
    if parts.contains(.cacheWrite12h) { packed.put(row.pointee.cacheWrite12h) }
    if parts.contains(.reasoning) { packed.put(row.pointee.reasoning) }
    if parts.contains(.uuid) {
      packed.put(bytes: UnsafeRawBufferPointer(start: texts + Int(row.pointee.id.offset), count: 16))
    } else {
      put(bytes: row.pointee.id, texts)
    }
    put(row.pointee.session, texts)
    put(row.pointee.ip, texts)
    put(row.pointee.responseID, texts)
    put(row.pointee.vendorRequestID, texts)
    put(row.pointee.meteredID, texts)
    if !parts.isDisjoint(with: [.otherMeters, .otherModels, .unknownFields, .stated]) {
      put(row.pointee.otherMeters, texts)
      put(row.pointee.otherModels, texts)
      put(row.pointee.unknownFields, texts)
      put(row.pointee.stated, texts)
    }
    packed.put(word: UInt32(truncatingIfNeeded: packed.count &- start &- 4), at: start)
    lastTime = row.pointee.time
    segment = row.pointee.segment
    line = row.pointee.line
    rows = rows &+ 1
    if row.pointee.final { finalRows = finalRows &+ 1 }
  }

  mutating func finish() {
    packed.put(word: UInt32(truncatingIfNeeded: rows), at: RequestBlock.countPlace)
    packed.putCheck()
  }

  @inline(__always) private func parts(_ row: UnsafePointer<RequestRow>) -> RowParts {
    var bits: UInt32 = 0
    func set(_ part: RowParts, _ holds: Bool) { bits |= holds ? part.rawValue : 0 }
    let none = RequestRow.none
    set(.final, row.pointee.final)
    set(.streamKnown, row.pointee.stream >= 0)
    set(.stream, row.pointee.stream > 0)
    set(.user, row.pointee.user != 0)
    set(.errorType, row.pointee.errorType != 0)
    set(.status, row.pointee.status != none)
    set(.attempt, row.pointee.attempt != 1)
    set(.uuid, row.pointee.id.count == Int32(RequestID.uuidBytes))
    set(.session, row.pointee.session.count >= 0)
    set(.ip, row.pointee.ip.count >= 0)
    set(.responseID, row.pointee.responseID.count >= 0)
    set(.vendorRequestID, row.pointee.vendorRequestID.count >= 0)
    set(.meteredID, row.pointee.meteredID.count >= 0)
    set(.duration, row.pointee.duration != none)
    set(.firstByte, row.pointee.firstByte != none)
    set(.flags, row.pointee.flags != 0)
    set(.cacheRead, row.pointee.cacheRead != 0)
    set(.cacheWrite5m, row.pointee.cacheWrite5m != 0)
    set(.cacheWrite1h, row.pointee.cacheWrite1h != 0)
    set(.cacheWrite12h, row.pointee.cacheWrite12h != 0)
    set(.reasoning, row.pointee.reasoning != 0)
    set(.otherMeters, row.pointee.otherMeters.count >= 0)
    set(.otherModels, row.pointee.otherModels.count >= 0)
    set(.unknownFields, row.pointee.unknownFields.count >= 0)
    set(.stated, row.pointee.stated.count >= 0)
    return RowParts(rawValue: bits)
  }

  /// A text as a store keeps it; nothing where there is none.
  @inline(__always) private mutating func put(_ span: TextSpan, _ texts: UnsafeRawPointer) {
    guard span.count >= 0 else { return }
    let text = UnsafeRawBufferPointer(start: texts + Int(span.offset), count: Int(span.count))
    if isKept(text) { put(bytes: span, texts) } else { put(mending: text) }
  }

  @inline(never) private mutating func put(mending text: UnsafeRawBufferPointer) {
    guard let mended = mended(text) else { return put(bytes: text) }
    mended.withUnsafeBytes { put(bytes: $0) }
  }

  @inline(__always) private mutating func put(bytes span: TextSpan, _ texts: UnsafeRawPointer) {
    put(bytes: UnsafeRawBufferPointer(start: texts + Int(span.offset), count: Int(span.count)))
  }

  @inline(__always) private mutating func put(bytes: UnsafeRawBufferPointer) {
    packed.reserve(bytes.count + Self.numbersBytesMax)
    packed.put(UInt64(truncatingIfNeeded: bytes.count))
    packed.put(bytes: bytes)
  }
}
