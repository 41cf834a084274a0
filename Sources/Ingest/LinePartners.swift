internal import Glibc

/// Finds the starts and ends of a batch that belong together, so that who takes the lines need not look for most of them.
///
/// It is told only of a start that comes before its end, and of ids that are there once; what it does not find is not
/// said to be alone.
struct LinePartners {
  /// 1 + a start's row; 0 for an empty place, `taken` where an id is there more than once. The size is a power of two.
  private var places: [Int32] = []
  private var rows: [Int32] = []

  private static let taken: Int32 = -1

  mutating func begin(lines: Int) {
    var size = 1024
    while size < lines * 2 { size *= 2 }
    if size == places.count {
      places.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    } else {
      places = [Int32](repeating: 0, count: size)
      rows = [Int32](repeating: 0, count: size)
    }
  }

  mutating func take(start row: Int, of batch: borrowing LineBatch) {
    let at = place(of: row, batch)
    if places[at] == 0 {
      places[at] = Int32(truncatingIfNeeded: row + 1)
      rows[at] = Int32(truncatingIfNeeded: row)
    } else {
      places[at] = Self.taken
    }
  }

  mutating func take(end row: Int, of batch: borrowing LineBatch) {
    let at = place(of: row, batch)
    guard places[at] > 0 else { return }
    let start = Int(places[at]) - 1
    batch.chunk.rows[start].partner = Int32(truncatingIfNeeded: row)
    batch.chunk.rows[row].partner = Int32(truncatingIfNeeded: start)
    places[at] = Self.taken
  }

  /// Where the row's id and attempt stand, or would.
  @inline(__always) private func place(of row: Int, _ batch: borrowing LineBatch) -> Int {
    let id = batch.chunk.rows[row].id
    let text = batch.chunk.bytes + Int(id.start)
    let count = Int(id.count)
    let attempt = batch.chunk.rows[row].attempt
    let mask = places.count - 1
    var at = Int(truncatingIfNeeded: hash(text, count, attempt)) & mask
    while places[at] != 0 {
      let other = Int(rows[at])
      let known = batch.chunk.rows[other].id
      if known.count == id.count, batch.chunk.rows[other].attempt == attempt,
        memcmp(batch.chunk.bytes + Int(known.start), text, count) == 0
      {
        return at
      }
      at = (at + 1) & mask
    }
    return at
  }

  @inline(__always) private func hash(_ text: UnsafePointer<UInt8>, _ count: Int, _ attempt: Int32)
    -> UInt64
  {
    let factor: UInt64 = 0xD6E8_FEB8_6659_FD93
    var hash = UInt64(truncatingIfNeeded: count) &* factor ^ UInt64(truncatingIfNeeded: attempt)
    var at = 0
    while at &+ 8 <= count {
      hash = (hash ^ UnsafeRawPointer(text + at).loadUnaligned(as: UInt64.self)) &* factor
      hash ^= hash >> 32
      at = at &+ 8
    }
    while at < count {
      hash = (hash ^ UInt64(text[at])) &* factor
      hash ^= hash >> 32
      at = at &+ 1
    }
    return hash
  }
}
