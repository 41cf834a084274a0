import Ledger
import Report
import TestKit
import Testing

/// Forecast, unusual days, caching, budgets and unit costs, on series small enough to be worked by hand.
@Suite struct ReviewTests {
  private func dollars(_ text: String) -> Money { SampleBooks.money(text) }

  // MARK: - Forecast

  @Test("a day costs the mean of the last four of its weekday; the range is of the cheapest and the dearest")
  func forecast() throws {
    // Monday to Sunday, two weeks.
    let history = DayHistory(
      firstWeekday: 0,
      costs: ["10", "10", "10", "10", "10", "2", "2", "14", "10", "10", "10", "11", "4", "2"].map(dollars))
    // Monday 12 (10–14), Tuesday 10, Wednesday 10.
    #expect(
      history.forecast(days: 3)
        == Forecast.Estimate(low: dollars("30"), expected: dollars("32"), high: dollars("34")))
    // A whole week: 12 + 10 + 10 + 10 + 10.5 + 3 + 2; low 10+10+10+10+10+2+2, high 14+10+10+10+11+4+2.
    #expect(
      history.forecast(days: 7)
        == Forecast.Estimate(low: dollars("54"), expected: dollars("57.5"), high: dollars("61")))
    #expect(history.forecast(days: 0) == Forecast.Estimate(low: .zero, expected: .zero, high: .zero))
    #expect(DayHistory(firstWeekday: 0, costs: Array(history.costs.prefix(13))).forecast(days: 1) == nil)
  }

  @Test("only the last four of a weekday count") func fourWeeks() {
    // Saturdays first: 100, then 1, 2, 3, 4; all other days cost nothing.
    let saturdays = ["100", "1", "2", "3", "4"]
    let costs = saturdays.flatMap { [dollars($0)] + Array(repeating: Money.zero, count: 6) }
    let history = DayHistory(firstWeekday: 5, costs: costs)
    #expect(
      history.forecast(days: 1)
        == Forecast.Estimate(low: dollars("1"), expected: dollars("2.5"), high: dollars("4")))
  }

  // MARK: - Unusual days

  /// September and October 2026, each day the same but for the changes given by day of the two months, from 0.
  private func months(_ changes: [Int: UseSum], usual: UseSum) -> (Books, Books) {
    let september = SampleBooks.empty(
      products: [Product(id: "a", name: "A"), .unattributed], denominator: 2,
      period: SampleBooks.september.period)
    let october = SampleBooks.empty(products: [Product(id: "a", name: "A"), .unattributed], denominator: 1)
    var books = [september, october]
    for index in books.indices {
      for day in books[index].period.days.indices {
        let use = changes[index * 30 + day] ?? usual
        var weighed = use
        if index == 0 {
          // Splits by halves in September: the same counts in other units.
          weighed = UseSum()
          weighed.calls = use.calls * 2
          for part in use.parts {
            weighed.add(
              UseSum.Part(meter: part.meter, count: part.count * 2, femtodollars: part.femtodollars))
          }
        }
        let caller = UseCaller(key: "batch", provider: "v", model: "m", serviceTier: "standard")
        books[index].use.cells.append(UseCell(day: day, product: 0, caller: caller, sum: weighed))
        books[index].days[day][0].cost = use.cost
      }
    }
    return (books[0], books[1])
  }

  private func use(calls: Int128, input: Int128, output: Int128, outputPrice: Int128 = 20) -> UseSum {
    var sum = UseSum()
    sum.calls = calls
    let millionth = powerOfTen(9)
    sum.add(UseSum.Part(meter: .input, count: input, femtodollars: input * 2 * millionth))
    sum.add(UseSum.Part(meter: .output, count: output, femtodollars: output * outputPrice * millionth))
    return sum
  }

  private func review(_ months: (Books, Books), daysOver: Int = 31) -> Review {
    var inputs = ReviewInputs(daysOver: daysOver)
    inputs.comparesDays = true
    // 2026-09-01 is a Tuesday.
    inputs.firstWeekday = 1
    let comparison = Comparison(kind: .previous, label: "2026-09", days: nil, basis: .requests)
    inputs.earlier = [
      EarlierPeriod(comparison: comparison, books: months.0, costs: PeriodCosts(months.0))
    ]
    return Review(months.1, inputs)
  }

  /// 1000 calls of 1000 tokens in and 100 out: 2 + 2 dollars a day.
  private var usual: UseSum { use(calls: 1000, input: 1_000_000, output: 100_000) }

  @Test("ten times the calls on one day: named with the day, the key and volume") func volume() throws {
    let found = review(months([41: usual.times(10)], usual: usual)).anomalies
    try #require(found.count == 1)
    #expect(found[0].day == "2026-10-12")
    #expect(found[0].key == "batch")
    #expect(found[0].cost == dollars("40"))
    #expect(found[0].usual == dollars("4"))
    #expect(found[0].days == 5)
    #expect(found[0].step == .volume)
    #expect(found[0].stepAmount == dollars("36"))
    #expect(found[0].calls == Ratio(10_000))
    #expect(found[0].usualCalls == Ratio(1000))
  }

  @Test("longer prompts are size, dearer tokens are price, a day of nothing is volume") func drivers() {
    let long = use(calls: 1000, input: 9_000_000, output: 100_000)
    let dear = use(calls: 1000, input: 1_000_000, output: 100_000, outputPrice: 120)
    let found = review(months([40: long, 50: dear, 45: use(calls: 0, input: 0, output: 0)], usual: usual))
      .anomalies
    #expect(found.map(\.day) == ["2026-10-11", "2026-10-21", "2026-10-16"])
    #expect(found.map(\.step) == [.size, .price, .volume])
    #expect(found.map(\.difference) == ["16", "10", "-4"].map(dollars))
  }

  @Test("what is below the floor, within the spread, or not half as much again is usual") func usualDays() {
    // Six dollars instead of four are half as much again.
    let more = use(calls: 1000, input: 2_000_000, output: 100_000)
    let less = use(calls: 1000, input: 1_999_999, output: 100_000)
    #expect(review(months([41: more], usual: usual)).anomalies.count == 1)
    #expect(review(months([41: less], usual: usual)).anomalies.isEmpty)
    // A hundred times the usual, and still less than a dollar.
    let cheap = use(calls: 1, input: 1000, output: 10)
    #expect(review(months([41: cheap.times(100)], usual: cheap)).anomalies.isEmpty)
    // Mondays of 1, 9, 2, 8, 5 times the usual: their median is 5, their median distance from it 3, and six of these are 18.
    let mondays = Dictionary(
      uniqueKeysWithValues: zip([6, 13, 20, 27, 34], [1, 9, 2, 8, 5] as [Int128]).map {
        ($0, usual.times($1))
      })
    func monday(_ times: Int128) -> Int {
      review(months(mondays.merging([41: usual.times(times)]) { $1 }, usual: usual)).anomalies.count
    }
    #expect(monday(23) == 0)
    #expect(monday(24) == 1)
    // A day that is not over is not judged.
    #expect(review(months([41: usual.times(10)], usual: usual), daysOver: 11).anomalies.isEmpty)
  }

  // MARK: - Caching

  @Test("what caching saved, and what the best day's rate would save more") func caching() throws {
    var books = SampleBooks.empty(products: [Product(id: "a", name: "A"), .unattributed], denominator: 1)
    let caller = UseCaller(key: "k", provider: "v", model: "m", serviceTier: "standard")
    /// Input at 3, reads at 0.3, writes at 3.75 dollars a million.
    func add(day: Int, input: Int128, read: Int128, write: Int128) {
      var sum = UseSum()
      sum.calls = 1
      let unit = powerOfTen(7)
      sum.add(UseSum.Part(meter: .input, count: input, femtodollars: input * 300 * unit))
      sum.add(UseSum.Part(meter: .cacheRead, count: read, femtodollars: read * 30 * unit))
      sum.add(UseSum.Part(meter: .cacheWrite5m, count: write, femtodollars: write * 375 * unit))
      sum.withoutCache = (read + write) * 300 * unit
      books.use.cells.append(UseCell(day: day, product: 0, caller: caller, sum: sum))
    }
    add(day: 0, input: 500_000, read: 400_000, write: 100_000)
    add(day: 1, input: 200_000, read: 800_000, write: 0)
    // All from the cache, but hardly anything: luck.
    add(day: 2, input: 0, read: 1000, write: 0)
    let review = Review(books, ReviewInputs(daysOver: 31))
    let line = try #require(review.caching.first)
    #expect(review.caching.count == 1)
    #expect(line.promptTokens == 2_001_000)
    #expect(line.readTokens == 1_201_000)
    // 1,201,000 × 0.3 + 100,000 × 3.75 = 0.3603 + 0.375; as plain input 1,301,000 × 3 = 3.903.
    #expect(line.cost == dollars("0.7353"))
    #expect(line.withoutCache == dollars("3.903"))
    #expect(line.saved == dollars("3.1677"))
    // 80 % of 2,001,000 are 1,600,800: 399,800 more, each 2.7 dollars a million cheaper.
    #expect(line.best?.day == "2026-10-02")
    #expect(line.best?.hitRate == Ratio(8, over: 10))
    #expect(line.best?.saving == dollars("1.07946"))
  }

  // MARK: - Budgets and units

  @Test("budget against actual: the month, and the months of the year that are known") func budgets() {
    func month(_ label: String, _ a: String, _ b: String) -> MonthCosts {
      MonthCosts(month: label, costs: ["a": dollars(a), "b": dollars(b)])
    }
    func budget(_ month: String, _ product: String, _ amount: String) -> BudgetEntry {
      BudgetEntry(month: month, product: product, amount: dollars(amount), place: "")
    }
    let review = BudgetReview(
      [
        budget("2026-08", "a", "1000"), budget("2026-09", "a", "50"), budget("2026-10", "a", "60"),
        budget("2026-10", "total", "100"),
      ], known: [month("2026-09", "40", "1"), month("2026-10", "70", "2")], missing: ["2026-08"],
      year: "FY2026",
      products: [Product(id: "a", name: "A"), Product(id: "b", name: "B")])
    #expect(review.lines.map(\.product) == ["a", "total"])
    #expect(review.lines.map(\.budget) == [dollars("60"), dollars("100")])
    #expect(review.lines.map(\.actual) == [dollars("70"), dollars("72")])
    #expect(review.lines.map(\.left) == [dollars("-10"), dollars("28")])
    #expect(review.lines.map(\.yearBudget) == [dollars("110"), dollars("100")])
    #expect(review.lines.map(\.yearActual) == [dollars("110"), dollars("72")])
  }

  @Test("cost per unit, month by month; days add up to their month") func units() throws {
    func entry(_ period: String, _ count: Int64) -> UnitEntry {
      UnitEntry(period: period, product: "a", unit: "review", count: count, place: "")
    }
    func month(_ label: String, _ cost: String) -> MonthCosts {
      MonthCosts(month: label, costs: ["a": dollars(cost)])
    }
    let units = UnitCosts(
      [entry("2026-08", 10), entry("2026-10-01", 1), entry("2026-10-31", 2)],
      known: [month("2026-08", "5"), month("2026-09", "6"), month("2026-10", "7")],
      products: [Product(id: "a", name: "A")])
    #expect(units.months == ["2026-08", "2026-10"])
    let line = try #require(units.lines.first)
    #expect(line.months[0]?.perUnit(digits: 6) == dollars("0.5"))
    #expect(line.months[1]?.count == 3)
    #expect(line.months[1]?.perUnit(digits: 6) == dollars("2.333333"))
    #expect(line.months[1]?.perUnit(digits: 2) == dollars("2.33"))
  }

  @Test("a period with nothing before it says so, and invents nothing") func nothingBefore() {
    var books = SampleBooks.october()
    var inputs = ReviewInputs(daysOver: 31)
    inputs.earlier = [
      EarlierPeriod(comparison: Comparison(kind: .previous, label: "2026-09", days: nil, basis: .nothing))
    ]
    books.review = Review(books, inputs)
    let text = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    #expect(text.contains("Nothing to compare with: the store has no request of 2026-09."))
    #expect(!text.contains("bridge.svg"))
    #expect(books.review?.forecast == nil)
    #expect(books.review?.anomalies.isEmpty == true)
    books.language = .ja
    #expect(String(decoding: Reports.summaryMarkdown(books), as: UTF8.self).contains("比較対象なし"))
  }
}
