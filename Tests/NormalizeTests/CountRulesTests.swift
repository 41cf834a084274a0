import JSON
import Ledger
import Normalize
import TestKit
import Testing

/// What holds for every vendor's counts.
@Suite struct CountRulesTests {
  @Test(
    "a part larger than its whole is cut to fit, and the answer is flagged as an estimate",
    arguments: [
      (
        "openai.chat_completions",
        #"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":25}}"#,
        counts([.cacheRead: 10, .output: 5])
      ),
      (
        "openai.chat_completions",
        #"{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":8,"cache_write_tokens":8}}"#,
        counts([.cacheRead: 8, .cacheWrite5m: 2, .output: 5])
      ),
      (
        "openai.chat_completions",
        #"{"prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":9}}"#,
        counts([.input: 10, .output: 5], reasoning: 5)
      ),
      (
        "openai.responses",
        #"{"input_tokens":10,"output_tokens":5,"input_tokens_details":{"cached_tokens":11}}"#,
        counts([.cacheRead: 10, .output: 5])
      ),
      (
        "anthropic.messages",
        #"{"cache_creation_input_tokens":10,"cache_creation":{"ephemeral_1h_input_tokens":12},"output_tokens":1}"#,
        counts([.cacheWrite1h: 10, .output: 1])
      ),
      (
        "gemini.generate_content",
        #"{"promptTokenCount":10,"cachedContentTokenCount":11,"candidatesTokenCount":1}"#,
        counts([.cacheRead: 10, .output: 1])
      ),
      (
        "bedrock.converse",
        #"{"inputTokens":1,"outputTokens":1,"cacheWriteInputTokens":5,"cacheDetails":[{"ttl":"1h","inputTokens":6}]}"#,
        counts([.input: 1, .cacheWrite1h: 5, .output: 1])
      ),
    ])
  func clamped(endpoint: String, usage: String, expected: TokenCounts) throws {
    let result = try normalized(endpoint, usage)
    #expect(result.counts == expected)
    #expect(result.flags.contains(.clamped))
    #expect(result.flags.isEstimate)
  }

