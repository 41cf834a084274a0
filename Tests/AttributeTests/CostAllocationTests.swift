import Attribute
import Ledger
import TestKit
import Testing

/// How costs are put on products: small cases by hand, and the laws over random files.
@Suite struct CostAllocationTests {
  private let products = ["a", "b", "c"].map { Product(id: $0, name: $0) } + [.unattributed]

  private static func period(_ days: ClosedRange<Int>, month: String = "2026-10") -> Period {
    Period(
      label: "p", zone: "UTC", begin: 0, end: 1_000_000,
      days: days.map {
        .init(label: "\(month)-" + ($0 < 10 ? "0\($0)" : "\($0)"), begin: Int64($0 - days.lowerBound))
      })
  }

  private func used(_ product: String, _ provider: String, _ dollars: Int128, _ state: CostState = .exact)
    -> MeteredCost
  {
    MeteredCost(
      month: "2026-10", product: product, provider: provider, cost: usd(dollars), state: state)
  }

  private func usd(_ dollars: Int128) -> Money { Money(femtodollars: dollars * powerOfTen(15)) }

  private func lines(
    _ yaml: String, _ metered: [MeteredCost], days: ClosedRange<Int> = 1...31, rates: ExchangeRates = .none
  ) throws -> [CostLine] {
    try Costs(yaml: yaml, name: "costs.yaml").lines(
      Self.period(days).monthSlices, metered: metered, products: products, rates: rates)
  }

  private func parts(_ line: CostLine) -> [String] { line.parts.map { "\($0.product) \($0.cost)" } }

  @Test("each method by hand, and what has nothing to go by is unattributed")
  func methods() throws {
    let metered = [used("a", "openai", 30), used("b", "bedrock", 10), used("unattributed", "openai", 10)]
    let found = try lines(
      """
      fixed:
        - {name: one, amount: "1", per: month, product: c}
        - {name: seats, amount: "10", per: month, seats: {c: 1, a: 3}}
        - {name: even, amount: "9", per: month, evenly: all}
        - {name: weights, amount: "100", per: month, weights: {b: 40, a: 60}}
        - {name: usage, amount: "5", per: month, usage: all}
        - {name: one vendor, amount: "5", per: month, usage: bedrock}
        - {name: nobody, amount: "5", per: month, usage: gemini}
        - {name: kept, amount: "5", per: month, keep: centre}
        - {name: later, amount: "5", month: 2026-11, product: a}
      """, metered)
    #expect(
      found.map(parts) == [
        ["c 1"], ["a 7.5", "c 2.5"], ["a 4.5", "b 4.5"], ["a 60", "b 40"],
        ["a 3", "b 1", "unattributed 1"], ["b 5"], ["unattributed 5"], ["centre 5"],
      ])
    #expect(found.filter(\.hadNoBasis).map(\.name) == ["nobody"])
  }

  @Test("credits are negative and follow their vendor's usage; commitments cost what was not drawn")
  func creditsAndCommitments() throws {
    let metered = [used("a", "openai", 30), used("b", "openai", 10), used("b", "bedrock", 70, .partial)]
    let found = try lines(
      """
      credits:
        - {name: rebate, vendor: openai, percent: 10%, per: month}
        - {name: gift, vendor: bedrock, amount: "7", per: month, keep: centre}
        - {name: maybe, vendor: bedrock, percent: 1%, per: month}
      commitments:
        - {name: rest, vendor: bedrock, amount: "100", per: month, unused: {weights: {a: 1, c: 2}}}
        - {name: overdrawn, vendor: openai, amount: "20", per: month, unused: {product: a}}
      """, metered)
    #expect(
      found.map(parts) == [["a 10", "c 20"], ["a 0"], ["a -3", "b -1"], ["centre -7"], ["b -0.7"]])
    #expect(found.map(\.drawn) == [usd(70), usd(20), nil, nil, nil])
    // What depends on usage of unknown cost is no better known.
    #expect(found.map(\.state) == [.partial, .exact, .exact, .exact, .partial])
  }

  @Test("unattributed cost is moved with all that lies on it, and stays where nobody can take it")
  func spread() throws {
    let costs = """
      fixed: [{name: infra, amount: "4", per: month, usage: all}]
      unattributed: {spread: usage}
      """
    let found = try lines(costs, [used("a", "openai", 30), used("unattributed", "openai", 10)])
    #expect(found.map(parts) == [["a 3", "unattributed 1"], ["a 11"]])
    #expect(try lines(costs, [used("unattributed", "openai", 10)]).map(\.kind) == [.fixed])
  }

  @Test(
    "yen become dollars at the month's rate, rounded once; without a rate the amount is unknown, not zero")
  func yen() throws {
    let costs = #"fixed: [{name: infra, amount: "100", currency: JPY, per: month, evenly: [a, b]}]"#
    let rate = ExchangeRate(
      month: "2026-10", currency: "JPY", units: 150_000_000, kind: "", source: "s", date: "2026-10-31")
    let known = try lines(costs, [], rates: ExchangeRates([rate]))[0]
    // 100 / 150 dollars, to the femtodollar.
    #expect(known.amount?.description == "0.666666666666667")
    #expect(parts(known) == ["a 0.333333333333334", "b 0.333333333333333"])
    let unknown = try lines(costs, [])[0]
    #expect(
      unknown.amount == nil && unknown.state == .unpriced && unknown.parts.map(\.product) == ["a", "b"])
  }

  @Test("tax is what the rate says of each vendor's bill, and never a cost")
  func tax() throws {
    let costs = try Costs(
      yaml: """
        tax:
          - {name: 消費税, rate: "10%", vendors: [openai, cursor]}
          - {name: digital, rate: 2.5, reverse-charge: true}
        """, name: "costs.yaml")
    let billed = [used("a", "openai", 30), used("b", "openai", 10), used("a", "gemini", 8), used("b", "", 5)]
    let found = costs.taxLines(Self.period(1...31).monthSlices, billed: billed)
    #expect(
      found.map { "\($0.name) \($0.vendor) \($0.base) \($0.tax)" } == [
        "消費税 openai 40 4", "digital gemini 8 0.2", "digital openai 40 1",
      ])
  }

  @Test(
    "the days of a month add up to the month, however it is cut", arguments: 1...40 as ClosedRange<UInt64>)
  func daysAddUp(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let yaml = """
      fixed: [{name: x, amount: "\(decimalText(Int128.random(in: 0...powerOfTen(22), using: &random), fractionDigits: 15, trimmed: true))", per: month, product: a}]
      credits: [{name: y, vendor: v, amount: "\(Int.random(in: 0...9999, using: &random)).07", per: month, keep: centre}]
      """
    let whole = try lines(yaml, [])
    var sums = [Money.zero, .zero]
    var day = 1
    while day <= 31 {
      let last = min(31, day + Int.random(in: 0...9, using: &random))
      for (index, line) in try lines(yaml, [], days: day...last).enumerated() {
        sums[index] += try #require(line.amount)
      }
      day = last + 1
    }
    #expect(sums == whole.map { $0.amount ?? .zero }, "seed \(seed)")
  }

  @Test(
    "whatever the file says, each cost's parts add up to it and lie with products",
    arguments: 1...60 as ClosedRange<UInt64>)
  func partsAddUp(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let metered = (0..<Int.random(in: 0...8, using: &random)).map { _ in
      MeteredCost(
        month: "2026-10", product: products.randomElement(using: &random)?.id ?? "a",
        provider: ["openai", "bedrock", "cursor"].randomElement(using: &random) ?? "",
        cost: Money(
          femtodollars: Int128.random(
            in: 0...powerOfTen(Int.random(in: 0...22, using: &random)), using: &random)),
        state: .exact)
    }
    let found = try lines(
      CostsText.random(&random), metered, days: 1...Int.random(in: 1...31, using: &random),
      rates: ExchangeRates([
        ExchangeRate(
          month: "2026-10", currency: "JPY", units: 151_257_003, kind: "", source: "s", date: "2026-10-31")
      ]))
    for line in found {
      let amount = try #require(line.amount)
      #expect(line.parts.reduce(Money.zero) { $0 + $1.cost } == amount, "seed \(seed): \(line.name)")
      #expect(line.parts.allSatisfy { $0.weight > 0 }, "seed \(seed): \(line.name)")
      // Within one femtodollar of the exact share.
      for part in line.parts where line.weightTotal < powerOfTen(12) {
        let exact = amount.femtodollars * part.weight
        let gap = part.cost.femtodollars * line.weightTotal - exact
        #expect(gap.magnitude < line.weightTotal.magnitude, "seed \(seed): \(line.name)")
      }
    }
    let unattributed = Product.unattributed.id
    let lay = metered.filter { $0.product == unattributed }.reduce(Money.zero) { $0 + $1.cost }
    if let spread = found.last, spread.kind == .spread {
      let put = found.dropLast().flatMap(\.parts).filter { $0.product == unattributed }
      #expect(spread.amount == put.reduce(lay) { $0 + $1.cost }, "seed \(seed): all of it moves")
      #expect(!spread.parts.contains { $0.product == unattributed })
    }
  }
}

