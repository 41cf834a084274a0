import Ledger
import Report

/// Books made by hand for the tests of the renderers: October 2026 in Tokyo, three products.
enum SampleBooks {
  /// Everything in it that a report can show: a split into thirds, a model without a price, an estimate, an
  /// interrupted request, an adjustment, rejected and missing lines.
  static func october() -> Books {
    var books = empty(products: [
      Product(id: "auto-approval", name: "レビュー自動承認", costCenter: "4101", owner: "review-ops"),
      Product(id: "ticket-generator", name: "チケット自動生成", costCenter: "4102", owner: "cs-tools"),
      Product(id: "chrome-assistant", name: "Chromeアシスタント", costCenter: "4103", owner: "devex"),
      .unattributed,
    ])
    add(0, "anthropic", "claude-sonnet-4-5-20250929", requests: 30_001, cost: "612.348150375", &books)
    // 1,000 requests split 1:2 between two products: 333 and a third, 666 and two thirds.
    add(0, "openai", "gpt-4.1-mini", requests: 1000, outOf: 3, cost: "4.111111111111111", &books)
    add(1, "openai", "gpt-4.1-mini", requests: 2000, outOf: 3, cost: "8.222222222222222", &books)
    add(1, "openai", "gpt-4.1", tier: "flex", requests: 8200, cost: "97.0050005", state: .estimated, &books)
    add(2, "bedrock", "anthropic.claude-haiku-4-5-v1:0", requests: 5120, cost: "33.3333333333333", &books)
    add(2, "bedrock", "mystery-model", requests: 40, cost: "0", state: .unpriced, &books)
    add(3, "gemini", "gemini-2.5-flash", requests: 12, cost: "0.001234", state: .partial, &books)
    books.rows[3].counts.failedRequests = 17 * 3
    books.rows[6].counts.interruptedRequests = 2 * 3
    books.rows[5].counts.unpricedRequests = 40 * 3
    addTroubles(&books)
    books.include([september], products: [])
    return books
  }

  /// The month before, closed, with two corrections: a late request, and a price that was too high.
  static let september: Adjustments.Corrected = {
    let begin = october2026.begin - 30 * 86_400_000_000
    let days = (0..<30).map { day in
      Period.Day(
        label: "2026-09-" + (day < 9 ? "0" : "") + String(day + 1),
        begin: begin + Int64(day) * 86_400_000_000)
    }
    func adjustment(
      _ day: String, _ reason: Adjustment.Reason, _ words: String, was: String, now: String, prices: String
    ) -> Adjustment {
      Adjustment(
        forPeriod: "2026-09",
        place: BookPlace(
          day: day, product: "auto-approval", provider: "anthropic", model: "claude-sonnet-4-5-20250929",
          serviceTier: "standard"), reason: reason, words: words,
        was: BookedAmount(cost: money(was), state: .exact),
        now: BookedAmount(cost: money(now), state: .exact),
        pricesWas: "11aa22bb33cc44dd", pricesNow: prices, rulesWas: "e0a1b2c3d4e5f607",
        rulesNow: "e0a1b2c3d4e5f607")
    }
    return Adjustments.Corrected(
      period: Period(
        label: "2026-09", zone: "Asia/Tokyo", begin: begin, end: october2026.begin, days: days),
      list: [
        adjustment("2026-09-07", .lateLines, "", was: "20", now: "20.25", prices: "11aa22bb33cc44dd"),
        adjustment(
          "2026-09-07", .prices, "the vendor's list was wrong", was: "20.25", now: "18.5",
          prices: "5f2c9a7be0d14c33"),
      ], lateRequests: 1, inputsSHA256: String(repeating: "c3", count: 32))
  }()

  private static func addTroubles(_ books: inout Books) {
    books.estimatedRequests = 25
    books.unpriced = [
      Books.Unpriced(
        provider: "bedrock", model: "mystery-model", serviceTier: "standard",
        reason: "no price entry for this model", requests: 40,
        counts: MeterSums(TokenCounts([.input: 48_000, .output: 9_600])))
    ]
    books.inputs = [
      Books.Input(
        name: "2026/10/01/00-w-8f3a-1.jsonl", sha256: String(repeating: "a1", count: 32), lines: 90_000,
        usages: 44_373, duplicates: 10, rejected: 2, control: 45_615),
      Books.Input(
        name: "2026/10/02/00-w-8f3a-2.jsonl", sha256: String(repeating: "b2", count: 32), lines: 3,
        usages: 0, duplicates: 0, rejected: 1, control: 2),
    ]
    books.rejections = [
      Rejection(
        place: Usage.Place(file: "2026/10/01/00-w-8f3a-1.jsonl", line: 71), reason: "not an object",
        excerpt: "SECRET-PROMPT"),
      Rejection(
        place: Usage.Place(file: "2026/10/01/00-w-8f3a-1.jsonl", line: 90_000),
        reason: "torn: the last line has no line feed",
        excerpt: ""),
      Rejection(
        place: Usage.Place(file: "2026/10/02/00-w-8f3a-2.jsonl", line: 3), reason: "unknown format version 2",
        excerpt: ""),
    ]
    books.holes = [Books.Hole(writer: "w-8f3a", first: 901, last: 904)]
    books.checks = [
      Books.Check(name: "lines", passed: true, detail: "90,003 read = 90,003 taken"),
      Books.Check(name: "shares add up to charges", passed: true, detail: "both sides agree"),
    ]
  }

