public import Ledger

/// The way from one period's cost to another's, in steps of money that add up to the difference exactly.
///
/// One driver after the other is moved from its old value to its new one, in the order of `Step`, and each step is what
/// the cost changes by when its driver moves: a step begins where the one before it ended. docs/review.md has the
/// definitions and an example by hand.
public struct Bridge: Sendable {
  public enum Step: String, CaseIterable, Sendable {
    /// More or fewer calls; a product that began or stopped is all volume.
    case volume
    /// Other models and tiers.
    case mix
    /// More or fewer tokens a call.
    case size
    /// Another part of the prompts was read from or written to a cache.
    case cache
    /// What a token cost.
    case price
    /// Size, cache and price together, where only sums of the earlier period are left.
    case unsplit
    /// Had no price in one of the two periods.
    case unpriced
    /// Came after the earlier period was closed, and is charged elsewhere.
    case late
    case adjustments
    case fixed
    case credits
    /// Cost that is moved from one product to another.
    case allocation

    /// Steps that every comparison shows, though they be nothing.
    public static let drivers: [Step] = [.volume, .mix, .size, .cache, .price]

    /// Nil for usage, which the drivers are of.
    public init?(_ entry: Entry) {
      switch entry {
      case .usage: return nil
      case .adjustment: self = .adjustments
      case .fixed: self = .fixed
      case .credit: self = .credits
      case .allocation: self = .allocation
      }
    }
  }

  public struct Line: Sendable {
    /// By its later name.
    public var product: Product
    public var was = Money.zero
    public var now = Money.zero
    /// In femtodollars; a step that is missing is nothing.
    public var steps: [Step: Int128] = [:]

    public var difference: Money { now - was }
    public func amount(_ step: Step) -> Money { Money(femtodollars: steps[step] ?? 0) }
  }

  /// Products in the order of the later rules, then those that are gone.
  public var lines: [Line] = []

  public var was: Money { lines.reduce(.zero) { $0 + $1.was } }
  public var now: Money { lines.reduce(.zero) { $0 + $1.now } }
  public var difference: Money { now - was }
  public func amount(_ step: Step) -> Money { lines.reduce(.zero) { $0 + $1.amount(step) } }

  /// The drivers, and what else is not nothing.
  public var steps: [Step] {
    let isSplit = lines.allSatisfy { $0.steps[.unsplit] == nil }
    return Step.allCases.filter { step in
      if lines.contains(where: { $0.amount(step) != .zero }) { return true }
      return isSplit ? Step.drivers.contains(step) : step == .volume || step == .mix || step == .unsplit
    }
  }

  public init(from was: PeriodCosts, to now: PeriodCosts) {
    let known = Set(now.products.map(\.id))
    let products = now.products + was.products.filter { !known.contains($0.id) }
    for product in products {
      var line = Line(product: product)
      let before = was.uses.filter { $0.key.product == product.id }
      let after = now.uses.filter { $0.key.product == product.id }
      line.was = before.values.reduce(.zero) { $0 + $1.cost }
      line.now = after.values.reduce(.zero) { $0 + $1.cost }
      line.add(ProductBridge(was, before, now, after).steps)
      for (step, money) in was.others[product.id] ?? [:] {
        line.was += money
        line.add([step: -money.femtodollars])
      }
      for (step, money) in now.others[product.id] ?? [:] {
        line.now += money
        line.add([step: money.femtodollars])
      }
      if !before.isEmpty || !after.isEmpty || line.was != .zero || line.now != .zero { lines.append(line) }
    }
  }
}

extension Bridge.Line {
  fileprivate mutating func add(_ more: [Bridge.Step: Int128]) { steps.merge(more, uniquingKeysWith: +) }
}

/// One product's usage in both periods, place by place.
private struct ProductBridge {
  private(set) var steps: [Bridge.Step: Int128] = [:]

  /// A place's use in both periods, as far as both know what it costs.
  private struct Pair {
    var was: Side
    var now: Side
  }

  private struct Side {
    /// Calls; where only sums of the earlier period are left, requests.
    var calls = Ratio.zero
    var parts: [UseSum.Part] = []
    var weight: Int128 = 1

    var cost: Int128 { parts.reduce(0) { $0 + $1.femtodollars } }
    func count(_ meter: Meter) -> Ratio {
      Ratio(parts.reduce(0) { $1.meter == meter ? $0 + $1.count : $0 }, over: weight)
    }
    func count(group: Meter) -> Ratio {
      Ratio(parts.reduce(0) { $1.meter.sizeGroup == group ? $0 + $1.count : $0 }, over: weight)
    }
    func cost(_ holds: (Meter) -> Bool) -> Int128 {
      parts.reduce(0) { holds($1.meter) ? $0 + $1.femtodollars : $0 }
    }
  }

