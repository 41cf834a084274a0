import Ledger
import Pipeline
import Price
import Report
import Store
import TestKit
import Testing

/// A period beside the ones before it, over a store: a running month, a closed one, one whose requests are gone.
@Suite struct ReviewingTests {
  /// July and August, without rules: everything is one product.
  private func desk(_ backing: Backing, seed: UInt64 = 7) throws -> ClosingDesk {
    let desk = try ClosingDesk(backing)
    var random = SeededRandom(seed: seed)
    try desk.write(month: 7, requests: 300, &random)
    try desk.write(month: 8, requests: 200, &random)
    for _ in 0..<400 { try desk.deliver(&random) }
    return desk
  }

  private func days(_ desk: ClosingDesk, _ label: String) throws -> [Money] {
    let period = try desk.period(label)
    let sums = try desk.afresh(
      label, pricesVersion: desk.prices[0].book.version, rulesVersion: RulesSource.none.version)
    return period.days.map { day in
      sums.reduce(.zero) { $1.key.day == day.label ? $0 + $1.value : $0 }
    }
  }

  @Test(
    "a running month is held against as many days of the one before, and its end is foretold from both",
    arguments: Backing.allCases)
  func running(in backing: Backing) throws {
    let desk = try desk(backing)
    let august = try desk.period("2026-08")
    // The twentieth has begun: nineteen days are over.
    desk.now = august.days[19].begin + 3_600_000_000
    let books = try desk.run(rules: 2).books(august)
    let review = try #require(books.review)
    let comparison = try #require(review.previous)
    #expect(review.daysOver == 19)
    #expect(comparison.days == 20)
    let (before, now) = (try days(desk, "2026-07"), try days(desk, "2026-08"))
    #expect(comparison.bridge?.was == before.prefix(20).reduce(.zero, +))
    #expect(comparison.bridge?.now == now.reduce(.zero, +))

    // August 20th, 2026, is a Thursday; July 1st was a Wednesday.
    let known = before + now.prefix(19)
    var wanted = Forecast.Estimate(low: .zero, expected: .zero, high: .zero)
    for first in 50..<57 {
      let last = Array(stride(from: first - 7, through: 0, by: -7).prefix(4).map { known[$0] })
      let count = Int128(stride(from: first, to: 62, by: 7).reduce(0) { sum, _ in sum + 1 })
      let low = try #require(last.min())
      let high = try #require(last.max())
      wanted.low += Money(femtodollars: low.femtodollars * count)
      wanted.high += Money(femtodollars: high.femtodollars * count)
      wanted.expected += Money(
        femtodollars: divideHalfEven(last.reduce(.zero, +).femtodollars * count, by: 4))
    }
    let booked = now.prefix(19).reduce(Money.zero, +)
    let forecast = try #require(review.forecast?.period)
    #expect(review.forecast?.daysLeft == 12)
    #expect(forecast.low == wanted.low + booked)
    #expect(forecast.expected == wanted.expected + booked)
    #expect(forecast.high == wanted.high + booked)
    #expect(forecast.low < forecast.expected && forecast.expected < forecast.high)
  }

  @Test(
    "a closed month counts as it was booked: lines that came later are a step of their own",
    arguments: Backing.allCases)
  func late(in backing: Backing) throws {
    let desk = try ClosingDesk(backing)
    var random = SeededRandom(seed: 8)
    try desk.write(month: 7, requests: 200, &random)
    try desk.write(month: 8, requests: 100, &random)
    guard
      case .closed(let july, _, _) = try desk.run(rules: 1).close(
        desk.period("2026-07"), acceptIncomplete: true)
    else {
      Issue.record("July was not closed")
      return
    }
    // They belong to both months; the rules of August are others.
    for _ in 0..<300 { try desk.deliver(&random) }
    let books = try desk.run(prices: 1, rules: 0).books(desk.period("2026-08"))
    let comparison = try #require(books.review?.previous)
    let bridge = try #require(comparison.bridge)
    #expect(comparison.isClosed)
    #expect(comparison.pricesVersion == desk.prices[0].book.version)
    #expect(comparison.rulesVersion == desk.rules[1].version)
    #expect(bridge.was == july.totalCost)
    #expect(bridge.now == books.totalCost)
    #expect(bridge.amount(.late) > .zero)
    #expect(bridge.amount(.adjustments) == books.adjustments.total)
    let steps = Bridge.Step.allCases.reduce(Money.zero) { $0 + bridge.amount($1) }
    #expect(steps == books.totalCost - july.totalCost)
  }

