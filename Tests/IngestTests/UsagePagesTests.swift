import Ingest
import Ledger
import RawLog
import TestKit
import Testing

/// Vendors' usage reports as statements: what was used on a day, by model.
@Suite struct UsagePagesTests {
  private let folder: TestFolder
  init() throws { folder = try TestFolder() }

  private func read(_ text: String, format: SourceFormat? = nil) throws -> StatementFile {
    let path = try folder.write(text, to: "usage.json")
    let file = try #require(try findSourceFiles(at: path).first)
    let shape = try #require(try probe(file, named: format))
    return try readStatements(file, shape, segment: "s:usage.json")
  }

  private func refusal(_ text: String) throws -> String {
    do {
      return "not refused: \(try read(text))"
    } catch let error as SegmentError {
      return error.description
    }
  }

  @Test("OpenAI's input holds what was cached, and counts of all models of a day are apart")
  func completions() throws {
    // The documented example: 10000 in, of them 6000 cached, 800 out, 12 requests.
    let file = try read(
      openaiUsage([
        openaiCompletions(), openaiCompletions(model: "other", more: #","input_audio_tokens":100"#),
      ]))
    #expect(file.kinds == ["usage.completions"])
    #expect(file.days == [20_727])
    #expect(file.statements.map(\.model) == ["demo-5", "other"])
    #expect(file.statements.map(\.requests) == [12, 12])
    #expect(file.statements.map(\.amount) == [nil, nil])
    #expect(
      file.statements.map(\.counts) == [
        TokenCounts([.input: 4000, .cacheRead: 6000, .output: 800]),
        TokenCounts([.input: 3900, .cacheRead: 6000, .inputAudio: 100, .output: 800]),
      ])
    #expect(file.provider == "openai")
  }

  @Test("what OpenAI writes to a cache, hears and sees is taken out of the input once")
  func modalities() throws {
    let row = openaiCompletions(
      more: #","input_cached_audio_tokens":50,"input_audio_tokens":200,"input_cache_write_tokens":1000,"#
        + #""input_image_tokens":300,"output_audio_tokens":80,"input_text_tokens":9500"#)
    // 10000 = 150 audio + 50 cached audio + 300 images + 5950 cached + 1000 written + 2550
    #expect(
      try read(openaiUsage([row])).statements.first?.counts
        == TokenCounts([
          .input: 2550, .inputAudio: 150, .cacheReadAudio: 50, .inputImage: 300, .cacheRead: 5950,
          .cacheWrite5m: 1000, .output: 720, .outputAudio: 80,
        ]))
  }

