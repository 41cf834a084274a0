/// What a vendor counts and prices apart. The token meters are disjoint: one token is in one of them.
public enum Meter: UInt8, CaseIterable, Sendable {
  /// Input tokens neither read from nor written to a cache.
  case input
  case cacheRead
  /// Written to a cache for the vendor's shortest lifetime (5 minutes, OpenAI's 30 minutes).
  case cacheWrite5m
  case cacheWrite1h
  case cacheWrite12h
  /// Output tokens, reasoning included.
  case output
  case inputAudio
  case outputAudio
  case inputImage
  case outputImage
  case webSearch
  case image
  /// Audio or video, in thousandths of a second.
  case millisecond
  case page
  case character

  /// The word in files and on screens.
  public var name: String {
    switch self {
    case .input: "input"
    case .cacheRead: "cache_read"
    case .cacheWrite5m: "cache_write_5m"
    case .cacheWrite1h: "cache_write_1h"
    case .cacheWrite12h: "cache_write_12h"
    case .output: "output"
    case .inputAudio: "input_audio"
    case .outputAudio: "output_audio"
    case .inputImage: "input_image"
    case .outputImage: "output_image"
    case .webSearch: "web_search"
    case .image: "image"
    case .millisecond: "millisecond"
    case .page: "page"
    case .character: "character"
    }
  }

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

  public init?(name: String) {
    guard let meter = Self.byName[name] else { return nil }
    self = meter
  }

  public var isToken: Bool { rawValue <= Meter.outputImage.rawValue }
}

/// How much of each meter one answer used.
public struct TokenCounts: Hashable, Sendable {
  private var counts = SIMD16<Int64>()
  /// The part of `output` that was reasoning, where the vendor says so.
  public var reasoning: Int64 = 0

  public init() {}

  public init(_ pairs: KeyValuePairs<Meter, Int64>) {
    for (meter, count) in pairs { self[meter] = count }
  }

  public subscript(meter: Meter) -> Int64 {
    get { counts[Int(meter.rawValue)] }
    set { counts[Int(meter.rawValue)] = newValue }
  }

  public static func += (a: inout TokenCounts, b: TokenCounts) {
    a.counts &+= b.counts
    a.reasoning += b.reasoning
  }

  public var isZero: Bool { counts == SIMD16<Int64>() }

  public var cacheWrite: Int64 { self[.cacheWrite5m] + self[.cacheWrite1h] + self[.cacheWrite12h] }

  /// All tokens that went in, cached ones included: what a vendor's context threshold is held against.
  public var totalInput: Int64 {
    self[.input] + self[.cacheRead] + cacheWrite + self[.inputAudio] + self[.inputImage]
  }

  /// The meters with a count, in the order of `Meter`.
  public var used: [(meter: Meter, count: Int64)] {
    Meter.allCases.compactMap { self[$0] == 0 ? nil : ($0, self[$0]) }
  }
}
