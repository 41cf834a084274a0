import Ledger
import Report
import TestKit
import Testing

/// The bridge's laws, and the example of docs/review.md.
@Suite struct BridgeTests {
  private static let assistant = Product(id: "assistant", name: "Assistant")

  private func use(_ calls: Int128, _ parts: (Meter, Int128, String)...) -> UseSum {
    var sum = UseSum()
    sum.calls = calls
    sum.requests = calls
    for (meter, count, cost) in parts {
      sum.add(
        UseSum.Part(meter: meter, count: count, femtodollars: SampleBooks.money(cost).femtodollars))
    }
    return sum
  }

  private func costs(_ uses: [String: UseSum], products: [Product] = [assistant]) -> PeriodCosts {
    var costs = PeriodCosts(products: products, weightDenominator: 1)
    for (name, use) in uses { costs.uses[place(name)] = use }
    return costs
  }

  private func place(_ model: String) -> PeriodCosts.Place {
    PeriodCosts.Place(product: "assistant", provider: "vendor", model: model, serviceTier: "standard")
  }

  private func expect(_ bridge: Bridge, _ steps: [Bridge.Step: String], _ note: Comment? = nil) {
    for step in Bridge.Step.allCases {
      #expect(bridge.amount(step) == SampleBooks.money(steps[step] ?? "0"), "\(step)")
    }
    let sum = Bridge.Step.allCases.reduce(Money.zero) { $0 + bridge.amount($1) }
    #expect(sum == bridge.now - bridge.was)
  }

  /// Worked by hand in docs/review.md.
  private var was: PeriodCosts {
    costs([
      "large": use(100, (.input, 80_000, "0.24"), (.cacheRead, 20_000, "0.006"), (.output, 10_000, "0.15")),
      "small": use(100, (.input, 100_000, "0.1"), (.output, 20_000, "0.1")),
    ])
  }

  @Test("the example of the documentation, by hand") func example() {
    let now = costs([
      "large": use(
        180, (.input, 108_000, "0.324"), (.cacheRead, 162_000, "0.0486"), (.output, 18_000, "0.36")),
      "small": use(120, (.input, 120_000, "0.12"), (.output, 24_000, "0.12")),
    ])
    let bridge = Bridge(from: was, to: now)
    #expect(bridge.was == SampleBooks.money("0.596"))
    #expect(bridge.now == SampleBooks.money("0.9726"))
    expect(
      bridge,
      [.volume: "0.298", .mix: "0.0588", .size: "0.2214", .cache: "-0.2916", .price: "0.09"])
    #expect(bridge.steps == Bridge.Step.drivers)
  }

  @Test("one driver alone is one step alone") func alone() {
    func changed(_ large: UseSum) -> PeriodCosts {
      costs(["large": large, "small": was.uses[place("small")]!])
    }
    let large = was.uses[place("large")]!
    expect(Bridge(from: was, to: was), [:])
    // Three times everything.
    expect(
      Bridge(from: was, to: costs(was.uses.reduce(into: [:]) { $0[$1.key.model] = $1.value.times(3) })),
      [.volume: "1.192"])
    // 150 and 50 calls of the same kinds instead of 100 and 100.
    expect(
      Bridge(
        from: was,
        to: costs([
          "large": use(
            150, (.input, 120_000, "0.36"), (.cacheRead, 30_000, "0.009"), (.output, 15_000, "0.225")),
          "small": use(50, (.input, 50_000, "0.05"), (.output, 10_000, "0.05")),
        ])), [.mix: "0.098"])
    // Half as many tokens again in each prompt, half the output.
    expect(
      Bridge(
        from: was,
        to: changed(
          use(100, (.input, 120_000, "0.36"), (.cacheRead, 30_000, "0.009"), (.output, 5_000, "0.075")))),
      [.size: "0.048"])
    // All read from the cache but 20,000 tokens.
    expect(
      Bridge(
        from: was,
        to: changed(
          use(100, (.input, 20_000, "0.06"), (.cacheRead, 80_000, "0.024"), (.output, 10_000, "0.15")))),
      [.cache: "-0.162"])
    // Writing a cache that was never written before: at its own price, less what plain input was.
    expect(
      Bridge(
        from: was,
        to: changed(
          use(
            100, (.input, 60_000, "0.18"), (.cacheWrite5m, 20_000, "0.075"), (.cacheRead, 20_000, "0.006"),
            (.output, 10_000, "0.15")))), [.cache: "0.015"])
    // Output at twice the price.
    expect(
      Bridge(
        from: was,
        to: changed(
          use(100, (.input, 80_000, "0.24"), (.cacheRead, 20_000, "0.006"), (.output, 10_000, "0.3")))),
      [.price: "0.15"])
    #expect(large.cost == SampleBooks.money("0.396"))
  }

