internal import Attribute
internal import Ledger
internal import Price
internal import Report
internal import Store

/// What a review reads beside the store.
public struct ReviewFiles: Sendable {
  public var budgets: BudgetsFile?
  public var units: UnitsFile?

  public init(budgets: BudgetsFile? = nil, units: UnitsFile? = nil) {
    self.budgets = budgets
    self.units = units
  }

  /// As `run.json` names them.
  var inputs: [Books.OtherInput] {
    [("budgets", budgets?.file), ("units", units?.file)].compactMap { use, file in
      file.map { Books.OtherInput(use: use, name: $0.name, sha256: $0.sha256) }
    }
  }
}

/// Makes a period's review: looks at the period before, at the same one a year before, and at the months that budgets
/// and units ask for. One pass over the requests of each, and none of a month that sums are kept of.
struct Reviewing {
  let run: Run

  func review(_ books: Books) throws -> Review {
    let period = books.period
    let calendar = try BookCalendar(zone: period.zone)
    let now = run.now()
    var inputs = ReviewInputs(daysOver: period.days.indices.count { end(of: $0, period) <= now })
    // Of a running period the day that began counts, as far as it came.
    let begun = now < period.end ? max(1, period.days.count { $0.begin <= now }) : nil
    if let label = try calendar.previous(before: period.label) {
      let earlier = try earlier(.previous, try calendar.period(label), days: begun)
      inputs.comparesDays = period.days.count >= 7 && period.days.count <= 31 && earlier.books != nil
      if let first = earlier.books?.period.days.first { inputs.firstWeekday = calendar.weekday(first) }
      inputs.earlier.append(earlier)
    }
    if let label = try calendar.yearBefore(period.label) {
      inputs.earlier.append(try earlier(.lastYear, try calendar.period(label), days: begun))
    }
    try addPlans(books, calendar, &inputs)
    return Review(books, inputs)
  }

  private func end(of day: Int, _ period: Period) -> Int64 {
    day + 1 < period.days.count ? period.days[day + 1].begin : period.end
  }

  // MARK: - Earlier periods

  /// - Parameter days: how many of its days count; nil for all.
  private func earlier(_ kind: Comparison.Kind, _ period: Period, days: Int?) throws -> EarlierPeriod {
    let count = days.map { min($0, period.days.count) }
    var comparison = Comparison(kind: kind, label: period.label, days: count, basis: .requests)
    let store = run.store
    let closed = try closed(period)
    let isThere = try store.droppedMonths(from: period.begin, to: period.end).isEmpty
    if let closed {
      guard let booking = try store.bookings(forClosed: closed.id).first else {
        throw Store.damagedClose(closed.label)
      }
      comparison.isClosed = true
      comparison.pricesVersion = booking.pricesVersion
      comparison.rulesVersion = booking.rulesVersion
      comparison.costsVersion = booking.costsVersion
    }
    guard isThere else {
      comparison.basis = closed == nil ? .dropped : .sums
      let costs = try closed.map { try sums($0, period, days: count) }
      return EarlierPeriod(comparison: comparison, costs: costs)
    }
    let making = try making(comparison, period)
    comparison.pricesVersion = making.prices.book.version
    comparison.rulesVersion = making.rules.version
    comparison.costsVersion = making.costs.version
    guard try store.tally(from: period.begin, to: period.end).attempts > 0 || closed != nil else {
      comparison.basis = .nothing
      return EarlierPeriod(comparison: comparison)
    }
    comparison.inputsSHA256 = try making.inputsSHA256(of: period)
    var books = try making.figures(of: period)
    if closed == nil { books.include(try run.closedBooks.corrections(in: period)) }
    var costs = PeriodCosts(books, days: count.map { 0..<$0 })
    if let closed { try book(closed, as: &costs, books, days: count) }
    return EarlierPeriod(comparison: comparison, books: books, costs: costs)
  }

  private func closed(_ period: Period) throws -> ClosedPeriod? {
    try run.store.closedPeriods().first {
      $0.zone == period.zone && $0.begin == period.begin && $0.end == period.end
    }
  }

  /// By what it was closed, or by what is in force.
  private func making(_ comparison: Comparison, _ period: Period) throws -> BookMaking {
    guard comparison.isClosed else {
      return BookMaking(
        store: run.store, prices: run.prices, rules: run.rules.rules, costs: run.costs,
        programVersion: run.settings.programVersion)
    }
    return BookMaking(
      store: run.store, prices: try run.closedBooks.loadPrices(comparison.pricesVersion),
      rules: try run.closedBooks.loadRules(comparison.rulesVersion, period),
      costs: try run.closedBooks.loadCosts(comparison.costsVersion),
      programVersion: run.settings.programVersion)
  }

  /// A closed period counts as it was booked: what came after the close stands apart, so that it is not counted in the
  /// month that it is adjusted in too.
  private func book(_ closed: ClosedPeriod, as costs: inout PeriodCosts, _ books: Books, days: Int?) throws {
    let counted = labels(books.period, days)
    for row in try run.store.rows(ofClosed: closed.id) where counted.contains(row.place.day) {
      costs.add(row.amount.cost, to: .late, product: row.place.product)
    }
    for row in books.dayRows where counted.contains(row.place.day) {
      costs.add(-row.amount.cost, to: .late, product: row.place.product)
    }
    try addAdjustments(of: closed, to: &costs)
  }

