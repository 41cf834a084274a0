import Ledger
import ProxyServer
import TestKit
import Testing

/// Random requests, ends and times: no budget is ever overspent, whatever runs at the same time, and nothing is lost.
@Suite struct AdmissionLawTests {
  private struct Running {
    var ticket: AdmissionBook.Ticket
    var key: Int
    var bound: Int128
    var time: Int64
  }

  /// Everything that was spent, told apart from the book.
  private struct Ledger {
    var spent: [(key: Int, time: Int64, cost: Int128)] = []

    /// What may stand against a budget at an instant, running requests with all that they may cost.
    func sum(_ running: [Running], _ budget: Budget, keys: Set<Int>, at now: Int64) -> Int128 {
      let times: Range<Int64>
      switch budget.span {
      case .rolling(let hours): times = now - hours * 3_600_000_000..<now + 1
      case .total: times = .min ..< .max
      default: times = UTCCalendar().bounds(of: budget.span, zone: "UTC", around: now)
      }
      let done = spent.filter { keys.contains($0.key) && times.contains($0.time) }
        .reduce(Int128(0)) { $0 + $1.cost }
      return running.filter { keys.contains($0.key) && times.contains($0.time) }
        .reduce(done) { $0 + $1.bound }
    }
  }

  /// Three keys: the first two in one team, the last two of one user.
  private static let keys = [
    accessKey("k_0", team: "t") { $0.budgets = [budget("5/day"), budget("9/week")] },
    accessKey("k_1", team: "t", user: "u") { $0.budgets = [budget("4/rolling-2h")] },
    accessKey("k_2", user: "u"),
  ]
  private static let holders: [PolicyHolder] = {
    var team = AccessPolicy()
    team.budgets = [budget("7/day"), budget("30/month"), budget("100/total")]
    var user = AccessPolicy()
    user.budgets = [budget("6/rolling-1d")]
    return [.init(kind: .team, name: "t", policy: team), .init(kind: .user, name: "u", policy: user)]
  }()
  private static let budgets: [(Set<Int>, Budget)] = [
    ([0], budget("5/day")), ([0], budget("9/week")), ([1], budget("4/rolling-2h")),
    ([0, 1], budget("7/day")),
    ([0, 1], budget("30/month")), ([0, 1], budget("100/total")), ([1, 2], budget("6/rolling-1d")),
  ]

  private static let sharedBudgets: [(String, Set<Int>, Budget)] = zip(
    ["key:k_0", "key:k_0", "key:k_1", "team:t", "team:t", "team:t", "user:u"], budgets
  ).map { ($0, $1.0, $1.1) }

  private static func newBook(isShared: Bool = false, now: Int64) -> AdmissionBook {
    var book = AdmissionBook(calendar: UTCCalendar(), isShared: isShared)
    book.configure(keys: keys, holders: holders, now: now)
    return book
  }

