import JSON
import Ledger
import Normalize
import Testing

/// What each rule says it reads, it reads; what it says it leaves, it leaves; and what it says nothing of is named.
@Suite struct DeclaredFieldsTests {
  @Test("each field that a format declares as read moves the result", arguments: declared)
  func readFieldsMove(_ format: DeclaredFields) throws {
    let base = bases[format.endpoint] ?? [:]
    let before = try normalized(format.endpoint, object(base))
    for path in format.read {
      var fields = base
      fields[path] = samples[path] ?? "7"
      let after = try normalized(format.endpoint, object(fields))
      #expect(told(after) != told(before), "\(format.endpoint): \(path) moves nothing")
    }
  }

  @Test("each field that a format declares as left has a reason, and moves nothing", arguments: declared)
  func leftFieldsStay(_ format: DeclaredFields) throws {
    let base = bases[format.endpoint] ?? [:]
    let before = try normalized(format.endpoint, object(base))
    for (path, reason) in format.left {
      #expect(!reason.isEmpty, "\(path)")
      var fields = base
      fields[path] = "7"
      let after = try normalized(format.endpoint, object(fields))
      #expect(told(after) == told(before), "\(format.endpoint): \(path) moves something")
      #expect(after.unknownFields == [])
    }
  }

  @Test("no declared field is named as unknown; each of its neighbours is", arguments: declared)
  func neighbours(_ format: DeclaredFields) throws {
    for path in format.read + format.left.map(\.path) {
      let known = try normalized(format.endpoint, object([path: samples[path] ?? "7"]))
      #expect(known.unknownFields == [], "\(format.endpoint): \(path)")
      let neighbour = path + "_new"
      let unknown = try normalized(format.endpoint, object([neighbour: "7"]))
      #expect(unknown.unknownFields == [neighbour], "\(format.endpoint)")
      #expect(unknown.flags.contains(.unknownField))
    }
  }

