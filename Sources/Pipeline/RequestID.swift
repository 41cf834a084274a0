internal import Ledger
internal import Store

/// A request's attempt, by its id in a fixed room where that is a UUID, else by its text.
enum RequestID: Hashable {
  case uuid(high: UInt64, low: UInt64, attempt: Int32)
  case text(String, attempt: Int32)

  init(_ id: UnsafeBufferPointer<UInt8>, attempt: Int32) {
    if let (high, low) = Self.uuid(id) {
      self = .uuid(high: high, low: low, attempt: attempt)
    } else {
      self = .text(String(decoding: id, as: UTF8.self), attempt: attempt)
    }
  }

  init(_ attempt: Attempt) {
    var id = attempt.id
    self = id.withUTF8 { RequestID($0, attempt: Int32(attempt.attempt)) }
  }

  /// Of `0199a1b2-0000-7000-8000-000000000000` in lower case, as it is written: two ids are one if their texts are.
  /// The digits' order in the two numbers is their own; only that no two texts have the same ones matters.
  private static func uuid(_ text: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64)? {
    guard text.count == 36, let base = text.baseAddress, base[8] == UInt8(ascii: "-"),
      base[13] == UInt8(ascii: "-"), base[18] == UInt8(ascii: "-"), base[23] == UInt8(ascii: "-")
    else { return nil }
    let raw = UnsafeRawPointer(base)
    func four(_ at: Int) -> UInt64 { UInt64(raw.loadUnaligned(fromByteOffset: at, as: UInt32.self)) }
    func eight(_ at: Int) -> UInt64 { raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) }
    guard let a = digits(eight(0)), let b = digits(four(9) << 32 | four(14)),
      let c = digits(four(19) << 32 | four(24)), let d = digits(eight(28))
    else { return nil }
    return (a << 32 | b, c << 32 | d)
  }

  /// Eight hexadecimal digits in 32 bits; nil where one is none.
  @inline(__always) private static func digits(_ text: UInt64) -> UInt64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    // 0 to 9, and 1 to 6 behind a to f: then adding what is missing to 128 does not reach it.
    let figure = text ^ (ones &* 0x30)
    let letter = text ^ (ones &* 0x60)
    let isFigure = ~((figure &+ ones &* 0x76) | figure) & highs
    let isLetter = ~((letter &+ ones &* 0x79) | letter) & (letter &+ ones &* 0x7F) & highs
    guard text & highs == 0, isFigure | isLetter == highs else { return nil }
    let nibbles = (text & (ones &* 0x0F)) &+ ((text >> 6) & ones) &* 9
    let bytes = (nibbles | nibbles >> 4) & 0x00FF_00FF_00FF_00FF
    let pairs = (bytes | bytes >> 8) & 0x0000_FFFF_0000_FFFF
    return (pairs | pairs >> 16) & 0xFFFF_FFFF
  }

  func hash(into hasher: inout Hasher) {
    switch self {
    // The last digits of a UUID are random.
    case .uuid(_, let low, _): hasher.combine(low)
    case .text(let text, _): hasher.combine(text)
    }
  }
}
