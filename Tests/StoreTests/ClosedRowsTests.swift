import Foundation
import Ledger
import Store
import TestKit
import Testing

/// Closed periods: what goes in comes out, to the last unit.
@Suite struct ClosedRowsTests {

  private func period(_ label: String, _ n: Int64) -> ClosedPeriod {
    ClosedPeriod(
      Period(
        label: label, zone: "Asia/Tokyo", begin: n * 100, end: n * 100 + 100,
        days: [.init(label: label + "-01", begin: n * 100)]),
      closedAt: 7 + n, isIncomplete: n % 2 == 1, weightDenominator: 1_000_000_000_000, post: "{\"é\":1}")
  }

  private func place(_ n: Int) -> BookPlace {
    BookPlace(day: "2026-10-0\(n)", product: "p", provider: "", model: "m\u{1}\n\"\(n)", serviceTier: "t")
  }

  @Test(
    "a closed period's files, inputs and rows are read back as they were written, larger than 64 bits too",
    arguments: Backing.allCases)
  func rows(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    var counts = WeightedCounts()
    counts.requests = 1 << 100
    counts.failedRequests = 2
    counts.interruptedRequests = 3
    counts.unpricedRequests = 4
    counts.inputTokens = 5
    counts.cacheReadTokens = 6
    counts.cacheWriteTokens = 7
    counts.outputTokens = .max
    let rows = CostState.allCases.enumerated().map { index, state in
      ClosedRow(
        place: place(index + 1), counts: counts,
        amount: BookedAmount(cost: Money(femtodollars: .max - Int128(index)), state: state))
    }
    let files = [ClosedPeriod.File(name: "a.csv", sha256: "aa"), .init(name: "charts/b.svg", sha256: "bb")]
    let inputs = [ClosedPeriod.Input(name: "2026/10/01/00-w-1.jsonl", lines: 1 << 40, sha256: "cc")]
    let other = try store.add(period("2026-11", 2), files: [], inputs: [], rows: [])
    let id = try store.add(period("2026-10", 1), files: files, inputs: inputs, rows: rows)
    #expect(try store.files(ofClosed: id) == files)
    #expect(try store.inputs(ofClosed: id) == inputs)
    #expect(try store.rows(ofClosed: id) == rows)
    #expect(try store.rows(ofClosed: other) == [])
    let closed = try store.closedPeriods()
    #expect(closed.map(\.label) == ["2026-10", "2026-11"], "in the order of time")
    var expected = period("2026-10", 1)
    expected.id = id
    #expect(closed[0] == expected)
  }

  @Test("a period cannot be closed twice", arguments: Backing.allCases)
  func twice(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    _ = try store.add(period("2026-10", 1), files: [], inputs: [], rows: [])
    #expect(throws: StoreError.self) {
      _ = try store.add(period("2026-10", 1), files: [], inputs: [], rows: [])
    }
  }

  @Test(
    "adjustments, bookings, decisions and rules are read back in the order they were made",
    arguments: Backing.allCases)
  func laterRows(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let october = try store.add(period("2026-10", 1), files: [], inputs: [], rows: [])
    let november = try store.add(period("2026-11", 2), files: [], inputs: [], rows: [])
    let amount = BookedAmount(cost: Money(femtodollars: -(1 << 90)), state: .partial)
    let list = zip([nil, amount, amount], [amount, nil, amount]).enumerated().map { index, pair in
      Adjustment(
        forPeriod: "2026-10", place: place(3 - index), reason: Adjustment.Reason.allCases[index],
        words: "'; DROP TABLE decisions; --", was: pair.0, now: pair.1, pricesWas: "a", pricesNow: "b",
        rulesWas: "c", rulesNow: "d")
    }
    try store.add(list, closed: november, for: october)
    var closed = period("2026-10", 1)
    closed.id = october
    let found = try store.adjustments(forClosed: closed)
    #expect(found.map(\.adjustment) == list)
    #expect(found.map(\.closed) == [november, november, november])

    let bookings = [1, 2].map { n in
      Booking(
        decision: n, pricesVersion: "p\(n)", rulesVersion: "r\(n)", program: "x",
        seen: RequestTally(attempts: n, interrupted: n + 1, requests: n + 2))
    }
    try store.add(bookings[0], closed: october, for: october)
    try store.add(bookings[1], closed: november, for: october)
    #expect(try store.bookings(forClosed: october) == bookings)
    #expect(try store.bookings(forClosed: november) == [])

    for n in 1...3 as ClosedRange<Int64> {
      try store.add(
        Decision(decidedAt: 10 - n, pricesVersion: "p\(n)", rulesVersion: "r", reason: "w\(n)"), for: october)
    }
    #expect(try store.decisions(forClosed: october).map(\.reason) == ["w1", "w2", "w3"])
    #expect(try store.decisions(forClosed: october).map(\.id) == [1, 2, 3])
    #expect(try store.decisions(forClosed: november) == [])

    try store.saveRules(version: "v", name: "attribution.yaml", text: "rules: []\n# 日本")
    try store.saveRules(version: "v", name: "other", text: "same version, same meaning")
    #expect(try store.rules(version: "v")?.text == "rules: []\n# 日本")
    #expect(try store.rules(version: "w") == nil)
  }

  @Test(
    "a range's tally counts attempts, interrupted ones and requests as reports do",
    arguments: Backing.allCases)
  func tally(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.testSegment()
    for n in 0..<14 { _ = try store.insert(fullUsage(n), segment: segment) }
    let begin = fullUsage(0).time
    let all = try store.usages()
    let found = try store.tally(from: begin, to: begin + 14)
    #expect(found.attempts == 14)
    #expect(found.interrupted == Int64(all.count { $0.outcome == .interrupted }))
    #expect(found.requests == Int64(all.count { $0.final || $0.outcome == .interrupted }))
    #expect(try store.tally(from: begin + 14, to: begin + 20).attempts == 0)
    #expect(try store.tally(from: begin + 1, to: begin + 3).attempts == 2)
  }
}
