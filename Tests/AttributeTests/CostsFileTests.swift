import Attribute
import Ledger
import Testing

/// A costs file that is not wholly understood is refused, and the error names the line.
@Suite struct CostsFileTests {
  private static let whole = """
    fixed:
      - {name: Seats, vendor: cursor, amount: "49.90", per: month, from: 2026-04, until: 2027-04, seats: {a: 3, b: 2}}
      - {name: Proxy, amount: "120000", currency: JPY, per: month, usage: all}
      - {name: Fine-tuning, vendor: openai, amount: "300", month: 2026-10, product: a}
    commitments:
      - {name: Throughput, vendor: bedrock, amount: "500", per: month, unused: {evenly: [b, a]}}
    credits:
      - {name: Discount, vendor: anthropic, percent: 2.5%, per: month}
      - {name: Goodwill, vendor: openai, amount: "10", month: 2026-10, keep: centre}
    unattributed: {spread: weights, weights: {a: 60, b: 40}}
    tax:
      - {name: 消費税, rate: "10%", reverse-charge: true, vendors: [openai, anthropic]}
    """

  private func read(_ yaml: String) throws -> Costs { try Costs(yaml: yaml, name: "costs.yaml") }

  @Test("every word of the format means what it says")
  func words() throws {
    let costs = try read(Self.whole)
    #expect(costs.fixed.map(\.name) == ["Seats", "Proxy", "Fine-tuning"])
    #expect(costs.fixed[0].amount.units == 49_900_000_000_000_000)
    #expect(costs.fixed[0].when == .monthly(from: "2026-04", until: "2027-04"))
    #expect(costs.fixed[0].allocation.method == .seats)
    #expect(costs.fixed[0].place == "costs.yaml:2")
    #expect(costs.fixed[1].amount.currency == "JPY")
    #expect(costs.currencies == ["JPY"])
    #expect(costs.fixed[2].when == .once("2026-10"))
    #expect(costs.commitments[0].allocation == .evenly(["a", "b"]))
    #expect(costs.credits[0].allocation == .usage(["anthropic"]), "whoever used the vendor has the discount")
    #expect(costs.credits[1].allocation == .centre)
    #expect(costs.taxes[0].isReverseCharge && costs.taxes[0].vendors == ["anthropic", "openai"])
    #expect(costs.spread?.allocation.method == .weights)
    // 2.5 % of 0.40 USD is one cent.
    guard case .percent(let percent) = costs.credits[0].size else {
      Issue.record("a percentage")
      return
    }
    #expect(percent.of(Money(femtodollars: 400_000_000_000_000)).description == "0.01")
  }

  @Test(
    "months: from is the first, until the first that is free of it",
    arguments: [("2026-03", false), ("2026-04", true), ("2027-03", true), ("2027-04", false)])
  func months(month: String, holds: Bool) {
    #expect(Costs.When.monthly(from: "2026-04", until: "2027-04").holds(in: month) == holds)
  }

  @Test("the version is the content's: comments, spacing and the order of a mapping change nothing")
  func version() throws {
    let version = try read(Self.whole).version
    #expect(version.utf8.count == 64)
    #expect(try read("# other words\n\n" + Self.whole).version == version)
    #expect(try read(Self.whole.replacing("{a: 3, b: 2}", with: "{b: 2, a: 3}")).version == version)
    #expect(try read(Self.whole.replacing("{a: 3, b: 2}", with: "{a: 2, b: 3}")).version != version)
    #expect(try read(Self.whole.replacing("49.90", with: "49.9")).version == version, "the same money")
    #expect(try read(Self.whole.replacing("2.5%", with: "2.6%")).version != version)
    #expect(try read(Self.whole.replacing("until: 2027-04, ", with: "")).version != version)
    #expect(try read("").version == Costs.none.version)
  }

