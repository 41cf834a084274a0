public import Ledger

/// Adds up a period's requests, one at a time, into its books. Order does not matter: every sum is exact.
public struct BooksBuilder {
  private struct RowKey: Hashable {
    /// Index into the period's days; nil for a request outside of them.
    var day: Int?
    var product: Int
    var provider: String
    var model: String
    var serviceTier: String
  }

  fileprivate struct RowSum {
    var counts = WeightedCounts()
    var femtodollars: Int128 = 0
    var listFemtodollars: Int128 = 0
    var hasPriced = false
    var hasUnpriced = false
    var hasInterrupted = false
    var hasEstimate = false

    var state: CostState {
      // Nothing in it has a price, and something in it may have cost: that is unknown, not zero.
      if (hasUnpriced || hasInterrupted) && !hasPriced { return .unpriced }
      if hasUnpriced || hasInterrupted { return .partial }
      return hasEstimate ? .estimated : .exact
    }
  }

  private struct UnpricedKey: Hashable {
    var provider: String
    var model: String
    var serviceTier: String
    var reason: String
  }

  /// Fails where the books have holes.
  public static let missingLinesCheck = "no line is missing"

  private var books: Books
  private var sums: [RowKey: RowSum] = [:]
  private var unpriced: [UnpricedKey: (requests: Int64, counts: MeterSums)] = [:]
  private var chargedTotal: Int128 = 0
  private var oddities = OddityCounts()
  private var stated = StatedCosts()
  private var statedDays = StatedDays()
  private var statedUsage = StatedUsages()
  private var use: UseCollector
  private var callers = CallerSums()

  public init(_ empty: Books) {
    books = empty
    use = UseCollector(products: empty.products.count)
  }

  /// What vendors state of days that lie wholly in the period: told before the first request.
  public mutating func compare(with statements: [VendorStatement]) {
    statedDays = StatedDays(statements)
    statedUsage = StatedUsages(statements)
  }

  /// One attempt: its charges, and for each charge the shares of the products.
  /// - Parameters:
  ///   - serviceTier: the tier's word in reports.
  ///   - withoutCache: the charges as if nothing had been cached; nil where nothing was.
  public mutating func add(
    _ usage: Usage, serviceTier: String, charges: [Charge], shares: [[Share]], withoutCache: [Charge]? = nil
  ) {
    let counted = usage.final || usage.outcome == .interrupted
    let isUnpriced = charges.contains(where: \.isUnpriced)
    let isEstimate = usage.flags.isEstimate
    if counted, isEstimate { books.estimatedRequests += usage.requests }
    oddities.add(usage)
    stated.add(usage, charges)
    statedDays.add(usage, charges)
    statedUsage.add(usage, charges)
    let provider = usage.facts.provider ?? ""
    let day = books.period.day(of: usage.time)
    for (index, charge) in charges.enumerated() {
      var counts = tokens(charge.counts)
      if index == 0, counted {
        let requests = Int128(usage.requests)
        counts.requests = requests
        counts.failedRequests = usage.outcome.isFailure ? requests : 0
        counts.interruptedRequests = usage.outcome == .interrupted ? requests : 0
        counts.unpricedRequests = isUnpriced ? requests : 0
      }
      chargedTotal += charge.total.femtodollars
      let plainCosts = charge.costWithoutCache(withoutCache?[index], shares[index])
      for (part, share) in shares[index].enumerated() {
        let factor = books.weightDenominator * Int128(share.weight) / Int128(share.weightTotal)
        let weighted = counts.times(factor)
        let cost = share.amounts.total
        let key = RowKey(
          day: day, product: share.product, provider: provider, model: charge.model ?? "",
          serviceTier: serviceTier)
        sums[key, default: RowSum()].add(weighted, cost, share.listCost, charge, usage)
        callers.add(usage, product: share.product, weighted, cost)
        if let day {
          books.days[day][share.product].counts += weighted
          books.days[day][share.product].cost += cost
          use.add(
            usage, charge, index, serviceTier: serviceTier, day: day, share: share, factor: factor,
            requests: counts.requests, withoutCache: plainCosts?[part])
        }
      }
      if let reason = charge.unpricedReason {
        note(charge, reason, provider, serviceTier, counted && index == 0 ? usage.requests : 0)
      }
    }
  }

  private mutating func note(
    _ charge: Charge, _ reason: String, _ provider: String, _ tier: String, _ requests: Int64
  ) {
    let key = UnpricedKey(
      provider: provider, model: charge.model ?? "", serviceTier: tier, reason: reason)
    var sum = unpriced[key] ?? (0, MeterSums())
    sum.requests += requests
    for meter in charge.unpricedMeters.meters { sum.counts[meter] += Int128(charge.counts[meter]) }
    unpriced[key] = sum
  }

  /// The finished books: rows in order, and the laws held against the figures.
  public func finish(
    inputs: [Books.Input], rejections: [Rejection], holes: [Books.Hole]
  ) -> Books {
    var result = books
    result.inputs = inputs
    result.rejections = rejections
    result.holes = holes
    result.dayRows = dayRows()
    result.rows = sumsOverDays().map { key, sum in
      Books.Row(
        product: key.product, provider: key.provider, model: key.model, serviceTier: key.serviceTier,
        entry: .usage, forPeriod: books.period.label, counts: sum.counts,
        cost: Money(femtodollars: sum.femtodollars), listCost: Money(femtodollars: sum.listFemtodollars),
        state: sum.state)
    }.sorted {
      ($0.product, $0.provider, $0.model, $0.serviceTier)
        < ($1.product, $1.provider, $1.model, $1.serviceTier)
    }
    result.unpriced = unpriced.map { key, sum in
      Books.Unpriced(
        provider: key.provider, model: key.model, serviceTier: key.serviceTier, reason: key.reason,
        requests: sum.requests, counts: sum.counts)
    }.sorted {
      ($0.provider, $0.model, $0.serviceTier, $0.reason)
        < ($1.provider, $1.model, $1.serviceTier, $1.reason)
    }
    oddities.fill(&result)
    result.statedCosts = stated.list
    result.statedDays = statedDays.list
    result.statedUsage = statedUsage.list
    result.use = use.result
    result.callers = callers.list
    result.checks = checks(result)
    return result
  }

