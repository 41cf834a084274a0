internal import Glibc

/// Texts by number, and the numbers by the texts' bytes.
struct TextNumbers {
  /// All texts, one behind the other, and where each ends.
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  private var slots: [UInt32] = Array(repeating: 0, count: 1024)

  var texts: [String] {
    ends.indices.map { number in
      String(decoding: bytes[(number == 0 ? 0 : ends[number - 1])..<ends[number]], as: UTF8.self)
    }
  }

  /// The text's number, from 0; a new one where it has none.
  mutating func number(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    let hash = hash(text)
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if hashes[number] == hash, isText(number, text) { return number }
      slot = (slot + 1) & mask
    }
    bytes.append(contentsOf: text)
    ends.append(bytes.count)
    hashes.append(hash)
    slots[slot] = UInt32(ends.count)
    if ends.count * 2 > slots.count { grow() }
    return ends.count - 1
  }

  private func isText(_ number: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = number == 0 ? 0 : ends[number - 1]
    guard ends[number] - start == text.count, let base = text.baseAddress else { return text.isEmpty }
    return bytes.withUnsafeBufferPointer { known in
      known.baseAddress.map { memcmp($0 + start, base, text.count) == 0 } ?? false
    }
  }

  private func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let base = text.baseAddress else { return 0 }
    var hash = UInt64(truncatingIfNeeded: text.count) &* 0x9E37_79B9_7F4A_7C15
    var at = 0
    while at &+ 8 <= text.count {
      let word = UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self)
      hash = (hash ^ word) &* 0xD6E8_FEB8_6659_FD93
      hash ^= hash >> 32
      at = at &+ 8
    }
    while at < text.count {
      hash = (hash ^ UInt64(base[at])) &* 0x100_0000_01B3
      at = at &+ 1
    }
    return hash ^ hash >> 29
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
