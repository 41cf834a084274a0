/// A seed goes in, an endless row of the same numbers comes out: SplitMix64 (Steele, Lea, Flood 2014).
///
/// Whole numbers only: a logarithm may differ in its last bit from one C library to the next, and the sample
/// month has to be the same bytes everywhere.
struct SampleRandom {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from 0 up to, and without, `bound`.
  mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "a positive bound")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  mutating func chance(perMille: Int) -> Bool { below(1000) < perMille }

  mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

  /// A long-tailed number of at least 1 around `median`: the octave is binomial, so it looks log-normal.
  mutating func longTail(median: Int) -> Int {
    let octave = (next() & 0xFF).nonzeroBitCount
    return max(1, median * (1 << octave) * (724 + below(724)) / 16_384)
  }

  mutating func hex(digits: Int) -> String {
    let text = String(next(), radix: 16)
    return String((String(repeating: "0", count: 16 - text.count) + text).suffix(digits))
  }
}

/// Choices with whole weights; the table is built once and asked many times.
struct Weighted<Element: Sendable>: Sendable {
  private let table: [Element]

  init(_ choices: [(weight: Int, element: Element)]) {
    table = choices.flatMap { Array(repeating: $0.element, count: $0.weight) }
  }

  func pick(_ random: inout SampleRandom) -> Element { random.pick(table) }
}
