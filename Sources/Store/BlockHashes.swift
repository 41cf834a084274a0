/// Short hashes of what is asked for: by them the blocks are found that may have it. They stand in stores: these functions
/// are never changed.
enum TextHash {
  static func of(user: Int64) -> UInt32 { of(user, 1) }
  static func of(errorType: Int64) -> UInt32 { of(errorType, 2) }
  static func of(outcome: Int64) -> UInt32 { of(outcome, 3) }
  static func of(status: Int64) -> UInt32 { of(status, 4) }
  /// 4 for 400 to 499.
  static func of(statusHundred: Int64) -> UInt32 { of(statusHundred, 5) }
  static func of(session: UnsafeRawBufferPointer) -> UInt32 { of(session, 6) }
  static func of(session: String) -> UInt32 { of(session, 6) }
  static func of(key: String) -> UInt32 { of(key, 7) }
  static func of(model: String) -> UInt32 { of(model, 8) }

  static let statusHundred: Int64 = 100
  private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

  private static func of(_ number: Int64, _ kind: UInt64) -> UInt32 {
    let bits = (UInt64(bitPattern: number) &* 16 &+ kind) &* factor
    return UInt32(truncatingIfNeeded: (bits ^ bits >> 29) &* factor >> 32)
  }

  private static func of(_ text: String, _ kind: UInt64) -> UInt32 {
    var text = kept(text)
    return text.withUTF8 { of(UnsafeRawBufferPointer($0), kind) }
  }

  @inline(__always) private static func of(_ text: UnsafeRawBufferPointer, _ kind: UInt64) -> UInt32 {
    guard isKept(text) || mended(text) == nil else {
      // As the store keeps it.
      return (mended(text) ?? []).withUnsafeBytes { ofKept($0, kind) }
    }
    return ofKept(text, kind)
  }

  @inline(__always) private static func ofKept(_ text: UnsafeRawBufferPointer, _ kind: UInt64) -> UInt32 {
    var hash = (UInt64(truncatingIfNeeded: text.count) &* 16 &+ kind) &* factor
    guard let base = text.baseAddress else { return UInt32(truncatingIfNeeded: hash >> 32) }
    var at = 0
    while at &+ 8 <= text.count {
      hash = (hash ^ UInt64(littleEndian: (base + at).loadUnaligned(as: UInt64.self))) &* factor
      hash ^= hash >> 32
      at = at &+ 8
    }
    while at < text.count {
      hash = (hash ^ UInt64(text[at])) &* factor
      hash ^= hash >> 32
      at = at &+ 1
    }
    return UInt32(truncatingIfNeeded: hash &* factor >> 32)
  }
}

/// The hashes of a block's users, sessions, error types, outcomes, statuses, keys and models: each once.
struct BlockHashes {
  /// Four bytes each, the lowest first.
  private(set) var list: [UInt32] = []
  /// A hash, and in the upper half the block it was noted for. The size is a power of two.
  private var places = [UInt64](repeating: 0, count: 1 << 14)
  private var block: UInt64 = 1

  mutating func begin() {
    list.removeAll(keepingCapacity: true)
    block += 1
    guard block > UInt64(UInt32.max) else { return }
    places = [UInt64](repeating: 0, count: places.count)
    block = 1
  }

  @inline(__always) mutating func note(_ hash: UInt32) {
    let whole = block << 32 | UInt64(hash)
    let mask = places.count - 1
    var at = Int(hash) & mask
    while places[at] >> 32 == block {
      if places[at] == whole { return }
      at = (at + 1) & mask
    }
    places[at] = whole
    list.append(hash.littleEndian)
    if list.count * 2 > places.count { grow() }
  }

  private mutating func grow() {
    let known = list
    places = [UInt64](repeating: 0, count: places.count * 2)
    list.removeAll(keepingCapacity: true)
    for hash in known { note(UInt32(littleEndian: hash)) }
  }
}