  @Test("a product that began or stopped is all volume; a new model is mix") func began() {
    let nothing = costs([:])
    expect(Bridge(from: nothing, to: was), [.volume: "0.596"])
    expect(Bridge(from: was, to: nothing), [.volume: "-0.596"])
    // The small model is replaced by another: as many calls, so nothing but mix.
    let other = costs(["large": was.uses[place("large")]!, "other": use(100, (.image, 7, "0.28"))])
    expect(Bridge(from: was, to: other), [.mix: "0.08"])
  }

  @Test("what had no price in one of the periods is a step of its own") func unpriced() {
    var before = was
    var unknown = UseSum()
    unknown.requests = 40
    unknown.add(UseSum.Part(meter: .input, unpricedCount: 9000))
    before.uses[place("mystery")] = unknown
    var after = was
    after.uses[place("mystery")] = use(50, (.input, 10_000, "0.5"), (.cacheRead, 5, "0.1"))
    expect(Bridge(from: before, to: after), [.unpriced: "0.6"])
    expect(Bridge(from: after, to: before), [.unpriced: "-0.6"])
    // One meter of a model that is otherwise priced.
    var searches = was
    searches.uses[place("large")]!.add(UseSum.Part(meter: .webSearch, unpricedCount: 3))
    var priced = was
    priced.uses[place("large")]!.add(
      UseSum.Part(meter: .webSearch, count: 4, femtodollars: SampleBooks.money("0.04").femtodollars))
    expect(Bridge(from: searches, to: priced), [.unpriced: "0.04"])
  }

  @Test("sums alone give volume and mix by requests, and the rest together") func sums() {
    var before = PeriodCosts(products: [Self.assistant], weightDenominator: 1)
    before.hasMeters = false
    for (model, cost) in [("large", "0.396"), ("small", "0.2")] {
      before.uses[place(model), default: UseSum()].add(requests: 100, cost: SampleBooks.money(cost))
    }
    let now = costs([
      "large": use(
        180, (.input, 108_000, "0.324"), (.cacheRead, 162_000, "0.0486"), (.output, 18_000, "0.36")),
      "small": use(120, (.input, 120_000, "0.12"), (.output, 24_000, "0.12")),
    ])
    let bridge = Bridge(from: before, to: now)
    expect(bridge, [.volume: "0.298", .mix: "0.0588", .unsplit: "0.0198"])
    #expect(bridge.steps == [.volume, .mix, .unsplit])
  }

  @Test(
    "200 random pairs of months add up to the last femtodollar", arguments: 1...200 as ClosedRange<UInt64>)
  func addsUp(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let (was, now) = (randomCosts(&random), randomCosts(&random))
    let bridge = Bridge(from: was, to: now)
    #expect(bridge.was == was.total)
    #expect(bridge.now == now.total)
    for line in bridge.lines {
      let steps = Bridge.Step.allCases.reduce(Money.zero) { $0 + line.amount($1) }
      #expect(steps == line.now - line.was, "\(line.product.id)")
    }
    for product in Set(was.uses.keys.map(\.product)).union(now.uses.keys.map(\.product)) {
      let line = try #require(bridge.lines.first { $0.product.id == product })
      func cost(_ costs: PeriodCosts) -> Money {
        costs.uses.reduce(costs.others[product]?.values.reduce(.zero, +) ?? .zero) {
          $1.key.product == product ? $0 + $1.value.cost : $0
        }
      }
      #expect(line.was == cost(was))
      #expect(line.now == cost(now))
    }
    printedAddsUp(bridge)
    // The way back is as long.
    let back = Bridge(from: now, to: was)
    #expect(back.difference == -bridge.difference)
  }

