import Foundation
import Ledger
import Pipeline
import Price
import Report
import Store
import TestKit
import Testing

/// The law of corrections: closed + all adjustments = afresh, to the last unit, at every moment, whatever happens in
/// whatever order.
@Suite struct ClosingLawTests {
  private static let months = ["2026-07", "2026-08", "2026-09", "2026-10"]

  @Test(
    "a closed period and all its adjustments are the period afresh, place by place, after every step",
    arguments: 1...12 as ClosedRange<UInt64>, Backing.allCases)
  func law(seed: UInt64, in backing: Backing) throws {
    var random = SeededRandom(seed: seed)
    let desk = try ClosingDesk(backing)
    for month in 7...10 { try desk.write(month: month, requests: 24, &random) }
    var open = Self.months
    /// What the reports of closed periods said, adjustments included.
    var reported: [String: Money] = [:]
    /// What is in force for a closed period: the test's own memory of its decisions.
    var inForce: [String: (prices: Int, rules: Int)] = [:]
    for step in 0..<14 {
      let versions = (Int.random(in: 0...2, using: &random), Int.random(in: 0...2, using: &random))
      switch Int.random(in: 0...4, using: &random) {
      case 0, 1: try desk.deliver(&random)
      case 2 where !open.isEmpty:
        let label = open.removeFirst()
        let run = desk.run(prices: versions.0, rules: versions.1)
        guard case .closed(let books, _, _) = try run.close(desk.period(label), acceptIncomplete: true) else {
          Issue.record("\(label) was closed before")
          return
        }
        reported[label] = books.totalCost
        inForce[label] = versions
      default:
        guard let label = reported.keys.sorted().randomElement(using: &random) else { continue }
        let isPrices = Bool.random(using: &random)
        _ = try desk.run().reprice(
          desk.period(label), pricesVersion: isPrices ? desk.prices[versions.0].book.version : nil,
          rules: isPrices ? nil : desk.rules[versions.1], reason: "step \(step)", dryRun: false)
        if isPrices { inForce[label]?.prices = versions.0 } else { inForce[label]?.rules = versions.1 }
      }
      try check(desk, reported, inForce, open, "seed \(seed), step \(step)")
    }
    #expect(!reported.isEmpty, "seed \(seed) closed nothing: it proves nothing")
  }

  private func check(
    _ desk: ClosingDesk, _ reported: [String: Money], _ inForce: [String: (prices: Int, rules: Int)],
    _ open: [String], _ moment: String
  ) throws {
    var afresh = Money.zero
    var pending = Money.zero
    for (label, versions) in inForce {
      let status = try #require(try desk.run().closedStatus(of: desk.period(label)))
      var sums: [BookPlace: Money] = [:]
      for row in try desk.desk.store.rows(ofClosed: status.closed.id) {
        sums[row.place, default: .zero] += row.amount.cost
      }
      let frozen = try desk.desk.store.adjustments(forClosed: status.closed).map(\.adjustment)
      for one in frozen + status.correction.list { sums[one.place, default: .zero] += one.difference }
      let expected = try desk.afresh(
        label, pricesVersion: desk.prices[versions.prices].book.version,
        rulesVersion: desk.rules[versions.rules].version)
      #expect(sums.filter { $0.value != .zero } == expected, "\(label), \(moment)")
      #expect(status.problems == [], "\(label), \(moment): closed files never change")
      // Each difference begins where the one before it ended.
      for one in status.correction.list {
        #expect(one.difference == (one.now?.cost ?? .zero) - (one.was?.cost ?? .zero))
      }
      afresh += expected.values.reduce(.zero, +)
      pending += status.correction.total
      // Corrections of an open period are derived: asking again, or running, changes nothing.
      #expect(try desk.run().closedStatus(of: desk.period(label))?.correction.list == status.correction.list)
    }
    // What closed reports said, and what the open one books, is what all closed periods cost.
    #expect(reported.values.reduce(.zero, +) + pending == afresh, "\(moment)")
    guard let next = open.first else { return }
    let books = try desk.run().books(desk.period(next))
    #expect(books.adjustments.total == pending, "\(moment): all corrections are booked in \(next)")
    #expect(books.totalCost == books.usageCost + pending, "\(moment)")
    #expect(books.checks.allSatisfy { $0.passed || $0.name == "no line is missing" }, "\(moment)")
  }