  @Test("each of OpenAI's reports is a kind of its own, in its own units")
  func kinds() throws {
    func row(_ kind: String, _ counts: String) -> String {
      #"{"object":"organization.usage.\#(kind).result","num_model_requests":3,"model":"m",\#(counts)}"#
    }
    let file = try read(
      openaiUsage([
        row("embeddings", #""input_tokens":70"#), row("images", #""images":4,"size":"1024x1024""#),
        row("audio_speeches", #""characters":99"#), row("audio_transcriptions", #""seconds":61"#),
        row("web_searches", #""num_requests":5,"context_level":"low""#),
      ]))
    #expect(
      file.statements.map(\.counts) == [
        TokenCounts([.input: 70]), TokenCounts([.image: 4]), TokenCounts([.character: 99]),
        TokenCounts([.millisecond: 61_000]), TokenCounts([.webSearch: 5]),
      ])
    // A search's model requests stand in the completions that made it.
    #expect(file.statements.map(\.requests) == [3, 3, 3, 3, nil])
    #expect(file.kinds.count == 5)
  }

  @Test("Anthropic's counts are apart already, and it counts no requests")
  func messages() throws {
    let file = try read(anthropicUsage([anthropicMessages()]))
    #expect(file.kinds == ["usage.messages"])
    #expect(
      file.statements.map(\.counts) == [
        TokenCounts([.input: 1200, .cacheRead: 90_000, .cacheWrite5m: 300, .output: 640, .webSearch: 1])
      ])
    #expect(file.statements.map(\.requests) == [nil])
    #expect(file.statements.map(\.model) == ["demo-4"])
  }

  @Test("a new count is named, and how often it stands there")
  func newCount() throws {
    let file = try read(openaiUsage([openaiCompletions(more: #","input_video_tokens":5"#)]))
    #expect(file.notRead == ["input_video_tokens": 1])
  }

  @Test("a day without any row is spoken of too; the report's kinds are those that it holds")
  func emptyDay() throws {
    let empty = #"{"object":"bucket","start_time":1790899200,"end_time":1790985600,"results":[]}"#
    let file = try read(openaiUsage([openaiCompletions()], more: "," + empty))
    #expect(file.days == [20_727, 20_728])
  }

  @Test(
    "whatever is not understood refuses the file, with its day",
    arguments: [
      ("num_model_requests", "requests", "`num_model_requests` is not a count"),
      (#""demo-5""#, "null", "a row names no model; fetch the report with group_by[]=model"),
      ("usage.completions", "usage.vector_stores", "is not read; fetch one of completions, embeddings"),
      (":10000", ":-1", "`input_tokens` is not a count"),
      (":10000", ":10.5", "`input_tokens` is not a count"),
      // Thousands of tokens, beside plain ones.
      (":10000", ":10", "more than all its tokens"),
      ("1790899200", "1790816400", "bucket_width=1d"),
      (#""start_time":1790812800"#, #""start_time":"2026-10-01""#, "does not say when it begins"),
    ])
  func refusals(old: String, new: String, words: String) throws {
    let text = openaiUsage([openaiCompletions()])
    #expect(text.contains(old))
    let problem = try refusal(text.replacing(old, with: new))
    #expect(problem.contains("usage.json: page 1: "), "\(problem)")
    #expect(problem.contains(words), "\(problem)")
  }

  @Test("a renamed column is named")
  func renamed() throws {
    let text = anthropicUsage([anthropicMessages()]).replacing("uncached_input_tokens", with: "input")
    let problem = try refusal(text)
    #expect(
      problem.contains("read as anthropic-usage, but without `results.uncached_input_tokens`"), "\(problem)")
    #expect(problem.contains("unknown here: results.input."))
  }
}

/// The documented row of OpenAI's usage API for completions.
func openaiCompletions(
  model: String = "demo-5", project: String = #""proj_x""#, key: String = "null", more: String = ""
) -> String {
  #"{"object":"organization.usage.completions.result","input_tokens":10000,"input_cached_tokens":6000,"#
    + #""output_tokens":800,"num_model_requests":12,"project_id":\#(project),"user_id":null,"#
    + #""api_key_id":\#(key),"model":"\#(model)","batch":false,"service_tier":"default"\#(more)}"#
}

/// A page of OpenAI's usage API. 1790812800 is 2026-10-01T00:00:00Z.
func openaiUsage(
  _ rows: [String], begin: Int64 = 1_790_812_800, seconds: Int64 = 86_400, more: String = "",
  hasMore: Bool = false
) -> String {
  #"{"object":"page","data":[{"object":"bucket","start_time":\#(begin),"end_time":\#(begin + seconds),"#
    + #""results":[\#(rows.joined(separator: ","))]}\#(more)],"has_more":\#(hasMore),"next_page":null}"#
}

/// The documented row of Anthropic's usage report for messages.
func anthropicMessages(workspace: String = "null", window: String = "0-200k") -> String {
  #"{"uncached_input_tokens":1200,"cache_read_input_tokens":90000,"cache_creation":{"ephemeral_5m_input_tokens":300,"#
    + #""ephemeral_1h_input_tokens":0},"output_tokens":640,"server_tool_use":{"web_search_requests":1},"#
    + #""model":"demo-4","workspace_id":\#(workspace),"api_key_id":"apikey_x","service_tier":"standard","#
    + #""context_window":"\#(window)"}"#
}

func anthropicUsage(
  _ rows: [String], begin: String = "2026-10-01T00:00:00Z", end: String = "2026-10-02T00:00:00Z"
) -> String {
  #"{"data":[{"starting_at":"\#(begin)","ending_at":"\#(end)","results":[\#(rows.joined(separator: ","))]}],"#
    + #""has_more":false,"next_page":null}"#
}
