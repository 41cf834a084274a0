public import Ledger

/// How many of something a product made in a month or on a day, as somebody counted it.
public struct UnitEntry: Hashable, Sendable {
  /// `2026-10`, or `2026-10-05`.
  public var period: String
  public var product: String
  /// What was made: `review approved`.
  public var unit: String
  public var count: Int64
  /// Where it stands: `units.csv:7`.
  public var place: String

  public init(period: String, product: String, unit: String, count: Int64, place: String) {
    self.period = period
    self.product = product
    self.unit = unit
    self.count = count
    self.place = place
  }

  public var month: String { String(period.prefix(7)) }
}

/// What one unit of a product's work cost, month by month.
public struct UnitCosts: Sendable {
  public struct Line: Sendable {
    public var product: String
    public var unit: String
    /// By month; nil where nothing was counted, or the month's cost is not known.
    public var months: [Month?]
  }

  public struct Month: Hashable, Sendable {
    public var count: Int64
    public var cost: Money

    /// Half-even; nil where nothing was made.
    public func perUnit(digits: Int) -> Money? {
      guard count > 0 else { return nil }
      let unit = powerOfTen(Money.fractionDigits - digits)
      return Money(femtodollars: divideHalfEven(cost.femtodollars, by: Int128(count) * unit) * unit)
    }
  }

  public enum Limit {
    /// This month and the year before it.
    public static let monthsMax = 13
  }

  /// In order; the last is the period's.
  public var months: [String]
  public var lines: [Line]

  /// - Parameter known: months with their costs, in order; the last is the period's.
  public init(_ entries: [UnitEntry], known: [MonthCosts], products: [Product]) {
    let all = known.suffix(Limit.monthsMax).filter { month in
      month.month == known.last?.month || entries.contains { $0.month == month.month }
    }
    months = all.map(\.month)
    lines = []
    for product in products {
      let own = entries.filter { $0.product == product.id }
      for unit in Set(own.map(\.unit)).sorted() {
        let line = Line(
          product: product.id, unit: unit,
          months: all.map { month in
            let counted = own.filter { $0.unit == unit && $0.month == month.month }
            guard !counted.isEmpty else { return nil }
            return Month(count: counted.reduce(0) { $0 + $1.count }, cost: month.cost(product.id))
          })
        if line.months.contains(where: { $0 != nil }) { lines.append(line) }
      }
    }
  }
}
