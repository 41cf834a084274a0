import Attribute
import Ledger
import Pipeline
import Price
import Report
import Store
import TestKit
import Testing

/// The law of corrections with costs that no request made: closed + all adjustments = afresh, place by place, whatever
/// is decided about prices, rules and costs, and whatever lines come late.
@Suite struct ClosingCostsTests {
  /// Nothing, all methods, and the same with other figures and a spread.
  private static let texts = [
    "",
    """
    fixed:
      - {name: seats, vendor: cursor, amount: "10", per: month, seats: {a: 2, b: 1}}
      - {name: infra, amount: "45000", currency: JPY, per: month, usage: all}
    credits: [{name: rebate, vendor: anthropic, percent: 7%, per: month}]
    """,
    """
    fixed: [{name: seats, vendor: cursor, amount: "11", per: month, from: 2026-08, evenly: all}]
    commitments: [{name: promised, vendor: anthropic, amount: "0.5", per: month, unused: {keep: centre}}]
    unattributed: {spread: usage}
    """,
  ]

  private func sources() throws -> [CostsSource] {
    let rates = ExchangeRates(
      (7...9).map {
        ExchangeRate(
          month: "2026-0\($0)", currency: "JPY", units: 150_000_000 + Int128($0), kind: "", source: "bank",
          date: "2026-0\($0)-28")
      })
    return try Self.texts.map { text in
      text.isEmpty
        ? .none
        : CostsSource(
          costs: try Costs(yaml: text, name: "costs.yaml"), rates: rates, name: "costs.yaml", text: text)
    }
  }

  @Test(
    "closed + adjustments = afresh, with fixed costs, credits, commitments and spreading",
    arguments: 1...6 as ClosedRange<UInt64>, Backing.allCases)
  func law(seed: UInt64, in backing: Backing) throws {
    var random = SeededRandom(seed: seed)
    let desk = try ClosingDesk(backing)
    let costs = try sources()
    for month in 7...9 { try desk.write(month: month, requests: 20, &random) }
    var open = ["2026-07", "2026-08", "2026-09"]
    var inForce: [String: (prices: Int, rules: Int, costs: Int)] = [:]
    for step in 0..<12 {
      let pick = (0..<3).map { _ in Int.random(in: 0...2, using: &random) }
      // The first step closes a month, so that there is one to correct.
      switch step == 0 ? 1 : Int.random(in: 0...4, using: &random) {
      case 0: try desk.deliver(&random)
      case 1 where !open.isEmpty:
        let label = open.removeFirst()
        let run = desk.run(prices: pick[0], rules: pick[1], costs: costs[pick[2]])
        _ = try run.close(desk.period(label), acceptIncomplete: true)
        inForce[label] = (pick[0], pick[1], pick[2])
      default:
        guard let label = inForce.keys.sorted().randomElement(using: &random) else { continue }
        _ = try desk.run().reprice(
          desk.period(label), pricesVersion: desk.prices[pick[0]].book.version, rules: desk.rules[pick[1]],
          costs: costs[pick[2]], reason: "step \(step)", dryRun: false)
        inForce[label] = (pick[0], pick[1], pick[2])
      }
      for (label, versions) in inForce {
        let status = try #require(try desk.run().closedStatus(of: desk.period(label)))
        var sums: [BookPlace: Money] = [:]
        for row in try desk.desk.store.rows(ofClosed: status.closed.id) {
          sums[row.place, default: .zero] += row.amount.cost
        }
        let frozen = try desk.desk.store.adjustments(forClosed: status.closed).map(\.adjustment)
        for one in frozen + status.correction.list { sums[one.place, default: .zero] += one.difference }
        let afresh = try BookMaking(
          store: desk.desk.store, prices: desk.prices[versions.prices],
          rules: desk.rules[versions.rules].rules, costs: costs[versions.costs], programVersion: "test"
        ).books(of: desk.period(label))
        var expected: [BookPlace: Money] = [:]
        for row in afresh.dayRows where row.amount.cost != .zero { expected[row.place] = row.amount.cost }
        #expect(sums.filter { $0.value != .zero } == expected, "\(label), seed \(seed), step \(step)")
        #expect(afresh.checks.allSatisfy { $0.passed || $0.name == BooksBuilder.missingLinesCheck })
      }
    }
  }

  @Test(
    "a difference in the costs alone has the reason costs, and its decision's words",
    arguments: Backing.allCases)
  func reason(in backing: Backing) throws {
    var random = SeededRandom(seed: 5)
    let desk = try ClosingDesk(backing)
    let costs = try sources()
    try desk.write(month: 7, requests: 20, &random)
    let july = try desk.period("2026-07")
    _ = try desk.run(costs: costs[1]).close(july, acceptIncomplete: true)
    let result = try desk.run().reprice(
      july, pricesVersion: nil, rules: nil, costs: costs[2], reason: "the invoice came", dryRun: false)
    #expect(Set(result.correction.list.map(\.reason)) == [.costs])
    #expect(Set(result.correction.list.map(\.words)) == ["the invoice came"])
    #expect(Set(result.correction.list.map(\.place.entry)).isSuperset(of: [.fixed, .credit]))
    let first = try #require(result.correction.list.first)
    #expect([first.costsWas, first.costsNow] == [costs[1].version, costs[2].version])
    // The other costs hold from August on: July has none of them, and its seats are gone.
    let seats = result.correction.list.filter { $0.place.model == "seats" }
    #expect(seats.reduce(Money.zero) { $0 + $1.difference }.description == "-10")
  }
}
