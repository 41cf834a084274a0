public import Ledger

/// One usage's charges: its own model's first, then those of other models inside the same answer.
public struct PricedUsage: Sendable {
  public var charges: [Charge]
  /// How each charge was found, for `explain`; empty unless asked for.
  public var lines: [[Charge.Line]]
  public var matches: [PriceBook.Match?]
}

extension PriceBook {
  /// Prices a usage. Every used meter has a rate or is unpriced with its reason; nothing is zero for want of a price.
  ///
  /// - Parameter explaining: also return each meter's count, rate and the reason for that rate.
  public func price(_ usage: Usage, explaining: Bool = false) -> PricedUsage {
    var result = PricedUsage(charges: [], lines: [], matches: [])
    func add(model: String?, returned: String?, requested: String?, counts: TokenCounts) {
      let match = match(
        provider: usage.facts.provider, returned: returned, requested: requested,
        region: usage.facts.region)
      var lines: [Charge.Line]? = explaining ? [] : nil
      result.charges.append(charge(usage, model, counts, match, &lines))
      if let lines { result.lines.append(lines) }
      result.matches.append(match)
    }
    add(
      model: usage.facts.model, returned: usage.facts.modelReturned,
      requested: usage.facts.modelRouted ?? usage.facts.modelRequested, counts: usage.counts)
    for other in usage.otherModels {
      add(model: other.model, returned: other.model, requested: nil, counts: other.counts)
    }
    if usage.flags.contains(.usageMissing) {
      result.charges[0].unpricedReason = "the answer came without usage"
    }
    return result
  }

  private func charge(
    _ usage: Usage, _ model: String?, _ counts: TokenCounts, _ match: Match?,
    _ lines: inout [Charge.Line]?
  ) -> Charge {
    var charge = Charge(model: model, counts: counts)
    guard !counts.isZero else { return charge }
    let tier = serviceTierName(usage.facts.serviceTier)
    let free = usage.flags.contains(.notBilled)
    for (meter, count) in counts.used {
      guard let match else {
        charge.unpricedMeters.insert(.of(meter))
        lines?.append(.init(meter: meter, count: count, rate: nil, note: "no price entry"))
        continue
      }
      guard
        let rate = rate(
          of: meter, in: match.entry, serviceTier: tier, totalInput: counts.totalInput, at: usage.time)
      else {
        charge.unpricedMeters.insert(.of(meter))
        lines?.append(.init(meter: meter, count: count, rate: nil, note: "no rate for \(meter.name)"))
        continue
      }
      charge.hasPricedMeter = true
      if free {
        lines?.append(.init(meter: meter, count: count, rate: .zero, note: "refused before any output"))
        continue
      }
      var plain = count
      if meter == .output, counts.reasoning > 0,
        let reasoning = self.rate(
          .reasoning, in: match.entry, serviceTier: tier, totalInput: counts.totalInput, at: usage.time)
      {
        plain -= counts.reasoning
        charge.amounts[.output] += reasoning.perUnit * counts.reasoning
        lines?.append(
          .init(
            meter: .output, count: counts.reasoning, rate: reasoning.perUnit,
            note: "reasoning, " + reasoning.note))
      }
      charge.amounts[meter] += rate.perUnit * plain
      lines?.append(.init(meter: meter, count: plain, rate: rate.perUnit, note: rate.note))
    }
    if match == nil {
      charge.unpricedReason = "no price entry for this model"
    } else if !charge.unpricedMeters.isEmpty {
      charge.unpricedReason = "no rate for " + charge.unpricedMeters.meters.map(\.name).joined(separator: ", ")
    }
    return charge
  }

  /// Audio and image tokens have their own price only where the vendor sets them apart; elsewhere they are text.
  private func rate(
    of meter: Meter, in entry: Entry, serviceTier: String, totalInput: Int64, at time: Int64
  ) -> Rate? {
    func find(_ meter: Meter) -> Rate? {
      rate(.meter(meter), in: entry, serviceTier: serviceTier, totalInput: totalInput, at: time)
    }
    if let own = find(meter) { return own }
    guard let plain = meter.pricedAsText, var rate = find(plain) else { return nil }
    rate.note = "as \(plain.name), " + rate.note
    return rate
  }
}

extension Meter {
  fileprivate var pricedAsText: Meter? {
    switch self {
    case .inputAudio, .inputImage: .input
    case .outputAudio, .outputImage: .output
    default: nil
    }
  }
}

/// The tier's word in reports and prices: `standard` for absent, null and `default`, else the vendor's own.
public func serviceTierName(_ vendors: String?) -> String {
  guard let vendors, vendors != "default", !vendors.isEmpty else { return "standard" }
  return vendors
}
