import Attribute
import Ledger
import Pipeline
import Price
import Report
import Store
import TestKit

/// The books' year 2026 from July on, lines that come when the test lets them, and three versions of prices and rules.
final class ClosingDesk {
  let desk: Desk
  let prices: [PriceFolder.Stored]
  let rules: [RulesSource]
  /// The time by the clock of the program.
  var now: Int64 = .max / 2
  private let priceFolder: PriceFolder
  private var parts = 0
  private var held: [String] = []

  private static let models = ["claude-haiku-4-5-20251001", "claude-sonnet-4-5-20250929", "no-such-model"]
  static let rulesTexts = [
    """
    products: [{id: a}, {id: b}]
    rules:
      - {product: a, when: {key: "key-0"}}
      - {split: {a: 1, b: 2}, when: {key: "key-1"}}
    """,
    """
    products: [{id: c, name: 三}, {id: b}, {id: a}]
    rules:
      - {split: {a: 3, b: 3, c: 1}, when: {key: "key-*"}, from: 2026-08-10}
      - {product: b, when: {model: "claude-*"}}
    """,
    "",
  ]

  init(_ backing: Backing) throws {
    desk = try Desk(backing)
    let first = try desk.prices()
    priceFolder = PriceFolder(path: desk.folder.file("prices"))
    // Dearer by something that no split divides evenly, then one model without any price.
    let dearer = first.rows.map { row in
      guard row.model.contains("haiku"), let meter = row.meter, let rate = row.rate else { return row }
      var changed = row
      changed.item = .price(meter, Money(femtodollars: rate.femtodollars + 7_000_001))
      return changed
    }
    _ = try priceFolder.publish(dearer, comments: [], at: 2)
    let second = try priceFolder.load()
    _ = try priceFolder.publish(
      first.rows.filter { !$0.model.contains("sonnet") }, comments: [], at: 3)
    prices = [first, second, try priceFolder.load()]
    rules = try Self.rulesTexts.map { text in
      text.isEmpty ? .none : RulesSource(rules: try tokyoRules(text), name: "attribution.yaml", text: text)
    }
  }

  func run(prices version: Int = 0, rules number: Int = 0, costs: CostsSource = .none) -> Run {
    let time = now
    return Run(
      settings: RunSettings(
        rawLogs: desk.logs, store: "", reports: desk.folder.file("reports"), programVersion: "test"),
      store: desk.store, priceFolder: priceFolder, prices: prices[version], rules: rules[number],
      costs: costs, now: { time }, notice: { _ in })
  }

  func period(_ label: String) throws -> Period { try BookCalendar(zone: "Asia/Tokyo").period(label) }

  /// Writes one month's lines; a part of them is held back, to come late.
  func write(month: Int, requests: Int, _ random: inout SeededRandom) throws {
    var writer = HandWriter("w-\(month)")
    var lines: [String] = []
    for number in 0..<requests {
      let day = Int.random(in: 2...28, using: &random)
      let time =
        "2026-" + (month < 10 ? "0\(month)" : "\(month)") + "-" + (day < 10 ? "0\(day)" : "\(day)")
        + "T0\(number % 9):00:00.\(100_000 + number)Z"
      let id = "r-\(month)-\(number)"
      let key = Int.random(in: 0...2, using: &random)
      let facts =
        #","id":"\#(id)","attempt":1,"endpoint":"anthropic.messages","provider":"anthropic","key":{"id":"k","name":"key-\#(key)"}"#
      let model = Self.models[number % 7 == 6 ? 2 : number % 2]
      lines.append(writer.line("start", at: time, facts + #","model":{"requested":"\#(model)"}"#))
      lines.append(
        writer.line(
          "end", at: time,
          facts
            + #","outcome":"ok","final":true,"model":{"returned":"\#(model)"},"usage":{"input_tokens":\#(Int.random(in: 1...9999, using: &random)),"output_tokens":\#(number)},"usage_source":"vendor""#
        ))
    }
    let late = Set(lines.indices.filter { _ in Int.random(in: 0..<4, using: &random) == 0 })
    try put(lines.indices.filter { !late.contains($0) }.map { lines[$0] })
    held += late.sorted().map { lines[$0] }
  }

  /// Lets some of the lines come that were held back.
  func deliver(_ random: inout SeededRandom) throws {
    let count = min(held.count, Int.random(in: 1...6, using: &random))
    guard count > 0 else { return }
    held.shuffle(using: &random)
    try put(Array(held.prefix(count)))
    held.removeFirst(count)
  }

  private func put(_ lines: [String]) throws {
    parts += 1
    try desk.write(lines.joined(), to: "part-\(parts).jsonl")
    _ = try desk.ingest()
  }

  /// The period's costs by place, added up straight from its requests.
  func afresh(_ label: String, pricesVersion: String, rulesVersion: String) throws -> [BookPlace: Money] {
    guard let book = prices.first(where: { $0.book.version == pricesVersion })?.book,
      let rules = rules.first(where: { $0.version == rulesVersion })?.rules
    else { throw RunError(problems: ["a version that this desk never had"]) }
    let period = try period(label)
    var sums: [BookPlace: Money] = [:]
    for usage in try desk.usages() {
      guard let day = period.day(of: usage.time) else { continue }
      let rule = rules.match(usage)
      for charge in book.price(usage).charges {
        for share in rules.shares(of: charge, rule: rule) {
          let place = BookPlace(
            day: period.days[day].label, product: rules.products[share.product].id,
            provider: usage.facts.provider ?? "", model: charge.model ?? "",
            serviceTier: serviceTierName(usage.facts.serviceTier))
          sums[place, default: .zero] += share.amounts.total
        }
      }
    }
    return sums.filter { $0.value != .zero }
  }
}
