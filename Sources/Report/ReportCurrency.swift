public import Ledger

/// The currency that figures are printed in beside dollars, and the rates of the period's months.
///
/// The books keep dollars. A month's part of a figure is converted at the month's own rate, exactly; rounding happens
/// once, for the total, and is handed down to products and rows by largest remainder.
public struct ReportCurrency: Sendable {
  /// ISO 4217: `JPY`.
  public var code: String
  /// Of the period's months, in order, as far as they are known.
  public var rates: [ExchangeRate]
  /// Months without a rate: with one of them the figures stay in dollars.
  public var missingMonths: [String]

  public init(code: String, period: Period, rates: ExchangeRates) {
    self.code = code
    self.rates = []
    missingMonths = []
    for slice in period.monthSlices {
      if let rate = rates[code, month: slice.month] {
        self.rates.append(rate)
      } else {
        missingMonths.append(slice.month)
      }
    }
  }

  public var digits: Int { minorUnitDigits(code) }

  /// The one rate of all months; nil where they differ or one is missing.
  public var singleRate: ExchangeRate? {
    guard missingMonths.isEmpty, let first = rates.first, rates.allSatisfy({ $0.units == first.units }) else {
      return nil
    }
    return first
  }

  /// Exact units of the currency are this many times finer than printed ones.
  var denominator: Int128 { powerOfTen(Money.fractionDigits + ExchangeRate.Limit.fractionDigits - digits) }

  /// A month's amount in exact units of the currency.
  func exact(_ amount: Money, month: String) -> Int128 {
    guard let rate = rates.first(where: { $0.month == month }) ?? rates.first else { return 0 }
    return amount.femtodollars * rate.units
  }

  /// Printed units as digits: `12345`, `12.30`.
  public func digits(_ units: Int128) -> String { decimalText(units, fractionDigits: digits, trimmed: false) }

  /// Printed units as people read them: `¥12,345`, `12.30 EUR`.
  public func text(_ units: Int128) -> String {
    let number = CellText.grouped(digits(units))
    guard code == "JPY" else { return "\(number) \(code)" }
    return number.first == "-" ? "-¥" + number.dropFirst() : "¥" + number
  }

  /// A cell of a column of counts under a title with the currency's code.
  public func cell(_ units: Int128) -> Table.Cell {
    digits == 0 ? .sum(units) : .millionths(units * powerOfTen(6 - digits))
  }
}

/// The books' figures in the report currency, as printed: rows add up to products, products to the total.
public struct ConvertedBooks: Sendable {
  public let currency: ReportCurrency
  /// By row and by product of the books, in printed units.
  public let rows: [Int128]
  public let products: [Int128]
  public let total: Int128
  /// By row, in units of 1/`currency.denominator` printed units.
  private let exact: [Int128]

  /// Nil where the books are in dollars alone, or a month has no rate.
  public init?(_ books: Books) {
    guard let currency = books.currency, currency.missingMonths.isEmpty, !currency.rates.isEmpty else {
      return nil
    }
    self.currency = currency
    let exact = Self.exactRows(books, currency)
    self.exact = exact
    var sums = books.products.map { _ in Int128(0) }
    var members = books.products.map { _ in [Int]() }
    for (index, row) in books.rows.enumerated() {
      sums[row.product] += exact[index]
      members[row.product].append(index)
    }
    products = roundColumn(sums, denominator: currency.denominator)
    total = products.reduce(0, +)
    var rows = exact
    for (product, printed) in products.enumerated() {
      let own = members[product]
      let rounded = roundColumn(own.map { exact[$0] }, addingUpTo: printed, denominator: currency.denominator)
      for (index, amount) in zip(own, rounded) { rows[index] = amount }
    }
    self.rows = rows
  }

  /// Over some of the books' rows.
  public func sum(ofRows indices: [Int]) -> Int128 { indices.reduce(0) { $0 + rows[$1] } }

  /// Groups of rows that together are all of them, or all but such as add up to nothing: their sums as printed, which
  /// add up to the total.
  public func printed(groups: [[Int]]) -> [Int128] {
    roundColumn(
      groups.map { $0.reduce(0) { $0 + exact[$1] } }, addingUpTo: total, denominator: currency.denominator)
  }

  /// Each row's months at their own rates. What has no day in the period, a correction of a closed one, is booked in
  /// the first month.
  private static func exactRows(_ books: Books, _ currency: ReportCurrency) -> [Int128] {
    let first = currency.rates[0].month
    guard currency.singleRate == nil else {
      return books.rows.map { currency.exact($0.cost, month: first) }
    }
    var months: [BookPlace: [String: Money]] = [:]
    for row in books.dayRows {
      var place = row.place
      place.day = ""
      months[place, default: [:]][String(row.place.day.prefix(7)), default: .zero] += row.amount.cost
    }
    return books.rows.map { row in
      let place = BookPlace(
        day: "", product: books.products[row.product].id, provider: row.provider, model: row.model,
        serviceTier: row.serviceTier, entry: row.entry)
      var rest = row.cost
      var exact: Int128 = 0
      for (month, cost) in months[place] ?? [:] {
        exact += currency.exact(cost, month: month)
        rest -= cost
      }
      return exact + currency.exact(rest, month: first)
    }
  }

  /// Amounts of several months, such as a table's lines, as printed so that they add up to what their sum is.
  public func printed(_ amounts: [(month: String, amount: Money)]) -> [Int128] {
    roundColumn(
      amounts.map { currency.exact($0.amount, month: $0.month) }, denominator: currency.denominator)
  }
}
