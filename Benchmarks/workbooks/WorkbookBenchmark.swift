import Ledger
import Report

/// Writes the whole workbook of made-up books whose data sheet has so many rows: `workbook-benchmark FILE ROWS`.
@main
enum WorkbookBenchmark {
  static let products = 50
  static let models = 43

  static func main() throws {
    guard CommandLine.arguments.count == 3, let rows = Int(CommandLine.arguments[2]), rows > 0 else {
      print("workbook-benchmark FILE.xlsx ROWS")
      return
    }
    try Reports.writeWorkbook(books(rows), to: CommandLine.arguments[1])
  }

  /// The same cells as in sheet.c.
  static func books(_ rows: Int) -> Books {
    let first = Timestamp.days(year: 2026, month: 10, day: 1)
    let days = (0..<31).map { day in
      Period.Day(
        label: "2026-10-" + (day < 9 ? "0" : "") + String(day + 1),
        begin: (first + Int64(day)) * 86_400_000_000)
    }
    let period = Period(
      label: "2026-10", zone: "UTC", begin: days[0].begin, end: days[30].begin + 86_400_000_000, days: days)
    var books = Books(
      period: period, programVersion: "benchmark",
      prices: Books.PriceVersion(version: "none", source: ""), attributionVersion: "none",
      products: (0..<products).map {
        Product(id: "product-\($0)", name: "Product number \($0)", costCenter: String(4100 + $0))
      } + [.unattributed], weightDenominator: 1)
    let places = (rows + 30) / 31
    var sums = [(cost: Money, counts: WeightedCounts)](
      repeating: (.zero, WeightedCounts()), count: places)
    let names = (0..<places).map { place in
      (
        product: "product-\(place % products)", model: "model-\(place / products % models)-2026-10-01",
        tier: "tier-\(place / products / models)"
      )
    }
    for day in 0..<31 {
      for place in 0..<places {
        let i = Int128(day * places + place)
        var counts = WeightedCounts()
        counts.requests = i % 97 + 1
        counts.inputTokens = i % 50_021 * 13
        counts.cacheReadTokens = i % 40_009 * 31
        counts.cacheWriteTokens = i % 1009
        counts.outputTokens = i % 3001
        let cost = Money(femtodollars: (i * 7919 % 1_000_003 * 1000 + 123) * 1_000_000)
        sums[place].cost += cost
        sums[place].counts += counts
        books.days[day][place % products].cost += cost
        books.days[day][place % products].counts += counts
        books.dayRows.append(
          Books.DayRow(
            place: BookPlace(
              day: days[day].label, product: names[place].product, provider: "anthropic",
              model: names[place].model, serviceTier: names[place].tier), counts: counts,
            amount: BookedAmount(cost: cost, state: .exact)))
      }
    }
    books.rows = (0..<places).map { place in
      Books.Row(
        product: place % products, provider: "anthropic", model: names[place].model,
        serviceTier: names[place].tier, entry: .usage, forPeriod: "2026-10", counts: sums[place].counts,
        cost: sums[place].cost, state: .exact)
    }
    return books
  }
}
