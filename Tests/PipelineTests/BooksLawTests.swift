import Attribute
import Foundation
import Ingest
import Ledger
import Pipeline
import Price
import Report
import Sample
import Store
import TestKit
import Testing

/// The books' laws, over random rules and sample months: money adds up, in the store's rows and in what is printed.
@Suite struct BooksLawTests {
  @Test(
    "shares add up to charges, rows to the period, and printed columns to their totals",
    arguments: [11, 12, 13, 14] as [UInt64], Backing.allCases)
  func moneyAddsUp(seed: UInt64, in backing: Backing) throws {
    let desk = try Desk(backing)
    let wrote = try sampleMonth(seed: seed).write(to: desk.logs)
    _ = try desk.ingest()
    var random = SeededRandom(seed: seed)
    let rules = try tokyoRules(randomRules(&random))
    let prices = try desk.prices()
    let books = try desk.books("2026-10", rules: rules)

    // The same sums, taken straight from the requests.
    var total = Money.zero
    var byProduct = [Money](repeating: .zero, count: rules.products.count)
    var outputTokens: Int64 = 0
    for usage in try desk.usages() {
      let charges = prices.book.price(usage).charges
      let rule = rules.match(usage)
      for charge in charges {
        total += charge.total
        outputTokens += charge.counts[.output] + charge.counts[.outputAudio] + charge.counts[.outputImage]
        let shares = rules.shares(of: charge, rule: rule)
        #expect(shares.reduce(Money.zero) { $0 + $1.amounts.total } == charge.total)
        for share in shares { byProduct[share.product] += share.amounts.total }
      }
    }
    #expect(total > .zero)
    #expect(books.totalCost == total)
    for product in rules.products.indices { #expect(books.cost(ofProduct: product) == byProduct[product]) }
    #expect(books.days.joined().reduce(Money.zero) { $0 + $1.cost } == total)
    #expect(books.whole(books.totalCounts.requests) == Int128(wrote.requests))
    #expect(books.whole(books.totalCounts.interruptedRequests) == Int128(wrote.interrupted))
    #expect(books.whole(books.totalCounts.outputTokens) == Int128(outputTokens))
    #expect(books.checks.filter { !$0.passed }.map(\.name) == [])
    #expect(books.linesRead == Int64(wrote.lines))

    // What is printed: unrounded money, and counts with up to six decimals.
    let csv = try table(Reports.chargebackCSV(books))
    func sum(_ column: String, _ digits: Int) throws -> Int128 {
      try csv.reduce(0) { $0 + (try units($1[column] ?? "", digits: digits)) }
    }
    #expect(try sum("cost_usd", 15) == total.femtodollars)
    #expect(try sum("requests", 6) == Int128(wrote.requests) * 1_000_000)
    #expect(try sum("interrupted_requests", 6) == Int128(wrote.interrupted) * 1_000_000)
    #expect(try sum("output_tokens", 6) == Int128(outputTokens) * 1_000_000)
    for (index, product) in rules.products.enumerated() {
      let printed = try csv.filter { $0["product"] == product.id }
        .reduce(Int128(0)) { $0 + (try units($1["cost_usd"] ?? "", digits: 15)) }
      #expect(printed == byProduct[index].femtodollars, "\(product.id)")
    }
  }

  @Test(
    "without rules everything is unattributed, and the total is the same as with any",
    arguments: Backing.allCases)
  func unattributed(in backing: Backing) throws {
    let desk = try Desk(backing)
    _ = try sampleMonth(seed: 15, requests: 300).write(to: desk.logs)
    _ = try desk.ingest()
    let none = try desk.books("2026-10", rules: .none)
    #expect(none.unattributedCost == none.totalCost)
    #expect(Set(none.rows.map(\.product)) == [0])
    var random = SeededRandom(seed: 15)
    #expect(try desk.books("2026-10", rules: tokyoRules(randomRules(&random))).totalCost == none.totalCost)
  }

  @Test("days add up to weeks and months: every request is in exactly one day", arguments: Backing.allCases)
  func periodsAddUp(in backing: Backing) throws {
    let desk = try Desk(backing)
    let wrote = try sampleMonth(seed: 16, requests: 400).write(to: desk.logs)
    _ = try desk.ingest()
    let month = try desk.books("2026-10", rules: .none)
    var cost = Money.zero
    var requests: Int128 = 0
    for day in 1...31 {
      let books = try desk.books("2026-10-" + (day < 10 ? "0\(day)" : "\(day)"), rules: .none)
      cost += books.totalCost
      requests += books.whole(books.totalCounts.requests)
      #expect(books.totalCost == month.days[day - 1][0].cost)
    }
    #expect(cost == month.totalCost)
    #expect(requests == Int128(wrote.requests))
    #expect(try desk.books("2026-09", rules: .none).totalCounts.requests == 0)
    #expect(try desk.books("2026-11", rules: .none).totalCounts.requests == 0)
  }

  @Test(
    "a hole in a writer's numbers is found, in the period it lies in, and closed when the lines come",
    arguments: Backing.allCases)
  func holes(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w-9")
    let lines = (1...8).map { n in writer.end("r\(n)", at: "2026-10-0\(n)T12:00:00Z") }
    // 1, 4 and 5 of eight are missing.
    try desk.write([1, 2, 5, 6, 7].map { lines[$0] }.joined(), to: "a.jsonl")
    _ = try desk.ingest()
    func found(_ period: String) throws -> [Books.Hole] { try desk.books(period, rules: .none).holes }
    let first = Books.Hole(writer: "w-9", first: 1, last: 1)
    let second = Books.Hole(writer: "w-9", first: 4, last: 5)
    #expect(try found("2026-10") == [first, second])
    #expect(try found("2026-10-05") == [second])
    #expect(try found("2026-10-07") == [])
    #expect(try found("2026-11") == [])
    #expect(try !desk.books("2026-10", rules: .none).isComplete)
    try desk.write(lines[3] + lines[0], to: "b.jsonl")
    _ = try desk.ingest()
    #expect(try found("2026-10") == [.init(writer: "w-9", first: 5, last: 5)])
    try desk.write(lines[4], to: "c.jsonl")
    _ = try desk.ingest()
    #expect(try found("2026-10") == [])
  }

  /// Some products, and rules of all kinds that fit the sample's callers.
  private func randomRules(_ random: inout SeededRandom) -> String {
    let count = Int.random(in: 2...6, using: &random)
    var yaml = "products:\n" + (0..<count).map { "  - {id: p\($0)}\n" }.joined() + "rules:\n"
    let conditions = [
      "key: \"*batch*\"", "key: \"t*\"", "provider: openai", "provider: bedrock", "model: \"claude-*\"",
      "team: \"*review*\"",
      "endpoint: \"*\"", "user: \"*1*\"", "tags: {product: \"*\"}", "agent: \"*python*\"",
      "inference_profile: \"*\"",
      "model: \"gpt-*\"",
    ]
    for condition in conditions.shuffled(using: &random).prefix(Int.random(in: 1...9, using: &random)) {
      let parts = (0..<count).shuffled(using: &random).prefix(Int.random(in: 1...count, using: &random))
        .map { "p\($0): \(Int.random(in: 1...7, using: &random))" }
      let dates =
        Bool.random(using: &random) ? "" : ", from: 2026-10-0\(Int.random(in: 1...9, using: &random))"
      yaml += "  - {split: {\(parts.joined(separator: ", "))}, when: {\(condition)}\(dates)}\n"
    }
    return yaml
  }

  /// A CSV file's rows by column name. The sample has no quotes or commas in its names but where they are quoted.
  private func table(_ bytes: [UInt8]) throws -> [[String: String]] {
    let text = String(decoding: bytes.dropFirst(3), as: UTF8.self)
    let lines = text.replacingOccurrences(of: "\r\n", with: "\n").split(separator: "\n").map(fields)
    let heading = try #require(lines.first)
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(heading, $0)) }
  }

  private func fields(_ line: Substring) -> [String] {
    var result = [""]
    var quoted = false
    for character in line {
      if character == "\"" {
        quoted.toggle()
      } else if character == ",", !quoted {
        result.append("")
      } else {
        result[result.count - 1].append(character)
      }
    }
    return result
  }

  /// A plain decimal text as a whole number of 10^-digits; empty is nothing.
  private func units(_ text: String, digits: Int) throws -> Int128 {
    if text.isEmpty { return 0 }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let fraction = parts.count == 2 ? String(parts[1]) : ""
    #expect(fraction.utf8.count <= digits)
    let allDigits = String(parts[0]) + fraction + String(repeating: "0", count: digits - fraction.utf8.count)
    return try #require(Int128(allDigits))
  }
}
