public import Ledger

/// How much a request can use at most, before it is made.
public struct UseBound: Hashable, Sendable {
  public var inputTokens: Int64 = 0
  public var outputTokens: Int64 = 0
  /// Pictures, sound and the like may go in; they may have rates of their own. What comes out may always be any of them.
  public var takesMedia = false
  /// What goes in may be kept longer than the shortest time.
  public var keepsLong = false
  /// What is not tokens: pictures made, searches.
  public var units: [Unit] = []

  public struct Unit: Hashable, Sendable {
    public var meter: Meter
    public var count: Int64

    public init(meter: Meter, count: Int64) {
      self.meter = meter
      self.count = count
    }
  }

  public init() {}
}

extension RateCard {
  /// The most that so much can cost, wherever each token falls: the dearest rate of those that may hold, at each context
  /// size that may be reached.
  /// - Returns: nil where a token that may be used has no rate, so nobody can say.
  public func costMax(_ use: UseBound) -> Money? {
    guard match != nil else { return nil }
    var dearest: Int128?
    for level in levels where level.contextOver == 0 || level.contextOver < use.inputTokens {
      // What is sold by the picture, the second or the character has no price of a token.
      let isSoldByUnit = use.units.contains { Self.dearestRate([$0.meter], level) != nil }
      guard let input = Self.dearestRate(Self.inputMeters(use), level) ?? (isSoldByUnit ? 0 : nil),
        let output = Self.dearestRate(Self.outputMeters(use), level, reasoning: true)
          ?? (isSoldByUnit ? 0 : nil)
      else { continue }
      var cost = Int128(input) * Int128(use.inputTokens) + Int128(output) * Int128(use.outputTokens)
      for unit in use.units + [.init(meter: .request, count: 1)] {
        cost += Int128(Self.dearestRate([unit.meter], level) ?? 0) * Int128(unit.count)
      }
      dearest = max(dearest ?? 0, cost)
    }
    return dearest.map { Money(femtodollars: $0) }
  }

  private static func inputMeters(_ use: UseBound) -> [Meter] {
    guard use.inputTokens > 0 else { return [] }
    var meters: [Meter] = [.input, .cacheRead, .cacheWrite5m]
    if use.keepsLong { meters += [.cacheWrite1h, .cacheWrite12h] }
    if use.takesMedia { meters += [.inputAudio, .inputImage, .inputVideo, .cacheReadAudio, .cacheReadImage] }
    return meters
  }

  private static func outputMeters(_ use: UseBound) -> [Meter] {
    guard use.outputTokens > 0 else { return [] }
    return [.output, .outputAudio, .outputImage]
  }

  /// Of the meters that have one; 0 for no meters.
  private static func dearestRate(_ meters: [Meter], _ level: Level, reasoning: Bool = false) -> Int64? {
    guard !meters.isEmpty else { return 0 }
    var dearest: Int64?
    for meter in meters where level.priced & MeterSet.of(meter).rawValue != 0 {
      dearest = max(dearest ?? 0, level.rates[Int(meter.rawValue)])
    }
    if reasoning, level.hasReasoning { dearest = max(dearest ?? 0, level.rates[Level.reasoning]) }
    return dearest
  }
}
