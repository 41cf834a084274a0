import Ledger
import Report
import TestKit
import Testing

/// Fixed costs as rows of the books, and the books in another currency.
@Suite struct BookedCostsTests {
  private func line(
    _ kind: CostLine.Kind, _ name: String, _ parts: [(String, Int128)], vendor: String = "cursor",
    known: Bool = true
  ) -> CostLine {
    let cut = parts.map { CostLine.Part(product: $0.0, weight: 1, cost: Money(femtodollars: $0.1)) }
    return CostLine(
      kind: kind, name: name, vendor: vendor, slice: SampleBooks.october2026.monthSlices[0],
      given: CostLine.Given(amount: "1", unit: known ? "USD" : "JPY", isMonthly: true),
      amount: known ? cut.reduce(Money.zero) { $0 + $1.cost } : nil, state: known ? .exact : .unpriced,
      method: kind == .fixed ? .seats : .usage(providers: []), parts: cut, hadNoBasis: false,
      place: "costs.yaml:3")
  }

  /// October without its corrections, which are booked behind the costs.
  private func october() -> Books {
    var books = SampleBooks.october()
    books.rows.removeAll { $0.entry == .adjustment }
    books.adjustments = Adjustments()
    return books
  }

  private let dollar: Int128 = powerOfTen(15)

