import Ledger

/// Adds up what requests used, by day, product, key and model, while the books are made.
struct UseCollector {
  private struct CellKey: Hashable {
    var day: Int32
    var product: Int32
    var caller: Int32
  }

  private var sums: [CellKey: UseSum] = [:]
  private var callers: [UseCaller] = []
  private var callerNumbers: [UseCaller: Int32] = [:]
  /// By the store's number of the facts; -1 for none. Most requests need no look-up of their names.
  private var callersOfFacts: [Int32] = []
  private var keys: Set<String> = []
  private var users: [String: Int128] = [:]
  private var hasMoreUsers = false
  private var wasted: [WastedUse]

  private enum Limit {
    /// Numbers of facts with a place of their own.
    static let factsMax = 1_000_000
  }

  init(products: Int) { wasted = Array(repeating: WastedUse(), count: products) }

  /// One share of one charge.
  /// - Parameters:
  ///   - index: 0 for the request's own model.
  ///   - withoutCache: the share's part of what the cached tokens would have cost as plain input; nil where nobody
  ///     knows.
  ///   - factor: the share's part, in units of the books' weights.
  mutating func add(
    _ usage: Usage, _ charge: Charge, _ index: Int, serviceTier: String, day: Int, share: Share,
    factor: Int128,
    requests: Int128, withoutCache: Int128?
  ) {
    let caller = caller(usage, charge, index, serviceTier)
    let key = CellKey(day: Int32(day), product: Int32(share.product), caller: caller)
    let isBilled = !usage.flags.contains(.notBilled)
    sums[key, default: UseSum()].add(
      charge, share, factor: factor, calls: isBilled ? Int128(max(1, usage.requests)) : 0, requests: requests,
      withoutCache: withoutCache)
    let cost = share.amounts.total
    guard cost != .zero else { return }
    if !usage.final {
      wasted[share.product].retried += cost
    } else if usage.outcome.isFailure {
      wasted[share.product].failed += cost
    } else if usage.outcome == .clientGone {
      wasted[share.product].abandoned += cost
    }
    guard let user = usage.user else { return }
    if let known = users[user] {
      users[user] = known + cost.femtodollars
    } else if users.count < PeriodUse.Limit.usersMax {
      users[user] = cost.femtodollars
    } else {
      hasMoreUsers = true
    }
  }

  private mutating func caller(_ usage: Usage, _ charge: Charge, _ index: Int, _ tier: String) -> Int32 {
    let facts = usage.factsNumber
    let isKept = index == 0 && facts > 0 && facts < Limit.factsMax
    if isKept, facts < callersOfFacts.count, callersOfFacts[facts] >= 0 { return callersOfFacts[facts] }
    var key = usage.facts.keyName ?? usage.facts.keyID ?? ""
    if !keys.contains(key) {
      if keys.count < PeriodUse.Limit.keysMax { keys.insert(key) } else { key = UseCaller.otherKeys }
    }
    let caller = UseCaller(
      key: key, provider: usage.facts.provider ?? "",
      model: charge.model ?? "", serviceTier: tier)
    let number = callerNumbers[caller] ?? Int32(callers.count)
    if number == callers.count {
      callers.append(caller)
      callerNumbers[caller] = number
    }
    if isKept {
      if facts >= callersOfFacts.count {
        let size = max(facts + 1, 2 * callersOfFacts.count)
        callersOfFacts += Array(repeating: -1, count: size - callersOfFacts.count)
      }
      callersOfFacts[facts] = number
    }
    return number
  }

  var result: PeriodUse {
    var use = PeriodUse()
    use.cells = sums.map { key, sum in
      UseCell(
        day: Int(key.day), product: Int(key.product), caller: callers[Int(key.caller)], sum: sum)
    }.sorted { ($0.day, $0.product, $0.caller) < ($1.day, $1.product, $1.caller) }
    use.users = users.mapValues { Money(femtodollars: $0) }
    use.hasMoreUsers = hasMoreUsers
    use.wasted = wasted
    return use
  }
}

extension UseSum {
  fileprivate mutating func add(
    _ charge: Charge, _ share: Share, factor: Int128, calls: Int128, requests: Int128, withoutCache: Int128?
  ) {
    self.requests += requests * factor
    guard calls > 0 else { return }
    self.withoutCache = self.withoutCache.flatMap { known in withoutCache.map { known + $0 } }
    var isCall = false
    var bits = charge.counts.usedMeters.rawValue
    // A fee is an amount without a count of its own.
    if charge.amounts[.request] != .zero { bits |= MeterSet.of(.request).rawValue }
    while bits != 0 {
      let slot = UInt8(bits.trailingZeroBitCount)
      bits &= bits &- 1
      guard let meter = Meter(rawValue: slot) else { continue }
      let count = Int128(charge.counts[meter]) * factor
      if charge.unpricedMeters.contains(.of(meter)) || !charge.hasPricedMeter {
        // A count of requests is for their own sake: without a fee it is no usage without a price.
        if meter != .request { add(Part(meter: meter, unpricedCount: count)) }
        continue
      }
      let amount = share.amounts[meter].femtodollars
      if meter == .request {
        guard amount != 0 else { continue }
        add(Part(meter: meter, count: count == 0 ? factor * calls : count, femtodollars: amount))
      } else {
        add(Part(meter: meter, count: count, femtodollars: amount))
      }
      isCall = true
    }
    if isCall { self.calls += calls * factor }
  }
}

extension Charge {
  /// What the tokens read from and written to a cache would have cost as plain input, by product.
  /// - Parameter plain: the charge as if nothing were cached; nil where nothing was.
  /// - Returns: one amount a share; nil where a price for it is not known.
  func costWithoutCache(_ plain: Charge?, _ shares: [Share]) -> [Int128]? {
    guard let plain else { return counts.usesCache ? nil : shares.map { _ in 0 } }
    guard plain.unpricedMeters.isSubset(of: unpricedMeters) else { return nil }
    var cost = plain.total - total
    for meter in Meter.allCases where meter.isCacheRead || meter.isCacheWrite { cost += amounts[meter] }
    return apportion(cost.femtodollars, by: shares.map { Int128($0.weight) })
  }
}
