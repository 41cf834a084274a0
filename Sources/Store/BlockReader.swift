internal import Ledger

/// Steps through the rows of a block.
struct BlockReader {
  private let base: UnsafePointer<UInt8>
  private var packed: PackedReader
  private var left: UInt32
  private var parts = RowParts()
  private var rowStart: UnsafePointer<UInt8>
  private var rowEnd: UnsafePointer<UInt8>
  /// The row in hand: after `next`, place, facts and what else is asked for often; after `readRest`, all of it.
  private(set) var row = RequestRow()

  /// - Parameter block: must stay where it is.
  init(_ block: UnsafeRawBufferPointer?) throws(StoreError) {
    guard let block, var packed = PackedReader(checked: block), packed.byte() == RequestBlock.version else {
      throw RequestBlock.damaged
    }
    base = packed.at - 1
    _ = packed.skip(3)
    left = packed.word()
    self.packed = packed
    rowStart = base
    rowEnd = packed.at
  }

  /// What the row's spans stand in, until `copyTexts`.
  var texts: UnsafeRawPointer { UnsafeRawPointer(base) }

  mutating func next() throws(StoreError) -> Bool {
    guard left > 0 else { return false }
    left -= 1
    packed.move(to: rowEnd)
    let count: UInt32 = packed.word()
    rowStart = packed.at
    guard let start = packed.skip(UInt64(count)) else { throw RequestBlock.damaged }
    rowEnd = packed.at
    packed.move(to: start)
    parts = RowParts(rawValue: packed.word())
    row.time = row.time &+ packed.integer()
    row.segment = row.segment &+ packed.signed()
    row.line = row.line &+ packed.signed()
    row.facet = packed.integer()
    row.outcome = try Outcome(storeNumber: Int64(packed.byte()))
    row.final = parts.contains(.final)
    row.stream = parts.contains(.streamKnown) ? parts.contains(.stream) ? 1 : 0 : -1
    row.user = parts.contains(.user) ? packed.integer() : 0
    row.errorType = parts.contains(.errorType) ? packed.integer() : 0
    row.status = parts.contains(.status) ? packed.integer() : RequestRow.none
    return true
  }

  mutating func readRest() throws(StoreError) {
    row.attempt = parts.contains(.attempt) ? packed.integer() : 1
    row.duration = parts.contains(.duration) ? packed.integer() : RequestRow.none
    row.firstByte = parts.contains(.firstByte) ? packed.integer() : RequestRow.none
    row.flags = parts.contains(.flags) ? UInt32(truncatingIfNeeded: packed.number()) : 0
    row.input = packed.integer()
    row.output = packed.integer()
    row.cacheRead = parts.contains(.cacheRead) ? packed.integer() : 0
    row.cacheWrite5m = parts.contains(.cacheWrite5m) ? packed.integer() : 0
    row.cacheWrite1h = parts.contains(.cacheWrite1h) ? packed.integer() : 0
    row.cacheWrite12h = parts.contains(.cacheWrite12h) ? packed.integer() : 0
    row.reasoning = parts.contains(.reasoning) ? packed.integer() : 0
    row.id = parts.contains(.uuid) ? span(UInt64(RequestID.uuidBytes)) : span(packed.number())
    row.session = text(.session)
    row.ip = text(.ip)
    row.responseID = text(.responseID)
    row.vendorRequestID = text(.vendorRequestID)
    row.meteredID = text(.meteredID)
    row.otherMeters = text(.otherMeters)
    row.otherModels = text(.otherModels)
    row.unknownFields = text(.unknownFields)
    row.stated = text(.stated)
    guard !packed.isDamaged, packed.at == rowEnd else { throw RequestBlock.damaged }
  }

  /// The row with its texts in a batch.
  func append(to batch: inout RequestBatch) {
    let shift = UInt32(truncatingIfNeeded: batch.texts.count) &- UInt32(truncatingIfNeeded: rowStart - base)
    batch.texts.append(contentsOf: UnsafeBufferPointer(start: rowStart, count: rowEnd - rowStart))
    var row = row
    row.move(by: shift)
    batch.rows.append(row)
  }

  @inline(__always) private mutating func text(_ part: RowParts) -> TextSpan {
    parts.contains(part) ? span(packed.number()) : .none
  }

  @inline(__always) private mutating func span(_ count: UInt64) -> TextSpan {
    guard let start = packed.skip(count) else { return .none }
    return TextSpan(offset: UInt32(truncatingIfNeeded: start - base), count: Int32(truncatingIfNeeded: count))
  }
}
