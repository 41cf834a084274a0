import Ledger
import ProxyServer
import TestKit
import Testing

/// Each limit at its boundary: the last that is allowed, and the first that is not.
@Suite struct AdmissionBookTests {
  private func book(_ keys: [ClientKey], _ holders: [PolicyHolder] = [], warnAt: [Int] = []) -> AdmissionBook
  {
    var book = AdmissionBook(calendar: UTCCalendar(), warnAt: warnAt)
    book.configure(keys: keys, holders: holders, now: aMonday)
    return book
  }

  @Test("requests a minute: the last of them, then none until the first is a minute old")
  func requests() throws {
    var book = book([accessKey("k_1") { $0.requestsPerMinute = 3 }])
    for second in [0, 20, 20] {
      #expect(book.admit(demand(), now: aMonday + Int64(second) * 1_000_000).ticket != nil)
    }
    let refusal = try #require(book.admit(demand(), now: aMonday + 30_000_000).refusal)
    #expect(refusal.reason == .requests(limit: 3))
    #expect(refusal.seconds == 30)
    #expect(refusal.holder == "key \"name-k_1\"")
    #expect(book.admit(demand(), now: aMonday + 59_999_999).refusal?.seconds == 1)
    #expect(book.admit(demand(), now: aMonday + 60_000_000).ticket != nil)
    #expect(book.admit(demand(), now: aMonday + 60_000_001).refusal?.seconds == 20)
    #expect(book.admit(demand(), now: aMonday + 80_000_000).ticket != nil)
    #expect(book.admit(demand(), now: aMonday + 80_000_000).ticket != nil)
    #expect(book.admit(demand(), now: aMonday + 80_000_000).ticket == nil)
  }

