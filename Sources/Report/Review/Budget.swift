public import Ledger

/// What a product may cost in a month, as somebody wrote it down.
public struct BudgetEntry: Hashable, Sendable {
  /// For the whole of the books, whatever products there are.
  public static let total = "total"

  /// `2026-10`.
  public var month: String
  /// A product's id, or `total`.
  public var product: String
  public var amount: Money
  /// As it was given, where that is not dollars.
  public var foreign: Foreign?
  /// Where it stands: `budgets.csv:7`.
  public var place: String

  public struct Foreign: Hashable, Sendable {
    /// In units of 10^-15 of the currency.
    public var amount: Int128
    /// Of the budget's month: the budget and what was spent are compared at one rate.
    public var rate: ExchangeRate
    public init(amount: Int128, rate: ExchangeRate) {
      self.amount = amount
      self.rate = rate
    }
  }

  public init(month: String, product: String, amount: Money, foreign: Foreign? = nil, place: String) {
    self.month = month
    self.product = product
    self.amount = amount
    self.foreign = foreign
    self.place = place
  }
}

/// What each product of some month cost, all entries together, by the products' ids.
public struct MonthCosts: Sendable {
  public var month: String
  public var costs: [String: Money]

  public init(month: String, costs: [String: Money]) {
    self.month = month
    self.costs = costs
  }

  public init(_ books: Books) {
    month = books.period.label
    costs = [:]
    for (index, product) in books.products.enumerated() { costs[product.id] = books.cost(ofProduct: index) }
  }

  public init(_ month: String, _ period: PeriodCosts) {
    self.month = month
    costs = [:]
    for (place, use) in period.uses { costs[place.product, default: .zero] += use.cost }
    for (product, steps) in period.others { costs[product, default: .zero] += steps.values.reduce(.zero, +) }
  }

  public var total: Money { costs.values.reduce(.zero, +) }
  public func cost(_ product: String) -> Money {
    product == BudgetEntry.total ? total : costs[product] ?? .zero
  }
}

/// Budget against actual, for the month and for the fiscal year to date.
public struct BudgetReview: Sendable {
  public struct Line: Sendable {
    /// A product's id, or `total`.
    public var product: String
    /// Nil where the month has none.
    public var budget: Money?
    /// The month's, as it was given.
    public var foreign: BudgetEntry.Foreign?
    public var actual: Money
    /// Of the year's months that are known and have a budget.
    public var yearBudget: Money
    public var yearActual: Money

    public var left: Money? { budget.map { $0 - actual } }
  }

  /// In the rules' order, those with a budget; what has its own line, or the sum of the lines.
  public var lines: [Line]
  /// `FY2026`.
  public var year: String
  /// Months of the year to date that the store knows, and those that it does not: neither their cost nor their
  /// budget counts.
  public var months: [String]
  public var missing: [String]

  /// - Parameters:
  ///   - known: this month and those before it in the year, in order.
  ///   - products: in the rules' order.
  public init(
    _ entries: [BudgetEntry], known: [MonthCosts], missing: [String], year: String, products: [Product]
  ) {
    self.year = year
    self.missing = missing
    months = known.map(\.month)
    lines = []
    let inYear = entries.filter { entry in known.contains { $0.month == entry.month } }
    for id in products.map(\.id) + [BudgetEntry.total] {
      let own = inYear.filter { $0.product == id }
      guard !own.isEmpty, let month = known.last else { continue }
      lines.append(
        Line(
          product: id, budget: own.first { $0.month == month.month }?.amount,
          foreign: own.first { $0.month == month.month }?.foreign, actual: month.cost(id),
          yearBudget: own.reduce(.zero) { $0 + $1.amount },
          yearActual: known.reduce(.zero) { sum, month in
            own.contains { $0.month == month.month } ? sum + month.cost(id) : sum
          }))
    }
  }
}
