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
    let (inputs, outputs) = (Self.inputMeters(use), Self.outputMeters(use))
    var dearest: Int128?
    for level in levels.indices {
      let contextOver = levels[level].contextOver
      guard contextOver == 0 || contextOver < use.inputTokens else { continue }
      // What is sold by the picture, the second or the character has no price of a token.
      let isSoldByUnit = use.units.contains { dearestRate(.of($0.meter), level) != nil }
      guard let input = dearestRate(inputs, level) ?? (isSoldByUnit ? 0 : nil),
        let output = dearestRate(outputs, level, reasoning: true) ?? (isSoldByUnit ? 0 : nil)
      else { continue }
      var cost = Int128(input) * Int128(use.inputTokens) + Int128(output) * Int128(use.outputTokens)
      cost += Int128(dearestRate(.of(.request), level) ?? 0)
      for unit in use.units {
        cost += Int128(dearestRate(.of(unit.meter), level) ?? 0) * Int128(unit.count)
      }
      dearest = max(dearest ?? 0, cost)
    }
    return dearest.map { Money(femtodollars: $0) }
  }

  private static func inputMeters(_ use: UseBound) -> MeterSet {
    guard use.inputTokens > 0 else { return [] }
    var meters = MeterSet.of(.input).union(.of(.cacheRead)).union(.of(.cacheWrite5m))
    if use.keepsLong { meters = meters.union(.of(.cacheWrite1h)).union(.of(.cacheWrite12h)) }
    if use.takesMedia {
      for meter in [Meter.inputAudio, .inputImage, .inputVideo, .cacheReadAudio, .cacheReadImage] {
        meters.insert(.of(meter))
      }
    }
    return meters
  }

  private static func outputMeters(_ use: UseBound) -> MeterSet {
    guard use.outputTokens > 0 else { return [] }
    return MeterSet.of(.output).union(.of(.outputAudio)).union(.of(.outputImage))
  }

  /// Of the meters that have one; 0 for no meters.
  private func dearestRate(_ meters: MeterSet, _ level: Int, reasoning: Bool = false) -> Int64? {
    guard !meters.isEmpty else { return 0 }
    var dearest: Int64?
    var bits = meters.rawValue & priced[level]
    while bits != 0 {
      dearest = max(dearest ?? 0, rates[level * Level.slots + bits.trailingZeroBitCount])
      bits &= bits &- 1
    }
    if reasoning, levels[level].hasReasoning {
      dearest = max(dearest ?? 0, rates[level * Level.slots + Level.reasoning])
    }
    return dearest
  }
}