  init(
    _ was: PeriodCosts, _ before: [PeriodCosts.Place: UseSum], _ now: PeriodCosts,
    _ after: [PeriodCosts.Place: UseSum]
  ) {
    let isSplit = was.hasMeters && now.hasMeters
    var pairs: [Pair] = []
    for place in Set(before.keys).union(after.keys).sorted() {
      var (a, b) = (before[place] ?? UseSum(), after[place] ?? UseSum())
      if isSplit { takeUnpriced(&a, &b) }
      func side(_ sum: UseSum, _ weight: Int128) -> Side {
        Side(calls: Ratio(isSplit ? sum.calls : sum.requests, over: weight), parts: sum.parts, weight: weight)
      }
      pairs.append(Pair(was: side(a, was.weightDenominator), now: side(b, now.weightDenominator)))
    }
    add(pairs, isSplit: isSplit)
  }

  /// What had no price in one period and has one in the other is no change of anything but that.
  private mutating func takeUnpriced(_ a: inout UseSum, _ b: inout UseSum) {
    note(b.takePriced(where: a) - a.takePriced(where: b), .unpriced)
  }

  private mutating func note(_ amount: Int128, _ step: Bridge.Step) {
    guard amount != 0 else { return }
    steps[step, default: 0] += amount
  }

  private mutating func add(_ pairs: [Pair], isSplit: Bool) {
    let was = pairs.reduce(Ratio.zero) { $0 + $1.was.calls }
    let now = pairs.reduce(Ratio.zero) { $0 + $1.now.calls }
    for pair in pairs {
      let (first, last) = (pair.was.cost, pair.now.cost)
      guard !was.isZero, !now.isZero else {
        note(last - first, .volume)
        continue
      }
      let volume = (now / was).times(first)
      let isInBoth = !pair.was.calls.isZero && !pair.now.calls.isZero
      // A model that is new or gone has no call to compare with: all of it is mix.
      let mix = isInBoth ? (pair.now.calls / pair.was.calls).times(first) : last
      note(volume - first, .volume)
      note(mix - volume, .mix)
      guard isSplit else {
        note(last - mix, .unsplit)
        continue
      }
      guard isInBoth else { continue }
      let size = Self.atNewSize(pair)
      let cache = Self.atNewCounts(pair)
      note(size - mix, .size)
      note(cache - size, .cache)
      note(last - cache, .price)
    }
  }

  /// The new calls' tokens, cached as before, at the old prices.
  private static func atNewSize(_ pair: Pair) -> Int128 {
    var groups: [Meter] = []
    for part in pair.was.parts + pair.now.parts where !groups.contains(part.meter.sizeGroup) {
      groups.append(part.meter.sizeGroup)
    }
    return groups.reduce(0) { cost, group in
      let was = pair.was.count(group: group)
      let holds: (Meter) -> Bool = { $0.sizeGroup == group }
      // What was not used before has no price of before: its own is taken.
      guard !was.isZero else { return cost + pair.now.cost(holds) }
      return cost + (pair.now.count(group: group) / was).times(pair.was.cost(holds))
    }
  }

  /// The new counts of every meter at the old prices.
  private static func atNewCounts(_ pair: Pair) -> Int128 {
    var meters: [Meter] = []
    for part in pair.was.parts + pair.now.parts where !meters.contains(part.meter) {
      meters.append(part.meter)
    }
    return meters.reduce(0) { cost, meter in
      let was = pair.was.count(meter)
      let holds: (Meter) -> Bool = { $0 == meter }
      guard !was.isZero else { return cost + pair.now.cost(holds) }
      return cost + (pair.now.count(meter) / was).times(pair.was.cost(holds))
    }
  }
}

extension UseSum {
  /// Takes out what has a price here and had none there.
  /// - Returns: its cost.
  fileprivate mutating func takePriced(where other: UseSum) -> Int128 {
    let isUnknownThere = other.calls == 0 && other.parts.contains { $0.unpricedCount > 0 }
    var taken: Int128 = 0
    let before = parts
    remove { part in
      let there = other.part(part.meter)
      guard isUnknownThere || (there.count == 0 && there.unpricedCount > 0) else { return false }
      taken += part.femtodollars
      return true
    }
    if parts.allSatisfy({ $0.count == 0 }), before.count > parts.count { calls = 0 }
    return taken
  }
}
