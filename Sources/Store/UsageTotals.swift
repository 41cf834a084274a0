internal import Ledger

/// What the rows of a transaction used, by quarter of an hour, facts, outcome and status; and the hashes of the users,
/// sessions and error types in each quarter. Kept in memory until the transaction ends.
struct UsageTotals {
  enum Limit {
    /// More of one meter, or of a time, in one request than any vendor serves: what is above counts as this, so that
    /// a quarter's sum stays a whole number of 64 bits for a million of them.
    static let countMax: Int64 = 1 << 43
    /// Hashes remembered, so that a user's next request adds none: a power of two.
    static let recentHashes = 1 << 14
  }

  struct Key: Hashable {
    var slot: Int64
    var facet: Int64
    var outcome: Int64
    var status: Int64
  }

  struct Entry {
    var key: Key
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
  }

  struct SlotHashes {
    var segment: Int64
    var line: Int64
    var hashes: [UInt32] = []
  }

  private(set) var entries: [Entry] = []
  /// Meters that have no column: JSON texts as the rows have them.
  private(set) var otherMeters: [(key: Key, json: [UInt8])] = []
  /// Other models inside an answer, by the facts of its own model.
  private(set) var otherModels: [(key: Key, json: [UInt8])] = []
  private(set) var hashes: [Int64: SlotHashes] = [:]
  /// Where an entry stands, by its key's hash; -1 for nowhere. Its size is a power of two.
  private var places: [Int32] = []
  private var recent: [UInt64] = []

  var isEmpty: Bool { entries.isEmpty }

  /// - Parameter facet: the number of the row's facts without the agent.
  @inline(__always)
  mutating func add(_ row: RequestRow, facet: Int64, _ texts: UnsafeRawBufferPointer) {
    let slot = timeSlot(of: row.time)
    let key = Key(
      slot: slot, facet: facet, outcome: row.outcome.storeNumber,
      status: row.status == RequestRow.none ? 0 : row.status)
    let at = place(of: key)
    entries.withUnsafeMutableBufferPointer { entries in
      func add(_ value: Int64, to total: inout Int64) { total &+= min(value, Limit.countMax) }
      add(row.requests, to: &entries[at].requests)
      if row.final { add(row.requests, to: &entries[at].finalRequests) }
      if row.duration != RequestRow.none {
        add(row.duration, to: &entries[at].duration)
        entries[at].durations &+= 1
      }
      if row.firstByte != RequestRow.none {
        add(row.firstByte, to: &entries[at].firstByte)
        entries[at].firstBytes &+= 1
      }
      add(row.input, to: &entries[at].input)
      add(row.cacheRead, to: &entries[at].cacheRead)
      add(row.cacheWrite5m, to: &entries[at].cacheWrite5m)
      add(row.cacheWrite1h, to: &entries[at].cacheWrite1h)
      add(row.cacheWrite12h, to: &entries[at].cacheWrite12h)
      add(row.output, to: &entries[at].output)
      add(row.reasoning, to: &entries[at].reasoning)
    }
    if row.otherMeters.count >= 0 { otherMeters.append((key, Array(texts[row.otherMeters.range]))) }
    if row.otherModels.count >= 0 { otherModels.append((key, Array(texts[row.otherModels.range]))) }
    if row.user != 0 { note(TextHash.of(user: row.user), slot, row) }
    if row.errorType != 0 { note(TextHash.of(errorType: row.errorType), slot, row) }
    if row.session.count >= 0 {
      note(TextHash.of(session: UnsafeRawBufferPointer(rebasing: texts[row.session.range])), slot, row)
    }
  }

  private mutating func place(of key: Key) -> Int {
    if entries.count * 2 >= places.count { grow() }
    let mask = places.count - 1
    var at = Self.hash(key) & mask
    while true {
      let place = Int(places[at])
      if place < 0 {
        places[at] = Int32(entries.count)
        entries.append(Entry(key: key))
        return entries.count - 1
      }
      if entries[place].key == key { return place }
      at = (at + 1) & mask
    }
  }

  private mutating func grow() {
    places = [Int32](repeating: -1, count: max(1024, places.count * 2))
    let mask = places.count - 1
    for (index, entry) in entries.enumerated() {
      var at = Self.hash(entry.key) & mask
      while places[at] >= 0 { at = (at + 1) & mask }
      places[at] = Int32(index)
    }
  }

  private static func hash(_ key: Key) -> Int {
    var bits = UInt64(bitPattern: key.slot) &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ UInt64(bitPattern: key.facet)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ UInt64(bitPattern: key.status << 4 ^ key.outcome) ^ bits >> 29) &* 0x94D0_49BB_1331_11EB
    return Int(truncatingIfNeeded: (bits ^ bits >> 31) >> 1)
  }

  private mutating func note(_ hash: UInt32, _ slot: Int64, _ row: RequestRow) {
    if recent.isEmpty { recent = [UInt64](repeating: .max, count: Limit.recentHashes) }
    let whole = UInt64(truncatingIfNeeded: slot) << 32 | UInt64(hash)
    let at = Int(truncatingIfNeeded: (whole ^ whole >> 32)) & (Limit.recentHashes - 1)
    guard recent[at] != whole else { return }
    recent[at] = whole
    hashes[slot, default: SlotHashes(segment: row.segment, line: row.line)].hashes.append(hash)
  }
}

/// Short hashes of users, sessions and error types, by which the quarters of an hour that have them are found. They stand in
/// stores: this function is never changed.
enum TextHash {
  /// FNV-1a, folded to 32 bits.
  static func of(session: UnsafeRawBufferPointer) -> UInt32 {
    // As the store keeps it.
    if let mended = mended(session) { return folded(mended) }
    return folded(session)
  }

  private static func folded(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
  }

  static func of(session: String) -> UInt32 {
    var session = session
    return session.withUTF8 { of(session: UnsafeRawBufferPointer($0)) }
  }

  static func of(user: Int64) -> UInt32 {
    UInt32(truncatingIfNeeded: UInt64(bitPattern: user) &* 0x9E37_79B9_7F4A_7C15 >> 32)
  }

  static func of(errorType: Int64) -> UInt32 {
    UInt32(truncatingIfNeeded: UInt64(bitPattern: errorType) &* 0xC2B2_AE3D_27D4_EB4F >> 32)
  }

  /// Whether a hash is in a list of them, four bytes each, the lowest first.
  static func isIn(_ list: [UInt8], _ hash: UInt32) -> Bool {
    list.withUnsafeBytes { bytes in
      var at = 0
      while at + 4 <= bytes.count {
        if UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)) == hash {
          return true
        }
        at += 4
      }
      return false
    }
  }
}