  @Test(
    "words, zeros, nulls and empty things are no unknown counts",
    arguments: [
      "0", "0.0", "-0", "0e9", "null", "true", #""fast""#, #""0""#, "{}", "[]", #"{"a":[{"b":0}]}"#,
    ])
  func nothingToCount(_ value: String) throws {
    for format in declared {
      let result = try normalized(format.endpoint, #"{"a_new_thing":\#(value)}"#)
      #expect(result.unknownFields == [] && !result.flags.contains(.unknownField), "\(format.endpoint)")
    }
  }

  @Test(
    "numbers are found wherever they stand",
    arguments: [
      (#"{"new":0.25}"#, ["new"]), (#"{"new":-3}"#, ["new"]), (#"{"new":"12"}"#, ["new"]),
      (#"{"new":{"a":{"b":1,"c":0},"d":2}}"#, ["new.a.b", "new.d"]),
      (#"{"new":[{"a":1},{"a":2},{"b":[3]}]}"#, ["new.a", "new.b"]), (#"{"new":[5,6]}"#, ["new"]),
      (#"{"prompt_tokens_details":9}"#, ["prompt_tokens_details"]),
      (#"{"prompt_tokens_details":{"x":{"y":4}}}"#, ["prompt_tokens_details.x.y"]),
    ])
  func found(_ usage: String, _ paths: [String]) throws {
    #expect(try normalized("openai.chat_completions", usage).unknownFields == paths)
  }

  @Test("lists inside are looked through too")
  func lists() throws {
    #expect(
      try normalized("bedrock.converse", #"{"cacheDetails":[{"ttl":"5m","inputTokens":1,"units":2}]}"#)
        .unknownFields == ["cacheDetails.units"])
    #expect(
      try normalized("anthropic.messages", #"{"iterations":[{"type":"message","new":{"x":2}}]}"#)
        .unknownFields == ["iterations.new.x"])
    #expect(
      try normalized("gemini.generate_content", #"{"promptTokensDetails":[{"modality":"TEXT","seconds":2}]}"#)
        .unknownFields == ["promptTokensDetails.seconds"])
    #expect(
      try normalized(
        "openai.responses", #"{"input_tokens":1}"#, billing: #"{"tool_usage":{"new_tool":{"calls":2}}}"#
      ).unknownFields == ["tool_usage.new_tool.calls"])
  }

  @Test("at most eight paths of at most eighty characters, of letters, digits and three marks")
  func bounds() throws {
    let many = (0..<100).map { #""new_\#($0)":1"# }.joined(separator: ",")
    #expect(try normalized("openai.embeddings", "{\(many)}").unknownFields.count == 8)
    let long = String(repeating: "long_", count: 60)
    let deep = String(repeating: #"{"\#(long)":"#, count: 40) + "1" + String(repeating: "}", count: 40)
    let result = try normalized("openai.embeddings", #"{"new":\#(deep)}"#)
    #expect(result.unknownFields.map(\.count) == [80])
    #expect(
      try normalized("openai.embeddings", ##"{"<b>a b|c</b>\n#1":1,"":2}"##).unknownFields
        == ["…b…a…b…c…b…1", "…"])
  }

  @Test("of a format that nobody knows every count is named")
  func unknownFormat() throws {
    let result = try normalized("acme.chat", #"{"tokens":5,"more":{"units":2},"word":"x"}"#)
    #expect(result.unknownFields == ["tokens", "more.units"])
    #expect(result.flags == [.usageMissing, .unknownField])
  }
}

private let declared = DeclaredFields.all

extension DeclaredFields: CustomTestStringConvertible {
  public var testDescription: String { endpoint }
}

private struct Told: Equatable {
  var counts: TokenCounts
  var others: [Usage.OtherModel]
  var flags: UInt32
  var tier: String?
  var facts: [RequestFacts.Tag]
}

private func told(_ result: Normalized) -> Told {
  Told(
    counts: result.counts, others: result.otherModels, flags: result.flags.rawValue, tier: result.serviceTier,
    facts: result.priceFacts)
}

/// Wholes that the parts fit into.
private let bases: [String: [String: String]] = [
  "openai.chat_completions": ["prompt_tokens": "1000", "completion_tokens": "1000"],
  "openai.embeddings": ["prompt_tokens": "1000"],
  "openai.responses": ["input_tokens": "1000", "output_tokens": "1000"],
  "openai.images.generations": [
    "input_tokens": "1000", "output_tokens": "1000", "input_tokens_details.image_tokens": "100",
  ],
  "openai.audio.transcriptions": ["input_tokens": "1000", "output_tokens": "1000"],
  "openai.realtime": [
    "input_tokens": "1000", "output_tokens": "1000", "input_token_details.audio_tokens": "100",
    "input_token_details.image_tokens": "100",
  ],
  "anthropic.messages": ["input_tokens": "1000", "output_tokens": "1000"],
  "bedrock.converse": ["inputTokens": "1000", "outputTokens": "1000"],
  "gemini.generate_content": ["promptTokenCount": "1000", "cachedContentTokenCount": "100"],
  "gemini.interactions": ["total_input_tokens": "1000", "total_output_tokens": "1000"],
]

/// Values of the fields that are no plain counts.
private let samples: [String: String] = [
  "service_tier": #""flex""#, "serviceTier": #""flex""#, "trafficType": #""ON_DEMAND_FLEX""#,
  "type": #""duration""#, "inference_geo": #""us""#, "speed": #""fast""#, "search_context_size": #""high""#,
  "prompt_tokens_details.cache_type": #""ephemeral""#,
  "iterations": #"[{"type":"message","input_tokens":7,"output_tokens":7}]"#,
  "cacheDetails": #"[{"ttl":"1h","inputTokens":7}]"#, "results": #"[{"tokenCount":7}]"#,
  "promptTokensDetails": #"[{"modality":"AUDIO","tokenCount":7}]"#,
  "cacheTokensDetails": #"[{"modality":"AUDIO","tokenCount":7}]"#,
  "candidatesTokensDetails": #"[{"modality":"AUDIO","tokenCount":7}]"#,
  "responseTokensDetails": #"[{"modality":"AUDIO","tokenCount":7}]"#,
  "input_tokens_by_modality": #"[{"modality":"audio","tokens":7}]"#,
  "output_tokens_by_modality": #"[{"modality":"audio","tokens":7}]"#,
  "grounding_tool_count": #"[{"type":"google_search","count":7}]"#,
]

/// An object with a value at each path.
private func object(_ fields: [String: String]) -> String {
  var own: [String] = []
  var inner: [String: [String: String]] = [:]
  for (path, value) in fields {
    let steps = path.split(separator: ".", maxSplits: 1).map(String.init)
    if steps.count == 1 {
      own.append("\"\(path)\":\(value)")
    } else {
      inner[steps[0], default: [:]][steps[1]] = value
    }
  }
  own += inner.map { "\"\($0)\":\(object($1))" }
  return "{\(own.sorted().joined(separator: ","))}"
}
