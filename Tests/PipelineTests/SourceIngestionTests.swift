import Attribute
import Foundation
import Ingest
import JSON
import Ledger
import Pipeline
import Price
import Report
import Store
import TestKit
import Testing

/// Other sources into the store: each request once, a file as a whole or not at all.
@Suite struct SourceIngestionTests {
  private func ingest(_ desk: Desk, _ names: String..., zone: String? = nil) throws -> IngestSummary {
    try SourceIngestion(store: desk.store).run(
      names.map { Source(path: desk.folder.file($0), zone: zone.flatMap(SourceZone.init)) },
      progress: { _ in })
  }

  private func row(
    _ id: String, spend: String = "0.0035", model: String = "claude-haiku-4-5-20251001", more: String = ""
  ) -> String {
    #"{"request_id":"\#(id)","call_type":"acompletion","api_key":"k1","spend":\#(spend),"prompt_tokens":1000,"#
      + #""completion_tokens":500,"startTime":"2026-10-05T03:00:00Z","endTime":"2026-10-05T03:00:01Z","#
      + #""model":"\#(model)","model_group":"haiku","custom_llm_provider":"anthropic","#
      + #""metadata":{"usage_object":{"prompt_tokens":1000,"completion_tokens":500}}\#(more)}"#
  }

  private func rawEnd(_ response: String) -> String {
    var writer = HandWriter("w")
    return writer.start("r-\(response)")
      + writer.end(
        "r-\(response)", at: "2026-10-05T03:00:00Z", input: 1000, more: #","response_id":"\#(response)""#)
  }

  @Test(
    "a request that the raw log has too is counted once, whichever was read first",
    arguments: Backing.allCases)
  func bothOrders(in backing: Backing) throws {
    for rawFirst in [true, false] {
      let desk = try Desk(backing)
      try desk.folder.write(row("msg_1") + "\n" + row("msg_2") + "\n", to: "spend.jsonl")
      try desk.write(rawEnd("msg_1"), to: "a.jsonl")
      let source = [Source(path: desk.folder.file("spend.jsonl"))]
      var duplicates: Int64 = 0
      for step in rawFirst ? [0, 1] : [1, 0] {
        let summary =
          step == 0
          ? try desk.ingest() : try SourceIngestion(store: desk.store).run(source, progress: { _ in })
        duplicates += summary.duplicates
        #expect(summary.problems.isEmpty)
        #expect(summary.lines == summary.usages + summary.duplicates + summary.rejected + summary.control)
      }
      #expect(duplicates == 1)
      #expect(Set(try desk.usages().compactMap(\.responseID)) == ["msg_1", "msg_2"])
      #expect(try desk.usages().count == 2)
      // Nothing is interrupted: the duplicate's start has its end.
      let outcomes = try desk.usages().map(\.outcome)
      #expect(outcomes == [.ok, .ok])
      let books = try desk.books("2026-10", rules: .none)
      #expect(books.totalCounts.requests == 2)
      #expect(books.checks.filter { !$0.passed }.map(\.detail) == [])
    }
  }

  @Test("Bedrock's own id meets the vendor's request id of the raw log", arguments: Backing.allCases)
  func bedrockID(in backing: Backing) throws {
    let desk = try Desk(backing)
    let record =
      #"{"schemaType":"ModelInvocationLog","timestamp":"2026-10-05T03:00:00Z","requestId":"aws-1","operation":"Converse","#
      + #""modelId":"m","input":{"inputTokenCount":1},"output":{"outputTokenCount":2}}"#
    try desk.folder.write(record + "\n", to: "bedrock/x.json")
    var writer = HandWriter("w")
    try desk.write(
      writer.start("r") + writer.end("r", at: "2026-10-05T03:00:00Z", more: #","vendor_request_id":"aws-1""#),
      to: "a.jsonl")
    #expect(try ingest(desk, "bedrock").usages == 1)
    #expect(try desk.ingest().duplicates == 1)
    #expect(try desk.usages().map(\.id) == ["aws-1"])
  }

  @Test(
    "reading again, a copy under another name and a packed copy bring nothing new",
    arguments: Backing.allCases)
  func again(in backing: Backing) throws {
    let desk = try Desk(backing)
    let text = (1...50).map { row("msg_\($0)") }.joined(separator: "\n") + "\n"
    let path = try desk.folder.write(text, to: "spend.jsonl")
    #expect(try ingest(desk, "spend.jsonl").usages == 50)
    let contents = try desk.contents()
    #expect(try ingest(desk, "spend.jsonl").lines == 0)
    try Tool.gzip(path)
    try FileManager.default.removeItem(atPath: path)
    let packed = try ingest(desk, "spend.jsonl.gz")
    #expect((packed.lines, packed.duplicates) == (0, 0), "the same file, packed meanwhile")
    #expect(try desk.contents() == contents)
    try desk.folder.write("[" + text.split(separator: "\n").joined(separator: ",") + "]", to: "copy.json")
    let copy = try ingest(desk, "copy.json")
    #expect((copy.usages, copy.duplicates) == (0, 50))
    #expect(try desk.usages().count == 50)
  }

  @Test("of a refused file nothing is kept, and the others are read", arguments: Backing.allCases)
  func refused(in backing: Backing) throws {
    let desk = try Desk(backing)
    let good = (1...20).map { row("msg_\($0)") }
    // The last of many rows says that the file's times have no zone.
    let bad =
      (21...9000).map { row("msg_\($0)") }
      + [row("msg_9001").replacing("2026-10-05T03:00:00Z", with: "2026-10-05T03:00:00")]
    try desk.folder.write(bad.joined(separator: "\n") + "\n", to: "in/a.jsonl")
    try desk.folder.write(good.joined(separator: "\n") + "\n", to: "in/b.jsonl")
    try desk.folder.write("strange\n", to: "in/c.csv")
    let summary = try ingest(desk, "in")
    #expect(summary.usages == 20)
    #expect(summary.problems.count == 2)
    #expect(summary.problems.first?.contains("in/a.jsonl: row 8981: `startTime` has no time zone") == true)
    #expect(try desk.usages().count == 20)
    let segments = try desk.segments()
    #expect(segments.map(\.name) == ["litellm:in/b.jsonl"])
    // With the zone said, the file is taken; what was refused has left nothing that would make it a duplicate.
    let second = try ingest(desk, "in", zone: "UTC")
    #expect((second.usages, second.duplicates) == (8981, 0))
  }

  @Test(
    "a file that grows is read on; one that changed under its name is refused, and what was taken stays",
    arguments: Backing.allCases)
  func growth(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.folder.write("[\(row("msg_1"))\n]", to: "spend.json")
    #expect(try ingest(desk, "spend.json").usages == 1)
    try desk.folder.write("[\(row("msg_1")),\n\(row("msg_2"))\n]", to: "spend.json")
    let grown = try ingest(desk, "spend.json")
    #expect((grown.lines, grown.usages, grown.duplicates) == (1, 1, 0))
    try desk.folder.write("[\(row("msg_9")),\n\(row("msg_2")),\(row("msg_3"))]", to: "spend.json")
    let changed = try ingest(desk, "spend.json")
    #expect(changed.problems.first?.contains("changed after it was read") == true)
    #expect(Set(try desk.usages().map(\.id)) == ["msg_1", "msg_2"])
  }

  @Test(
    "what LiteLLM stated stands beside what the books charge, and is in no total", arguments: Backing.allCases
  )
  func stated(in backing: Backing) throws {
    let desk = try Desk(backing)
    // 1000 x 0.000001 + 500 x 0.000005 USD = 0.0035 USD for claude-haiku-4-5-20251001.
    try desk.folder.write(
      [
        row("a"), row("b", spend: "0.004"), row("c", spend: "3.5000000000000001e-03"),
        row("d", spend: "0.5", model: "house-model"), row("e", spend: "0", more: #","cache_hit":"True""#),
      ].joined(separator: "\n") + "\n", to: "spend.jsonl")
    #expect(try ingest(desk, "spend.jsonl").usages == 5)
    let books = try desk.books("2026-10", rules: .none)
    #expect(books.totalCost.description == "0.0105")
    let haiku = try #require(books.statedCosts.first { $0.model == "claude-haiku-4-5-20251001" })
    #expect((haiku.requests, haiku.stated.description, haiku.cost.description) == (4, "0.011", "0.0105"))
    #expect(haiku.difference.description == "-0.0005")
    let house = try #require(books.statedCosts.first { $0.model == "house-model" })
    #expect((house.requests, house.unpricedRequests, house.statedUnpriced.description) == (1, 1, "0.5"))
    let summary = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    let words =
      "5 requests of other sources came with a cost: they stated $0.011000, here it is $0.010500, without "
      + "1 request that has no price here"
    #expect(summary.contains(words), "\(summary)")
    let json = try JSONTape().parse(Reports.runJSON(books))
    #expect(json["stated_costs"]?.elements.map { $0["stated_usd"]?.string } == ["0.011", "0"])
  }

  @Test("a source that is not there is a problem with its name", arguments: Backing.allCases)
  func missing(in backing: Backing) throws {
    let desk = try Desk(backing)
    #expect(try ingest(desk, "nowhere").problems.first?.contains("nowhere: no such source") == true)
  }

  @Test("rejected rows are counted, placed and shown in the month of their file", arguments: Backing.allCases)
  func rejected(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.folder.write(row("a") + "\n{}\n" + row("b") + "\n", to: "spend.jsonl")
    let summary = try ingest(desk, "spend.jsonl")
    #expect((summary.lines, summary.usages, summary.rejected) == (3, 2, 1))
    let books = try desk.books("2026-10", rules: .none)
    #expect(books.rejections.map(\.place) == [.init(file: "litellm:spend.jsonl", line: 2)])
    #expect(books.rejections.map(\.reason) == ["`request_id` is missing"])
    #expect(books.inputs.map(\.name) == ["litellm:spend.jsonl"])
    #expect(!books.isComplete)
  }

  private func costs(_ amounts: [(day: Int, cents: String)]) -> String {
    let buckets = amounts.map { day, cents in
      let next = day == 31 ? "2026-11-01" : "2026-10-\(day + 1 < 10 ? "0" : "")\(day + 1)"
      return
        #"{"starting_at":"2026-10-\#(day < 10 ? "0" : "")\#(day)T00:00:00Z","ending_at":"\#(next)T00:00:00Z","results":["#
        + #"{"amount":"\#(cents)","currency":"USD","cost_type":"tokens","token_type":"x","workspace_id":null,"#
        + #""model":"claude-haiku-4-5-20251001","description":"x"}]}"#
    }
    return #"{"data":["# + buckets.joined(separator: ",") + #"],"has_more":false}"#
  }

  @Test(
    "what a vendor states of whole days stands beside the books, in no total; a day stated again is the later one",
    arguments: Backing.allCases)
  func statements(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.folder.write([row("a"), row("b")].joined(separator: "\n") + "\n", to: "spend.jsonl")
    // 2026-10-31 in UTC ends in November of Tokyo, so it is not compared.
    try desk.folder.write(costs([(5, "0.9"), (6, "2"), (31, "100")]), to: "costs-1.json")
    _ = try ingest(desk, "spend.jsonl", "costs-1.json")
    var books = try desk.books("2026-10", rules: .none)
    #expect(books.totalCost.description == "0.007")
    #expect(books.totalCounts.requests == 2)
    #expect(books.statedDays.map(\.day) == [20_732, 20_731])
    #expect(books.statedDays.map { $0.stated?.description } == ["0.02", "0.009"])
    #expect(books.statedDays.map(\.cost.description) == ["0", "0.007"])
    #expect(books.statedDays.map(\.requests) == [0, 2])
    #expect(books.checks.filter { !$0.passed }.map(\.detail) == [])
    try desk.folder.write(costs([(5, "0.7")]), to: "costs-2.json")
    let again = try ingest(desk, "costs-1.json", "costs-2.json")
    #expect((again.lines, again.control, again.usages) == (1, 1, 0))
    books = try desk.books("2026-10", rules: .none)
    #expect(books.statedDays.map { $0.stated?.description } == ["0.02", "0.007"])
    try desk.folder.write(costs([(5, "0.8")]), to: "costs-2.json")
    #expect(try ingest(desk, "costs-2.json").problems.first?.contains("changed after it was read") == true)
    let summary = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    #expect(
      summary.contains("Vendors state $0.027000 for 2 days that the books have at $0.007000"), "\(summary)")
  }

  @Test("a model that only one side knows is there with the other side empty", arguments: Backing.allCases)
  func oneSided(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.folder.write(row("a", model: "house-model") + "\n", to: "spend.jsonl")
    try desk.folder.write(costs([(5, "1")]), to: "costs.json")
    _ = try ingest(desk, "spend.jsonl", "costs.json")
    let books = try desk.books("2026-10", rules: .none)
    let house = try #require(books.statedDays.first { $0.model == "house-model" })
    #expect((house.stated, house.requests, house.unpricedRequests) == (nil, 1, 1))
    let json = try JSONTape().parse(Reports.runJSON(books))
    #expect(json["stated_days"]?.elements.map { $0["stated_usd"]?.string } == ["0.01", nil])
    #expect(json["stated_days"]?.elements.map { $0["day"]?.string } == ["2026-10-05", "2026-10-05"])
  }

  private func counted(_ input: Int, _ output: Int, day: Int = 5) -> String {
    #"{"data":[{"starting_at":"2026-10-0\#(day)T00:00:00Z","ending_at":"2026-10-0\#(day + 1)T00:00:00Z","results":["#
      + #"{"uncached_input_tokens":\#(input),"cache_read_input_tokens":7,"cache_creation":null,"output_tokens":\#(output),"#
      + #""model":"claude-haiku-4-5-20251001"}]}],"has_more":false}"#
  }

  @Test(
    "what a vendor counts stands beside the books' own counts, and neither takes the place of what it costs",
    arguments: Backing.allCases)
  func usageStatements(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.folder.write([row("a"), row("b")].joined(separator: "\n") + "\n", to: "spend.jsonl")
    try desk.folder.write(costs([(5, "0.9")]), to: "costs.json")
    try desk.folder.write(counted(2100, 1000), to: "usage-1.json")
    let summary = try ingest(desk, "spend.jsonl", "costs.json", "usage-1.json")
    #expect(summary.problems == [])
    #expect((summary.usages, summary.control) == (2, 2))
    var books = try desk.books("2026-10", rules: .none)
    // Two requests of 1000 in and 500 out each.
    #expect(books.totalCost.description == "0.007")
    #expect(books.totalCounts.requests == 2)
    let one = try #require(books.statedUsage.first)
    #expect(books.statedUsage.count == 1)
    #expect((one.day, one.requests, one.statedRequests) == (20_731, 2, nil))
    #expect(one.stated == MeterSums(TokenCounts([.input: 2100, .cacheRead: 7, .output: 1000])))
    #expect(one.counts == MeterSums(TokenCounts([.input: 2000, .output: 1000])))
    #expect(one.distance == 107)
    #expect(books.statedDays.map { $0.stated?.description } == ["0.009"])
    // A later report of the day takes the place of the earlier one, and leaves the costs.
    try desk.folder.write(counted(2000, 1000), to: "usage-2.json")
    _ = try ingest(desk, "usage-2.json")
    books = try desk.books("2026-10", rules: .none)
    #expect(books.statedUsage.map(\.distance) == [7])
    #expect(books.statedDays.map { $0.stated?.description } == ["0.009"])
    let text = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    #expect(text.contains("Vendors count 3,007 tokens for 1 day of which the books have 3,000"), "\(text)")
    let json = try JSONTape().parse(Reports.runJSON(books))["stated_usage"]?.elements.first
    #expect(json?["stated"]?["input"]?.wholeNumber == 2000)
    #expect(json?["here"]?["output"]?.wholeNumber == 1000)
  }
}
