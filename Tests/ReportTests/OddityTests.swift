import Ledger
import Report
import TestKit
import Testing

/// What vendors counted and no rule reads, and totals that contradict their parts, reach the reports.
@Suite struct OddityTests {
  @Test("fields are counted by endpoint and path, with the first place, whatever the order they come in")
  func fields() {
    let usages = [
      odd("b.jsonl", 9, "openai.responses", ["new_units"]),
      odd("a.jsonl", 7, "openai.responses", ["new_units", "x.y"]),
      odd("a.jsonl", 3, "anthropic.messages", ["new_units"]),
      odd("a.jsonl", 12, "openai.responses", []),
    ]
    for order in [usages, usages.reversed()] {
      let books = books(of: order)
      #expect(
        books.unknownFields.map {
          "\($0.endpoint) \($0.path) \($0.answers) \($0.first.file):\($0.first.line)"
        } == [
          "anthropic.messages new_units 1 a.jsonl:3", "openai.responses new_units 2 a.jsonl:7",
          "openai.responses x.y 1 a.jsonl:7",
        ])
      #expect(!books.hasMoreUnknownFields)
    }
  }

  @Test("of more than fifty different fields the first fifty by name are kept, fully counted, in any order")
  func bounded() {
    var random = SeededRandom(seed: 50)
    var usages: [Usage] = []
    for line in 0..<400 {
      usages.append(odd("a.jsonl", Int64(line), "e", ["field_\(100 + line % 80)"]))
    }
    let straight = books(of: usages)
    let shuffled = books(of: usages.shuffled(using: &random))
    #expect(straight.unknownFields.count == 50 && straight.hasMoreUnknownFields)
    #expect(straight.unknownFields.map(\.path) == (100..<150).map { "field_\($0)" })
    #expect(straight.unknownFields.allSatisfy { $0.answers == 5 })
    #expect(shuffled.unknownFields.map(\.path) == straight.unknownFields.map(\.path))
    #expect(shuffled.unknownFields.allSatisfy { $0.answers == 5 })
  }

  @Test(
    "the summary and run.json name the field, how often, and where first; totals that do not fit likewise")
  func shown() {
    var mismatch = odd("2026/10/05/03-w-1.jsonl", 41, "gemini.generate_content", [])
    mismatch.flags = [.totalMismatch]
    let unknown = odd("2026/10/05/03-w-1.jsonl", 40, "openai.responses", ["new.units"])
    let usages = [unknown, mismatch, mismatch]
    let books = books(of: usages)
    let summary = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    #expect(summary.contains("Vendors counted something in 1 field that this program does not know"))
    #expect(summary.contains("new.units"))
    #expect(summary.contains("2 answers have a total that is not the sum of its counts"))
    let run = String(decoding: Reports.runJSON(books), as: UTF8.self)
    #expect(run.contains(#""field": "new.units""#))
    #expect(run.contains(#""line": 40"#))
    #expect(run.contains(#""mismatched_totals""#) && run.contains(#""line": 41"#))
  }

  @Test("nothing odd, nothing said")
  func nothing() {
    let books = books(of: [odd("a.jsonl", 1, "openai.responses", [])])
    #expect(books.unknownFields.isEmpty && books.mismatches.isEmpty)
  }
}

private func books(of usages: [Usage]) -> Books {
  var builder = BooksBuilder(
    SampleBooks.empty(
      products: [Product(id: "a", name: "A", costCenter: "1", owner: "o"), .unattributed], denominator: 1))
  for usage in usages {
    builder.add(
      usage, serviceTier: "standard", charges: [Charge(model: "m", counts: usage.counts)],
      shares: [
        [Share(product: 0, rule: nil, weight: 1, weightTotal: 1, amounts: MeterAmounts(), listCost: .zero)]
      ])
  }
  return builder.finish(inputs: [], rejections: [], holes: [])
}

private func odd(_ file: String, _ line: Int64, _ endpoint: String, _ fields: [String]) -> Usage {
  var usage = Usage(
    id: "r-\(file)-\(line)", attempt: 1, final: true, time: SampleBooks.october2026.begin,
    place: .init(file: file, line: line),
    facts: RequestFacts(endpoint: endpoint, provider: "p", modelReturned: "m"), outcome: .ok)
  usage.unknownFields = fields
  usage.flags = fields.isEmpty ? [] : .unknownField
  return usage
}