  @Test(
    "a fault is refused where it stands",
    arguments: [
      ("{name: x, amount: '1', per: month}", "who bears it"),
      ("{amount: '1', per: month, product: a}", "name"),
      ("{name: x, per: month, product: a}", "amount"),
      ("{name: x, amount: '1', product: a}", "per: month"),
      ("{name: x, amount: '1', per: month, month: 2026-10, product: a}", "per: month"),
      ("{name: x, amount: '1', per: year, product: a}", "per is month"),
      ("{name: x, amount: '1', month: 2026-13, product: a}", "2026-13"),
      ("{name: x, amount: '1', month: 2026-1, product: a}", "2026-1"),
      ("{name: x, amount: '1', month: 2026-10, from: 2026-09, product: a}", "per: month"),
      ("{name: x, amount: '1', per: month, from: 2026-09, until: 2026-09, product: a}", "until"),
      ("{name: x, amount: '-1', per: month, product: a}", "not negative"),
      ("{name: x, amount: '1,000', per: month, product: a}", "1,000"),
      ("{name: x, amount: 1e3, per: month, product: a}", "1e3"),
      ("{name: x, amount: '1.0000000000000001', per: month, product: a}", "no amount"),
      ("{name: x, amount: '1000000000001', per: month, product: a}", "no amount"),
      ("{name: x, amount: '1', currency: yen, per: month, product: a}", "yen"),
      ("{name: x, amount: '1', per: month, product: a, evenly: all}", "second"),
      ("{name: x, amount: '1', per: month, seats: {a: 0}}", "whole numbers"),
      ("{name: x, amount: '1', per: month, seats: {}}", "at least one"),
      ("{name: x, amount: '1', per: month, weights: {a: 0.5}}", "whole numbers"),
      ("{name: x, amount: '1', per: month, evenly: []}", "empty list"),
      ("{name: x, amount: '1', per: month, evenly: [a, a]}", "twice"),
      ("{name: x, amount: '1', per: month, usage: vendor}", "vendor"),
      ("{name: x, amount: '1', per: month, keep: here}", "centre"),
      ("{name: x, amount: '1', per: month, product: a, note: y}", "\"note\""),
      ("{name: x, amount: [1], per: month, product: a}", "one value"),
      ("words", "names and values"),
    ])
  func fault(item: String, word: String) {
    let yaml = "# costs\nfixed:\n  - \(item)\n"
    #expect {
      _ = try read(yaml)
    } throws: { error in
      let text = "\(error)"
      return text.hasPrefix("costs.yaml:3: ") && text.contains(word)
    }
  }

  @Test(
    "a fault elsewhere in the file is refused too",
    arguments: [
      ("fixd: []", "\"fixd\""),
      ("credits: [{name: x, amount: '1', per: month}]", "vendor"),
      ("credits: [{name: x, vendor: v, percent: 101, per: month}]", "101"),
      ("credits: [{name: x, vendor: v, percent: 5, amount: '1', per: month}]", "not both"),
      ("commitments: [{name: x, vendor: v, amount: '1', per: month}]", "unused"),
      ("commitments: [{name: x, amount: '1', per: month, unused: {product: a}}]", "vendor"),
      ("commitments: [{name: x, vendor: v, amount: '1', per: month, product: a}]", "\"product\""),
      ("unattributed: {}", "spread"),
      ("unattributed: {spread: somehow}", "somehow"),
      ("unattributed: {spread: weights}", "weights"),
      ("unattributed: {spread: usage, weights: {a: 1}}", "weights"),
      ("unattributed: {spread: weights, weights: {a: 1, unattributed: 1}}", "other products"),
      ("tax: [{name: t}]", "rate"),
      ("tax: [{name: t, rate: ten}]", "ten"),
      ("tax: [{name: t, rate: '10%', reverse-charge: maybe}]", "true or false"),
      (
        "fixed: [{name: x, amount: '1', per: month, product: a}]\ncredits: [{name: x, vendor: v, amount: '1', per: month}]",
        "another entry"
      ),
      ("fixed: [{name: 'unattributed cost, spread', amount: '1', per: month, product: a}]", "choose another"),
    ])
  func faultElsewhere(yaml: String, word: String) {
    #expect {
      _ = try read(yaml)
    } throws: { "\($0)".contains(word) && "\($0)".hasPrefix("costs.yaml:") }
  }

  @Test("a product that the rules do not have is named with its line")
  func unknownProduct() throws {
    let costs = try read(Self.whole)
    try costs.check(products: [Product(id: "a", name: "A"), Product(id: "b", name: "B"), .unattributed])
    #expect {
      try costs.check(products: [Product(id: "a", name: "A"), .unattributed])
    } throws: { "\($0)" == "costs.yaml:2: product \"b\" is not among the products of the rules" }
  }
}
