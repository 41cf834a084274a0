import Ingest
import Ledger
import TestKit
import Testing

/// Amazon Bedrock's model invocation log as usages.
@Suite struct BedrockInvocationLogsTests {
  private let fixture: SourceFixture
  init() throws { fixture = try SourceFixture() }

  private func usage(_ row: String, profiles: [Source.Profile] = []) throws -> Usage {
    let reading = try fixture.read(row + "\n", profiles: profiles)
    return try #require(reading.usages.first, "\(reading.rejected)")
  }

  @Test(
    "a record is a usage: the caller from its ARN, the caller's own pairs as tags, Bedrock's id as its own")
  func wholeRecord() throws {
    let usage = try usage(
      invocation(
        operation: "ConverseStream",
        input: #"{"inputTokenCount":120,"cacheReadInputTokenCount":9000,"cacheWriteInputTokenCount":300}"#,
        more: #","requestMetadata":{"product":"search","n":7},"performanceConfig":{"latency":"optimized"}"#))
    #expect((usage.id, usage.vendorRequestID, usage.responseID) == ("6d1c-1", "6d1c-1", nil))
    // date -u -d 2026-10-03T04:05:06 +%s
    #expect(usage.time == 1_791_000_306_000_000)
    let facts = usage.facts
    #expect(
      (facts.endpoint, facts.provider, facts.region) == (
        "bedrock.converse_stream", "bedrock", "ap-northeast-1"
      ))
    #expect(facts.modelRequested == "anthropic.claude-haiku-4-5-20251001-v1:0")
    #expect(
      (facts.keyID, facts.keyName) == ("arn:aws:sts::111122223333:assumed-role/search-api", "search-api"))
    #expect((usage.user, usage.stream, usage.outcome) == ("sess-1", true, .ok))
    #expect(facts.tags.map { "\($0.name)=\($0.value)" } == ["product=search"])
    #expect(facts.priceFacts.map { "\($0.name)=\($0.value)" } == ["latency=optimized"])
    #expect(usage.counts == TokenCounts([.input: 120, .cacheRead: 9000, .cacheWrite5m: 300, .output: 450]))
    #expect(usage.flags == [])
    #expect(usage.unknownFields == [])
  }

  @Test(
    "how long a cache write lives stands in the answer, in each of its forms",
    arguments: [
      #"{"usage":{"cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":100}}}"#,
      #"[{"type":"message_start","message":{"usage":{"cache_creation":{"ephemeral_1h_input_tokens":100}}}},{"type":"x"}]"#,
      #"{"usage":{"cacheDetails":[{"ttl":"1h","inputTokens":100},{"ttl":"5m","inputTokens":200}]}}"#,
      #"[{"metadata":{"usage":{"cacheDetails":[{"ttl":"1h","inputTokens":100}]}}}]"#,
    ])
  func lifetimes(body: String) throws {
    let usage = try usage(
      invocation(
        input: #"{"inputTokenCount":1,"cacheWriteInputTokenCount":300}"#,
        output: #"{"outputTokenCount":2,"outputBodyJson":\#(body)}"#))
    #expect(usage.counts == TokenCounts([.input: 1, .cacheWrite5m: 200, .cacheWrite1h: 100, .output: 2]))
  }

  @Test("nothing of a prompt or an answer is kept, wherever it stands")
  func noBodies() throws {
    let reading = try fixture.read(
      invocation(
        input: #"{"inputTokenCount":1,"inputBodyJson":{"messages":[{"content":"tell nobody","n":5}]}}"#,
        output: #"{"outputTokenCount":2,"outputBodyJson":{"content":"tell nobody","secret_count":9}}"#) + "\n"
        + invocation(2, input: #""tell nobody""#) + "\n{\"tell nobody\n")
    #expect(!String(reflecting: reading).contains("tell nobody"))
    #expect(reading.usages.count == 2)
    #expect(reading.usages.first?.unknownFields == [])
  }

  @Test("a count that no rule reads is named")
  func unknownCount() throws {
    let usage = try usage(invocation(output: #"{"outputTokenCount":2,"outputImageCount":3}"#))
    #expect(usage.unknownFields == ["output.outputImageCount"])
  }

  @Test("an application inference profile is a fact for rules; its model is what the configuration says")
  func profile() throws {
    let arn = "arn:aws:bedrock:ap-northeast-1:111122223333:application-inference-profile/ab12cd34"
    let unknown = try usage(invocation(model: arn))
    #expect((unknown.facts.inferenceProfile, unknown.facts.model) == (arn, arn))
    let known = try usage(
      invocation(model: arn),
      profiles: [
        .init(pattern: Pattern("*:application-inference-profile/ab12*"), model: "amazon.nova-lite-v1:0")
      ])
    #expect((known.facts.inferenceProfile, known.facts.model) == (arn, "amazon.nova-lite-v1:0"))
    #expect((known.facts.modelRequested, known.facts.modelRouted) == (arn, "amazon.nova-lite-v1:0"))
  }

  @Test(
    "callers",
    arguments: [
      ("arn:aws:iam::111122223333:user/team/bob", "arn:aws:iam::111122223333:user/team/bob", "bob", "bob"),
      (
        "arn:aws:sts::1:assumed-role/r/alice@example.com", "arn:aws:sts::1:assumed-role/r", "r",
        "alice@example.com"
      ),
      ("arn:aws:iam::1:root", "arn:aws:iam::1:root", nil, nil),
    ])
  func callers(arn: String, keyID: String, name: String?, user: String?) throws {
    let row = invocation().replacing("arn:aws:sts::111122223333:assumed-role/search-api/sess-1", with: arn)
    let usage = try usage(row)
    #expect((usage.facts.keyID, usage.facts.keyName, usage.user) == (keyID, name, user))
  }

  @Test("a failed call is a failure; an answer without counts is of unknown cost")
  func states() throws {
    let failed = try usage(
      invocation(input: "{}", output: "null", more: #","errorCode":"ThrottlingException","status":"429""#))
    #expect((failed.outcome, failed.errorType) == (.vendorError, "ThrottlingException"))
    #expect(failed.flags == [])
    #expect(try usage(invocation(input: "{}", output: "{}")).flags == .usageMissing)
  }

  @Test("CloudWatch's exported lines, with a time before each record, are read too")
  func cloudWatch() throws {
    let reading = try fixture.read("2026-10-03T04:05:06.000Z " + invocation() + "\n")
    #expect(reading.usages.map(\.id) == ["6d1c-1"])
  }

  @Test(
    "bad records are rejected",
    arguments: [
      (invocation(2).replacing("ModelInvocationLog", with: "Other"), "`schemaType` is not"),
      (invocation(2, input: #"{"inputTokenCount":-1}"#), "`input.inputTokenCount` is not a count"),
      (
        invocation(2).replacing("2026-10-03T04:05:06Z", with: "2026-13-03T04:05:06Z"),
        "`timestamp` is not a time"
      ),
      (invocation(2, model: ""), "`modelId` is missing"),
      (invocation(2).replacing("6d1c-2", with: ""), "`requestId` is missing"),
    ])
  func bad(row: String, reason: String) throws {
    let reading = try fixture.read(invocation(1) + "\n" + row + "\n" + invocation(3) + "\n")
    #expect(reading.usages.map(\.id) == ["6d1c-1", "6d1c-3"])
    #expect(reading.rejected.first?.reason.contains(reason) == true, "\(reading.rejected)")
  }
}
