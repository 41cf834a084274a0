public import Ledger

/// The rates that hold for one kind of request (provider, model, region, tier, further facts) during a span of
/// time: everything that had to be looked up is, so that a charge is a few multiplications.
public final class RateCard: Sendable {
  /// The entry the rates come from; nil where there is none.
  public let match: PriceBook.Match?
  /// Why there is no entry.
  public let missing: String?
  /// Within these instants nothing here changes: microseconds since 1970-01-01T00:00:00Z.
  public let span: Range<Int64>
  /// The entry and how it was found, in words.
  let matchWords: String?
  /// By context threshold, the lowest first; never empty where there is an entry.
  let levels: [Level]
  /// The same rates side by side, for charging: one number is read, not a level copied.
  let rates: [Int64]
  let priced: [UInt32]
  private let isKnown: Bool
  /// The vendor's public rates by level and meter, where a contract changes any; else empty.
  private let listRates: [Int64]

  /// The rates above one context threshold.
  struct Level: Sendable {
    var contextOver: Int64
    /// Bit by meter: which have a rate.
    var priced: UInt32 = 0
    var hasReasoning = false
    /// Femtodollars by meter; the last is reasoning's.
    var rates: InlineArray<26, Int64> = .init(repeating: 0)
    /// Where each rate comes from; the last is reasoning's.
    var sources: [RateSource?] = Array(repeating: nil, count: 26)

    static let reasoning = 25
    static let slots = 26
  }

  /// - Parameter listLevels: the same levels without the contracts; empty where there are none.
  init(
    match: PriceBook.Match?, missing: String?, span: Range<Int64>, levels: [Level], listLevels: [Level] = []
  ) {
    self.match = match
    self.missing = missing
    self.span = span
    self.levels = levels
    self.isKnown = match != nil
    self.priced = levels.map(\.priced)
    self.rates = levels.flatMap { level in (0..<Level.slots).map { level.rates[$0] } }
    // What only a contract prices has no list price: it counts as agreed.
    self.listRates = zip(levels, listLevels).flatMap { level, list in
      (0..<Level.slots).map { list.sources[$0] == nil ? level.rates[$0] : list.rates[$0] }
    }
    self.matchWords = match.map { "\($0.entry.name): \($0.step)" }
  }

  private func levelIndex(_ totalInput: Int64) -> Int {
    var index = levels.count - 1
    while index > 0, totalInput <= levels[index].contextOver { index -= 1 }
    return index
  }

  /// Prices counts. Every used meter has a rate or is unpriced; nothing is zero for want of a price.
  ///
  /// - Parameters:
  ///   - isBilled: false for a usage that the vendor shows but does not charge.
  ///   - isRequest: whether a fee for each request falls due.
  ///   - isUsageMissing: the answer came, but not what it used.
  ///   - contextTokens: how long a request was, where the counts are the sum of several.
  public func charge(
    _ counts: TokenCounts, model: String?, isBilled: Bool = true, isRequest: Bool = false,
    isUsageMissing: Bool = false, contextTokens: Int64? = nil
  ) -> Charge {
    var charge = Charge(model: model, counts: counts)
    charge.isUsageMissing = isUsageMissing
    charge.match = matchWords
    price(&charge, isBilled: isBilled, isRequest: isRequest, contextTokens: contextTokens)
    return charge
  }

  /// Prices the counts of a charge that has no amounts yet.
  /// - Returns: the charge's total.
  @discardableResult
  public func price(
    _ charge: inout Charge, isBilled: Bool = true, isRequest: Bool = false, contextTokens: Int64? = nil
  ) -> Money {
    let used = charge.usedMeters
    guard isKnown else {
      guard isBilled else { return .zero }
      charge.unpricedMeters = used.subtracting(.of(.request))
      if !charge.unpricedMeters.isEmpty { charge.missing = missing }
      return .zero
    }
    if used.isEmpty, !isRequest { return .zero }
    let level = priced.count == 1 ? 0 : levelIndex(contextTokens ?? charge.counts.totalInput)
    let found = used.rawValue & priced[level]
    // Requests are counted for their own sake too: without a fee they are free, not unpriced.
    charge.unpricedMeters = MeterSet(rawValue: used.rawValue & ~found).subtracting(.of(.request))
    charge.hasPricedMeter = found != 0
    guard isBilled else { return .zero }
    let first = level * Level.slots
    let reasoning = levels[level].hasReasoning ? charge.counts.reasoning : 0
    var total: Int128 = 0
    charge.withStorage { counts, amounts in
      var bits = found
      while bits != 0 {
        let slot = bits.trailingZeroBitCount
        bits &= bits &- 1
        let amount = product(rates[first + slot], counts[slot])
        amounts[slot] = amount
        total &+= amount
      }
      if reasoning > 0 {
        let output = Int(Meter.output.rawValue)
        let amount = product(rates[first + Level.reasoning] - rates[first + output], reasoning)
        amounts[output] += amount
        total += amount
      }
    }
    // Where the requests are counted, the fee is in the amounts already.
    let isRequest = isRequest && charge.counts[.request] == 0
    if !listRates.isEmpty { addList(&charge, found, first, isRequest) }
    if isRequest, priced[level] & MeterSet.of(.request).rawValue != 0 {
      let fee = Int128(rates[first + Int(Meter.request.rawValue)])
      charge.hasPricedMeter = true
      charge.amounts[.request] += Money(femtodollars: fee)
      total += fee
    }
    return Money(femtodollars: total)
  }

