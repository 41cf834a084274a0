internal import Ledger

/// What one combination of a roll-up's columns adds up to. Counts are in units of 1/`weightDenominator`.
///
/// A month has millions of them: every byte counts.
struct RollupCell {
  struct Key: Equatable {
    var day: UInt16
    var product: UInt16
    /// The combination of the columns that come from a request's facts.
    var group: UInt32
    var user: UInt32
  }

  let key: Key
  /// Two bits of state, and 1 + the number of its rare counts, 0 for none.
  fileprivate var rareAndState: UInt32 = 0
  private var costLow: UInt64 = 0
  private var costHigh: Int64 = 0
  var requests: Int64 = 0
  var inputTokens: Int64 = 0
  var cacheReadTokens: Int64 = 0
  var cacheWriteTokens: Int64 = 0
  var outputTokens: Int64 = 0

  private static let priced: UInt32 = 1 << 31
  private static let unknown: UInt32 = 1 << 30
  fileprivate static let rareMask = unknown - 1

  init(key: Key) { self.key = key }

  /// In two halves, because a number of 128 bits would take its own alignment with it.
  var femtodollars: Int128 {
    get { Int128(costHigh) << 64 | Int128(costLow) }
    set {
      costLow = UInt64(truncatingIfNeeded: newValue)
      costHigh = Int64(truncatingIfNeeded: newValue >> 64)
    }
  }

  var hasPriced: Bool {
    get { rareAndState & Self.priced != 0 }
    set { if newValue { rareAndState |= Self.priced } }
  }

  var hasUnknown: Bool {
    get { rareAndState & Self.unknown != 0 }
    set { if newValue { rareAndState |= Self.unknown } }
  }

  /// Nothing in it has a price, and something in it may have cost: that is unknown, not zero.
  var isUnpriced: Bool { hasUnknown && !hasPriced }
}

/// Counts that few cells have.
struct RareCounts {
  var failedRequests: Int64 = 0
  var interruptedRequests: Int64 = 0
  var unpricedRequests: Int64 = 0
}

/// The cells by their key: open addressing, and blocks that never move, so that growing copies no cell.
final class RollupCells {
  private enum Limit {
    static let blockBits = 14
    static let block = 1 << blockBits
  }

  private(set) var count = 0
  private var blocks: [UnsafeMutablePointer<RollupCell>] = []
  private var rare: [RareCounts] = []
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

  func rareCounts(_ cell: UnsafeMutablePointer<RollupCell>) -> RareCounts {
    let number = Int(cell.pointee.rareAndState & RollupCell.rareMask)
    return number == 0 ? RareCounts() : rare[number - 1]
  }

  func addRare(_ cell: UnsafeMutablePointer<RollupCell>, _ add: (inout RareCounts) -> Void) {
    if cell.pointee.rareAndState & RollupCell.rareMask == 0 {
      rare.append(RareCounts())
      precondition(rare.count <= Int(RollupCell.rareMask), "more cells than can be numbered")
      cell.pointee.rareAndState |= UInt32(rare.count)
    }
    add(&rare[Int(cell.pointee.rareAndState & RollupCell.rareMask) - 1])
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
    if count * 4 > (mask + 1) * 3 { grow() }
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