  @Test("each part is a row of its product; what is spread adds up to nothing; the centre is a product")
  func rows() {
    var books = october()
    let usage = books.totalCost
    books.include(
      [
        line(.fixed, "seats", [("auto-approval", 7 * dollar), ("ticket-generator", 3 * dollar)]),
        line(.credit, "gift", [("centre", -2 * dollar)]),
        line(.spread, CostLine.spreadName, [("chrome-assistant", 4)], vendor: ""),
        line(.fixed, "free", [("auto-approval", 0)]),
      ], version: "v")
    let others = books.rows.filter { $0.entry != .usage }.map {
      "\(books.products[$0.product].id) \($0.entry.rawValue) \($0.model) \($0.cost)"
    }
    #expect(
      others == [
        "auto-approval fixed seats 7", "ticket-generator fixed seats 3",
        "chrome-assistant allocation unattributed cost, spread 0.000000000000004", "centre credit gift -2",
        "unattributed allocation unattributed cost, spread -0.000000000000004",
      ])
    #expect(books.totalCost == usage + Money(femtodollars: 8 * dollar))
    #expect(books.products.map(\.id).suffix(2) == ["centre", "unattributed"])
    #expect(books.checks.suffix(3).map(\.passed) == [true, true, true])
    #expect(books.checks.suffix(3).map(\.name).contains("what is spread adds up to nothing"))
    #expect(
      books.rows.reduce(Money.zero) { $0 + $1.cost }
        == books.products.indices.reduce(.zero) { $0 + books.cost(ofProduct: $1) })
  }

  @Test(
    "an amount without a rate is unknown for those who would bear it, and the books say that they are not complete"
  )
  func unknown() {
    var books = october()
    books.include(
      [line(.fixed, "infra", [("auto-approval", 0), ("chrome-assistant", 0)], known: false)], version: "v")
    let rows = books.rows.filter { $0.entry == .fixed }
    #expect(rows.map(\.state) == [.unpriced, .unpriced])
    #expect(!books.isComplete)
    let csv = String(decoding: Reports.chargebackCSV(books), as: UTF8.self)
    #expect(csv.contains("infra,,0,0,0,0,0,0,0,0,,unpriced,fixed,2026-10"))
  }

  @Test(
    "whatever the costs are, rows add up to usage and costs, and products to the total",
    arguments: 1...100 as ClosedRange<UInt64>)
  func rowsAddUp(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var books = SampleBooks.random(seed: seed)
    let usage = books.totalCost
    var expected = usage
    let ids = books.products.map(\.id) + ["centre", "gone"]
    let lines = (0..<Int.random(in: 1...12, using: &random)).map { number in
      let kind = CostLine.Kind.allCases[Int.random(in: 0..<4, using: &random)]
      let sign: Int128 = kind == .credit ? -1 : 1
      let bearers = ids.filter { id in
        Bool.random(using: &random) && !(kind == .spread && id == Product.unattributed.id)
      }
      return line(
        kind, "cost \(number)",
        bearers.map { ($0, sign * Int128.random(in: 0...powerOfTen(18), using: &random)) })
    }
    for one in lines where one.kind != .spread { expected += one.amount ?? .zero }
    books.include(lines, version: "v")
    #expect(books.totalCost == expected, "seed \(seed)")
    #expect(books.usageCost == usage, "seed \(seed)")
    #expect(books.cost(of: .allocation) == .zero, "seed \(seed)")
    #expect(
      books.products.indices.reduce(Money.zero) { $0 + books.cost(ofProduct: $1) } == expected, "seed \(seed)"
    )
    #expect(books.checks.filter { !$0.passed }.map(\.name) == [], "seed \(seed)")
    let frozen = books.dayRows.filter { $0.place.entry != .usage }
    let days = frozen.reduce(Money.zero) { $0 + $1.amount.cost }
    #expect(days == expected - usage, "seed \(seed): what a close freezes is what is booked")
  }

  private func rates(_ units: [(String, Int128)]) -> ExchangeRates {
    ExchangeRates(
      units.map {
        ExchangeRate(
          month: $0.0, currency: "JPY", units: $0.1, kind: "TTM", source: "bank", date: $0.0 + "-28")
      })
  }

  @Test(
    "in yen, rows add up to products and products to the total, each within a yen of exact",
    arguments: 1...200 as ClosedRange<UInt64>)
  func yen(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var books = SampleBooks.random(seed: seed)
    let units = Int128.random(in: 1...200_000_000, using: &random)
    books.currency = ReportCurrency(code: "JPY", period: books.period, rates: rates([("2026-10", units)]))
    let converted = try #require(ConvertedBooks(books))
    #expect(converted.total == converted.products.reduce(0, +), "seed \(seed)")
    #expect(converted.total == converted.rows.reduce(0, +), "seed \(seed)")
    let unit = powerOfTen(21)
    for product in books.products.indices {
      let own = books.rows.indices.filter { books.rows[$0].product == product }
      #expect(converted.sum(ofRows: own) == converted.products[product], "seed \(seed)")
      let gap = converted.products[product] * unit - books.cost(ofProduct: product).femtodollars * units
      #expect(gap.magnitude < unit.magnitude, "seed \(seed)")
    }
    let exact = books.totalCost.femtodollars * units
    #expect(converted.total == divideHalfEven(exact, by: unit), "seed \(seed)")
  }

  @Test("without a rate for a month the figures stay in dollars")
  func noRate() {
    var books = october()
    books.currency = ReportCurrency(code: "JPY", period: books.period, rates: rates([("2026-09", 1)]))
    #expect(ConvertedBooks(books) == nil && !books.isComplete)
    #expect(books.currencySentence == "No JPY rate for 2026-10: figures are in US dollars alone.")
  }

  @Test("amounts are written as their currency has them")
  func words() {
    let yen = ReportCurrency(code: "JPY", period: SampleBooks.october2026, rates: .none)
    let euro = ReportCurrency(code: "EUR", period: SampleBooks.october2026, rates: .none)
    #expect(
      [yen.text(1_234_567), yen.text(-5), euro.text(123_456)] == ["¥1,234,567", "-¥5", "1,234.56 EUR"])
    #expect([yen.digits(-12), euro.digits(5)] == ["-12", "0.05"])
  }

  @Test("what the costs file names from outside stays text in every report")
  func hostile() throws {
    let folder = try TestFolder()
    for text in SampleBooks.hostileTexts {
      var books = october()
      var one = line(.fixed, text, [("auto-approval", dollar)], vendor: text)
      one.place = text
      books.include([one], version: "v")
      books.taxes = [
        TaxLine(
          name: text, vendor: text, month: "2026-10", rate: "10", isReverseCharge: false,
          base: Money(femtodollars: dollar), tax: Money(femtodollars: dollar / 10), state: .exact)
      ]
      let markdown = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
      let title = try #require(markdown.firstRange(of: "## Fixed and shared costs\n"))
      let end = markdown[title.upperBound...].firstRange(of: "\n## ")?.lowerBound ?? markdown.endIndex
      let section = markdown[title.upperBound..<end]
      for markup in ["<script", "<img", "![x]", "\n# heading"] {
        #expect(!section.contains(markup), "\(text)")
      }
      try Reports.writeWorkbook(books, to: folder.file("x.xlsx"))
    }
  }
}
