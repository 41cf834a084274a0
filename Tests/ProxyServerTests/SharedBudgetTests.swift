import Ledger
import ProxyServer
import TestKit
import Testing

/// What one proxy tells the others of a budget that they share.
@Suite struct SharedBudgetTests {
  private static let quarter: Int64 = 900_000_000

  private func book(_ budgets: String...) -> AdmissionBook {
    var book = AdmissionBook(calendar: UTCCalendar(), isShared: true)
    book.configure(keys: keys(budgets), holders: [], now: aMonday)
    return book
  }

  private func keys(_ budgets: [String]) -> [ClientKey] {
    [accessKey("k_1") { $0.budgets = budgets.map { budget($0) } }]
  }

  private func ask(_ needs: [LeaseNeed], _ book: inout AdmissionBook, _ bank: inout ModelBank) {
    for need in needs { book.take(bank.answer(need.share, proxy: 0), to: need) }
  }

  private func admit(_ cost: Int128, _ book: inout AdmissionBook, _ bank: inout ModelBank, now: Int64)
    -> AdmissionBook.Ticket?
  {
    var wanted = demand(cost: cost)
    let verdict = book.admit(wanted, now: now)
    guard let needs = verdict.needs else { return verdict.ticket }
    ask(needs, &book, &bank)
    wanted.mayWait = false
    return book.admit(wanted, now: now).ticket
  }

  @Test("what a request did not use of an earlier quarter of an hour goes back") func earlierQuarter() throws
  {
    var bank = ModelBank()
    var book = book("10/rolling-24h")
    let ticket = try #require(admit(8 * dollar, &book, &bank, now: aMonday))
    let later = aMonday + 2 * Self.quarter
    ask(book.surplus(now: later), &book, &bank)
    #expect(bank.taken("key:k_1", budget("10/rolling-24h").name, from: 0) == 8_000_000_000)
    book.settle(ticket, cost: dollar, tokens: 0, now: later)
    ask(book.surplus(now: later), &book, &bank)
    #expect(bank.taken("key:k_1", budget("10/rolling-24h").name, from: 0) == 1_000_000_000)
    #expect(admit(9 * dollar, &book, &bank, now: later) != nil)
  }

  @Test("a budget that is taken away and comes again knows what was given of it") func takenAway() throws {
    var bank = ModelBank()
    var book = book("10/day")
    let ticket = try #require(admit(4 * dollar, &book, &bank, now: aMonday))
    book.settle(ticket, cost: 3 * dollar, tokens: 0, now: aMonday)
    book.configure(keys: keys([]), holders: [], now: aMonday)
    ask(book.surplus(now: aMonday), &book, &bank)
    #expect(bank.taken("key:k_1", "day@UTC", from: 0) == 3_000_000_000, "the rest goes back")
    book.configure(keys: keys(["10/day"]), holders: [], now: aMonday)
    ask(book.surplus(now: aMonday), &book, &bank)
    #expect(admit(7 * dollar, &book, &bank, now: aMonday) != nil)
    #expect(bank.taken("key:k_1", "day@UTC", from: 0) == 10_000_000_000)
  }

  @Test("what was used beyond a share is counted for all") func beyond() throws {
    var bank = ModelBank()
    var book = book("10/day")
    let ticket = try #require(admit(dollar, &book, &bank, now: aMonday))
    book.settle(ticket, cost: 5 * dollar, tokens: 0, now: aMonday)
    ask(book.surplus(now: aMonday), &book, &bank)
    #expect(bank.taken("key:k_1", "day@UTC", from: 0) >= 5_000_000_000)
  }

  @Test("nothing is let in, or told, before the past of a budget is known") func past() throws {
    var bank = ModelBank()
    var book = book("10/day", "5/total")
    let now = aMonday + Self.quarter
    book.knownSince = now
    let refusal = try #require(book.admit(demand(cost: 1), now: now).refusal)
    guard case .budgetNotKnown = refusal.reason else {
      Issue.record("\(refusal.reason)")
      return
    }
    #expect(book.surplus(now: now).isEmpty)
    book.replay(keyID: "k_1", team: nil, user: nil, cost: 2 * dollar, time: aMonday, now: now)
    book.finishReplay(now: now)
    book.knownSince = .min
    #expect(admit(3 * dollar + 1, &book, &bank, now: now) == nil)
    #expect(admit(3 * dollar, &book, &bank, now: now) != nil)
  }
}
