/// Counts of many answers added up, meter by meter. One count may be as large as 2^53, so 64 bits do not hold the sum
/// of a thousand.
public struct MeterSums: Hashable, Sendable {
  private var sums = [Int128](repeating: 0, count: Meter.count)

  public init() {}

  public init(_ counts: TokenCounts) { self += counts }

  public subscript(meter: Meter) -> Int128 {
    get { sums[Int(meter.rawValue)] }
    set { sums[Int(meter.rawValue)] = newValue }
  }

  public static func += (a: inout MeterSums, b: TokenCounts) {
    for (meter, count) in b.used { a[meter] += Int128(count) }
  }

  /// All tokens that went in, cached ones included.
  public var input: Int128 { sum { $0.isToken && !$0.isOutputToken } }

  /// All tokens that came out, reasoning included.
  public var output: Int128 { sum(where: \.isOutputToken) }

  /// The meters with a count, in the order of `Meter`.
  public var used: [(meter: Meter, count: Int128)] {
    Meter.allCases.compactMap { self[$0] == 0 ? nil : ($0, self[$0]) }
  }

  private func sum(where holds: (Meter) -> Bool) -> Int128 {
    Meter.allCases.reduce(0) { holds($1) ? $0 + self[$1] : $0 }
  }
}

extension Meter {
  fileprivate var isOutputToken: Bool { self == .output || self == .outputAudio || self == .outputImage }
}
