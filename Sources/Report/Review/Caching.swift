public import Ledger

/// What caching did for one product's use of one model at one tier, and what it could do.
public struct CacheLine: Sendable {
  /// Index into the books' products.
  public var product: Int
  public var provider: String
  public var model: String
  public var serviceTier: String
  /// Weighted counts.
  public var promptTokens: Int128
  public var readTokens: Int128
  /// What the tokens read and written cost.
  public var cost: Money
  /// What they would have cost as plain input; nil where there is no price for that.
  public var withoutCache: Money?
  /// The day with the largest part of the prompts read from a cache, and what the period would have cost less
  /// at its rate; nil where no day is better than the whole.
  public var best: Best?

  public struct Best: Sendable {
    public var day: String
    public var hitRate: Ratio
    public var saving: Money
  }

  public var saved: Money? { withoutCache.map { $0 - cost } }
  /// The part of the prompt tokens that was read from a cache.
  public var hitRate: Ratio { promptTokens > 0 ? Ratio(readTokens, over: promptTokens) : .zero }

  /// Every place that used a cache: the largest saving first.
  public static func list(_ books: Books) -> [CacheLine] {
    var days: [PeriodCosts.Place: [Int: UseSum]] = [:]
    var products: [String: Int] = [:]
    for cell in books.use.cells {
      let place = PeriodCosts.Place(books.products[cell.product].id, cell.caller)
      products[place.product] = cell.product
      days[place, default: [:]][cell.day, default: UseSum()] += cell.sum
    }
    let lines = days.compactMap { place, days -> CacheLine? in
      var sum = UseSum()
      for day in days.values { sum += day }
      let isCached: (Meter) -> Bool = { $0.isCacheRead || $0.isCacheWrite }
      guard sum.count(of: isCached) > 0, let product = products[place.product] else { return nil }
      return CacheLine(
        product: product, provider: place.provider, model: place.model, serviceTier: place.serviceTier,
        promptTokens: sum.promptTokens, readTokens: sum.cacheReadTokens, cost: sum.cost(of: isCached),
        withoutCache: sum.withoutCache.map(Money.init(femtodollars:)),
        best: best(of: days, sum, labels: books.period.days.map(\.label)))
    }
    return lines.sorted { a, b in
      let (left, right) = (a.saved ?? .zero, b.saved ?? .zero)
      if left != right { return left > right }
      return (a.product, a.provider, a.model, a.serviceTier) < (b.product, b.provider, b.model, b.serviceTier)
    }
  }

  /// Only days with at least half the prompt tokens of a mean day count: a quiet day's rate is luck.
  ///
  /// The tokens that would then be read are taken from plain input, at the period's own mean rates; what writing them
  /// would cost is not taken off, so it is an upper bound.
  private static func best(of days: [Int: UseSum], _ all: UseSum, labels: [String]) -> Best? {
    let (input, read) = (all.part(.input), all.part(.cacheRead))
    guard input.count > 0, read.count > 0 else { return nil }
    let used = days.filter { $0.value.promptTokens > 0 }
    let usual = used.filter { $0.value.promptTokens * 2 * Int128(used.count) >= all.promptTokens }
    func rate(_ sum: UseSum) -> Ratio { Ratio(sum.cacheReadTokens, over: sum.promptTokens) }
    guard
      let (day, sum) = usual.max(by: { a, b in
        let (left, right) = (rate(a.value), rate(b.value))
        return left == right ? a.key > b.key : left < right
      })
    else { return nil }
    let hitRate = rate(sum)
    let more = min(hitRate.times(all.promptTokens) - all.cacheReadTokens, input.count)
    guard more > 0 else { return nil }
    let saving =
      Ratio(more, over: input.count).times(input.femtodollars)
      - Ratio(more, over: read.count).times(read.femtodollars)
    guard saving > 0 else { return nil }
    return Best(day: labels[day], hitRate: hitRate, saving: Money(femtodollars: saving))
  }
}