  @Test(
    "a vendor's total that is not the sum of its parts is noticed",
    arguments: [
      ("openai.chat_completions", #"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":14}"#),
      ("openai.responses", #"{"input_tokens":10,"output_tokens":5,"total_tokens":16}"#),
      ("bedrock.converse", #"{"inputTokens":10,"outputTokens":5,"totalTokens":16}"#),
      ("gemini.generate_content", #"{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":16}"#),
    ])
  func totalMismatch(endpoint: String, usage: String) throws {
    let result = try normalized(endpoint, usage)
    #expect(result.flags == [.totalMismatch])
    #expect(result.counts[.input] == 10)
  }

  @Test(
    "absent and null facts count nothing",
    arguments: [
      (
        "openai.chat_completions",
        #"{"prompt_tokens":7,"prompt_tokens_details":null,"completion_tokens":null}"#
      ),
      (
        "openai.responses",
        #"{"input_tokens":7,"input_tokens_details":{"cached_tokens":null},"total_tokens":null}"#
      ),
      (
        "anthropic.messages",
        #"{"input_tokens":7,"cache_creation":null,"server_tool_use":null,"service_tier":null}"#
      ),
      ("bedrock.converse", #"{"inputTokens":7,"cacheDetails":null,"outputTokens":null}"#),
      ("gemini.generate_content", #"{"promptTokenCount":7,"thoughtsTokenCount":null}"#),
    ])
  func absentAndNull(endpoint: String, usage: String) throws {
    let result = try normalized(endpoint, usage)
    #expect(result.counts == counts([.input: 7]))
    #expect(result.flags.isEmpty)
    #expect(result.serviceTier == nil)
  }

  @Test("no usage at all counts nothing, and is no fault")
  func noUsage() throws {
    let result = try normalize(endpoint: "anthropic.messages", usage: nil, billing: nil, model: nil)
    #expect(result.counts.isZero)
  }

  @Test(
    "12.0, 1.2e1 and \"12\" are 12",
    arguments: ["12", "12.0", "1.2e1", #""12""#, #""12.0""#])
  func lenientCounts(text: String) throws {
    for (endpoint, field) in fields {
      #expect(try normalized(endpoint, #"{"\#(field)":\#(text)}"#).counts[.input] == 12, "\(endpoint)")
    }
  }

  @Test("2^53 is a count")
  func largestCount() throws {
    for (endpoint, field) in fields {
      #expect(try normalized(endpoint, #"{"\#(field)":9007199254740992}"#).counts[.input] == 1 << 53)
    }
  }

  @Test(
    "a count that is negative, not whole, above 2^53 or no number is refused, and the reason names it",
    arguments: [
      "-1", "1.5", "9007199254740993", "1e30", #""-5""#, #""twelve""#, "true", "[12]", "{}", #""""#,
    ])
  func refused(text: String) throws {
    for (endpoint, field) in fields {
      let fault = #expect(throws: NormalizeFault.self) {
        try normalized(endpoint, #"{"\#(field)":\#(text)}"#)
      }
      #expect(fault?.reason.contains(field) == true, "\(endpoint): \(fault?.reason ?? "")")
    }
  }

  @Test(
    "a bad count deep inside is refused as well",
    arguments: [
      ("openai.chat_completions", #"{"prompt_tokens":1,"prompt_tokens_details":{"cached_tokens":-1}}"#),
      ("openai.responses", #"{"input_tokens":1,"output_tokens_details":{"reasoning_tokens":0.5}}"#),
      ("anthropic.messages", #"{"input_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":-2}}"#),
      ("anthropic.messages", #"{"input_tokens":1,"iterations":[{"type":"message","output_tokens":-2}]}"#),
      ("anthropic.messages", #"{"input_tokens":1,"server_tool_use":{"web_search_requests":1.5}}"#),
      ("bedrock.converse", #"{"inputTokens":1,"cacheDetails":[{"ttl":"5m","inputTokens":-7}]}"#),
      ("gemini.generate_content", #"{"promptTokenCount":1,"toolUsePromptTokenCount":-7}"#),
    ])
  func refusedInside(endpoint: String, usage: String) throws {
    #expect(throws: NormalizeFault.self) { try normalized(endpoint, usage) }
  }

  @Test("what stands beside the usage is counted: searches, images, characters, seconds; a batch is a tier")
  func billing() throws {
    let result = try normalized(
      "openai.responses", #"{"input_tokens":1,"output_tokens":1}"#,
      billing: """
        {"service_tier":"flex","batch":true,"tool_usage":{"web_search":{"num_requests":2}},"search_queries":3,
         "images":{"n":4,"size":"1024x1024","quality":"high"},"characters":500,"seconds":12.5}
        """)
    #expect(
      result.counts
        == counts([
          .input: 1, .output: 1, .webSearch: 5, .image: 4, .character: 500, .millisecond: 12_500,
        ]))
    #expect(result.serviceTier == "batch")
  }

  @Test("units count without any usage object")
  func billingAlone() throws {
    let tape = JSONTape()
    let billing = try tape.parse(#"{"characters":42}"#)
    let result = try normalize(endpoint: "openai.audio.speech", usage: nil, billing: billing, model: nil)
    #expect(result.counts == counts([.character: 42]))
  }

  @Test(
    "a bad unit is refused",
    arguments: [
      #"{"seconds":-1}"#, #"{"seconds":"long"}"#, #"{"images":{"n":-1}}"#, #"{"characters":1.5}"#,
      #"{"search_queries":-2}"#, #"{"tool_usage":{"web_search":{"num_requests":0.1}}}"#,
    ])
  func badUnits(billing: String) {
    #expect(throws: NormalizeFault.self) {
      try normalized("openai.responses", #"{"input_tokens":1}"#, billing: billing)
    }
  }

  @Test("usage in a shape that nobody knows is not zero: it is flagged as missing")
  func unknownEndpoint() throws {
    let result = try normalized("acme.chat", #"{"tokens":5}"#)
    #expect(result.flags.contains(.usageMissing))
  }

  @Test("meters are disjoint: whatever the parts, OpenAI's add up to prompt and completion")
  func disjoint() throws {
    var random = SeededRandom(seed: 0xD15)
    for _ in 0..<2_000 {
      func some(_ most: Int) -> Int { Int.random(in: 0...most, using: &random) }
      let (prompt, completion) = (some(2000), some(2000))
      let usage = """
        {"prompt_tokens":\(prompt),"completion_tokens":\(completion),"total_tokens":\(prompt + completion),
         "prompt_tokens_details":{"cached_tokens":\(some(1500)),"cache_write_tokens":\(some(1500)),
         "audio_tokens":\(some(500))},
         "completion_tokens_details":{"reasoning_tokens":\(some(2000)),"audio_tokens":\(some(1500))}}
        """
      let found = try normalized("openai.chat_completions", usage).counts
      #expect(found.totalInput == prompt, "\(usage)")
      #expect(found[.output] + found[.outputAudio] == completion, "\(usage)")
      #expect(found.used.allSatisfy { $0.count > 0 }, "\(usage)")
      #expect((0...found[.output]).contains(found.reasoning), "\(usage)")
    }
  }

  /// Each vendor's plain input count.
  private let fields = [
    ("openai.chat_completions", "prompt_tokens"), ("openai.responses", "input_tokens"),
    ("anthropic.messages", "input_tokens"), ("bedrock.converse", "inputTokens"),
    ("gemini.generate_content", "promptTokenCount"),
  ]
}