  private func sumsOverDays() -> [RowKey: RowSum] {
    var result: [RowKey: RowSum] = [:]
    for (key, sum) in sums {
      var whole = key
      whole.day = nil
      result[whole, default: RowSum()].add(sum)
    }
    return result
  }

  private func dayRows() -> [Books.DayRow] {
    sums.compactMap { key, sum in
      guard let day = key.day else { return nil }
      return Books.DayRow(
        place: BookPlace(
          day: books.period.days[day].label, product: books.products[key.product].id,
          provider: key.provider, model: key.model, serviceTier: key.serviceTier),
        counts: sum.counts,
        amount: BookedAmount(cost: Money(femtodollars: sum.femtodollars), state: sum.state))
    }.sorted { $0.place < $1.place }
  }

  private func checks(_ books: Books) -> [Books.Check] {
    let charged = Money(femtodollars: chargedTotal)
    let daily = books.days.joined().reduce(Money.zero) { $0 + $1.cost }
    let accounted = books.usagesRead + books.duplicatesRead + books.rejectedRead + books.controlRead
    let everyCaller = CallerKind.allCases.allSatisfy { kind in
      books.callers.reduce(Money.zero) { $1.kind == kind ? $0 + $1.cost : $0 } == books.totalCost
    }
    let everyFile = books.inputs.allSatisfy {
      $0.lines == $0.usages + $0.duplicates + $0.rejected + $0.control
    }
    return [
      Books.Check(
        name: "shares add up to charges", passed: books.totalCost == charged,
        detail: "shares \(books.totalCost) USD, charges \(charged) USD",
        japanese: ("配賦額が請求額と一致", "配賦 \(books.totalCost) USD、計算額 \(charged) USD")),
      Books.Check(
        name: "days add up to the total", passed: daily == books.totalCost,
        detail: "days \(daily) USD, total \(books.totalCost) USD",
        japanese: ("日別の和が合計と一致", "日別の和 \(daily) USD、合計 \(books.totalCost) USD")),
      Books.Check(
        name: "keys, teams and users each add up to the total", passed: everyCaller,
        detail: "total \(books.totalCost) USD",
        japanese: ("キー・チーム・ユーザーそれぞれの和が合計と一致", "合計 \(books.totalCost) USD")),
      Books.Check(
        name: "every line is accounted for", passed: everyFile && accounted == books.linesRead,
        detail:
          "read \(books.linesRead) lines = \(books.usagesRead) usages + \(books.duplicatesRead) duplicates"
          + " + \(books.rejectedRead) rejected + \(books.controlRead) control",
        japanese: (
          "すべての行の行き先が判明",
          "\(books.linesRead)行 = 利用 \(books.usagesRead) + 重複 \(books.duplicatesRead)"
            + " + 読み取り不可 \(books.rejectedRead) + 制御 \(books.controlRead)"
        )),
      Books.Check(
        name: Self.missingLinesCheck, passed: books.holes.isEmpty,
        detail: "\(books.holes.count) holes in the writers' numbers",
        japanese: ("行の欠落なし", "連番の欠け \(books.holes.count)か所")),
    ]
  }

  private func tokens(_ counts: TokenCounts) -> WeightedCounts {
    let tokens = BookedTokens(counts)
    var result = WeightedCounts()
    result.inputTokens = Int128(tokens.input)
    result.cacheReadTokens = Int128(tokens.cacheRead)
    result.cacheWriteTokens = Int128(tokens.cacheWrite)
    result.outputTokens = Int128(tokens.output)
    return result
  }
}

extension BooksBuilder.RowSum {
  fileprivate mutating func add(_ other: Self) {
    counts += other.counts
    femtodollars += other.femtodollars
    listFemtodollars += other.listFemtodollars
    hasPriced = hasPriced || other.hasPriced
    hasUnpriced = hasUnpriced || other.hasUnpriced
    hasInterrupted = hasInterrupted || other.hasInterrupted
    hasEstimate = hasEstimate || other.hasEstimate
  }

  fileprivate mutating func add(
    _ weighted: WeightedCounts, _ cost: Money, _ listCost: Money, _ charge: Charge, _ usage: Usage
  ) {
    counts += weighted
    femtodollars += cost.femtodollars
    listFemtodollars += listCost.femtodollars
    hasPriced = hasPriced || charge.hasPricedMeter
    hasUnpriced = hasUnpriced || charge.isUnpriced
    hasInterrupted = hasInterrupted || usage.outcome == .interrupted
    hasEstimate = hasEstimate || usage.flags.isEstimate
  }
}

extension WeightedCounts {
  fileprivate func times(_ factor: Int128) -> WeightedCounts {
    var result = WeightedCounts()
    result.requests = requests * factor
    result.failedRequests = failedRequests * factor
    result.interruptedRequests = interruptedRequests * factor
    result.unpricedRequests = unpricedRequests * factor
    result.inputTokens = inputTokens * factor
    result.cacheReadTokens = cacheReadTokens * factor
    result.cacheWriteTokens = cacheWriteTokens * factor
    result.outputTokens = outputTokens * factor
    return result
  }
}
