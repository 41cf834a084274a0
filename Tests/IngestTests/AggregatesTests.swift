import Ingest
import Ledger
import RawLog
import TestKit
import Testing

/// Sums of requests that a file adds: OpenAI's and Anthropic's usage reports, Devin's ACUs, Copilot's credits.
@Suite struct AggregatesTests {
  private let folder: TestFolder
  init() throws { folder = try TestFolder() }

  private static let begin: Int64 = 1_790_812_800_000_000
  private static let hour: Int64 = 3_600_000_000

  private func read(
    _ text: String, scope: [(String, String)] = [("project_id", "proj_x")], name: String = "usage.json",
    hours: Range<Int64>? = 0..<24
  ) throws -> AggregateFile {
    let path = try folder.write(text, to: name)
    let file = try #require(try findSourceFiles(at: path).first)
    let shape = try #require(try probe(file, named: nil))
    var source = Source(path: path)
    source.role = .add
    source.scope = scope.map { .init(name: $0.0, value: $0.1) }
    source.from = hours.map { Self.begin + $0.lowerBound * Self.hour }
    source.until = hours.map { Self.begin + $0.upperBound * Self.hour }
    return try readAggregates(file, shape, of: source, segment: "s:" + name)
  }

  private func refusal(
    _ text: String, scope: [(String, String)] = [("project_id", "proj_x")], name: String = "usage.json",
    hours: Range<Int64>? = 0..<24
  ) throws -> String {
    do {
      return "not refused: \(try read(text, scope: scope, name: name, hours: hours).rows.count) rows"
    } catch let error as SegmentError {
      return error.description
    }
  }

  private func usage(_ rows: [String], hour: Int64 = 0, hasMore: Bool = false) -> String {
    openaiUsage(rows, begin: 1_790_812_800 + hour * 3600, seconds: 3600, hasMore: hasMore)
  }