  /// The same at the vendor's public prices.
  private func addList(_ charge: inout Charge, _ priced: UInt32, _ first: Int, _ isRequest: Bool) {
    var bits = priced
    var total: Int128 = 0
    charge.withStorage { counts, _ in
      while bits != 0 {
        let slot = bits.trailingZeroBitCount
        bits &= bits &- 1
        total += product(listRates[first + slot], counts[slot])
      }
    }
    if charge.counts.reasoning > 0, levels[first / Level.slots].hasReasoning {
      let difference = listRates[first + Level.reasoning] - listRates[first + Int(Meter.output.rawValue)]
      total += product(difference, charge.counts.reasoning)
    }
    if isRequest { total += Int128(listRates[first + Int(Meter.request.rawValue)]) }
    charge.contractedFromList = Money(femtodollars: total)
  }

  /// A meter's own rate at the lowest context; nil where it has none, or another meter's stands for it.
  public func ownRate(of meter: Meter) -> Money? {
    guard let level = levels.first, let source = level.sources[Int(meter.rawValue)], source.substitute == nil
    else { return nil }
    return Money(femtodollars: Int128(level.rates[Int(meter.rawValue)]))
  }

  /// 63 bits times 54 bits: it cannot overflow.
  @inline(__always)
  private func product(_ rate: Int64, _ count: Int64) -> Int128 { Int128(rate) &* Int128(count) }

  /// How each meter of a charge came to its amount.
  public func lines(
    _ counts: TokenCounts, isBilled: Bool, isRequest: Bool = false, contextTokens: Int64? = nil
  ) -> [Charge.Line] {
    guard match != nil else {
      return counts.used.filter { $0.meter != .request }.map {
        .init(meter: $0.meter, count: $0.count, rate: nil, note: "no price entry")
      }
    }
    let level = levels[levelIndex(contextTokens ?? counts.totalInput)]
    func rate(_ slot: Int) -> Money { Money(femtodollars: Int128(level.rates[slot])) }
    var result: [Charge.Line] = []
    var used = counts.used
    if isRequest, counts[.request] == 0, level.sources[Int(Meter.request.rawValue)] != nil {
      used.append((.request, 1))
    }
    for (meter, count) in used {
      if meter == .request, level.sources[Int(meter.rawValue)] == nil { continue }
      guard let source = level.sources[Int(meter.rawValue)] else {
        result.append(.init(meter: meter, count: count, rate: nil, note: "no rate for \(meter.name)"))
        continue
      }
      guard isBilled else {
        result.append(.init(meter: meter, count: count, rate: .zero, note: "refused before any output"))
        continue
      }
      var plain = count
      if meter == .output, counts.reasoning > 0, let reasoning = level.sources[Level.reasoning] {
        plain -= counts.reasoning
        result.append(
          .init(
            meter: .output, count: counts.reasoning, rate: rate(Level.reasoning),
            note: "reasoning, " + reasoning.words))
      }
      result.append(.init(meter: meter, count: plain, rate: rate(Int(meter.rawValue)), note: source.words))
    }
    return result
  }
}

/// Where a rate comes from.
struct RateSource: Sendable {
  var row: PriceRow
  /// The tier of the request.
  var serviceTier: String
  /// The meter whose rate it is, where the meter has none of its own.
  var substitute: Meter?
  var factors: [PriceRow] = []

  var words: String {
    var words: [String] = []
    if let substitute { words.append("as \(substitute.name)") }
    if row.basis == .contracted { words.append("contracted") }
    words.append(
      "tier \(row.serviceTier)" + (row.serviceTier == serviceTier ? "" : " (no \(serviceTier) price)"))
    if row.contextOver > 0 { words.append("input over \(row.contextOver) tokens") }
    if !row.when.isEmpty { words.append("\(row.when)") }
    if let from = row.effectiveFrom { words.append("since \(Timestamp.text(from))") }
    for factor in factors {
      guard case .factor(_, let value) = factor.item else { continue }
      var reasons: [String] = []
      if factor.basis == .contracted { reasons.append("contracted") }
      if factor.serviceTier != "*" { reasons.append("tier \(factor.serviceTier)") }
      if !factor.when.isEmpty { reasons.append("\(factor.when)") }
      words.append("x \(value)" + (reasons.isEmpty ? "" : " for \(reasons.joined(separator: ", "))"))
    }
    return words.joined(separator: ", ")
  }
}
