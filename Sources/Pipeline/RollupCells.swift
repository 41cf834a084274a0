internal import Ledger

/// What one combination of a roll-up's columns adds up to. Counts are in units of 1/`weightDenominator`.
struct RollupCell {
  struct Key: Hashable {
    var day: UInt32
    var product: UInt32
    /// The combination of the columns that come from a request's facts.
    var group: UInt32
    var user: UInt32
  }

  var key: Key
  var femtodollars: Int128 = 0
  var requests: Int64 = 0
  var failedRequests: Int64 = 0
  var interruptedRequests: Int64 = 0
  var unpricedRequests: Int64 = 0
  var inputTokens: Int64 = 0
  var cacheReadTokens: Int64 = 0
  var cacheWriteTokens: Int64 = 0
  var outputTokens: Int64 = 0
  var hasPriced = false
  var hasUnknown = false

  init(key: Key) { self.key = key }

  /// Nothing in it has a price, and something in it may have cost: that is unknown, not zero.
  var isUnpriced: Bool { hasUnknown && !hasPriced }
}

/// The cells by their key: open addressing, and blocks that never move, so that growing copies no cell.
final class RollupCells {
  private enum Limit {
    static let blockBits = 14
    static let block = 1 << blockBits
  }

  private(set) var count = 0
  private var blocks: [UnsafeMutablePointer<RollupCell>] = []
  /// 1 + a cell's number; 0 for an empty place.
  private var slots: UnsafeMutablePointer<UInt32>
  private var mask: Int

  init() {
    mask = (1 << 12) - 1
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: 0, count: mask + 1)
  }

  deinit {
    slots.deallocate()
    for block in blocks { block.deallocate() }
  }

  func cell(_ number: Int) -> UnsafeMutablePointer<RollupCell> {
    blocks[number >> Limit.blockBits] + (number & (Limit.block - 1))
  }

  /// The cell of that key, made where there is none.
  func find(_ key: RollupCell.Key) -> UnsafeMutablePointer<RollupCell> {
    var slot = place(key)
    while slots[slot] != 0 {
      let found = cell(Int(slots[slot]) - 1)
      if found.pointee.key == key { return found }
      slot = (slot + 1) & mask
    }
    if count & (Limit.block - 1) == 0 { blocks.append(.allocate(capacity: Limit.block)) }
    let made = cell(count)
    made.initialize(to: RollupCell(key: key))
    count += 1
    slots[slot] = UInt32(count)
    if count * 3 > (mask + 1) * 2 { grow() }
    return made
  }

  private func grow() {
    slots.deallocate()
    mask = 2 * (mask + 1) - 1
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: 0, count: mask + 1)
    for number in 0..<count {
      var slot = place(cell(number).pointee.key)
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(number + 1)
    }
  }

  @inline(__always) private func place(_ key: RollupCell.Key) -> Int {
    var hash = (UInt64(key.day) << 32 | UInt64(key.product)) &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 29
    hash = (hash ^ (UInt64(key.group) << 32 | UInt64(key.user))) &* 0xD6E8_FEB8_6659_FD93
    hash ^= hash >> 32
    return Int(truncatingIfNeeded: hash) & mask
  }
}

/// Texts by number, and the numbers by the texts' bytes.
struct TextNumbers {
  private(set) var texts: [String] = []
  private var hashes: [UInt64] = []
  private var slots: [UInt32] = Array(repeating: 0, count: 1024)

  /// The text's number, from 0; a new one where it has none.
  mutating func number(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash ^= hash >> 32
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if hashes[number] == hash, texts[number].utf8.elementsEqual(bytes) { return number }
      slot = (slot + 1) & mask
    }
    texts.append(String(decoding: bytes, as: UTF8.self))
    hashes.append(hash)
    slots[slot] = UInt32(texts.count)
    if texts.count * 2 > slots.count { grow() }
    return texts.count - 1
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: 2 * slots.count)
    let mask = slots.count - 1
    for (number, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(number + 1)
    }
  }
}
