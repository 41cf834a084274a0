internal import Ledger

/// Adds rows up into cells, in the order of time, and packs these.
///
/// Packed cells begin with the format's version and end with a check value. A cell is a word that says what it has, what its
/// quarter of an hour is more than that of the one before, its key, its requests, the numbers that are not 0, and the
/// meters that have none of these.
struct UsageCells: ~Copyable {
  static let version: UInt8 = 1
  static let damaged = StoreError("what was added up cannot be read: the store is damaged")
  /// Bits of the word behind those of the numbers: another quarter than the last cell's, and meters by name.
  static let movesBit: UInt16 = 1 << 14
  static let othersBit: UInt16 = 1 << 15

  private var packed = PackedBytes()
  /// The cells of the quarter in hand.
  private var cells: [UsageCell] = []
  private var slot = Int64.min
  private var writtenSlot: Int64 = 0
  /// Where a cell stands, by its key's hash; -1 for nowhere. The size is a power of two.
  private var places = [Int32](repeating: -1, count: 1024)
  /// What the cells have of meters without a number of their own.
  private var others: [Int: TokenCounts] = [:]
  private(set) var firstSlot: Int64 = 0
  private(set) var lastSlot: Int64 = 0
  private(set) var count = 0

  var bytes: UnsafeRawBufferPointer { packed.bytes }

  mutating func begin() {
    packed.removeAll()
    packed.put(byte: Self.version)
    slot = .min
    writtenSlot = 0
    count = 0
  }

  /// The cell of a key, whose quarter is not before the last one's.
  @inline(__always) mutating func cell(_ key: UsageCell.Key) -> Int {
    if key.slot != slot {
      endSlot()
      slot = key.slot
    }
    let mask = places.count - 1
    var at = Self.hash(key) & mask
    while true {
      let place = Int(places[at])
      if place < 0 { break }
      if cells[place].key == key { return place }
      at = (at + 1) & mask
    }
    places[at] = Int32(truncatingIfNeeded: cells.count)
    var cell = UsageCell(key: key)
    cell.place = at
    cells.append(cell)
    if cells.count * 2 > places.count { grow() }
    return cells.count - 1
  }

  func key(of index: Int) -> UsageCell.Key { cells[index].key }

  /// - Returns: whether it is the first row of this cell.
  @inline(__always) mutating func noteRow(of index: Int) -> Bool {
    if cells[index].hasRow { return false }
    cells[index].hasRow = true
    return true
  }

  @inline(__always) mutating func add(_ row: UnsafePointer<RequestRow>, to index: Int) {
    cells.withUnsafeMutableBufferPointer { $0[index].add(row) }
  }

  /// Meters that have no number of their own.
  mutating func add(others counts: TokenCounts, to index: Int) {
    var limited = TokenCounts()
    for (meter, count) in counts.used where !columnMeters.contains(meter) {
      limited[meter] = UsageCell.limited(count)
    }
    if !limited.isZero { others[index, default: TokenCounts()] += limited }
  }

  /// Adds a cell to the one of its key.
  mutating func add(_ cell: UsageCell, others counts: TokenCounts?) {
    let index = self.cell(cell.key)
    cells[index].add(cell)
    if let counts { add(others: counts, to: index) }
  }

  mutating func finish() {
    endSlot()
    packed.putCheck()
  }

  private mutating func endSlot() {
    for index in cells.indices {
      places[cells[index].place] = -1
      put(cells[index], others.isEmpty ? nil : others[index])
    }
    cells.removeAll(keepingCapacity: true)
    if !others.isEmpty { others.removeAll() }
  }

  private mutating func put(_ cell: borrowing UsageCell, _ others: TokenCounts?) {
    if count == 0 { firstSlot = cell.key.slot }
    lastSlot = cell.key.slot
    count += 1
    packed.reserve(2 + 20 * PackedBytes.numberBytesMax)
    let start = packed.count
    packed.put(word: UInt16(0))
    var bits: UInt16 = 0
    if cell.key.slot != writtenSlot {
      bits |= Self.movesBit
      packed.put(cell.key.slot &- writtenSlot)
      writtenSlot = cell.key.slot
    }
    packed.put(cell.key.facet)
    packed.put(cell.key.outcome)
    packed.put(cell.key.status)
    packed.put(cell.requests)
    put(cell.finalRequests, 1 << 0, &bits)
    put(cell.duration, 1 << 1, &bits)
    put(cell.durations, 1 << 2, &bits)
    put(cell.firstByte, 1 << 3, &bits)
    put(cell.firstBytes, 1 << 4, &bits)
    put(cell.input, 1 << 5, &bits)
    put(cell.cacheRead, 1 << 6, &bits)
    put(cell.cacheWrite5m, 1 << 7, &bits)
    put(cell.cacheWrite1h, 1 << 8, &bits)
    put(cell.cacheWrite12h, 1 << 9, &bits)
    put(cell.output, 1 << 10, &bits)
    put(cell.reasoning, 1 << 11, &bits)
    if let others {
      bits |= Self.othersBit
      put(others)
    }
    packed.put(word: bits, at: start)
  }

  @inline(__always) private mutating func put(_ number: Int64, _ bit: UInt16, _ bits: inout UInt16) {
    guard number != 0 else { return }
    bits |= bit
    packed.put(number)
  }

  private mutating func put(_ others: TokenCounts) {
    let used = others.used
    packed.reserve(PackedBytes.numberBytesMax)
    packed.put(UInt64(used.count))
    for (meter, count) in used {
      var name = meter.name
      name.withUTF8 { name in
        packed.reserve(name.count + 2 * PackedBytes.numberBytesMax)
        packed.put(UInt64(name.count))
        packed.put(bytes: UnsafeRawBufferPointer(name))
      }
      packed.put(count)
    }
  }

  private mutating func grow() {
    places = [Int32](repeating: -1, count: places.count * 2)
    let mask = places.count - 1
    for index in cells.indices {
      var at = Self.hash(cells[index].key) & mask
      while places[at] >= 0 { at = (at + 1) & mask }
      places[at] = Int32(truncatingIfNeeded: index)
      cells[index].place = at
    }
  }

  private static func hash(_ key: UsageCell.Key) -> Int {
    var bits = UInt64(bitPattern: key.facet) &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ UInt64(bitPattern: key.status &<< 4 ^ key.outcome) ^ bits >> 29) &* 0x94D0_49BB_1331_11EB
    return Int(truncatingIfNeeded: (bits ^ bits >> 31) >> 1)
  }
}
