import Ledger

/// In: the books and whose figures are wanted. Out: their rows cut by day, which add up to them: usage from the
/// day rows, corrections to the day they correct, and what belongs to no day.
struct DataLines {
  struct Line {
    /// As a spreadsheet knows it; nil for what belongs to no day.
    var day: Int64?
    var product: Int
    var provider: String
    var model: String
    var serviceTier: String
    var entry: Entry
    var forPeriod: String
    var state: CostState
    var cost: Money
    var counts: WeightedCounts
  }

  private struct Place: Hashable {
    var product: Int
    var provider: String
    var model: String
    var serviceTier: String
    var entry: Entry
  }

  private let lines: [Line]
  /// The lines that are shown, of all of the books: both are rounded together.
  let order: [Int]
  private let counts: [[Int128]]

  var count: Int { order.count }

  subscript(_ index: Int) -> Line { lines[order[index]] }

  /// A billionth of a dollar each, rounded so that all lines of the books add up.
  var printedCosts: [Money] {
    let printed = PrintedMoney.rounded(lines.map(\.cost), digits: DataSheet.Limit.digits)
    return order.map { printed[$0] }
  }

  /// Millionths.
  func count(_ column: CountColumn, _ index: Int) -> Int128 {
    counts[CountColumn.allCases.firstIndex(of: column) ?? 0][order[index]]
  }

  init(_ books: Books, _ scope: Scope) {
    let numbers = Dictionary(
      books.products.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    let last = books.products.count - 1
    var lines: [Line] = []
    var dated: [Place: (cost: Money, counts: WeightedCounts)] = [:]
    for row in books.dayRows {
      let place = Place(
        product: numbers[row.place.product] ?? last, provider: row.place.provider, model: row.place.model,
        serviceTier: row.place.serviceTier, entry: row.place.entry)
      dated[place, default: (.zero, WeightedCounts())].cost += row.amount.cost
      dated[place, default: (.zero, WeightedCounts())].counts += row.counts
      lines.append(
        Line(
          // What no request made is booked on a month's first day and belongs to none, as on the sheet of days.
          day: place.entry == .usage ? DailySheet.serial(of: row.place.day) : nil, product: place.product,
          provider: place.provider, model: place.model, serviceTier: place.serviceTier, entry: place.entry,
          forPeriod: books.period.label, state: row.amount.state, cost: row.amount.cost,
          counts: row.counts))
    }
    for row in books.rows where row.entry != .adjustment || books.adjustments.isEmpty {
      let place = Place(
        product: row.product, provider: row.provider, model: row.model, serviceTier: row.serviceTier,
        entry: row.entry)
      let part = dated[place] ?? (.zero, WeightedCounts())
      let rest = Line(row, cost: row.cost - part.cost, counts: row.counts - part.counts)
      if rest.cost != .zero || rest.counts != WeightedCounts() { lines.append(rest) }
    }
    for adjustment in books.adjustments.list {
      lines.append(Line(adjustment, product: numbers[adjustment.place.product] ?? last))
    }
    self.lines = lines
    order = lines.indices.filter { scope.holds(lines[$0].product) }
    counts = CountColumn.allCases.map { Self.printed($0, lines, books) }
  }

  /// Rounded as the other sheets are: whole numbers, and hundredths of a request where they are few.
  private static func printed(_ column: CountColumn, _ lines: [Line], _ books: Books) -> [Int128] {
    let unit = powerOfTen(PrintedCounts.digits(of: column, books))
    return roundColumn(
      lines.map { column.figure(of: $0.counts) * unit }, denominator: books.weightDenominator
    )
    .map { $0 * (1_000_000 / unit) }
  }
}

extension DataLines.Line {
  fileprivate init(_ row: Books.Row, cost: Money, counts: WeightedCounts) {
    self.init(
      day: nil, product: row.product, provider: row.provider, model: row.model,
      serviceTier: row.serviceTier, entry: row.entry, forPeriod: row.forPeriod, state: row.state,
      cost: cost, counts: counts)
  }

  fileprivate init(_ adjustment: Adjustment, product: Int) {
    let state = adjustment.now?.state ?? .exact
    self.init(
      day: DailySheet.serial(of: adjustment.place.day), product: product,
      provider: adjustment.place.provider, model: adjustment.place.model,
      serviceTier: adjustment.place.serviceTier, entry: .adjustment, forPeriod: adjustment.forPeriod,
      // The difference itself is a figure, and an unpriced line would not show it.
      state: state == .unpriced && adjustment.difference != .zero ? .partial : state,
      cost: adjustment.difference, counts: WeightedCounts())
  }
}

extension WeightedCounts {
  fileprivate static func - (a: WeightedCounts, b: WeightedCounts) -> WeightedCounts {
    var result = WeightedCounts()
    result.requests = a.requests - b.requests
    result.failedRequests = a.failedRequests - b.failedRequests
    result.interruptedRequests = a.interruptedRequests - b.interruptedRequests
    result.unpricedRequests = a.unpricedRequests - b.unpricedRequests
    result.inputTokens = a.inputTokens - b.inputTokens
    result.cacheReadTokens = a.cacheReadTokens - b.cacheReadTokens
    result.cacheWriteTokens = a.cacheWriteTokens - b.cacheWriteTokens
    result.outputTokens = a.outputTokens - b.outputTokens
    return result
  }
}
