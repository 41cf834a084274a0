import Ingest
import Ledger
import RawLog
import TestKit
import Testing

/// Vendors' cost reports as statements.
@Suite struct CostPagesTests {
  private let folder: TestFolder
  init() throws { folder = try TestFolder() }

  private func read(_ text: String, format: SourceFormat? = nil) throws -> StatementFile {
    let path = try folder.write(text, to: "costs.json")
    let file = try #require(try findSourceFiles(at: path).first)
    let shape = try #require(try probe(file, named: format))
    #expect(shape.format.roles == [.compare])
    return try readStatements(file, shape, segment: "s:costs.json")
  }

  private func refusal(_ text: String, format: SourceFormat? = nil) throws -> String {
    do {
      return "not refused: \(try read(text, format: format))"
    } catch let error as SegmentError {
      return error.description
    }
  }

  // 2026-10-01T00:00:00Z and the next days: date -u -d 2026-10-01 +%s
  private static let first: Int64 = 1_790_812_800
  private static let day: Int64 = 20_727

  private func openai(_ number: Int64, _ results: String) -> String {
    #"{"object":"bucket","start_time":\#(Self.first + number * 86_400),"end_time":\#(Self.first + (number + 1) * 86_400),"#
      + #""results":[\#(results)]}"#
  }

  private func line(
    _ value: String, _ item: String = "gpt-4o-mini-2024-07-18, input", currency: String = "usd"
  )
    -> String
  {
    #"{"object":"organization.costs.result","amount":{"value":\#(value),"currency":"\#(currency)"},"line_item":"\#(item)","#
      + #""project_id":"proj_x","quantity":4115226,"quantity_unit":"tokens"}"#
  }

  private func page(_ buckets: String...) -> String {
    #"{"object":"page","data":["# + buckets.joined(separator: ",") + #"],"has_more":false,"next_page":null}"#
  }

  private func anthropic(_ results: String, begin: String = "2026-10-01", end: String = "2026-10-02")
    -> String
  {
    #"{"data":[{"starting_at":"\#(begin)T00:00:00Z","ending_at":"\#(end)T00:00:00Z","results":[\#(results)]}],"#
      + #""has_more":false,"next_page":null}"#
  }

  private func row(_ amount: String, currency: String = "USD") -> String {
    #"{"amount":"\#(amount)","currency":"\#(currency)","cost_type":"tokens","token_type":"output_tokens","#
      + #""model":"claude-haiku-4-5-20251001","service_tier":"standard","description":"x","workspace_id":null}"#
  }

  @Test("OpenAI's amounts are dollars, their numbers read as text; a line of a model is that model's")
  func openaiPages() throws {
    let pages =
      page(openai(0, line("12.345678") + "," + line("1e-2", "web search, calls")), openai(1, "")) + "\n"
      + page(openai(2, line("-0.5")))
    let file = try read(pages)
    #expect(file.statements.map(\.amount?.description) == ["12.345678", "0.01", "-0.5"])
    #expect(
      file.statements.map(\.model) == ["gpt-4o-mini-2024-07-18", "web search", "gpt-4o-mini-2024-07-18"])
    #expect(file.statements.map(\.day) == [Self.day, Self.day, Self.day + 2])
    #expect(file.statements.map(\.place.line) == [1, 2, 3])
    #expect(file.days == [Self.day, Self.day + 1, Self.day + 2], "a day without any amount is stated too")
    #expect(Set(file.statements.map(\.provider)) == ["openai"])
  }

  @Test("Anthropic's amounts are cents, in decimal text")
  func anthropicPages() throws {
    let file = try read(anthropic(row("123.45") + "," + row("0.000375")))
    #expect(file.statements.map(\.amount?.description) == ["1.2345", "0.00000375"])
    #expect(file.statements.map(\.model) == ["claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001"])
    #expect(file.statements.map(\.day) == [Self.day, Self.day])
  }

  @Test("a page may stand over many lines")
  func forms() throws {
    let whole = try read(page(openai(0, line("1")))).statements
    #expect(
      try read(page(openai(0, line("1"))).replacing(",\"", with: ",\n  \"").replacing("{", with: "{\n"))
        .statements == whole)
  }

  @Test(
    "whatever is not understood refuses the file",
    arguments: [
      (0, "an amount is in \"eur\", not in US dollars"), (1, "an amount is not a number of dollars"),
      (2, "2026-10-01 is there twice"), (3, "not one day in UTC"), (4, "has no end"),
      (5, "an amount is in \"EUR\""), (6, "an amount is not a decimal text of cents"),
      (7, "not one day in UTC"),
      (8, "without `results.amount`"), (9, "page 2: not JSON"),
    ])
  func refusals(which: Int, words: String) throws {
    let hour = openai(0, line("1")).replacing("\(Self.first + 86_400)", with: "\(Self.first + 3600)")
    let texts = [
      page(openai(0, line("1", currency: "eur"))), page(openai(0, line("true"))),
      page(openai(0, line("1")), openai(0, line("1"))), page(hour),
      String(page(openai(0, line("1"))).dropLast(3)),
      anthropic(row("1", currency: "EUR")), anthropic(row("1.2.3")),
      anthropic(row("1"), end: "2026-10-03"),
      page(openai(0, line("1").replacing(#""amount""#, with: #""cost""#))),
      page(openai(0, line("1"))) + "\n{x}",
    ]
    let problem = try refusal(texts[which])
    #expect(problem.contains("costs.json: "))
    #expect(problem.contains(words), "\(problem)")
  }
}
