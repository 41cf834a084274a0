import Ledger

/// In: the books and whose figures are wanted. Out: the days as a workbook prints them, product by product. One
/// product's figures are those that it has beside all the others.
struct DayGrid {
  struct Line {
    var label: String
    var requests: Table.Cell
    var cells: [Table.Cell]
    var total: Money
  }

  let columns: ProductColumns
  let titles: [String]
  let lines: [Line]
  /// Lines that are days: what belongs to none is the last line, if there is any.
  let datedCount: Int
  let totals: [Table.Cell]
  let total: Money
  let requests: Int128
  let digits: Int
  let hasTotalColumn: Bool
  private let dearestDay: Money

  /// Of the money's columns.
  var lastColumn: Int { columns.products.count + (hasTotalColumn ? 2 : 1) }
  /// Parts of a request show where a product has few.
  var countDigits: Int { requests % 1_000_000 == 0 ? 0 : 2 }

  init(_ books: Books, _ scope: Scope) {
    let days = PrintedDays(books, byMonthWhenLong: false)
    let undated = days.undated.map { [$0] } ?? []
    let all = days.lines + undated
    digits = days.digits
    datedCount = days.lines.count
    let language = books.language
    switch scope {
    case .everything:
      columns = ProductColumns(books, max: DailySheet.Limit.productColumnsMax)
      hasTotalColumn = true
      titles = columns.titles(books) + [language.amount("Total", "合計")]
    case .product(let product):
      columns = ProductColumns(only: product)
      hasTotalColumn = false
      titles = [language.amount("Cost", "費用")]
    }
    let products = columns.products
    func printed(_ line: PrintedDays.Line, _ column: [Int]) -> Money {
      column.reduce(.zero) { $0 + line.costs[$1] }
    }
    func cell(_ line: PrintedDays.Line, _ column: [Int]) -> Table.Cell {
      PrintedMoney.cell(
        printed(line, column), exact: column.reduce(.zero) { $0 + line.exact[$1] }, digits: days.digits)
    }
    let counts = Self.requests(books, scope)
    lines = all.indices.map { index in
      let line = all[index]
      return Line(
        label: line.label,
        requests: index < counts.count ? Books.countCell(counts[index]) : .empty,
        cells: products.map { cell(line, $0) },
        total: products.reduce(.zero) { $0 + printed(line, $1) })
    }
    let sum = PrintedDays.Line(summing: all)
    totals = products.map { cell(sum, $0) }
    total = lines.reduce(.zero) { $0 + $1.total }
    requests = counts.reduce(0, +)
    dearestDay = lines.map(\.total).max() ?? .zero
  }

  /// Millionths of requests by day, which add up to what the other sheets print.
  private static func requests(_ books: Books, _ scope: Scope) -> [Int128] {
    switch scope {
    case .everything:
      let days = books.days.map { day in day.reduce(Int128(0)) { $0 + $1.counts.requests } }
      return roundColumn(days, denominator: books.weightDenominator).map { $0 * 1_000_000 }
    case .product(let product):
      let total = PrintedCounts.forPeople(books)[.requests, product: product]
      let unit: Int128 = total % 1_000_000 == 0 ? 1_000_000 : 10_000
      let days = books.days.map { $0[product].counts.requests * (1_000_000 / unit) }
      return roundColumn(days, addingUpTo: total / unit, denominator: books.weightDenominator)
        .map { $0 * unit }
    }
  }

  /// Whole dollars where the steps of the axis are at least that.
  var axisFormat: String {
    let isWhole = dearestDay >= Money(femtodollars: 10 * powerOfTen(Money.fractionDigits))
    return CellStyle.numberFormat(digits: isWhole ? 0 : digits, currency: true)
  }
}
