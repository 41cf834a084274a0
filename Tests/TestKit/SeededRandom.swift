/// Takes a seed and gives the same numbers for it on every machine, so that a failing random test can be
/// run again.
///
/// SplitMix64, as published by Steele, Lea and Flood (2014).
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// `count` bytes, any value.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// Cuts the bytes into pieces of 1 to `pieceBytesMax`: what a network may do to any answer.
  public mutating func pieces(of bytes: [UInt8], pieceBytesMax: Int) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var at = 0
    while at < bytes.count {
      let size = min(Int.random(in: 1...pieceBytesMax, using: &self), bytes.count - at)
      result.append(Array(bytes[at..<at + size]))
      at += size
    }
    return result
  }
}