  /// Each printed row's steps add up to its difference, each printed column to its total.
  private func printedAddsUp(_ bridge: Bridge) {
    let books = SampleBooks.empty(products: [Self.assistant, .unattributed])
    let table = books.bridgeTable(bridge)
    func amount(_ cell: Table.Cell) -> Int128? {
      switch cell {
      case .money(let money): money.femtodollars
      // `<$0.01`: it was rounded to nothing.
      case .text: 0
      default: nil
      }
    }
    let columns = 1..<table.columns.count - 1
    let steps = 2..<table.columns.count - 3
    for row in table.rows + [table.total ?? []] {
      let cells = row.map(amount)
      let (was, now, difference) = (cells[1], cells[steps.upperBound], cells[steps.upperBound + 1])
      #expect(steps.reduce(Int128(0)) { $0 + (cells[$1] ?? 0) } == difference)
      #expect((now ?? 0) - (was ?? 0) == difference)
    }
    for column in columns {
      let sum = table.rows.reduce(Int128(0)) { $0 + (amount($1[column]) ?? 0) }
      #expect(sum == table.total.flatMap { amount($0[column]) })
    }
  }

  private func randomCosts(_ random: inout SeededRandom) -> PeriodCosts {
    let products = (0..<Int.random(in: 1...5, using: &random)).map { Product(id: "p\($0)", name: "P \($0)") }
    var costs = PeriodCosts(
      products: products.shuffled(using: &random) + [.unattributed],
      weightDenominator: [1, 2, 3, 60, 101].randomElement(using: &random) ?? 1)
    for product in costs.products {
      for model in 0..<Int.random(in: 0...5, using: &random) {
        let place = PeriodCosts.Place(
          product: product.id, provider: "vendor", model: "m\(model)",
          serviceTier: Bool.random(using: &random) ? "standard" : "flex")
        costs.uses[place] = randomUse(&random)
      }
      for step in [Bridge.Step.adjustments, .fixed, .credits] where Int.random(in: 0..<6, using: &random) == 0
      {
        costs.add(
          Money(femtodollars: Int128.random(in: -(1 << 60)...1 << 60, using: &random)), to: step,
          product: product.id)
      }
    }
    return costs
  }

  private func randomUse(_ random: inout SeededRandom) -> UseSum {
    var sum = UseSum()
    let size = powerOfTen(Int.random(in: 0...12, using: &random))
    sum.calls = Int128.random(in: 1...size, using: &random)
    sum.requests = Int128.random(in: 0...size, using: &random)
    for meter in [
      Meter.input, .cacheRead, .cacheWrite5m, .cacheWrite1h, .output, .webSearch, .inputAudio, .image,
    ] {
      guard Int.random(in: 0..<3, using: &random) > 0 else { continue }
      let isUnpriced = Int.random(in: 0..<12, using: &random) == 0
      sum.add(
        UseSum.Part(
          meter: meter, count: isUnpriced ? 0 : Int128.random(in: 1...size * 1000, using: &random),
          femtodollars: isUnpriced ? 0 : Int128.random(in: 0...size * powerOfTen(9), using: &random),
          unpricedCount: isUnpriced ? Int128.random(in: 1...size, using: &random) : 0))
    }
    // A call is one that has something with a price.
    if sum.parts.allSatisfy({ $0.count == 0 }) { sum.calls = 0 }
    return sum
  }
}