/// Costs files of any shape for the laws.
enum CostsText {
  static func random(_ random: inout SeededRandom) -> String {
    func pick(_ texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }
    func amount() -> String {
      let size = powerOfTen(Int.random(in: 0...21, using: &random))
      return decimalText(Int128.random(in: 0...size, using: &random), fractionDigits: 15, trimmed: true)
    }
    let bearers = [
      "product: b", "seats: {a: 3, c: 4}", "evenly: all", "evenly: [a, b, c]",
      "weights: {a: 7, b: 11, c: 13}",
      "usage: all", "usage: [openai, cursor]", "keep: centre",
    ]
    var text = "fixed:\n"
    for n in 0..<Int.random(in: 1...6, using: &random) {
      text += "  - {name: f\(n), vendor: cursor, amount: \"\(amount())\", currency: \(pick(["USD", "JPY"])), "
      text += "\(pick(["per: month", "month: 2026-10"])), \(pick(bearers))}\n"
    }
    text +=
      "commitments:\n  - {name: k, vendor: bedrock, amount: \"\(amount())\", per: month, unused: {\(pick(bearers))}}\n"
    text +=
      "credits:\n  - {name: p, vendor: openai, percent: \(Int.random(in: 0...100, using: &random))%, per: month}\n"
    text += "  - {name: q, vendor: openai, amount: \"\(amount())\", per: month, \(pick(bearers))}\n"
    text +=
      "unattributed: {\(pick(["spread: keep", "spread: usage", "spread: evenly", "spread: weights, weights: {a: 1, c: 2}"]))}\n"
    return text
  }
}