  static func empty(products: [Product], denominator: Int128 = 3, period: Period = october2026) -> Books {
    Books(
      period: period, programVersion: "tollbook 0.1.0",
      prices: Books.PriceVersion(
        version: "5f2c9a7be0d14c33", source: "LiteLLM price map"),
      attributionVersion: "e0a1b2c3d4e5f607", products: products, weightDenominator: denominator)
  }

  /// Midnight in Tokyo is 15:00Z of the day before.
  static let october2026: Period = {
    let begin = Timestamp.days(year: 2026, month: 9, day: 30) * 86_400_000_000 + 54_000_000_000
    let days = (0..<31).map { day in
      Period.Day(
        label: "2026-10-" + (day < 9 ? "0" : "") + String(day + 1),
        begin: begin + Int64(day) * 86_400_000_000)
    }
    return Period(
      label: "2026-10", zone: "Asia/Tokyo", begin: begin, end: begin + 31 * 86_400_000_000, days: days)
  }()

  /// A row and its part of each day; weekends are quieter. `requests` is in units of 1/`outOf` requests.
  static func add(
    _ product: Int, _ provider: String, _ model: String, tier: String = "standard", requests: Int128,
    outOf: Int128 = 1, cost: String, state: CostState = .exact, _ books: inout Books
  ) {
    let counts = counts(requests: requests * books.weightDenominator / outOf)
    books.rows.append(
      Books.Row(
        product: product, provider: provider, model: model, serviceTier: tier, entry: .usage,
        forPeriod: books.period.label, counts: counts, cost: money(cost), state: state))
    let weights = books.period.days.indices.map { day in
      (day + 3) % 7 < 5 ? Int128(20 + (day * 7 + product * 3) % 9) : 3
    }
    let costs = apportion(money(cost).femtodollars, by: weights)
    let parts = apportion(counts.requests, by: weights)
    for day in books.period.days.indices {
      let cost = Money(femtodollars: costs[day])
      books.days[day][product].cost += cost
      books.days[day][product].counts.requests += parts[day]
      books.dayRows.append(
        Books.DayRow(
          place: BookPlace(
            day: books.period.days[day].label, product: books.products[product].id, provider: provider,
            model: model, serviceTier: tier), counts: Self.counts(requests: parts[day]),
          amount: BookedAmount(cost: cost, state: state)))
    }
    addCallers(product, counts, money(cost), &books)
  }

  /// As many tokens as a request of these books has.
  private static func counts(requests: Int128) -> WeightedCounts {
    var counts = WeightedCounts()
    counts.requests = requests
    counts.inputTokens = requests * 812
    counts.cacheReadTokens = requests * 1120
    counts.cacheWriteTokens = requests * 31
    counts.outputTokens = requests * 344
    return counts
  }

  /// One key and one team a product, and two users, one of whom is not named.
  private static func addCallers(
    _ product: Int, _ counts: WeightedCounts, _ cost: Money, _ books: inout Books
  ) {
    let id = books.products[product].id
    let users = apportion(cost.femtodollars, by: [2, 1])
    let requests = apportion(counts.requests, by: [2, 1])
    let callers: [(CallerKind, String, Int128, Int128)] = [
      (.key, "\(id)-prod", counts.requests, cost.femtodollars),
      (.team, product % 2 == 0 ? "review" : "support", counts.requests, cost.femtodollars),
      (.user, "u-\(product)", requests[0], users[0]), (.user, "", requests[1], users[1]),
    ]
    books.callers += callers.map { kind, name, requests, cost in
      Books.Caller(
        kind: kind, product: product, name: name, requests: requests, tokens: requests * 2307,
        cost: Money(femtodollars: cost))
    }
  }

  /// `-12.34` as femtodollars.
  static func money(_ text: String) -> Money {
    let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    let digits = parts[0] + fraction + String(repeating: "0", count: 15 - fraction.count)
    guard let units = Int128(digits) else { preconditionFailure("digits: \(text)") }
    return Money(femtodollars: text.hasPrefix("-") ? -units : units)
  }
}
