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
  case inputVideo
  case cacheReadAudio
  case cacheReadImage
  case webSearch
  case mapsSearch
  case fileSearch
  /// A container of a code interpreter.
  case codeSession
  /// An image that was made.
  case image
  /// Audio or video that went in, in thousandths of a second.
  case millisecond
  /// Audio or video that was made, in thousandths of a second.
  case outputMillisecond
  case page
  case character
  /// A search unit of a ranking or search model.
  case query
  /// The request itself, where a vendor takes a fee for each. A count of them without a fee costs nothing.
  case request
  /// A unit that a vendor counts its own money in (an ACU, a premium request), in millionths.
  case creditMillionth

  public static let count = 25

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
    case .inputVideo: "input_video"
    case .cacheReadAudio: "cache_read_audio"
    case .cacheReadImage: "cache_read_image"
    case .webSearch: "web_search"
    case .mapsSearch: "maps_search"
    case .fileSearch: "file_search"
    case .codeSession: "code_session"
    case .image: "image"
    case .millisecond: "millisecond"
    case .outputMillisecond: "output_millisecond"
    case .page: "page"
    case .character: "character"
    case .query: "query"
    case .request: "request"
    case .creditMillionth: "credit_millionth"
    }
  }

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

  public init?(name: String) {
    guard let meter = Self.byName[name] else { return nil }
    self = meter
  }

  public var isToken: Bool { rawValue <= Meter.cacheReadImage.rawValue }
}

/// A set of meters, in one word.
public struct MeterSet: OptionSet, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  @inlinable public static func of(_ meter: Meter) -> MeterSet { MeterSet(rawValue: 1 << meter.rawValue) }

  /// The meters that count tokens.
  public static let tokens = MeterSet(
    rawValue: Meter.allCases.filter(\.isToken).reduce(0) { $0 | 1 << $1.rawValue })

  /// The meters in their order.
  public var meters: [Meter] {
    (0..<UInt8(Meter.count)).compactMap { rawValue & 1 << $0 == 0 ? nil : Meter(rawValue: $0) }
  }
}

/// How much of each meter one answer used.
public struct TokenCounts: Hashable, Sendable {
  @usableFromInline var counts: InlineArray<25, Int64> = .init(repeating: 0)
  /// The part of `output` that was reasoning, where the vendor says so.
  public var reasoning: Int64 = 0

  public init() {}

  public init(_ pairs: KeyValuePairs<Meter, Int64>) {
    for (meter, count) in pairs { self[meter] = count }
  }

  @inlinable public subscript(meter: Meter) -> Int64 {
    get { counts[Int(meter.rawValue)] }
    set { counts[Int(meter.rawValue)] = newValue }
  }

  public static func += (a: inout TokenCounts, b: TokenCounts) {
    for i in 0..<Meter.count { a.counts[i] &+= b.counts[i] }
    a.reasoning += b.reasoning
  }

  public static func == (a: TokenCounts, b: TokenCounts) -> Bool {
    for i in 0..<Meter.count where a.counts[i] != b.counts[i] { return false }
    return a.reasoning == b.reasoning
  }

  public func hash(into hasher: inout Hasher) {
    for i in 0..<Meter.count { hasher.combine(counts[i]) }
    hasher.combine(reasoning)
  }

  /// The meters with a count.
  @inlinable @inline(__always) public var usedMeters: MeterSet {
    var bits: UInt32 = 0
    for i in 0..<25 { bits |= (counts[i] == 0 ? 0 : 1) << UInt32(i) }
    return MeterSet(rawValue: bits)
  }

  // Nearly every answer has one of the two.
  public var isZero: Bool { self[.input] == 0 && self[.output] == 0 && usedMeters.isEmpty }

  public var cacheWrite: Int64 { self[.cacheWrite5m] + self[.cacheWrite1h] + self[.cacheWrite12h] }

  /// All tokens that went in, cached ones included: what a vendor's context threshold is held against.
  @inlinable @inline(__always) public var totalInput: Int64 {
    self[.input] + self[.cacheRead] + self[.cacheWrite5m] + self[.cacheWrite1h] + self[.cacheWrite12h]
      + self[.inputAudio] + self[.inputImage] + self[.inputVideo] + self[.cacheReadAudio]
      + self[.cacheReadImage]
  }

  /// The meters with a count, in the order of `Meter`.
  public var used: [(meter: Meter, count: Int64)] { usedMeters.meters.map { ($0, self[$0]) } }
}

extension TokenCounts: CustomStringConvertible {
  public var description: String {
    let texts =
      used.map { "\($0.meter.name)=\($0.count)" } + (reasoning == 0 ? [] : ["reasoning=\(reasoning)"])
    return "[" + texts.joined(separator: " ") + "]"
  }
}