  @Test("one proxy, killed and begun anew from its log", arguments: 1...20 as ClosedRange<UInt64>)
  func alone(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var now = aMonday
    var book = Self.newBook(now: now)
    var ledger = Ledger()
    var running: [Running] = []
    var admitted = 0
    for _ in 0..<2000 {
      now += Int64.random(in: 0...600_000_000, using: &random)
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<55:
        let key = Int.random(in: 0...2, using: &random)
        let bound = Int128.random(in: 1...2 * dollar, using: &random)
        guard let ticket = book.admit(demand("k_\(key)", cost: bound), now: now).ticket else { break }
        admitted += 1
        running.append(Running(ticket: ticket, key: key, bound: bound, time: now))
      case 55..<97:
        guard !running.isEmpty else { break }
        let over = running.remove(at: Int.random(in: 0..<running.count, using: &random))
        let cost = Int128.random(in: 0...over.bound, using: &random)
        ledger.spent.append((over.key, over.time, cost))
        book.settle(over.ticket, cost: cost, tokens: 5, now: now)
      default:
        // Killed: what ran counts its bound, as its `start` line says.
        ledger.spent += running.map { (key: $0.key, time: $0.time, cost: $0.bound) }
        running = []
        book = Self.newBook(now: now)
        for spent in ledger.spent {
          book.replay(
            keyID: "k_\(spent.key)", team: spent.key < 2 ? "t" : nil, user: spent.key > 0 ? "u" : nil,
            cost: spent.cost, time: spent.time, now: now)
        }
        book.finishReplay(now: now)
      }
      for (keys, budget) in Self.budgets {
        let sum = ledger.sum(running, budget, keys: keys, at: now)
        #expect(sum <= budget.amount.femtodollars, "\(budget) at \(now), seed \(seed)")
      }
    }
    #expect(admitted > 100, "the law says nothing where nothing is let in")
    for over in running { book.settle(over.ticket, cost: 0, tokens: 0, now: now) }
    #expect(book.states(now: now).allSatisfy { $0.reserved == .zero }, "no reservation is stuck")
  }

  @Test(
    "several proxies that share budgets; each may be killed, its clock is its own, and answers of the bank are lost",
    arguments: 1...20 as ClosedRange<UInt64>)
  func shared(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var now = aMonday
    let clocks: [Int64] = [0, -200_000_000, 450_000_000]
    let count = clocks.count
    var bank = ModelBank()
    var books = (0..<count).map { _ in Self.newBook(isShared: true, now: now) }
    var ledgers = [Ledger](repeating: Ledger(), count: count)
    var running = [[Running]](repeating: [], count: count)
    var admitted = 0
    func ask(_ needs: [LeaseNeed], _ proxy: Int, lost: Bool? = nil) {
      for need in needs { books[proxy].take(bank.answer(need.share, proxy: proxy, lost: lost), to: need) }
    }
    var real = now
    for _ in 0..<2000 {
      real += Int64.random(in: 0...300_000_000, using: &random)
      let proxy = Int.random(in: 0..<count, using: &random)
      now = real + clocks[proxy]
      let isLost = Int.random(in: 0..<20, using: &random) == 0
      let lost = isLost ? Bool.random(using: &random) : nil
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<50:
        let key = Int.random(in: 0...2, using: &random)
        let bound = Int128.random(in: 1...dollar, using: &random)
        var wanted = demand("k_\(key)", cost: bound)
        var verdict = books[proxy].admit(wanted, now: now)
        if let needs = verdict.needs {
          ask(needs, proxy, lost: lost)
          wanted.mayWait = false
          verdict = books[proxy].admit(wanted, now: now)
        }
        guard let ticket = verdict.ticket else { break }
        admitted += 1
        running[proxy].append(Running(ticket: ticket, key: key, bound: bound, time: now))
      case 50..<88:
        guard !running[proxy].isEmpty else { break }
        let over = running[proxy].remove(at: Int.random(in: 0..<running[proxy].count, using: &random))
        let cost = Int128.random(in: 0...over.bound, using: &random)
        ledgers[proxy].spent.append((over.key, over.time, cost))
        books[proxy].settle(over.ticket, cost: cost, tokens: 5, now: now)
      case 88..<94: ask(books[proxy].surplus(now: now), proxy, lost: lost)
      case 94..<97:
        // The bank cannot be reached.
        for need in books[proxy].surplus(now: now) { books[proxy].take(.notAsked, to: need) }
      default:
        ledgers[proxy].spent += running[proxy].map { (key: $0.key, time: $0.time, cost: $0.bound) }
        running[proxy] = []
        bank.forget(proxy: proxy)
        books[proxy] = Self.newBook(isShared: true, now: now)
        for spent in ledgers[proxy].spent {
          books[proxy].replay(
            keyID: "k_\(spent.key)", team: spent.key < 2 ? "t" : nil, user: spent.key > 0 ? "u" : nil,
            cost: spent.cost, time: spent.time, now: now)
        }
        books[proxy].finishReplay(now: now)
      }
      for (keys, budget) in Self.budgets {
        let sum = (0..<count).reduce(Int128(0)) {
          $0 + ledgers[$1].sum(running[$1], budget, keys: keys, at: now)
        }
        #expect(sum <= budget.amount.femtodollars, "\(budget) at \(now), seed \(seed)")
      }
    }
    #expect(admitted > 100, "the law says nothing where nothing is let in")
    // A little later all has ended and was given back: what is taken is what was spent, but for the nanodollar that each of
    // a bucket's shares is rounded up to.
    now = real + 600_000_000
    for proxy in 0..<count {
      for over in running[proxy] {
        let cost = Int128.random(in: 0...over.bound, using: &random)
        ledgers[proxy].spent.append((over.key, over.time, cost))
        books[proxy].settle(over.ticket, cost: cost, tokens: 5, now: now)
      }
      for _ in 0..<2 { ask(books[proxy].surplus(now: now, all: true), proxy) }
    }
    let slot: Int64 = 900_000_000
    for (holder, keys, budget) in Self.sharedBudgets {
      let first: Int64 =
        switch budget.span {
        case .total: .min
        case .rolling(let hours): now / slot - hours * 4
        default: UTCCalendar().bounds(of: budget.span, zone: "UTC", around: now).lowerBound / slot
        }
      let spent = ledgers.flatMap(\.spent).filter { keys.contains($0.key) && $0.time / slot >= first }
      let sum = spent.reduce(Int128(0)) { $0 + $1.cost }
      let taken = Int128(bank.taken(holder, budget.name, from: first)) * 1_000_000
      let shares = Set(spent.map { $0.time / slot }).count * count + count
      #expect(taken >= sum, "\(holder) \(budget), seed \(seed)")
      #expect(taken <= sum + Int128(shares) * 1_000_000, "\(holder) \(budget), seed \(seed)")
    }
  }

  @Test("what one proxy gives back, another may have") func givenBack() throws {
    var bank = ModelBank()
    let keys = [accessKey("k_1") { $0.budgets = [budget("10/day")] }]
    var books = (0..<2).map { _ in AdmissionBook(calendar: UTCCalendar(), isShared: true) }
    for index in books.indices { books[index].configure(keys: keys, holders: [], now: aMonday) }
    func admit(_ cost: Int128, _ proxy: Int) -> AdmissionBook.Ticket? {
      var wanted = demand(cost: cost)
      let verdict = books[proxy].admit(wanted, now: aMonday)
      guard let needs = verdict.needs else { return verdict.ticket }
      for need in needs { books[proxy].take(bank.answer(need.share, proxy: proxy), to: need) }
      wanted.mayWait = false
      return books[proxy].admit(wanted, now: aMonday).ticket
    }
    let large = try #require(admit(10 * dollar, 0))
    #expect(admit(1, 1) == nil)
    books[0].settle(large, cost: dollar, tokens: 0, now: aMonday)
    #expect(admit(1, 1) == nil, "the other does not know it yet")
    for need in books[0].surplus(now: aMonday) { _ = bank.answer(need.share, proxy: 0) }
    // Once it cannot be given back, and stays here.
    for need in books[0].surplus(now: aMonday) { books[0].take(.notAsked, to: need) }
    for need in books[0].surplus(now: aMonday) { _ = bank.answer(need.share, proxy: 0) }
    #expect(admit(9 * dollar + 1, 1) == nil)
    #expect(admit(9 * dollar, 1) != nil, "all but what was spent")
  }

  @Test("nothing of a share is lost where a part of it is no whole nanodollar") func wholeShares() throws {
    var bank = ModelBank()
    var book = AdmissionBook(calendar: UTCCalendar(), isShared: true)
    let amount = 55_650 * Int128(1_000_000)
    book.configure(
      keys: [accessKey("k_1") { $0.budgets = [budget("0.00005565/total")] }], holders: [], now: aMonday)
    for _ in 0..<3 {
      var wanted = demand(cost: amount)
      for need in book.admit(wanted, now: aMonday).needs ?? [] {
        book.take(bank.answer(need.share, proxy: 0), to: need)
      }
      wanted.mayWait = false
      let ticket = try #require(book.admit(wanted, now: aMonday).ticket, "all of it is there again")
      book.settle(ticket, cost: 0, tokens: 0, now: aMonday)
      for _ in 0..<2 {
        for need in book.surplus(now: aMonday) { _ = bank.answer(need.share, proxy: 0) }
      }
    }
    #expect(bank.books.values.reduce(0) { $0 + $1.count } == 0)
  }
}
