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

/// Sums of requests that a source adds to the books: each once, and never what the proxy saw.
@Suite struct SourceSumsTests {
  /// An hour of claude-haiku-4-5, 0.000001 USD a token in and 0.000005 out.
  private func hour(_ hour: Int, input: Int = 1000, key: String = "k1", workspace: String = "a") -> String {
    func text(_ hour: Int) -> String { "2026-10-05T\(hour < 10 ? "0" : "")\(hour):00:00Z" }
    return
      #"{"data":[{"starting_at":"\#(text(hour))","ending_at":"\#(text(hour + 1))","results":["#
      + #"{"uncached_input_tokens":\#(input),"cache_read_input_tokens":0,"cache_creation":null,"output_tokens":500,"#
      + #""model":"claude-haiku-4-5-20251001","workspace_id":"\#(workspace)","api_key_id":"\#(key)"}]}],"has_more":false}\#n"#
  }

  @Test(
    "what is added is priced like a request, in the totals, by key and workspace", arguments: Backing.allCases
  )
  func added(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.folder.write(hour(3) + hour(4, workspace: "b") + hour(5, input: 3000), to: "usage.json")
    let summary = try desk.read(desk.source("usage.json"))
    #expect(summary.problems == [])
    #expect((summary.lines, summary.usages, summary.control) == (3, 2, 1))
    let books = try desk.books("2026-10", rules: .none)
    // 4000 x 0.000001 + 1000 x 0.000005
    #expect(books.totalCost.description == "0.009")
    #expect(books.totalCounts.requests == 0, "Anthropic counts no requests")
    #expect(books.checks.filter { !$0.passed }.map(\.detail) == [])
    #expect(books.isComplete)
    let input = books.inputs.first?.name ?? ""
    #expect(
      input
        == "anthropic-usage(workspace_id=a,2026-10-05T00:00:00.000000Z..2026-10-06T00:00:00.000000Z):usage.json"
    )
    #expect(try desk.read(desk.source("usage.json")).lines == 0, "read already")
  }

  @Test(
    "the same hours from another file are duplicates; other figures, or another grouping, refuse the file",
    arguments: Backing.allCases)
  func twice(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.folder.write(hour(3) + hour(4), to: "1.json")
    try desk.folder.write(hour(4) + hour(5), to: "2.json")
    try desk.folder.write(hour(6) + hour(4, input: 1001), to: "3.json")
    try desk.folder.write(hour(7) + hour(4, key: "k2"), to: "4.json")
    try desk.folder.write(hour(8) + hour(8), to: "5.json")
    #expect(try desk.read(desk.source("1.json")).usages == 2)
    let second = try desk.read(desk.source("2.json"))
    #expect((second.usages, second.duplicates) == (1, 1))
    for name in ["3.json", "4.json"] {
      let refused = try desk.read(desk.source(name))
      #expect(refused.usages == 0)
      #expect(
        refused.problems.first?.contains(
          "row 2: the span that begins at 2026-10-05T04:00:00.000000Z was taken from another file") == true,
        "\(refused.problems)")
    }
    #expect(try desk.read(desk.source("5.json")).problems.first?.contains("row 2 is there twice") == true)
    #expect(try desk.books("2026-10", rules: .none).totalCost.description == "0.0105")
  }

  @Test(
    "where the proxy may have seen the same account, nothing is added; where it uses another, it is",
    arguments: Backing.allCases)
  func overlap(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.passed("main")
    try desk.folder.write(hour(3), to: "usage.json")
    let unknown = try desk.read(desk.source("usage.json"))
    #expect(unknown.usages == 0)
    let words =
      "some of it may be in the books already: request r of 2026-10-05T13:00:00.000000Z went to anthropic"
    #expect(unknown.problems.first?.contains(words + " by the upstream main") == true, "\(unknown.problems)")
    #expect(unknown.problems.first?.contains("role: compare") == true)
    func up(_ value: String) -> [Source.Upstream] {
      [.init(name: "main", scope: [.init(name: "workspace_id", value: value)])]
    }
    #expect(try desk.read(desk.source("usage.json", upstreams: up("a"))).usages == 0)
    #expect(try desk.read(desk.source("usage.json", upstreams: up("b"))).usages == 1)
  }

  @Test(
    "read to compare first and to add later, it is read for both, and added once", arguments: Backing.allCases
  )
  func bothRoles(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.folder.write(hour(3), to: "usage.json")
    let day = hour(3).replacing("T03:", with: "T00:").replacing("2026-10-05T04:", with: "2026-10-06T00:")
    try desk.folder.write(day, to: "day.json")
    #expect(try desk.read(Source(path: desk.folder.file("day.json"))).control == 1)
    #expect(try desk.read(desk.source("usage.json")).usages == 1)
    let books = try desk.books("2026-10", rules: .none)
    #expect(books.statedUsage.map(\.distance) == [0])
    #expect(books.totalCost.description == "0.0035")
  }

  @Test(
    "what has no price in the book is unpriced, not free, and what a vendor states of it stands beside",
    arguments: Backing.allCases)
  func credits(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.folder.write(
      """
      date,username,product,sku,model,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,net_amount
      2026-10-05,octocat,copilot,copilot_premium_request,m,12.5,requests,0.04,0.5,0.1,0.4

      """, to: "copilot.csv")
    try desk.folder.write(
      #"{"total_acus":2,"consumption_by_date":[{"date":1791187200,"acus":2,"acus_by_product":null}]}"#,
      to: "devin.json")
    let summary = try desk.read(
      Source(path: desk.folder.file("copilot.csv")), Source(path: desk.folder.file("devin.json")))
    #expect(summary.problems == [])
    #expect(summary.usages == 2)
    let books = try desk.books("2026-10", rules: .none)
    #expect(books.totalCost.description == "0")
    #expect(!books.isComplete)
    #expect(books.unpriced.map(\.provider) == ["devin", "github_copilot"])
    #expect(books.rows.map(\.state) == [.unpriced, .unpriced])
    #expect(books.statedCosts.map(\.statedUnpriced.description) == ["0.4"])
    let text = String(decoding: Reports.summaryMarkdown(books), as: UTF8.self)
    #expect(text.contains("Something was used that has no price"), "\(text)")
  }
}

extension Desk {
  /// A file whose sums of 2026-10-05 are to be added.
  fileprivate func source(
    _ name: String, _ project: String = "a", upstreams: [Source.Upstream] = []
  ) -> Source {
    // 2026-10-05T00:00:00Z
    let day: Int64 = 1_791_158_400
    var source = Source(path: folder.file(name))
    source.role = .add
    source.scope = [.init(name: "workspace_id", value: project)]
    source.from = day * 1_000_000
    source.until = (day + 86_400) * 1_000_000
    source.upstreams = upstreams
    return source
  }

  fileprivate func read(_ sources: Source...) throws -> IngestSummary {
    try SourceIngestion(store: store).run(sources, progress: { _ in })
  }

  /// A request that went through the proxy on that day.
  fileprivate func passed(_ upstream: String) throws {
    var writer = HandWriter("w")
    try write(
      writer.start("r")
        + writer.end("r", at: "2026-10-05T13:00:00Z", input: 1000, more: #","upstream":"\#(upstream)""#),
      to: "a.jsonl")
    _ = try ingest()
  }
}
