import Ledger

/// The weighted figures of a row, in the order of `chargeback.csv`, under their names there.
enum CountColumn: String, CaseIterable {
  case requests
  case failedRequests = "failed_requests"
  case interruptedRequests = "interrupted_requests"
  case unpricedRequests = "unpriced_requests"
  case inputTokens = "input_tokens"
  case cacheReadTokens = "cache_read_tokens"
  case cacheWriteTokens = "cache_write_tokens"
  case outputTokens = "output_tokens"

  func figure(of counts: WeightedCounts) -> Int128 {
    switch self {
    case .requests: counts.requests
    case .failedRequests: counts.failedRequests
    case .interruptedRequests: counts.interruptedRequests
    case .unpricedRequests: counts.unpricedRequests
    case .inputTokens: counts.inputTokens
    case .cacheReadTokens: counts.cacheReadTokens
    case .cacheWriteTokens: counts.cacheWriteTokens
    case .outputTokens: counts.outputTokens
    }
  }
}

/// In: the rows' weighted counts. Out: what is printed for them, in millionths.
///
/// A split can cut a request into thirds, which no decimal shows; each column is rounded once, over the whole
/// report, so that its printed figures add up to the whole number that was really counted. Every coarser
/// figure (a product's, a model's) is a sum of these.
struct PrintedCounts {
  private let columns: [[Int128]]
  private let products: [Int]

  init(_ books: Books) {
    columns = CountColumn.allCases.map { column in
      roundColumn(
        books.rows.map { column.figure(of: $0.counts) * 1_000_000 }, denominator: books.weightDenominator)
    }
    products = books.rows.map(\.product)
  }

  subscript(_ column: CountColumn, row row: Int) -> Int128 {
    columns[CountColumn.allCases.firstIndex(of: column) ?? 0][row]
  }

  subscript(_ column: CountColumn, rows rows: [Int]) -> Int128 {
    rows.reduce(0) { $0 + self[column, row: $1] }
  }

  subscript(_ column: CountColumn, product product: Int) -> Int128 {
    products.indices.reduce(0) { products[$1] == product ? $0 + self[column, row: $1] : $0 }
  }

  func total(_ column: CountColumn) -> Int128 {
    products.indices.reduce(0) { $0 + self[column, row: $1] }
  }
}

/// Money rounded for people: once, and so that a printed column adds up to its printed total.
enum PrintedMoney {
  /// Cents where cents show everything; two digits more, and two more again, where a cost would print as nothing.
  static func digits(for amounts: [Money]) -> Int {
    let smallest = amounts.map(\.femtodollars.magnitude).filter { $0 > 0 }.min() ?? 0
    guard smallest > 0 else { return 2 }
    let half = UInt128(powerOfTen(Money.fractionDigits)) / 2
    if smallest * 100 >= half { return 2 }
    return smallest * 10_000 >= half ? 4 : 6
  }

  /// Rounded to `digits` by largest remainder.
  static func rounded(_ amounts: [Money], digits: Int) -> [Money] {
    let unit = powerOfTen(Money.fractionDigits - digits)
    return roundColumn(amounts.map(\.femtodollars), denominator: unit).map { Money(femtodollars: $0 * unit) }
  }

  /// Rounded to `digits` so that they add up to `total`, itself a rounding of their sum.
  static func rounded(_ amounts: [Money], addingUpTo total: Money, digits: Int) -> [Money] {
    let unit = powerOfTen(Money.fractionDigits - digits)
    var units: [Int128] = []
    var remainders: [(index: Int, remainder: Int128)] = []
    for (index, amount) in amounts.enumerated() {
      let floor = amount.femtodollars >= 0 ? amount.femtodollars / unit : -((unit - 1 - amount.femtodollars) / unit)
      units.append(floor)
      remainders.append((index, amount.femtodollars - floor * unit))
    }
    remainders.sort { $0.remainder == $1.remainder ? $0.index < $1.index : $0.remainder > $1.remainder }
    let leftOver = Int(total.femtodollars / unit - units.reduce(0, +))
    for n in 0..<max(0, min(leftOver, units.count)) { units[remainders[n].index] += 1 }
    return units.map { Money(femtodollars: $0 * unit) }
  }

  /// Each amount's part of `total` in hundredths of a percent, adding up to that of their sum; nil for a total
  /// that has no parts.
  static func shares(_ amounts: [Money], of total: Money) -> [Int64]? {
    guard total > .zero else { return nil }
    return roundColumn(amounts.map { $0.femtodollars * 10_000 }, denominator: total.femtodollars).map { Int64($0) }
  }
}

