import Ledger

extension Books {
  /// Budget against actual, for the month and the year to date.
  func budgetTable(_ budget: BudgetReview, _ review: Review) -> Table {
    let digits = productDigits
    // The month's costs as everywhere else in the report.
    let printed = printedProductCosts(digits: digits)
    func rounded(_ money: Money?) -> Money? { money.map { PrintedMoney.rounded([$0], digits: digits)[0] } }
    func cell(_ money: Money?) -> Table.Cell { rounded(money).map { .money($0) } ?? .empty }
    func used(_ actual: Money, _ budget: Money?) -> Table.Cell {
      budget.flatMap { basisPoints(actual, of: $0) }.map { .basisPoints($0) } ?? .empty
    }
    var table = Table(columns: [
      .init(language("Product", "プロダクト"), .text), .init(language("Budget", "予算"), .money),
      .init(language("Actual", "実績"), .money), .init(language("Left", "残り"), .money),
      .init(language("Used", "消化率"), .percent),
      .init(language("\(budget.year) budget to date", "\(language.period(budget.year)) 予算累計"), .money),
      .init(language("Actual to date", "実績累計"), .money), .init(language("Left", "残り"), .money),
      .init(language("Used", "消化率"), .percent),
    ])
    let foreign = ForeignBudget(budget, self)
    table.columns += foreign?.columns ?? []
    if review.forecast?.period != nil {
      table.columns.append(.init(language("Expected at the end", "期末見込み"), .money))
    }
    for line in budget.lines {
      let index = products.firstIndex { $0.id == line.product }
      let title = index.map(name(ofProduct:)) ?? language.total
      let actual = index.map { printed[$0] } ?? printed.reduce(.zero, +)
      let budget = rounded(line.budget)
      let (yearBudget, yearActual) = (rounded(line.yearBudget) ?? .zero, rounded(line.yearActual) ?? .zero)
      var row: [Table.Cell] = [
        .text(title), cell(line.budget), .money(actual), budget.map { .money($0 - actual) } ?? .empty,
        used(line.actual, line.budget), .money(yearBudget), .money(yearActual),
        .money(yearBudget - yearActual), used(line.yearActual, line.yearBudget),
      ]
      if let foreign { row += foreign.cells(line, product: index) }
      if let forecast = review.forecast, let period = forecast.period {
        row.append(cell(index.map { forecast.products[$0].expected } ?? period.expected))
      }
      table.rows.append(row)
    }
    return table
  }
}

/// The month's budgets as they were given, and what was spent in the same currency.
private struct ForeignBudget {
  private let code: String
  private let books: Books
  private let converted: ConvertedBooks?

  /// Nil where budgets are in dollars, or in several currencies.
  init?(_ budget: BudgetReview, _ books: Books) {
    let codes = Set(budget.lines.compactMap { $0.foreign?.rate.currency })
    guard codes.count == 1, let code = codes.first else { return nil }
    self.code = code
    self.books = books
    converted = ConvertedBooks(books).flatMap { $0.currency.code == code ? $0 : nil }
  }

  var columns: [Table.Column] {
    [
      .init(books.language("Budget (\(code))", "予算（\(code)）"), .count),
      .init(books.language("Actual (\(code))", "実績（\(code)）"), .count),
      .init(books.language("Left (\(code))", "残り（\(code)）"), .count),
    ]
  }

  func cells(_ line: BudgetReview.Line, product: Int?) -> [Table.Cell] {
    guard let foreign = line.foreign else { return [.empty, .empty, .empty] }
    let unit = powerOfTen(Money.fractionDigits - minorUnitDigits(code))
    let budget = divideHalfEven(foreign.amount, by: unit)
    let actual = actual(line, product: product, at: foreign.rate, unit: unit)
    return [cell(budget), cell(actual), cell(budget - actual)]
  }

  /// As everywhere else in the report, where it prints this currency.
  private func actual(
    _ line: BudgetReview.Line, product: Int?, at rate: ExchangeRate, unit: Int128
  ) -> Int128 {
    if let converted { return product.map { converted.products[$0] } ?? converted.total }
    return divideHalfEven(
      line.actual.femtodollars * rate.units, by: unit * powerOfTen(ExchangeRate.Limit.fractionDigits))
  }

  private func cell(_ units: Int128) -> Table.Cell {
    let digits = minorUnitDigits(code)
    return digits == 0 ? .sum(units) : .millionths(units * powerOfTen(6 - digits))
  }
}
