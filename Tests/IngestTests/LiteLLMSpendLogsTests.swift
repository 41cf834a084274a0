import Ingest
import Ledger
import TestKit
import Testing

/// LiteLLM's spend logs as usages.
@Suite struct LiteLLMSpendLogsTests {
  private let fixture: SourceFixture
  init() throws { fixture = try SourceFixture() }

  private func usage(_ row: String) throws -> Usage {
    let reading = try fixture.read(row + "\n")
    return try #require(reading.usages.first, "\(reading.rejected)")
  }

  @Test("a row is a usage: who, when, how long, which model, what LiteLLM says it cost")
  func wholeRow() throws {
    let usage = try usage(
      spendLog(
        metadata: #","user_api_key_alias":"ticket-generator-prod","user_api_key_team_alias":"review","#
          + #""user_agent":"openai-python","spend_logs_metadata":{"product":"tickets","run":7}"#,
        more: #","user":"owner","end_user":"u-1842","team_id":"t-1","session_id":"s-77","cache_hit":"False","#
          + #""request_tags":["env=prod","User-Agent: openai","batch-job"],"requester_ip_address":"10.0.0.8","#
          + #""status":"success","completionStartTime":"2026-09-05T03:00:01.000000Z""#))
    #expect((usage.id, usage.responseID, usage.vendorRequestID) == ("chatcmpl-1", "chatcmpl-1", nil))
    // date -u -d 2026-09-05T03:00:00 +%s
    #expect(usage.time == 1_788_577_200_250_000)
    #expect((usage.durationMicroseconds, usage.firstByteMicroseconds) == (1_750_000, 750_000))
    #expect((usage.outcome, usage.user, usage.session, usage.ip) == (.ok, "u-1842", "s-77", "10.0.0.8"))
    let facts = usage.facts
    #expect((facts.endpoint, facts.provider) == ("openai.chat_completions", "openai"))
    #expect((facts.modelRequested, facts.modelReturned) == ("fast", "gpt-4o-mini"))
    #expect((facts.keyName, facts.team, facts.agent) == ("ticket-generator-prod", "review", "openai-python"))
    #expect(
      facts.tags.map { "\($0.name)=\($0.value)" } == [
        "batch-job=true", "env=prod", "product=tickets", "run=7",
      ])
    #expect(usage.counts == TokenCounts([.input: 1000, .output: 500]))
    #expect(usage.flags == [])
    #expect(usage.statedCost?.description == "0.0045")
    #expect(usage.place == .init(file: "s:export.json", line: 1))
  }

  @Test(
    "cache tokens stand inside LiteLLM's prompt tokens, Anthropic's too, and come out of them by lifetime")
  func caches() throws {
    let usage = try usage(
      spendLog(
        usage: #"{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500,"prompt_tokens_details":{"#
          + #""cached_tokens":600,"cache_creation_tokens":300,"cache_creation_token_details":{"#
          + #""ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":100}},"cache_read_input_tokens":600,"#
          + #""cache_creation_input_tokens":300,"completion_tokens_details":{"reasoning_tokens":90}}"#))
    var expected = TokenCounts([
      .input: 100, .cacheRead: 600, .cacheWrite5m: 200, .cacheWrite1h: 100, .output: 500,
    ])
    expected.reasoning = 90
    #expect(usage.counts == expected)
    #expect(usage.flags == [])
    #expect(usage.unknownFields == [])
  }

  @Test("without its usage object a row's split is not known: the counts are the columns', and an estimate")
  func noDetails() throws {
    let row = spendLog().replacing(#""metadata":{"usage_object""#, with: #""metadata":{"other""#)
    let usage = try usage(row)
    #expect(usage.counts == TokenCounts([.input: 1000, .output: 500]))
    #expect(usage.flags == .estimated)
  }

  @Test("older versions keep the details beside the columns, and they count")
  func additionalValues() throws {
    let row = spendLog().replacing(
      #""usage_object":{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500}"#,
      with:
        #""usage_object":null,"additional_usage_values":{"cache_read_input_tokens":400,"prompt_tokens_details":null}"#
    )
    let usage = try usage(row)
    #expect(usage.counts == TokenCounts([.input: 600, .cacheRead: 400, .output: 500]))
    #expect(usage.flags == [])
  }

  @Test("an answer out of LiteLLM's own cache asked nobody and costs nothing")
  func cacheHit() throws {
    let usage = try usage(spendLog(more: #","cache_hit":"True""#))
    #expect(usage.counts.isZero)
    #expect(usage.flags == .notBilled)
  }

  @Test("a failed request is a failure with the vendor's status; one without counts costs nothing")
  func failure() throws {
    let usage = try usage(
      spendLog(
        usage: "null", prompt: 0, completion: 0,
        metadata:
          #","error_information":{"error_code":"429","error_class":"RateLimitError","error_message":"secret"}"#,
        more: #","status":"failure""#))
    #expect((usage.outcome, usage.status, usage.errorType) == (.vendorError, 429, "RateLimitError"))
    #expect(usage.flags == [])
    #expect(!String(reflecting: usage).contains("secret"))
  }

  @Test("an answer without any count is of unknown cost, not free")
  func nothingCounted() throws {
    #expect(try usage(spendLog(usage: "null", prompt: 0, completion: 0)).flags == .usageMissing)
  }

  @Test("a column that contradicts the usage object is noted")
  func contradiction() throws {
    #expect(try usage(spendLog(prompt: 999)).flags == .totalMismatch)
  }

  @Test(
    "each call type is its endpoint",
    arguments: [
      ("aembedding", "openai.embeddings"), ("aresponses", "openai.responses"),
      ("anthropic_messages", "anthropic.messages"), ("atranscription", "openai.audio.transcriptions"),
      ("pass_through_endpoint", "litellm.pass_through_endpoint"), ("", "litellm.unknown"),
    ])
  func endpoints(callType: String, endpoint: String) throws {
    let row = spendLog().replacing("\"acompletion\"", with: "\"\(callType)\"")
    #expect(try usage(row).facts.endpoint == endpoint)
  }

  @Test(
    "providers have the books' names",
    arguments: [
      ("bedrock_converse", "bedrock"), ("vertex_ai-anthropic_models", "vertex"), ("azure", "azure"),
      ("text-completion-openai", "openai"), ("anthropic", "anthropic"),
    ])
  func providers(litellm: String, ours: String) throws {
    let row = spendLog().replacing(
      #""custom_llm_provider":"openai""#, with: #""custom_llm_provider":"\#(litellm)""#)
    #expect(try usage(row).facts.provider == ours)
  }

  @Test("a key that an old version wrote in clear is kept as its SHA-256")
  func clearKey() throws {
    let row = spendLog().replacing(
      "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b", with: "sk-1234")
    // printf sk-1234 | sha256sum
    #expect(try usage(row).facts.keyID == "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b")
  }

  @Test("prompts, answers and what no rule reads are not kept; what no rule reads is counted")
  func nothingKept() throws {
    let reading = try fixture.read(
      spendLog(
        more:
          #","messages":"tell nobody","response":{"x":"tell nobody"},"new_column":"tell nobody","empty":"""#)
        + "\n" + spendLog(2, more: #","new_column":5"#) + "\n")
    #expect(reading.usages.count == 2)
    #expect(!String(reflecting: reading.usages).contains("tell nobody"))
    #expect(reading.notRead == ["new_column": 2])
  }

  @Test("JSON lines, an array and CSV say the same", arguments: ["", ".gz", ".zst"])
  func forms(suffix: String) throws {
    let rows = (1...3).map { spendLog($0, more: #","request_tags":["a=b"],"end_user":"say \"no\", 日本""#) }
    let header =
      "request_id,call_type,api_key,spend,total_tokens,prompt_tokens,completion_tokens,startTime,endTime,model,"
      + "model_group,custom_llm_provider,metadata,request_tags,end_user"
    let csv = (1...3).map { n in
      "chatcmpl-\(n),acompletion,88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b,0.0045,1500,1000,500,"
        + "2026-09-05 03:00:00.25+00,2026-09-05 03:00:02+00,gpt-4o-mini,fast,openai,"
        + #""{""usage_object"":{""prompt_tokens"":1000,""completion_tokens"":500,""total_tokens"":1500}}","#
        + #""[""a=b""]","say ""no"", 日本""#
    }
    let texts = [
      rows.joined(separator: "\n") + "\n", "[\n" + rows.joined(separator: ",\n") + "\n]\n",
      "\u{FEFF}" + header + "\r\n" + csv.joined(separator: "\r\n") + "\r\n",
    ]
    var readings: [SourceFixture.Reading] = []
    for (index, text) in texts.enumerated() {
      var path = try fixture.folder.write(text, to: "form-\(index)")
      if suffix == ".gz" { try Tool.gzip(path) }
      if suffix == ".zst" { try Tool.zstd(path) }
      path += suffix
      readings.append(try fixture.read(path: path))
    }
    func said(_ reading: SourceFixture.Reading) -> [String] {
      reading.usages.map { usage in
        var usage = usage
        usage.place = .init(file: "", line: 0)
        return String(reflecting: usage)
      }
    }
    #expect(readings.map(\.usages.count) == [3, 3, 3], "\(readings.map(\.rejected))")
    #expect(said(readings[1]) == said(readings[0]))
    #expect(said(readings[2]) == said(readings[0]))
    #expect(readings.map(\.control) == [0, 0, 1])
    #expect(readings[2].usages.map(\.place.line) == [2, 3, 4])
  }

  @Test(
    "a bad row is rejected with its reason, and its neighbours are taken",
    arguments: [
      ("{\"request_id\":", "not JSON"), ("[1]", "not an object"), ("null", "not an object"),
      (spendLog(5, prompt: -1), "`prompt_tokens` is not a count"),
      (spendLog(5).replacing("0.0045", with: "\"free\""), "`spend` is not an amount"),
      (spendLog(5).replacing("0.0045", with: "-1"), "`spend` is not an amount"),
      (spendLog(5).replacing("2026-09-05T03:00:00.250000Z", with: "yesterday"), "`startTime` is not a time"),
      (spendLog(5).replacing("2026-09-05T03:00:00.250000Z", with: ""), "`startTime` is missing"),
      (spendLog(5).replacing("chatcmpl-5", with: ""), "`request_id` is missing"),
      (spendLog(5).replacing("chatcmpl-5", with: "a b"), "`request_id` is not an id"),
      (spendLog(5, more: #","status":"maybe""#), "`status` is neither"),
      (spendLog(5, usage: #"{"prompt_tokens":1.5}"#), "`prompt_tokens` is not a count"),
      (spendLog(5, more: #","metadata":"{'a': 1}""#), "`metadata` is not JSON"),
      (spendLog(5, more: #","metadata":[]"#), "`metadata` is not a JSON object"),
      ("{\"a\":\"\u{0}\"}", "not JSON"),
      ("\"" + String(repeating: "x", count: 2 << 20) + "\"", "longer than 1048576 bytes"),
    ])
  func badRow(row: String, reason: String) throws {
    let reading = try fixture.read(spendLog(1) + "\n" + row + "\n" + spendLog(2) + "\n")
    #expect(reading.usages.map(\.id) == ["chatcmpl-1", "chatcmpl-2"])
    #expect(reading.rejected.map(\.place.line) == [2])
    #expect(reading.rejected.first?.reason.contains(reason) == true, "\(reading.rejected)")
    #expect(reading.rejected.first?.excerpt == "", "nothing of the row is kept")
  }

  @Test("of a name that is there twice the last one counts, as in the raw log")
  func duplicateName() throws {
    #expect(try usage(spendLog(more: #","request_id":"chatcmpl-9""#)).id == "chatcmpl-9")
  }

  @Test("a time without a zone is read in the zone that was said", arguments: [("UTC", 0), ("+09:00", -9)])
  func zones(zone: String, hours: Int64) throws {
    let row = spendLog().replacing(".250000Z", with: "").replacing(".000000Z", with: "")
    let reading = try fixture.read(row + "\n", zone: zone)
    #expect(reading.usages.map(\.time) == [1_788_577_200_000_000 + hours * 3_600_000_000])
  }
}