  @Test(
    "several reprices and closings in a row: each lands in the period that is open then",
    arguments: Backing.allCases)
  func inARow(in backing: Backing) throws {
    var random = SeededRandom(seed: 99)
    let desk = try ClosingDesk(backing)
    for month in 7...9 { try desk.write(month: month, requests: 20, &random) }
    let july = try desk.period("2026-07")
    func close(_ label: String) throws {
      _ = try desk.run().close(desk.period(label), acceptIncomplete: true)
    }
    func corrected(_ label: String) throws -> [String] {
      try desk.run().books(desk.period(label)).adjustments.corrected.map(\.period.label)
    }
    func reprice(_ version: Int) throws -> Repricing {
      try desk.run().reprice(
        july, pricesVersion: desk.prices[version].book.version, rules: nil, reason: "because", dryRun: false)
    }
    try close("2026-07")
    #expect(try corrected("2026-08") == [])
    #expect(try reprice(1).openPeriod == "2026-08")
    #expect(try corrected("2026-08") == ["2026-07"])
    #expect(try corrected("2026-09") == [])
    try close("2026-08")
    #expect(try corrected("2026-09") == [], "what is booked is booked once")
    let second = try reprice(0)
    #expect(second.openPeriod == "2026-09" && second.isNew)
    #expect(try corrected("2026-09") == ["2026-07"])
    let status = try #require(try desk.run().closedStatus(of: july))
    #expect(status.frozen.map(\.period) == ["2026-08"])
    #expect(status.costNow == status.closedCost, "there and back again")
    #expect(status.frozenTotal + status.correction.total == .zero && status.frozenTotal != .zero)
    let again = try reprice(0)
    #expect(!again.isNew && !again.wasWritten)
    #expect(again.correction.list == second.correction.list)
  }

  @Test(
    "each difference has its reason: late lines by the old prices and rules, then prices, then rules",
    arguments: Backing.allCases)
  func reasons(in backing: Backing) throws {
    var random = SeededRandom(seed: 5)
    let desk = try ClosingDesk(backing)
    try desk.write(month: 7, requests: 40, &random)
    let july = try desk.period("2026-07")
    _ = try desk.run().close(july, acceptIncomplete: true)
    for _ in 0..<4 { try desk.deliver(&random) }
    let lateBooks = try desk.afresh(
      "2026-07", pricesVersion: desk.prices[0].book.version, rulesVersion: desk.rules[0].version)
    _ = try desk.run().reprice(
      july, pricesVersion: desk.prices[1].book.version, rules: nil, reason: "first", dryRun: false)
    _ = try desk.run().reprice(
      july, pricesVersion: desk.prices[2].book.version, rules: nil, reason: "second", dryRun: false)
    _ = try desk.run().reprice(
      july, pricesVersion: nil, rules: desk.rules[1], reason: "third", dryRun: false)
    let status = try #require(try desk.run().closedStatus(of: july))
    func total(_ reason: Adjustment.Reason) -> Money {
      status.correction.list.filter { $0.reason == reason }.reduce(.zero) { $0 + $1.difference }
    }
    let closed = status.closedCost
    #expect(total(.lateLines) == lateBooks.values.reduce(.zero, +) - closed)
    let repriced = try desk.afresh(
      "2026-07", pricesVersion: desk.prices[2].book.version, rulesVersion: desk.rules[0].version)
    #expect(total(.prices) == (repriced.values.reduce(.zero, +)) - lateBooks.values.reduce(.zero, +))
    #expect(total(.rules) == .zero, "rules move cost, they make none")
    #expect(status.correction.list.contains { $0.reason == .rules && $0.difference != .zero })
    let words = Dictionary(grouping: status.correction.list, by: \.reason).mapValues { Set($0.map(\.words)) }
    #expect(words == [.lateLines: [""], .prices: ["second"], .rules: ["third"]])
  }

  @Test(
    "lines that come late are attributed by the rules of then, though the file has others now",
    arguments: Backing.allCases)
  func rulesOfThen(in backing: Backing) throws {
    let desk = try ClosingDesk(backing)
    let july = try desk.period("2026-07")
    var writer = HandWriter("w")
    let more = #","key":{"id":"k","name":"key-0"}"#
    let lines = (1...2).map { writer.end("r\($0)", at: "2026-07-05T01:00:00Z", more: more) }
    try desk.desk.write(lines[0], to: "a.jsonl")
    _ = try desk.desk.ingest()
    _ = try desk.run(rules: 0).close(july, acceptIncomplete: true)
    try desk.desk.write(lines[1], to: "b.jsonl")
    _ = try desk.desk.ingest()
    let books = try desk.run(prices: 1, rules: 2).books(desk.period("2026-08"))
    let one = try #require(books.adjustments.list.first)
    #expect(books.adjustments.list.count == 1)
    #expect(one.place.product == "a" && one.reason == .lateLines)
    #expect(one.pricesNow == desk.prices[0].book.version && one.rulesNow == desk.rules[0].version)
    #expect(books.adjustments.corrected[0].lateRequests == 1)
    // Today's rules have no product `a`: it is there for the correction, before the unattributed.
    #expect(books.products.map(\.id) == ["a", "unattributed"])
  }
}
