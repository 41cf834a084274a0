import Ledger

/// The weighted figures of a row, in the order of `chargeback.csv`, under their names there.
public enum CountColumn: String, CaseIterable, Sendable {
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

  var isTokens: Bool {
    switch self {
    case .requests, .failedRequests, .interruptedRequests, .unpricedRequests: false
    case .inputTokens, .cacheReadTokens, .cacheWriteTokens, .outputTokens: true
    }
  }
}

/// In: the rows' weighted counts. Out: what is printed for them, in millionths.
///
/// A split can cut a request into thirds, which no decimal shows; each column is rounded once, over the whole
/// report, so that its printed figures add up to the whole number that was really counted. Every coarser
/// figure (a product's, a model's) is a sum of these.
struct PrintedCounts {
  enum Limit {
    /// Where a column adds up to this many, a part of one is too small to matter to a reader.
    static let wholeFrom: Int128 = 1000
  }

  private let columns: [[Int128]]
  private let products: [Int]

  /// Up to six digits behind the point, for files.
  init(_ books: Books) {
    self.init(books) { _ in 6 }
  }

  /// For people: whole numbers, and hundredths of a request where they are few.
  static func forPeople(_ books: Books) -> PrintedCounts {
    PrintedCounts(books) { digits(of: $0, books) }
  }

  /// Digits behind the point that people are shown.
  static func digits(of column: CountColumn, _ books: Books) -> Int {
    let isMany = column.figure(of: books.totalCounts) >= Limit.wholeFrom * books.weightDenominator
    return column.isTokens || isMany ? 0 : 2
  }