  @Test("tokens a minute: counted as likely at first, then as the vendor says")
  func tokens() throws {
    var book = book([accessKey("k_1") { $0.tokensPerMinute = 1000 }])
    let first = try #require(book.admit(demand(tokens: 100), now: aMonday).ticket)
    book.settle(first, cost: 0, tokens: 600, now: aMonday + 2_000_000)
    #expect(
      book.admit(demand(tokens: 401), now: aMonday + 2_000_000).refusal?.reason
        == .tokens(limit: 1000, used: 600))
    let second = try #require(book.admit(demand(tokens: 400), now: aMonday + 2_000_000).ticket)
    book.settle(second, cost: 0, tokens: 399, now: aMonday + 3_000_000)
    let third = try #require(book.admit(demand(tokens: 1), now: aMonday + 3_000_000).ticket)
    book.settle(third, cost: 0, tokens: 1, now: aMonday + 3_000_000)
    let refusal = try #require(book.admit(demand(tokens: 1), now: aMonday + 4_000_000).refusal)
    #expect(refusal.seconds == 56, "the first 600 leave sixty seconds after they were let in")
    #expect(book.admit(demand(tokens: 600), now: aMonday + 60_000_000).ticket != nil)
    // A request that is larger than the limit passes alone: nothing could ever be done for it otherwise.
    #expect(book.admit(demand(tokens: 5000), now: aMonday + 200_000_000).ticket != nil)
  }

  @Test("requests at the same time: the next one comes in when one has ended") func parallel() throws {
    var book = book([accessKey("k_1") { $0.parallelRequests = 2 }])
    let first = try #require(book.admit(demand(), now: aMonday).ticket)
    #expect(book.admit(demand(), now: aMonday).ticket != nil)
    #expect(book.admit(demand(), now: aMonday).refusal?.reason == .parallel(limit: 2))
    book.settle(first, cost: 0, tokens: 0, now: aMonday)
    #expect(book.admit(demand(), now: aMonday).ticket != nil)
    #expect(book.admit(demand(), now: aMonday).ticket == nil)
  }

  @Test("a budget takes the request that fits to the last unit, and not one unit more") func budgetBoundary()
    throws
  {
    var book = book([accessKey("k_1") { $0.budgets = [budget("1/day")] }])
    let ticket = try #require(book.admit(demand(cost: dollar - 1), now: aMonday).ticket)
    #expect(book.admit(demand(cost: 2), now: aMonday).ticket == nil)
    #expect(book.admit(demand(cost: 1), now: aMonday).ticket != nil)
    #expect(book.admit(demand(cost: 1), now: aMonday).ticket == nil)
    #expect(book.admit(demand(cost: nil), now: aMonday).ticket != nil, "what is free is never stopped")
    book.settle(ticket, cost: dollar / 2, tokens: 0, now: aMonday)
    #expect(book.admit(demand(cost: dollar / 2 - 1), now: aMonday).ticket != nil)
    let refusal = try #require(book.admit(demand(cost: 1), now: aMonday).refusal)
    #expect(refusal.resets == aMonday + 86_400_000_000)
    #expect(
      book.admit(demand(cost: dollar), now: aMonday + 86_400_000_000).ticket != nil,
      "the next day has its own")
  }

  @Test("all of key, team and user must hold, and what one refuses the others do not count")
  func allThree() throws {
    var team = AccessPolicy()
    team.budgets = [budget("2/month")]
    var user = AccessPolicy()
    user.models = ["gpt-*"]
    user.requestsPerMinute = 2
    var book = book(
      [
        accessKey("k_1", team: "t", user: "u") { $0.budgets = [budget("10/day")] },
        accessKey("k_2", team: "t"),
      ],
      [.init(kind: .team, name: "t", policy: team), .init(kind: .user, name: "u", policy: user)])
    #expect(book.admit(demand(cost: 1, model: "claude"), now: aMonday).refusal?.reason == .model)
    let refusal = try #require(book.admit(demand(cost: 3 * dollar, model: "gpt-x"), now: aMonday).refusal)
    #expect(refusal.holder == "team \"t\"")
    // Neither refusal was counted as one of the user's two requests.
    #expect(book.admit(demand(cost: dollar, model: "gpt-x"), now: aMonday).ticket != nil)
    #expect(book.admit(demand("k_2", cost: dollar), now: aMonday).ticket != nil)
    #expect(book.admit(demand("k_2", cost: 1), now: aMonday).refusal?.holder == "team \"t\"")
    team.isDisabled = true
    book.configure(
      keys: [accessKey("k_2", team: "t")], holders: [.init(kind: .team, name: "t", policy: team)],
      now: aMonday)
    #expect(book.admit(demand("k_2"), now: aMonday).refusal?.reason == .disabled)
  }

  @Test("a budget that is made later knows what was spent before") func laterBudget() throws {
    var book = book([accessKey("k_1")])
    let ticket = try #require(book.admit(demand(), now: aMonday).ticket)
    book.settle(ticket, cost: 3 * dollar, tokens: 1, now: aMonday)
    book.configure(
      keys: [accessKey("k_1") { $0.budgets = [budget("4/week"), budget("5/rolling-24h")] }], holders: [],
      now: aMonday)
    #expect(book.admit(demand(cost: dollar + 1), now: aMonday).ticket == nil)
    #expect(book.admit(demand(cost: dollar), now: aMonday).ticket != nil)
    #expect(book.states(now: aMonday).map(\.spent.femtodollars) == [3 * dollar, 3 * dollar])
  }

  @Test("a team's budget knows what was spent in it while none of today's keys was its") func formerTeam() {
    var book = book([accessKey("k_1", team: "new")])
    book.replay(keyID: "k_1", team: "former", user: nil, cost: 3 * dollar, time: aMonday, now: aMonday)
    book.finishReplay(now: aMonday)
    var team = AccessPolicy()
    team.budgets = [budget("4/week")]
    book.configure(
      keys: [accessKey("k_1", team: "former")],
      holders: [.init(kind: .team, name: "former", policy: team)], now: aMonday)
    #expect(book.admit(demand(cost: dollar + 1), now: aMonday).ticket == nil)
    #expect(book.admit(demand(cost: dollar), now: aMonday).ticket != nil)
  }

  @Test("a rolling budget frees what is older than it, by quarters of an hour") func rolling() throws {
    var book = book([accessKey("k_1") { $0.budgets = [budget("1/rolling-1h")] }])
    let ticket = try #require(book.admit(demand(cost: dollar), now: aMonday + 60_000_000).ticket)
    book.settle(ticket, cost: dollar, tokens: 0, now: aMonday + 60_000_000)
    let refusal = try #require(book.admit(demand(cost: 1), now: aMonday + 61_000_000).refusal)
    #expect(refusal.resets == aMonday + 75 * 60_000_000)
    #expect(book.admit(demand(cost: 1), now: aMonday + 75 * 60_000_000 - 1).ticket == nil)
    #expect(book.admit(demand(cost: 1), now: aMonday + 75 * 60_000_000).ticket != nil)
  }

  @Test("each percentage is warned of once in a span, by what was spent and not by what is reserved")
  func warnings() throws {
    var book = book([accessKey("k_1") { $0.budgets = [budget("10/day")] }], warnAt: [80, 50])
    func spend(_ dollars: Int128, at time: Int64 = aMonday) throws -> [Int] {
      let ticket = try #require(book.admit(demand(cost: dollars * dollar), now: time).ticket)
      book.settle(ticket, cost: dollars * dollar, tokens: 0, now: time)
      return book.takeWarnings().map(\.percent)
    }
    let held = try #require(book.admit(demand(cost: dollar), now: aMonday).ticket)
    #expect(try spend(4) == [])
    #expect(try spend(1) == [50])
    #expect(try spend(1) == [])
    #expect(try spend(2) == [80])
    book.settle(held, cost: 0, tokens: 0, now: aMonday)
    #expect(try spend(1) == [])
    #expect(try spend(9, at: aMonday + 86_400_000_000) == [80], "another day, and only the highest")
  }

  @Test(
    "days, weeks, months and quarters of the calendar",
    arguments: [
      (Budget.Span.day, "2026-12-31", "2026-12-31", "2027-01-01"),
      (.week, "2027-01-03", "2026-12-28", "2027-01-04"),
      (.week, "2026-12-28", "2026-12-28", "2027-01-04"), (.month, "2028-02-29", "2028-02-01", "2028-03-01"),
      (.month, "2026-12-31", "2026-12-01", "2027-01-01"),
      (.quarter(firstMonth: 4), "2027-01-01", "2027-01-01", "2027-04-01"),
      (.quarter(firstMonth: 4), "2026-12-31", "2026-10-01", "2027-01-01"),
      (.quarter(firstMonth: 2), "2027-01-15", "2026-11-01", "2027-02-01"),
      (.quarter(firstMonth: 12), "2026-12-01", "2026-12-01", "2027-03-01"),
    ] as [(Budget.Span, String, String, String)])
  func calendar(_ span: Budget.Span, _ day: String, _ begin: String, _ end: String) throws {
    func number(_ day: String) throws -> Int64 {
      try #require(Timestamp.parse("\(day)T00:00:00Z".utf8)) / 86_400_000_000
    }
    #expect(budgetDays(span, day: try number(day)) == (try number(begin))..<(try number(end)))
  }
}