  private func sums(_ closed: ClosedPeriod, _ period: Period, days: Int?) throws -> PeriodCosts {
    let rules = try run.store.bookings(forClosed: closed.id).first?.rulesVersion
    let products = try rules.map { try run.closedBooks.loadRules($0, period).products } ?? []
    var costs = PeriodCosts(products: products, weightDenominator: closed.weightDenominator)
    costs.hasMeters = false
    let counted = labels(period, days)
    for row in try run.store.rows(ofClosed: closed.id) where counted.contains(row.place.day) {
      if let step = Bridge.Step(row.place.entry) {
        costs.add(row.amount.cost, to: step, product: row.place.product)
        continue
      }
      let place = PeriodCosts.Place(
        product: row.place.product, provider: row.place.provider, model: row.place.model,
        serviceTier: row.place.serviceTier)
      costs.uses[place, default: UseSum()].add(requests: row.counts.requests, cost: row.amount.cost)
    }
    try addAdjustments(of: closed, to: &costs)
    return costs
  }

  private func labels(_ period: Period, _ days: Int?) -> Set<String> {
    Set(period.days.prefix(days ?? period.days.count).map(\.label))
  }

  /// The adjustments that are frozen in a closed period.
  private func addAdjustments(of closed: ClosedPeriod, to costs: inout PeriodCosts) throws {
    for one in try adjustments(in: closed) {
      costs.add(one.difference, to: .adjustments, product: one.place.product)
    }
  }

  private func adjustments(in closed: ClosedPeriod) throws -> [Adjustment] {
    try run.store.closedPeriods().flatMap { corrected in
      try run.store.adjustments(forClosed: corrected).filter { $0.closed == closed.id }.map(\.adjustment)
    }
  }

  // MARK: - Budgets and units

  private func addPlans(_ books: Books, _ calendar: BookCalendar, _ inputs: inout ReviewInputs) throws {
    let files = run.settings.reviewFiles
    try check(files, books)
    guard let year = try calendar.fiscalYear(of: books.period.label) else { return }
    inputs.fiscalYear = (year.label, year.daysBehind)
    var known: [String: MonthCosts] = [:]
    for earlier in inputs.earlier {
      if let costs = earlier.costs, earlier.comparison.days == nil {
        known[earlier.comparison.label] = MonthCosts(earlier.comparison.label, costs)
      }
    }
    func month(_ label: String) throws -> MonthCosts? {
      if let one = known[label] { return one }
      let one = try costs(of: try calendar.period(label))
      known[label] = one
      return one
    }
    if let budgets = files.budgets {
      inputs.budgets = budgets.entries
      for label in year.monthsBefore {
        if let one = try month(label) {
          inputs.yearMonths.append(one)
        } else {
          inputs.yearMissing.append(label)
        }
      }
    } else if !year.monthsBefore.allSatisfy({ known[$0] != nil }) {
      // Without budgets nobody asked for the year: it is not read for its own sake.
      inputs.yearMissing = year.monthsBefore
    } else {
      inputs.yearMonths = year.monthsBefore.compactMap { known[$0] }
    }
    if let units = files.units {
      inputs.units = units.entries
      var label = books.period.label
      for _ in 1..<UnitCosts.Limit.monthsMax {
        guard let before = try calendar.previous(before: label) else { break }
        label = before
        guard units.entries.contains(where: { $0.month == before }), let one = try month(before) else {
          continue
        }
        inputs.unitMonths.insert(one, at: 0)
      }
    }
  }

  /// A name that no product has is a slip of the pen.
  private func check(_ files: ReviewFiles, _ books: Books) throws(UsageError) {
    let products = Set(books.products.map(\.id))
    let named =
      (files.budgets?.entries.filter { $0.product != BudgetEntry.total }.map { ($0.product, $0.place) } ?? [])
      + (files.units?.entries.map { ($0.product, $0.place) } ?? [])
    for (product, place) in named where !products.contains(product) {
      throw UsageError(
        "\(place): no product has the id \"\(product)\"; the rules have: \(products.sorted().joined(separator: ", "))"
      )
    }
  }

  /// A closed month as it was booked; an open one afresh; nil for one that the store knows nothing of.
  private func costs(of period: Period) throws -> MonthCosts? {
    if let closed = try closed(period) {
      var costs: [String: Money] = [:]
      for row in try run.store.rows(ofClosed: closed.id) {
        costs[row.place.product, default: .zero] += row.amount.cost
      }
      for one in try adjustments(in: closed) { costs[one.place.product, default: .zero] += one.difference }
      return MonthCosts(month: period.label, costs: costs)
    }
    let earlier = try earlier(.previous, period, days: nil)
    return earlier.costs.map { MonthCosts(period.label, $0) }
  }
}
