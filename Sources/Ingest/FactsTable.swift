internal import Ledger
internal import Normalize
internal import RawLog

/// The facts of requests by the bytes they are written in: the same bytes in all fields of the facts are the same
/// facts, and need not be read again.
struct FactsTable {
  /// What is known of one combination of bytes.
  final class Entry {
    fileprivate let signature: [UInt8]
    fileprivate let hash: UInt64
    let format: UsageFormat
    fileprivate(set) var startFacts: Int32 = -1
    /// An answer adds its tier, and what else moves the price.
    fileprivate var ends: [(serviceTier: String?, priceFacts: [RequestFacts.Tag], facts: Int32)] = []

    fileprivate init(_ signature: [UInt8], _ hash: UInt64, _ format: UsageFormat) {
      self.signature = signature
      self.hash = hash
      self.format = format
    }

    func facts(_ serviceTier: String?, _ priceFacts: [RequestFacts.Tag]) -> Int32? {
      for index in ends.indices
      where ends[index].serviceTier == serviceTier && ends[index].priceFacts == priceFacts {
        return ends[index].facts
      }
      return nil
    }
  }

  private enum Limit {
    static let signatureBytes = 8192
  }

  private static let fields: [LineField] = [
    .endpoint, .provider, .upstream, .region, .modelRequested, .modelRouted, .modelReturned, .keyID, .keyName,
    .team, .tags, .inferenceProfile, .clientAgent,
  ]

  private final class Room {
    let bytes: UnsafeMutablePointer<UInt8> = .allocate(capacity: Limit.signatureBytes + 16)
    deinit { bytes.deallocate() }
  }

  private let room = Room()
  private var entries: [Entry] = []
  /// Open addressing: 1 + an entry's index, 0 for an empty place.
  private var slots: [Int32] = Array(repeating: 0, count: 1024)

  /// What is known of the facts that this line's bytes stand for.
  func find(_ walked: WalkedLine) -> Entry? {
    let count = sign(walked)
    guard count > 0 else { return nil }
    return find(count, hash(count))
  }

  private func find(_ count: Int, _ hash: UInt64) -> Entry? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.hash == hash, entry.signature.count == count, isRoom(entry.signature) { return entry }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private func isRoom(_ signature: [UInt8]) -> Bool {
    signature.withUnsafeBufferPointer { known in
      var at = 0
      while at &+ 8 <= known.count {
        guard let base = known.baseAddress else { return false }
        let left = UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self)
        if left != UnsafeRawPointer(room.bytes + at).loadUnaligned(as: UInt64.self) { return false }
        at = at &+ 8
      }
      while at < known.count {
        if known[at] != room.bytes[at] { return false }
        at = at &+ 1
      }
      return true
    }
  }

  /// - Parameter facts: what the strict reader made of the line.
  mutating func learn(_ walked: WalkedLine, _ facts: RequestFacts, isEnd: Bool, _ number: Int32) {
    let count = sign(walked)
    guard count > 0 else { return }
    let hash = hash(count)
    let entry = find(count, hash) ?? add(count, hash, facts)
    if !isEnd {
      entry.startFacts = number
    } else if entry.facts(facts.serviceTier, facts.priceFacts) == nil {
      entry.ends.append((facts.serviceTier, facts.priceFacts, number))
    }
  }

  private mutating func add(_ count: Int, _ hash: UInt64, _ facts: RequestFacts) -> Entry {
    let format = UsageFormat(
      endpoint: facts.endpoint ?? "",
      model: facts.modelReturned ?? facts.modelRouted ?? facts.modelRequested)
    let entry = Entry(Array(UnsafeBufferPointer(start: room.bytes, count: count)), hash, format)
    entries.append(entry)
    if entries.count * 2 > slots.count {
      slots = Array(repeating: 0, count: 2 * slots.count)
      for index in entries.indices { place(index) }
    } else {
      place(entries.count - 1)
    }
    return entry
  }

  private mutating func place(_ index: Int) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: entries[index].hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = Int32(index + 1)
  }

  /// Writes the fields' bytes one behind the other, each with its length.
  /// - Returns: how many bytes these are; 0 for too many.
  private func sign(_ walked: WalkedLine) -> Int {
    var at = 0
    let bytes = room.bytes
    for field in Self.fields {
      guard let text = walked.text(field), let start = text.baseAddress else {
        bytes[at] = 0xFF
        bytes[at + 1] = 0xFF
        at += 2
        continue
      }
      guard at + text.count + 2 + 2 * Self.fields.count <= Limit.signatureBytes else { return 0 }
      bytes[at] = UInt8(truncatingIfNeeded: text.count)
      bytes[at + 1] = UInt8(truncatingIfNeeded: text.count >> 8)
      at += 2
      // Eight bytes at a time: the line can be read on, and the room has place behind its end.
      var offset = 0
      while offset < text.count {
        let word = UnsafeRawPointer(start + offset).loadUnaligned(as: UInt64.self)
        UnsafeMutableRawPointer(bytes + at + offset).storeBytes(of: word, as: UInt64.self)
        offset = offset &+ 8
      }
      at += text.count
    }
    return at
  }

  private func hash(_ count: Int) -> UInt64 {
    // What lies behind the end is zeroed, so that whole words can be hashed.
    UnsafeMutableRawPointer(room.bytes + count).storeBytes(of: 0, as: UInt64.self)
    var hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    var at = 0
    while at < count {
      let word = UnsafeRawPointer(room.bytes + at).loadUnaligned(as: UInt64.self)
      hash = (hash ^ word) &* 0xD6E8_FEB8_6659_FD93
      hash ^= hash >> 32
      at = at &+ 8
    }
    return hash
  }
}
