public import Ledger

/// A key whose cost on one day is far from that of the same weekdays before it, and what made it so.
///
/// The usual cost is the median of up to eight of the same weekdays before the day. A day is named where its distance
/// from it is over six times the median distance of those days (MAD), over half the usual cost, and over the floor:
/// all three, so that neither a noisy key nor a cheap one cries every week.
public struct Anomaly: Sendable {
  public enum Limit {
    public static let weekdaysMax = 8
    /// Fewer days have no spread to speak of.
    public static let weekdaysMin = 3
    public static let madFactor: Int128 = 6
    /// A screenful.
    public static let linesMax = 10
    /// The floor: a dollar, and one part in fifty of all keys' mean day.
    public static let floor = Money(femtodollars: 1_000_000_000_000_000)
    public static let floorParts: Int128 = 50
  }

  public var day: String
  public var key: String
  public var cost: Money
  /// The median of the same weekdays before.
  public var usual: Money
  /// How many of those days are known.
  public var days: Int
  /// The driver with the largest part in it.
  public var step: Bridge.Step
  /// What that driver did to the day's cost, and which model of the key cost most.
  public var stepAmount: Money
  public var model: String
  /// Calls and tokens a call, and those of a mean one of the days before.
  public var calls: Ratio
  public var usualCalls: Ratio
  public var tokensPerCall: Ratio?
  public var usualTokensPerCall: Ratio?

  public var difference: Money { cost - usual }
}

/// The days of two neighbouring periods, key by key.
struct KeyDays {
  /// Days of the earlier period; the others follow.
  private let earlierDays: Int
  private let daysOver: Int
  private let labels: [String]
  private var keys: [String: [Int: [PeriodCosts.Place: UseSum]]] = [:]
  private let products: [Product]
  private let weight: Int128
  private var totals: [Money]

  /// - Parameter daysOver: days of the later period that everything is known of.
  init(_ earlier: Books, _ now: Books, daysOver: Int) {
    earlierDays = earlier.period.days.count
    self.daysOver = daysOver
    labels = now.period.days.map(\.label)
    let known = Set(now.products.map(\.id))
    products = now.products + earlier.products.filter { !known.contains($0.id) }
    let common = Ratio(earlier.weightDenominator, over: now.weightDenominator)
    // The smallest number that both are divisors of.
    weight = common.denominator * earlier.weightDenominator
    totals = Array(repeating: .zero, count: earlierDays + daysOver)
    take(earlier, from: 0)
    take(now, from: earlierDays)
  }

  private mutating func take(_ books: Books, from first: Int) {
    let factor = weight / books.weightDenominator
    for cell in books.use.cells where first + cell.day < totals.count {
      let day = first + cell.day
      let place = PeriodCosts.Place(books.products[cell.product].id, cell.caller)
      keys[cell.caller.key, default: [:]][day, default: [:]][place, default: UseSum()] +=
        cell.sum.weighed(factor)
      totals[day] += cell.sum.cost
    }
  }

  /// The largest differences first.
  func anomalies() -> [Anomaly] {
    let later = totals.suffix(daysOver).reduce(Money.zero, +)
    let meanPart = divideHalfEven(
      later.femtodollars, by: Int128(max(1, daysOver)) * Anomaly.Limit.floorParts)
    let floor = max(Anomaly.Limit.floor, Money(femtodollars: meanPart))
    var found: [Anomaly] = []
    for (key, days) in keys {
      guard key != UseCaller.otherKeys, let first = days.keys.min() else { continue }
      let costs = totals.indices.map { day in
        days[day]?.values.reduce(Int128(0)) { $0 + $1.femtodollars } ?? 0
      }
      for day in earlierDays..<earlierDays + daysOver {
        let before = Array(stride(from: day - 7, through: first, by: -7).prefix(Anomaly.Limit.weekdaysMax))
        guard let usual = usual(costs, day, before, floor) else { continue }
        if let one = named(key, days, day, before, usual: usual) { found.append(one) }
      }
    }
    found.sort { a, b in
      let (left, right) = (a.difference.femtodollars.magnitude, b.difference.femtodollars.magnitude)
      return left == right ? (a.day, a.key) < (b.day, b.key) : left > right
    }
    return Array(found.prefix(Anomaly.Limit.linesMax))
  }