  @Test(
    "where a closed month's requests were dropped, its sums give volume and mix, and the rest together",
    arguments: Backing.allCases)
  func dropped(in backing: Backing) throws {
    let desk = try desk(backing)
    // July of Tokyo begins in June of UTC: without June's rows it cannot be made again, and August can.
    var random = SeededRandom(seed: 9)
    try desk.write(month: 6, requests: 10, &random)
    _ = try desk.run(rules: 0).close(desk.period("2026-07"), acceptIncomplete: true)
    let august = try desk.period("2026-08")
    let before = try #require(try desk.run().books(august).review?.previous)
    let june = try #require(try desk.desk.store.requestMonths().first { $0.name == "2026-06" })
    try desk.desk.store.drop(june, at: 1)
    let books = try desk.run().books(august)
    let comparison = try #require(books.review?.previous)
    let bridge = try #require(comparison.bridge)
    #expect(before.basis == .requests)
    #expect(comparison.basis == .sums)
    #expect(bridge.steps == [.volume, .mix, .unsplit])
    #expect(bridge.was == before.bridge?.was)
    #expect(bridge.now == books.totalCost)
    #expect(bridge.was + bridge.steps.reduce(.zero) { $0 + bridge.amount($1) } == bridge.now)
    #expect(books.review?.movers == nil)
    let text = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    #expect(text.contains("only the sums of its close are left"))
  }

  @Test("plans are strict: each fault is named with its line") func plans() throws {
    func fault(_ body: () throws -> Void) -> String {
      do {
        try body()
        return ""
      } catch { return "\(error)" }
    }
    func budgets(_ rows: String) -> String {
      fault { _ = try BudgetsFile(Array(("month,product,amount,currency\n" + rows).utf8), name: "b.csv") }
    }
    func units(_ rows: String) -> String {
      fault { _ = try UnitsFile(Array(("period,product,unit,count\n" + rows).utf8), name: "u.csv") }
    }
    #expect(budgets("2026-10,a,12.5,USD\n\n# next year\n\"2027-01\", \"a\" ,1,USD") == "")
    #expect(budgets("2026-10,a,-1,USD").hasPrefix("b.csv:2: amount \"-1\""))
    #expect(budgets("2026-10,a,1e-16,USD").hasPrefix("b.csv:2: amount"))
    #expect(budgets("2026-10,a,\"1,000\",USD").hasPrefix("b.csv:2: amount \"1,000\""))
    #expect(budgets("\n2026-10,a,1").hasPrefix("b.csv:3: 3 fields"))
    #expect(budgets("2026-00,a,1,USD").hasPrefix("b.csv:2: month"))
    #expect(
      budgets("2026-10,a,1,USD\n2026-10,a,1,USD").hasPrefix("b.csv:3: a has a budget for 2026-10 already"))
    #expect(budgets("2026-10,\"a\"b,1,USD").hasPrefix("b.csv:2: its quotes do not fit"))
    #expect(units("2026-10-05,a,\"tickets, \"\"made\"\"\",3") == "")
    #expect(units("2026-10-32,a,x,3").hasPrefix("u.csv:2: \"2026-10-32\""))
    #expect(
      units("2026-10-05,a,x,3\n2026-10,a,x,3").hasPrefix("u.csv:3: x of a is counted for days of 2026-10"))
    #expect(units("2026-10,a,x,3\n2026-10-05,a,x,3").hasPrefix("u.csv:3: x of a is counted for 2026-10-05"))
    #expect(units("2026-10,a,x,-3").hasPrefix("u.csv:2: count"))
    #expect(units("2026-10,a,,3").hasPrefix("u.csv:2: a product's id"))
    #expect(fault { _ = try UnitsFile([0xFF], name: "u.csv") }.contains("UTF-8"))
  }

  @Test("the period before, and the same a year before, by the books' calendar") func calendar() throws {
    let calendar = try BookCalendar(zone: "Asia/Tokyo")
    for (label, before) in [
      ("2026-01", "2025-12"), ("2026-10", "2026-09"), ("2026-W01", "2025-W52"), ("2027-W01", "2026-W53"),
      ("2026-03-01", "2026-02-28"), ("FY2026", "FY2025"),
    ] {
      #expect(try calendar.previous(before: label) == before)
      #expect(try calendar.next(after: before) == label)
    }
    #expect(try calendar.previous(before: "2026-10-01..2026-10-05") == nil)
    #expect(try calendar.yearBefore("2026-02") == "2025-02")
    #expect(try calendar.yearBefore("2026-W10") == nil)
    let year = try #require(try calendar.fiscalYear(of: "2027-02"))
    #expect(year.label == "FY2026")
    #expect(year.monthsBefore.first == "2026-04" && year.monthsBefore.last == "2027-01")
    #expect(year.monthsBefore.count == 10)
    #expect(year.daysBehind == 31)
    #expect(try calendar.fiscalYear(of: "2026-04")?.monthsBefore == [])
    #expect(try calendar.weekday(calendar.period("2026-10-05").days[0]) == 0)
  }
}