extension Books {
  /// What a product's rows, or all rows, say together about how well their cost is known.
  func state(of states: [CostState]) -> CostState {
    if states.isEmpty { return .exact }
    if states.allSatisfy({ $0 == .unpriced }) { return .unpriced }
    let worst = states.min() ?? .exact
    return worst == .unpriced ? .partial : worst
  }

  func state(ofProduct product: Int) -> CostState {
    state(of: rows.filter { $0.product == product }.map(\.state))
  }

  var state: CostState { state(of: rows.map(\.state)) }

  /// The product that takes what no rule placed.
  var unattributedIndex: Int { products.count - 1 }

  /// Costs by product, exact.
  var productCosts: [Money] { products.indices.map(cost(ofProduct:)) }

  /// Costs by product as printed.
  func printedProductCosts(digits: Int) -> [Money] { PrintedMoney.rounded(productCosts, digits: digits) }

  /// Digits behind the point that show every product's cost.
  var productDigits: Int { PrintedMoney.digits(for: productCosts) }

  /// What 1,000 requests cost; nil where there are none, or where the cost is unknown.
  func costPerThousandRequests(cost: Money, requests: Int128, state: CostState) -> Money? {
    guard requests > 0, state != .unpriced else { return nil }
    let unit = powerOfTen(Money.fractionDigits - 4)
    let exact = divideHalfEven(cost.femtodollars * 1000 * weightDenominator, by: requests)
    return Money(femtodollars: divideHalfEven(exact, by: unit) * unit)
  }
}

/// How many of the period's requests have a cost, and how good it is: hundredths of a percent that add up to 100 %.
struct Coverage {
  var exact: Int64
  var estimated: Int64
  var unpriced: Int64
  var interrupted: Int64

  /// Nil where there was no request.
  init?(_ books: Books) {
    let counts = books.totalCounts
    let requests = counts.requests
    guard requests > 0 else { return nil }
    let known = max(0, requests - counts.unpricedRequests - counts.interruptedRequests)
    let estimated = min(Int128(books.estimatedRequests) * books.weightDenominator, known)
    let unpriced = min(counts.unpricedRequests, requests)
    let parts = roundColumn(
      [known - estimated, estimated, unpriced, requests - known - unpriced].map { $0 * 10_000 },
      denominator: requests)
    exact = Int64(parts[0])
    self.estimated = Int64(parts[1])
    self.unpriced = Int64(parts[2])
    interrupted = Int64(parts[3])
  }
}

/// The days' costs by product as printed: each product's column adds up to its printed cost.
struct PrintedDays {
  enum Limit {
    /// Two months of days still read as a list; a longer period is shown by month.
    static let dayRowsMax = 62
  }

  struct Line {
    var label: String
    var costs: [Money]
    var requests: Int128
    var total: Money { costs.reduce(.zero, +) }
  }

  var lines: [Line]
  /// Costs that belong to the period but to none of its days (adjustments, fixed costs, credits); nil for none.
  var undated: Line?
  var digits: Int
  var isByMonth: Bool

  init(_ books: Books, byMonthWhenLong: Bool) {
    isByMonth = byMonthWhenLong && books.period.days.count > Limit.dayRowsMax
    var exact: [Line] = []
    for (index, day) in books.period.days.enumerated() {
      let label = isByMonth ? String(day.label.prefix(7)) : day.label
      if exact.last?.label != label {
        exact.append(Line(label: label, costs: books.products.map { _ in .zero }, requests: 0))
      }
      for (product, cell) in books.days[index].enumerated() {
        exact[exact.count - 1].costs[product] += cell.cost
        exact[exact.count - 1].requests += cell.counts.requests
      }
    }
    let products = books.productCosts
    let dated = products.indices.map { product in exact.reduce(.zero) { $0 + $1.costs[product] } }
    let rest = products.indices.map { products[$0] - dated[$0] }
    let digits = PrintedMoney.digits(for: exact.flatMap(\.costs) + rest + products)
    self.digits = digits

    let printed = PrintedMoney.rounded(products, digits: digits)
    lines = exact
    var restPrinted = rest
    for product in products.indices {
      let column = PrintedMoney.rounded(
        exact.map { $0.costs[product] } + [rest[product]], addingUpTo: printed[product], digits: digits)
      for line in lines.indices { lines[line].costs[product] = column[line] }
      restPrinted[product] = column[lines.count]
    }
    let isDated = rest.allSatisfy { $0 == .zero } && restPrinted.allSatisfy { $0 == .zero }
    undated = isDated ? nil : Line(label: "not of one day", costs: restPrinted, requests: 0)
    for line in lines.indices {
      lines[line].requests = divideHalfEven(lines[line].requests, by: books.weightDenominator)
    }
  }
}