  private init(_ books: Books, digits: (CountColumn) -> Int) {
    columns = CountColumn.allCases.map { column in
      let unit = powerOfTen(digits(column))
      let exact = books.rows.map { column.figure(of: $0.counts) * unit }
      let millionths = 1_000_000 / unit
      return roundColumn(exact, denominator: books.weightDenominator).map { $0 * millionths }
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
  /// Cents from ten dollars on; more digits where all of it together is less.
  static func digits(for amounts: [Money]) -> Int {
    let all = amounts.reduce(UInt128(0)) { $0 + $1.femtodollars.magnitude }
    let dollar = UInt128(powerOfTen(Money.fractionDigits))
    if all == 0 || all >= 10 * dollar { return 2 }
    return all * 10 >= dollar ? 4 : 6
  }

  /// A cost that rounds to nothing is not nothing: `<$0.01`.
  static func cell(_ printed: Money, exact: Money, digits: Int) -> Table.Cell {
    guard printed == .zero, exact != .zero else { return .money(printed) }
    let smallest = Money(femtodollars: powerOfTen(Money.fractionDigits - digits))
    let unit = CellText.dollars(smallest, digits: digits)
    return .text(exact > .zero ? "<" + unit : ">-" + unit)
  }

  /// Rounded to `digits` by largest remainder.
  static func rounded(_ amounts: [Money], digits: Int) -> [Money] {
    let unit = powerOfTen(Money.fractionDigits - digits)
    return roundColumn(amounts.map(\.femtodollars), denominator: unit).map { Money(femtodollars: $0 * unit) }
  }

  /// Rounded to `digits` so that they add up to `total`, itself a rounding of their sum.
  static func rounded(_ amounts: [Money], addingUpTo total: Money, digits: Int) -> [Money] {
    let unit = powerOfTen(Money.fractionDigits - digits)
    return roundColumn(
      amounts.map(\.femtodollars), addingUpTo: total.femtodollars / unit, denominator: unit
    ).map { Money(femtodollars: $0 * unit) }
  }

  /// Each amount's part of `total` in hundredths of a percent, adding up to that of their sum; nil for a
  /// total that has no parts.
  static func shares(_ amounts: [Money], of total: Money) -> [Int64]? {
    guard total > .zero else { return nil }
    let parts = roundColumn(amounts.map { $0.femtodollars * 10_000 }, denominator: total.femtodollars)
    return parts.map { Int64($0) }
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
  var productCosts: [Money] {
    rows.reduce(into: products.map { _ in Money.zero }) { $0[$1.product] += $1.cost }
  }

  /// Costs by product as printed.
  func printedProductCosts(digits: Int) -> [Money] { PrintedMoney.rounded(productCosts, digits: digits) }

  /// Digits behind the point that show every product's cost.
  var productDigits: Int { PrintedMoney.digits(for: productCosts) }

  /// What 1,000 requests cost; nil where there are none, or where the cost is unknown.
  func costPerThousandRequests(cost: Money, requests: Int128, state: CostState, digits: Int) -> Money? {
    guard requests > 0, state != .unpriced else { return nil }
    let unit = powerOfTen(Money.fractionDigits - digits)
    let exact = divideHalfEven(cost.femtodollars * 1000 * weightDenominator, by: requests)
    return Money(femtodollars: divideHalfEven(exact, by: unit) * unit)
  }
}

/// How many of the period's requests have a cost, and how good it is: hundredths of a percent that add up
/// to 100 %.
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
    /// By product.
    var costs: [Money]
    /// The same before rounding.
    var exact: [Money]
    var requests: Int128
    var total: Money { costs.reduce(.zero, +) }

    init(label: String, costs: [Money], exact: [Money], requests: Int128) {
      self.label = label
      self.costs = costs
      self.exact = exact
      self.requests = requests
    }

    /// The line under `lines`.
    init(summing lines: [Line]) {
      let products = lines.first?.costs.indices ?? 0..<0
      label = ""
      costs = products.map { product in lines.reduce(.zero) { $0 + $1.costs[product] } }
      exact = products.map { product in lines.reduce(.zero) { $0 + $1.exact[product] } }
      requests = lines.reduce(0) { $0 + $1.requests }
    }

    func cell(ofProduct product: Int, digits: Int) -> Table.Cell {
      PrintedMoney.cell(costs[product], exact: exact[product], digits: digits)
    }
  }

  var lines: [Line]
  /// Costs of the period that belong to none of its days (adjustments, fixed costs, credits); nil for none.
  var undated: Line?
  var digits: Int
  var isByMonth: Bool

  init(_ books: Books, byMonthWhenLong: Bool) {
    isByMonth = byMonthWhenLong && books.period.days.count > Limit.dayRowsMax
    digits = books.productDigits
    lines = Self.exactLines(books, byMonth: isByMonth)
    let products = books.productCosts
    let printed = PrintedMoney.rounded(products, digits: digits)
    var rest = Line(
      label: books.language("not of one day", "日付なし"), costs: [], exact: [], requests: 0)
    for product in products.indices {
      let dated = lines.map { $0.exact[product] }
      let undated = products[product] - dated.reduce(.zero, +)
      let column = PrintedMoney.rounded(
        dated + [undated], addingUpTo: printed[product], digits: digits)
      for line in lines.indices { lines[line].costs[product] = column[line] }
      rest.costs.append(column[lines.count])
      rest.exact.append(undated)
    }
    let isDated = (rest.exact + rest.costs).allSatisfy { $0 == .zero }
    undated = isDated ? nil : rest
  }

  private static func exactLines(_ books: Books, byMonth: Bool) -> [Line] {
    let zeros = books.products.map { _ in Money.zero }
    var lines: [Line] = []
    for (index, day) in books.period.days.enumerated() {
      let label = byMonth ? String(day.label.prefix(7)) : day.label
      if lines.last?.label != label {
        lines.append(Line(label: label, costs: zeros, exact: zeros, requests: 0))
      }
      for (product, cell) in books.days[index].enumerated() {
        lines[lines.count - 1].exact[product] += cell.cost
        lines[lines.count - 1].requests += cell.counts.requests
      }
    }
    let requests = roundColumn(lines.map(\.requests), denominator: books.weightDenominator)
    for line in lines.indices { lines[line].requests = requests[line] }
    return lines
  }
}
