import Ledger

/// An earlier period, as far as it is known.
public struct EarlierPeriod: Sendable {
  public var comparison: Comparison
  /// Its books afresh, where its requests are there.
  public var books: Books?
  /// What it is compared by; nil where there is nothing.
  public var costs: PeriodCosts?

  public init(comparison: Comparison, books: Books? = nil, costs: PeriodCosts? = nil) {
    self.comparison = comparison
    self.books = books
    self.costs = costs
  }
}

/// What a review is made from beside the books.
public struct ReviewInputs: Sendable {
  /// The period before first.
  public var earlier: [EarlierPeriod] = []
  /// Days of the period that are over.
  public var daysOver: Int
  /// Whether the period is of whole days behind each other from the earlier one on, so that days can be compared.
  public var comparesDays = false
  /// The weekday of the earlier period's first day, from 0.
  public var firstWeekday = 0
  /// Days behind the period until its fiscal year ends, and the year's label; nil for what is no month.
  public var fiscalYear: (label: String, daysBehind: Int)?
  /// The year's months before this one that are known; and those that are not.
  public var yearMonths: [MonthCosts] = []
  public var yearMissing: [String] = []
  public var budgets: [BudgetEntry]?
  public var units: [UnitEntry]?
  /// Months for the units, without this one.
  public var unitMonths: [MonthCosts] = []

  public init(daysOver: Int) { self.daysOver = daysOver }
}

extension Review {
  /// In: finished books and what stands beside them. Out: the review.
  public init(_ books: Books, _ inputs: ReviewInputs) {
    self.init(daysOver: inputs.daysOver)
    wasted = books.use.wasted
    caching = CacheLine.list(books)
    let now = PeriodCosts(books)
    comparisons = inputs.earlier.map { earlier in
      var comparison = earlier.comparison
      comparison.bridge = earlier.costs.map { Bridge(from: $0, to: now) }
      return comparison
    }
    if let previous = inputs.earlier.first(where: { $0.comparison.kind == .previous }),
      let before = previous.books
    {
      movers = Movers(from: before, days: previous.comparison.days.map { 0..<$0 }, to: books)
      if inputs.comparesDays {
        anomalies = KeyDays(before, books, daysOver: daysOver).anomalies()
        forecast = Forecast(books, before, inputs)
      }
    }
    let months = [MonthCosts(books)]
    if let budgets = inputs.budgets, let year = inputs.fiscalYear {
      budget = BudgetReview(
        budgets, known: inputs.yearMonths + months, missing: inputs.yearMissing, year: year.label,
        products: books.products)
    }
    if let units = inputs.units {
      unitCosts = UnitCosts(units, known: inputs.unitMonths + months, products: books.products)
    }
  }
}

extension Forecast {
  /// Nil where too few days are known.
  init?(_ books: Books, _ earlier: Books, _ inputs: ReviewInputs) {
    let daysLeft = books.period.days.count - inputs.daysOver
    self.init(daysLeft: daysLeft)
    func history(_ cost: (Books, Int) -> Money) -> DayHistory {
      DayHistory(
        firstWeekday: inputs.firstWeekday,
        costs: earlier.period.days.indices.map { cost(earlier, $0) }
          + (0..<inputs.daysOver).map { cost(books, $0) })
    }
    let all = history { books, day in books.days[day].reduce(.zero) { $0 + $1.cost } }
    /// What is booked already: the days that are over, and what belongs to no day.
    func booked(_ products: Range<Int>) -> Money {
      let left = (inputs.daysOver..<books.period.days.count).reduce(Money.zero) { sum, day in
        products.reduce(sum) { $0 + books.days[day][$1].cost }
      }
      return products.reduce(Money.zero) { $0 + books.cost(ofProduct: $1) } - left
    }
    for (index, product) in books.products.enumerated() {
      let before = earlier.products.firstIndex { $0.id == product.id }
      let own = history { one, day in
        if one.period.label == books.period.label { return one.days[day][index].cost }
        return before.map { one.days[day][$0].cost } ?? .zero
      }
      guard let left = own.forecast(days: daysLeft) else { return nil }
      products.append(left.beside(booked(index..<index + 1)))
    }
    let booked = booked(0..<books.products.count)
    guard var whole = all.forecast(days: daysLeft) else { return nil }
    whole = whole.beside(booked)
    whole.expected = products.reduce(.zero) { $0 + $1.expected }
    period = daysLeft > 0 ? whole : nil
    if let year = inputs.fiscalYear, inputs.yearMissing.isEmpty,
      var range = all.forecast(days: daysLeft + year.daysBehind)
    {
      range = range.beside(inputs.yearMonths.reduce(booked) { $0 + $1.total })
      fiscalYear = (year.label, range)
    }
  }
}
