import JSON
import Ledger
import Normalize
import Testing

/// One documented answer of each further format, worked out by hand from the vendor's rules.
@Suite struct FormatExamplesTests {
  @Test(
    "what each answer counts as",
    arguments: [
      Example(
        "completions speak chat's shape", "openai.completions",
        #"{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}"#, counts([.input: 5, .output: 7])),
      Example(
        "images: text and image in, image out, each apart", "openai.images.edits",
        """
        {"input_tokens":372,"input_tokens_details":{"text_tokens":50,"image_tokens":322},"output_tokens":1056,
         "total_tokens":1428}
        """, counts([.input: 50, .inputImage: 322, .outputImage: 1056])),
      Example(
        "transcription by tokens", "openai.audio.transcriptions",
        """
        {"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":4,"audio_tokens":10},
         "output_tokens":45,"total_tokens":59}
        """, counts([.input: 4, .inputAudio: 10, .output: 45])),
      Example(
        "transcription by time: the type decides, and what the proxy measured is the same time",
        "openai.audio.transcriptions", #"{"type":"duration","seconds":12.5}"#, counts([.millisecond: 12_500]),
        billing: #"{"seconds":12.6}"#),
      Example(
        "transcription by tokens is not billed by time as well", "openai.audio.transcriptions",
        #"{"type":"tokens","input_tokens":14,"output_tokens":45,"seconds":9}"#,
        counts([.input: 14, .output: 45]), billing: #"{"seconds":12.6}"#),
      Example(
        "realtime: the cached part of each kind comes out of that kind", "openai.realtime",
        """
        {"total_tokens":253,"input_tokens":132,"output_tokens":121,
         "input_token_details":{"text_tokens":119,"audio_tokens":13,"image_tokens":0,"cached_tokens":64,
         "cached_tokens_details":{"text_tokens":60,"audio_tokens":4,"image_tokens":0}},
         "output_token_details":{"text_tokens":30,"audio_tokens":91}}
        """,
        counts([
          .input: 59, .inputAudio: 9, .cacheRead: 60, .cacheReadAudio: 4, .output: 30, .outputAudio: 91,
        ])),
      Example(
        "Llama's own names", "bedrock.invoke", #"{"prompt_token_count":25,"generation_token_count":102}"#,
        counts([.input: 25, .output: 102])),
      Example(
        "Titan's own names", "bedrock.invoke", #"{"inputTextTokenCount":9,"results":[{"tokenCount":31}]}"#,
        counts([.input: 9, .output: 31])),
      Example(
        "Cohere says nothing in its body: the headers count", "bedrock.invoke",
        """
        {"x-amzn-bedrock-input-token-count":"11","x-amzn-bedrock-output-token-count":"5",
         "x-amzn-bedrock-cache-read-input-token-count":"70"}
        """, counts([.input: 11, .output: 5, .cacheRead: 70])),
      Example(
        "invoke's body comes before its headers, those before the metrics", "bedrock.invoke_stream",
        """
        {"input_tokens":5,"x-amzn-bedrock-input-token-count":"6","x-amzn-bedrock-output-token-count":"8",
         "amazon-bedrock-invocationMetrics":{"inputTokenCount":7,"outputTokenCount":9,
         "cacheWriteInputTokenCount":40,"invocationLatency":1200,"firstByteLatency":300}}
        """, counts([.input: 5, .output: 8, .cacheWrite5m: 40])),
      Example(
        "iterations say all there is, and Bedrock's sums add nothing to them", "bedrock.invoke",
        """
        {"input_tokens":null,"output_tokens":7,"x-amzn-bedrock-input-token-count":"900",
         "iterations":[{"type":"message","output_tokens":7},{"type":"compaction","input_tokens":300}]}
        """, counts([.input: 300, .output: 7])),
      Example(
        "Claude's shape is known by any of its counts", "bedrock.invoke",
        #"{"input_tokens":null,"output_tokens":null,"cache_creation_input_tokens":727}"#,
        counts([.cacheWrite5m: 727])),
      Example(
        "Mistral on Bedrock speaks chat's shape", "bedrock.invoke",
        #"{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}"#, counts([.input: 5, .output: 7])),
      Example(
        "Gemini by kind, the cached part of each kind out of it", "gemini.generate_content",
        """
        {"promptTokenCount":1000,"cachedContentTokenCount":300,"candidatesTokenCount":1340,
         "totalTokenCount":2340,"promptTokensDetails":[{"modality":"TEXT","tokenCount":500},
         {"modality":"AUDIO","tokenCount":260},{"modality":"VIDEO","tokenCount":140},
         {"modality":"IMAGE","tokenCount":100}],
         "cacheTokensDetails":[{"modality":"TEXT","tokenCount":240},{"modality":"AUDIO","tokenCount":60}],
         "candidatesTokensDetails":[{"modality":"TEXT","tokenCount":50},{"modality":"IMAGE","tokenCount":1290}]}
        """,
        counts([
          .input: 260, .inputAudio: 200, .inputVideo: 140, .inputImage: 100, .cacheRead: 240,
          .cacheReadAudio: 60, .output: 50, .outputImage: 1290,
        ])),
      Example(
        "Gemini that only thought has no candidates", "gemini.generate_content",
        #"{"promptTokenCount":21,"thoughtsTokenCount":60,"totalTokenCount":81}"#,
        counts([.input: 21, .output: 60], reasoning: 60)),
      Example(
        "a cache that Gemini made is input", "gemini.cached_contents", #"{"totalTokenCount":4000}"#,
        counts([.input: 4000])),
      Example(
        "Gemini's interactions say their searches", "gemini.interactions",
        """
        {"total_input_tokens":100,"total_cached_tokens":40,"total_output_tokens":20,"total_thought_tokens":7,
         "total_tool_use_tokens":9,"total_tokens":136,
         "grounding_tool_count":[{"type":"google_search","count":2},{"type":"google_maps","count":1}]}
        """,
        counts([.input: 69, .cacheRead: 40, .output: 27, .webSearch: 2, .mapsSearch: 1], reasoning: 7)),
      Example(
        "Moonshot's cached tokens stand at the top", "openai.chat_completions",
        #"{"prompt_tokens":100,"completion_tokens":4,"total_tokens":104,"cached_tokens":60}"#,
        counts([.input: 40, .cacheRead: 60, .output: 4])),
      Example(
        "Groq's times and a gateway's prices are no counts", "openai.chat_completions",
        """
        {"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"queue_time":0.02,"prompt_time":0.001,
         "completion_time":0.4,"total_time":0.401,"cost":0.0014,"is_byok":false,
         "cost_details":{"upstream_inference_cost":0.0012}}
        """, counts([.input: 10, .output: 5])),
      Example(
        "a ranking is billed by search units", "cohere.rerank", #"{"billed_units":{"search_units":3}}"#,
        counts([.query: 3])),
      Example(
        "a document is billed by pages", "mistral.ocr", #"{"pages_processed":29,"doc_size_bytes":3002783}"#,
        counts([.page: 29])),
    ])
  func example(_ example: Example) throws {
    let result = try normalized(example.endpoint, example.usage, billing: example.billing)
    #expect(result.counts == example.counts)
    #expect(result.flags.isEmpty)
    #expect(result.otherModels.isEmpty)
  }

  @Test("the image tool's tokens are booked beside the answer's own model, drawings under their model's name")
  func otherModels() throws {
    let result = try normalized(
      "openai.responses", #"{"input_tokens":10,"output_tokens":5,"total_tokens":15}"#,
      billing: """
        {"tool_usage":{"web_search":{"num_requests":1},"image_gen":{"input_tokens":30,
         "input_tokens_details":{"text_tokens":20,"image_tokens":10},"output_tokens":272,"total_tokens":302}},
         "svg_usage":{"model":"svg-1","input_tokens":4,"output_tokens":6,"reasoning_tokens":2,"total_tokens":10}}
        """)
    #expect(result.counts == counts([.input: 10, .output: 5, .webSearch: 1]))
    #expect(
      result.otherModels == [
        .init(model: "image_generation", counts: counts([.input: 20, .inputImage: 10, .outputImage: 272])),
        .init(model: "svg-1", counts: counts([.input: 4, .output: 6], reasoning: 2)),
      ])
    #expect(result.flags.isEmpty)
  }

  @Test("images are counted where no tokens tell their price, with their size and quality as facts")
  func images() throws {
    let billing = #"{"images":{"n":2,"size":"1024x1024","quality":"hd"}}"#
    let tape = JSONTape()
    let plain = try normalize(
      endpoint: "openai.images.generations", usage: nil, billing: try tape.parse(billing), model: nil)
    #expect(plain.counts == counts([.image: 2]))
    #expect(
      plain.priceFacts == [
        .init(name: "image_quality", value: "hd"), .init(name: "image_size", value: "1024x1024"),
      ])
    let tokens = try normalized(
      "openai.images.generations", #"{"input_tokens":5,"output_tokens":272,"total_tokens":277}"#,
      billing: billing)
    #expect(tokens.counts == counts([.input: 5, .outputImage: 272]))
  }

  @Test("a video is made, not sent in")
  func video() throws {
    let tape = JSONTape()
    let billing = try tape.parse(#"{"seconds":8,"resolution":"720p"}"#)
    let result = try normalize(endpoint: "openai.videos", usage: nil, billing: billing, model: nil)
    #expect(result.counts == counts([.outputMillisecond: 8000]))
    #expect(result.priceFacts == [.init(name: "resolution", value: "720p")])
  }

  @Test("the stream of OpenAI's models on Bedrock counts the cache twice; others and plain answers do not")
  func converseStreamOfOpenAI() throws {
    let usage =
      #"{"inputTokens":4995,"outputTokens":20,"totalTokens":5015,"cacheReadInputTokens":0,"cacheWriteInputTokens":4993}"#
    let stream = try normalized("bedrock.converse_stream", usage, model: "us.openai.gpt-5.6-v1:0")
    #expect(stream.counts == counts([.input: 2, .cacheWrite5m: 4993, .output: 20]))
    #expect(stream.flags.contains(.totalMismatch))
    for (endpoint, model) in [
      ("bedrock.converse", "openai.gpt-5.6"), ("bedrock.converse_stream", "anthropic.claude-x"),
    ] {
      #expect(try normalized(endpoint, usage, model: model).counts[.input] == 4995)
    }
    // What does not fit in is not in it.
    let plain = #"{"inputTokens":2,"outputTokens":20,"totalTokens":5015,"cacheWriteInputTokens":4993}"#
    let fits = try normalized("bedrock.converse_stream", plain, model: "openai.gpt-5.6")
    #expect(fits.counts == counts([.input: 2, .cacheWrite5m: 4993, .output: 20]))
    #expect(fits.flags.isEmpty)
  }

  @Test(
    "how a request was served is its tier",
    arguments: [
      ("ON_DEMAND", nil), ("ON_DEMAND_PRIORITY", "priority"), ("ON_DEMAND_FLEX", "flex"),
      ("PROVISIONED_THROUGHPUT", "provisioned_throughput"),
    ])
  func trafficType(_ word: String, _ tier: String?) throws {
    let usage = #"{"promptTokenCount":1,"trafficType":"\#(word)"}"#
    #expect(try normalized("gemini.generate_content", usage).serviceTier == tier)
  }

  @Test("what moves the price is a fact, sorted, and only where it is something special")
  func priceFacts() throws {
    let special = try normalized(
      "anthropic.messages",
      #"{"input_tokens":1,"output_tokens":1,"speed":"fast","inference_geo":"us","service_tier":"priority"}"#)
    #expect(
      special.priceFacts == [
        .init(name: "inference_geo", value: "us"), .init(name: "speed", value: "fast"),
      ])
    #expect(special.serviceTier == "priority")
    for geo in [#""global""#, #""not_available""#, "null", "7", #""u s""#, #""ü""#, #""""#] {
      let plain = try normalized(
        "anthropic.messages", #"{"input_tokens":1,"speed":"standard","inference_geo":\#(geo)}"#)
      #expect(plain.priceFacts == [], "\(geo)")
    }
    let all = try normalized(
      "openai.responses", #"{"input_tokens":1}"#,
      billing: """
        {"speed":"fast","latency":"optimized","cache_type":"ephemeral","search_context_size":"low",
         "resolution":"720p","images":{"size":"1024x1024","quality":"low"},"inference_geo":"us"}
        """)
    #expect(all.priceFacts.map(\.name) == all.priceFacts.map(\.name).sorted())
    #expect(all.priceFacts.count == 8)
    let plain = try normalized(
      "openai.responses", #"{"input_tokens":1}"#,
      billing: """
        {"speed":"standard","latency":"standard","search_context_size":"medium",
         "images":{"size":"auto","quality":"standard"},"resolution":"\(String(repeating: "7", count: 41))"}
        """)
    #expect(plain.priceFacts == [.init(name: "search_context_size", value: "medium")])
  }

  @Test("counts in a list that add up beyond what a count can be are refused, never wrapped around")
  func sums() {
    let most = "9007199254740992"
    for (endpoint, usage) in [
      ("anthropic.messages", #"{"iterations":[{"input_tokens":\#(most)},{"input_tokens":1}]}"#),
      ("bedrock.converse", #"{"cacheDetails":[{"inputTokens":\#(most)},{"inputTokens":1}]}"#),
      (
        "gemini.generate_content",
        #"{"promptTokensDetails":[{"modality":"AUDIO","tokenCount":\#(most)},{"modality":"AUDIO","tokenCount":1}]}"#
      ),
    ] {
      #expect(throws: NormalizeFault.self) { try normalized(endpoint, usage) }
    }
  }

  @Test("an answer's thinking that stands with another model does not make it an estimate")
  func thinkingOfTheFallback() throws {
    let result = try normalized(
      "anthropic.messages",
      """
      {"input_tokens":412,"output_tokens":264,"output_tokens_details":{"thinking_tokens":100},"iterations":[
        {"type":"message","model":"A","input_tokens":535,"output_tokens":0},
        {"type":"fallback_message","model":"B","input_tokens":412,"output_tokens":264}]}
      """, model: "A")
    #expect(result.flags.isEmpty)
    #expect(result.counts.reasoning == 0)
  }
}

struct Example: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var endpoint: String
  var usage: String
  var counts: TokenCounts
  var billing: String?

  init(_ fact: String, _ endpoint: String, _ usage: String, _ counts: TokenCounts, billing: String? = nil) {
    testDescription = fact
    self.endpoint = endpoint
    self.usage = usage
    self.counts = counts
    self.billing = billing
  }
}