  @Test("only what is inside of the scope and the dates is added, as sums of so many requests")
  func scope() throws {
    let text =
      usage([openaiCompletions(key: #""key_1""#), openaiCompletions(project: #""proj_y""#)]) + "\n"
      + usage([openaiCompletions()], hour: 5) + usage([openaiCompletions()], hour: 6)
    let file = try read(text, hours: 0..<6)
    #expect(file.rows.map(\.usage.place.line) == [1, 3])
    #expect(file.outside == 2)
    let one = try #require(file.rows.first?.usage)
    #expect(one.time == Self.begin)
    #expect(one.requests == 12)
    #expect(one.flags == .aggregate)
    #expect(one.counts == TokenCounts([.input: 4000, .cacheRead: 6000, .output: 800, .request: 12]))
    #expect(one.facts.endpoint == "openai.usage.completions")
    #expect((one.facts.provider, one.facts.model, one.facts.keyID) == ("openai", "demo-5", "key_1"))
    #expect(one.facts.tags == [.init(name: "project_id", value: "proj_x")])
    #expect(Set(file.rows.map(\.bucket)).count == 2)
    #expect(Set(file.rows.map(\.usage.id)).count == 2)
  }

  @Test("a batch is a batch, and Anthropic's context window goes along")
  func facts() throws {
    let batch = openaiCompletions().replacing(#""batch":false"#, with: #""batch":true"#)
    #expect(try read(usage([batch])).rows.first?.usage.facts.serviceTier == "batch")
    let text = anthropicUsage(
      [anthropicMessages(workspace: #""wrkspc_1""#, window: "200k-1M")], end: "2026-10-01T01:00:00Z")
    let one = try #require(try read(text, scope: [("workspace_id", "wrkspc_1")]).rows.first?.usage)
    #expect(one.facts.priceFacts == [.init(name: "context_window", value: "200k-1M")])
    #expect(one.requests == 0, "Anthropic counts none")
    #expect(one.facts.keyID == "apikey_x")
  }

  @Test("the same row written otherwise is the same row")
  func order() throws {
    let first = try read(usage([openaiCompletions()])).rows.first?.usage.id
    let other = openaiCompletions().replacing(#""output_tokens":800,"#, with: "").replacing(
      #""batch":false"#, with: #""output_tokens": 800, "batch": false"#)
    #expect(try read(usage([other])).rows.first?.usage.id == first)
    let more = openaiCompletions().replacing(":800", with: ":801")
    #expect(try read(usage([more])).rows.first?.usage.id != first)
  }

  @Test("what could be counted twice or cut is refused, with what to do")
  func refusals() throws {
    #expect(
      try refusal(openaiUsage([openaiCompletions()])).contains("2026-10-01: a bucket to be added is one hour")
    )
    #expect(try refusal(openaiUsage([openaiCompletions()])).contains("bucket_width=1h"))
    #expect(
      try refusal(usage([openaiCompletions(project: "null")])).contains(
        "no row says its project_id, so nobody knows what is inside of the scope; fetch the report with group_by[]="
      ))
    #expect(
      try refusal(usage([openaiCompletions()], hasMore: true)).contains("its last page says has_more"))
    let half = openaiUsage([openaiCompletions()], begin: 1_790_812_800 + 1800, seconds: 3600)
    #expect(try refusal(half).contains("a bucket to be added is one hour"))
  }

  @Test("a role needs what it needs, and money is never added")
  func roles() {
    var source = Source(path: "x")
    source.role = .add
    #expect(
      source.problem(with: .openaiUsage)?.contains("role: add needs a scope (project_id, api_key_id") == true)
    source.scope = [.init(name: "project_id", value: "p")]
    #expect(
      source.problem(with: .openaiUsage) == "role: add needs from and until: the days that are to be added")
    (source.from, source.until) = (0, 1)
    #expect(source.problem(with: .openaiUsage) == nil)
    #expect(
      source.problem(with: .anthropicUsage)?.contains(#""project_id" is no scope of anthropic-usage"#) == true
    )
    #expect(
      source.problem(with: .openaiCosts)?.contains("states money, which stands beside the books") == true)
    #expect(source.problem(with: .litellm)?.contains("is no scope of litellm; it has none") == true)
    source.scope = []
    #expect(source.problem(with: .litellm) == nil)
    source.role = .compare
    #expect(source.problem(with: .litellm) == "litellm brings what the books are made of; its role is add")
    #expect(source.problem(with: .openaiUsage) == nil)
  }

  @Test("an upstream is apart from a scope only where both name a word and differ in it")
  func apart() {
    let scope: [RequestFacts.Tag] = [.init(name: "project_id", value: "a")]
    func up(_ name: String, _ value: String) -> Source.Upstream {
      .init(name: "u", scope: [.init(name: name, value: value)])
    }
    #expect(up("project_id", "b").isApart(from: scope))
    #expect(!up("project_id", "a").isApart(from: scope))
    #expect(!up("api_key_id", "b").isApart(from: scope))
    #expect(!Source.Upstream(name: "u", scope: []).isApart(from: scope))
  }

  // The documented answer; 1790841600 is 2026-10-01T08:00:00Z.
  private let devin =
    #"{"total_acus":12.5,"consumption_by_date":[{"date":1790841600,"acus":3.25,"acus_by_product":"#
    + #"{"devin":3.0,"cascade":null,"terminal":0.25,"review":null}},"#
    + #"{"date":1790928000,"acus":9.25,"acus_by_product":null}]}"#

  @Test(
    "Devin's ACUs are millionths of a credit by day and product, of no request, whose price is the book's")
  func acus() throws {
    let file = try read(devin, scope: [("user", "a@example.com"), ("organization", "o")], hours: nil)
    #expect(file.rows.map(\.usage.facts.model) == ["devin", "terminal", "devin"])
    #expect(file.rows.map { $0.usage.counts[.creditMillionth] } == [3_000_000, 250_000, 9_250_000])
    #expect(file.rows.map(\.usage.requests) == [0, 0, 0])
    #expect(file.rows.map(\.usage.user) == ["a@example.com", "a@example.com", "a@example.com"])
    #expect(file.rows.first?.usage.facts.tags == [.init(name: "organization", value: "o")])
    #expect(
      file.rows.map(\.usage.time) == [1_790_841_600_000_000, 1_790_841_600_000_000, 1_790_928_000_000_000])
    #expect(file.rows.map(\.usage.statedCost) == [nil, nil, nil])
  }

  @Test("a fraction of an ACU that a double made is what it was meant to be")
  func doubles() throws {
    let text = devin.replacing(#""acus":3.25"#, with: #""acus":3.2499999999999996"#)
    #expect(try read(text, scope: [], hours: nil).rows.count == 3)
  }

  @Test(
    "an answer of Devin's that contradicts itself is refused",
    arguments: [
      ("1790841600", "1790812800", "is not the begin of one of Devin's days"),
      ("1790841600", "1790841600000", "is not the begin of one of Devin's days"),
      ("12.5", "12500", "its days add up to 12.5 ACUs, not to its `total_acus` 12500"),
      (#""acus":9.25"#, #""acus":"9.25 ACU""#, "`acus` is not a number of ACUs"),
      (#""devin":3.0"#, #""devin":30"#, "its products add up to 30.25 ACUs, not to its 3.25"),
      ("1790928000", "1790841600", "is there twice"), ("]}", "}", "its first row is not JSON"),
      ("total_acus", "acus_total", "without `total_acus`"),
    ])
  func devinRefusals(old: String, new: String, words: String) throws {
    let problem = try refusal(devin.replacing(old, with: new), scope: [], hours: nil)
    #expect(problem.contains(words), "\(problem)")
  }

  private let copilot = """
    date,username,product,sku,model,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,net_amount,exceeds_quota,total_monthly_quota,organization,cost_center_name
    2026-10-03,octocat,copilot,copilot_premium_request,Claude Sonnet 4.5,12.33,requests,0.04,0.4932,0.4,0.0932,False,300,acme,
    2026-10-03,octocat,copilot,copilot_ai_credit,GPT-5.4,150,ai-credits,0.01,1.5,0,1.5,False,,acme,CC-7
    2026-10-03,octocat,actions,actions_linux,,10,minutes,0.008,0.08,0.08,0,,,acme,

    """

  @Test("Copilot's premium requests and credits are credits of their sku, with the net amount as stated")
  func credits() throws {
    let file = try read(copilot, scope: [], name: "copilot.csv", hours: nil)
    #expect(file.rows.count == 2)
    #expect(file.outside == 1, "minutes of another product")
    #expect(file.rows.map { $0.usage.counts[.creditMillionth] } == [12_330_000, 150_000_000])
    #expect(file.rows.map(\.usage.statedCost?.description) == ["0.0932", "1.5"])
    #expect(file.rows.map(\.usage.facts.model) == ["Claude Sonnet 4.5", "GPT-5.4"])
    #expect(
      file.rows.map(\.usage.facts.priceFacts) == [
        [.init(name: "sku", value: "copilot_premium_request"), .init(name: "unit", value: "requests")],
        [.init(name: "sku", value: "copilot_ai_credit"), .init(name: "unit", value: "credits")],
      ])
    #expect(file.rows.map(\.usage.user) == ["octocat", "octocat"])
    #expect(file.rows.last?.usage.facts.tags.map(\.name) == ["cost_center", "organization"])
    #expect(file.rows.map(\.usage.time) == [1_790_985_600_000_000, 1_790_985_600_000_000])
  }

  @Test(
    "wrong units, dates and columns of Copilot's export are refused",
    arguments: [
      ("0.4932,0.4,0.0932", "49.32,40,9.32", "row 2: `gross_amount` 49.32 is not `quantity` times"),
      ("1.5,0,1.5", "1.5,0,0.5", "row 3: `net_amount` 0.5 is not `gross_amount` less `discount_amount`"),
      ("150,ai-credits", "150,tokens", "row 3: `unit_type` \"tokens\" is not known"),
      (
        "2026-10-03,octocat,copilot,copilot_ai", "03/10/2026,octocat,copilot,copilot_ai",
        "is not a day such as"
      ),
      ("12.33,requests", "-1,requests", "row 2: `quantity` is not a number of 0 or more"),
      ("net_amount", "net", "read as copilot, but without `net_amount`; unknown here: net"),
      (",acme,\n", ",acme", "has no line end"), (",quantity,", ",quantity,quantity,", "is there twice"),
    ])
  func copilotRefusals(old: String, new: String, words: String) throws {
    let text = old == ",acme,\n" ? String(copilot.dropLast(2)) : copilot.replacing(old, with: new)
    let problem = try refusal(text, scope: [], name: "copilot.csv", hours: nil)
    #expect(problem.contains(words), "\(problem)")
  }
}