  /// The usual cost of a day that is far from it; nil for a day as any other.
  private func usual(_ costs: [Int128], _ day: Int, _ before: [Int], _ floor: Money) -> Money? {
    guard before.count >= Anomaly.Limit.weekdaysMin else { return nil }
    // Twice everything, so that a median between two values is whole.
    let usual = twiceMedian(before.map { costs[$0] })
    let distance = abs(2 * costs[day] - usual)
    let spread = twiceMedian(before.map { abs(2 * costs[$0] - usual) })
    guard 2 * distance > Anomaly.Limit.madFactor * spread, 2 * distance >= usual,
      distance >= 2 * floor.femtodollars
    else { return nil }
    return Money(femtodollars: usual / 2)
  }

  private func named(
    _ key: String, _ days: [Int: [PeriodCosts.Place: UseSum]], _ day: Int, _ before: [Int], usual: Money
  ) -> Anomaly? {
    // The day is compared with the mean one: so many times the day with the sum of all.
    let count = Int128(before.count)
    var (was, now) = (costs([:]), costs((days[day] ?? [:]).mapValues { $0.times(count) }))
    for one in before { was.uses.merge(days[one] ?? [:]) { $0.adding($1) } }
    let bridge = Bridge(from: was, to: now)
    let sign: Int128 = bridge.difference < .zero ? -1 : 1
    let steps = Bridge.Step.drivers.map { (step: $0, amount: bridge.amount($0).femtodollars * sign) }
    guard let largest = steps.max(by: { $0.amount < $1.amount }) else { return nil }
    let (all, base) = (sum(now), sum(was))
    let dearest = (bridge.difference < .zero ? was : now).uses.max { a, b in
      a.value.cost == b.value.cost ? a.key > b.key : a.value.cost < b.value.cost
    }
    return Anomaly(
      day: labels[day - earlierDays], key: key, cost: Money(femtodollars: sum(now).femtodollars / count),
      usual: usual, days: before.count, step: largest.step,
      stepAmount: Money(femtodollars: divideHalfEven(largest.amount * sign, by: count)),
      model: dearest?.key.model ?? "", calls: Ratio(all.calls, over: weight * count),
      usualCalls: Ratio(base.calls, over: weight * count), tokensPerCall: all.tokensPerCall,
      usualTokensPerCall: base.tokensPerCall)
  }

  private func costs(_ uses: [PeriodCosts.Place: UseSum]) -> PeriodCosts {
    var costs = PeriodCosts(products: products, weightDenominator: weight)
    costs.uses = uses
    return costs
  }

  private func sum(_ costs: PeriodCosts) -> UseSum { costs.uses.values.reduce(into: UseSum()) { $0 += $1 } }

  private func twiceMedian(_ values: [Int128]) -> Int128 {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? 2 * sorted[middle] : sorted[middle - 1] + sorted[middle]
  }
}

extension UseSum {
  fileprivate func adding(_ other: UseSum) -> UseSum {
    var result = self
    result += other
    return result
  }

  /// The same money, with counts in units that are so many times finer.
  func weighed(_ factor: Int128) -> UseSum {
    guard factor != 1 else { return self }
    var result = UseSum()
    result.calls = calls * factor
    result.requests = requests * factor
    for part in parts {
      result.add(
        Part(
          meter: part.meter, count: part.count * factor, femtodollars: part.femtodollars,
          unpricedCount: part.unpricedCount * factor))
    }
    result.withoutCache = withoutCache
    return result
  }

  var tokensPerCall: Ratio? { calls > 0 ? Ratio(count(of: \.isToken), over: calls) : nil }
}
