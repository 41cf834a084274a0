import JSON
import Ledger
import Normalize
import Testing

/// Answers as the vendors document them, and what each must be counted as. The figures are the vendors' own rules
/// worked out by hand: which parts are inside their whole, and which come on top.
@Suite struct WorkedExamplesTests {
  @Test(
    "OpenAI chat: cached and written tokens are parts of the prompt, reasoning is a part of the completion")
  func openAIChatCacheWrite() throws {
    let result = try normalized(
      "openai.chat_completions",
      """
      {"prompt_tokens":18014,"completion_tokens":40,"total_tokens":18054,
       "prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":18011},
       "completion_tokens_details":{"reasoning_tokens":25}}
      """)
    #expect(result.counts == counts([.input: 3, .cacheWrite5m: 18_011, .output: 40], reasoning: 25))
    #expect(result.flags.isEmpty)
  }

  @Test("OpenAI chat: the next call reads what the last one wrote")
  func openAIChatCacheRead() throws {
    let result = try normalized(
      "openai.chat_completions",
      """
      {"prompt_tokens":18014,"completion_tokens":40,"total_tokens":18054,
       "prompt_tokens_details":{"cached_tokens":18011,"cache_write_tokens":0}}
      """)
    #expect(result.counts == counts([.input: 3, .cacheRead: 18_011, .output: 40]))
  }

  @Test("OpenAI chat: audio tokens come out of the text on both sides")
  func openAIChatAudio() throws {
    let result = try normalized(
      "openai.chat_completions",
      """
      {"prompt_tokens":100,"completion_tokens":60,"total_tokens":160,
       "prompt_tokens_details":{"cached_tokens":30,"audio_tokens":20},
       "completion_tokens_details":{"audio_tokens":45,"reasoning_tokens":5,"accepted_prediction_tokens":3,
       "rejected_prediction_tokens":4}}
      """)
    #expect(
      result.counts
        == counts([.input: 50, .cacheRead: 30, .inputAudio: 20, .output: 15, .outputAudio: 45], reasoning: 5))
  }

  @Test("OpenAI embeddings have a prompt alone")
  func openAIEmbeddings() throws {
    let result = try normalized("openai.embeddings", #"{"prompt_tokens":8,"total_tokens":8}"#)
    #expect(result.counts == counts([.input: 8]))
    #expect(result.flags.isEmpty)
  }

  @Test("Gemini behind OpenAI's shape leaves its thinking out: what the total has more is output")
  func geminiOpenAICompatible() throws {
    let result = try normalized(
      "openai.chat_completions", #"{"prompt_tokens":758,"completion_tokens":102,"total_tokens":1725}"#)
    #expect(result.counts[.input] == 758)
    #expect(result.counts[.output] == 967)
    #expect(result.flags.contains(.totalMismatch))
  }

  @Test("DeepSeek's cache hits are parts of the prompt")
  func deepSeek() throws {
    let result = try normalized(
      "openai.chat_completions",
      """
      {"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,
       "prompt_cache_hit_tokens":640,"prompt_cache_miss_tokens":360}
      """)
    #expect(result.counts == counts([.input: 360, .cacheRead: 640, .output: 10]))
  }

  @Test("OpenAI responses: the same parts under other names, cache writes by lifetime")
  func openAIResponses() throws {
    let result = try normalized(
      "openai.responses",
      """
      {"input_tokens":5000,"input_tokens_details":{"cached_tokens":1000,"cache_write_tokens":3000,
       "cache_write_tokens_details":{"ttl_30m_tokens":2000,"ttl_12h_tokens":1000}},
       "output_tokens":300,"output_tokens_details":{"reasoning_tokens":200},"total_tokens":5300}
      """,
      billing: #"{"service_tier":"priority","tool_usage":{"web_search":{"num_requests":3}}}"#)
    #expect(
      result.counts
        == counts(
          [
            .input: 1000, .cacheRead: 1000, .cacheWrite5m: 2000, .cacheWrite12h: 1000, .output: 300,
            .webSearch: 3,
          ], reasoning: 200))
    #expect(result.serviceTier == "priority")
    #expect(result.flags.isEmpty)
  }

  @Test("Anthropic: cache tokens stand beside the input, writes by lifetime, searches are counted once")
  func anthropicStream() throws {
    // The stream's events merged by the vendor's rule: cumulative, each field's last word holds.
    let result = try normalized(
      "anthropic.messages",
      """
      {"input_tokens":40,"cache_read_input_tokens":9000,"cache_creation_input_tokens":700,
       "cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":500},
       "output_tokens":210,"server_tool_use":{"web_search_requests":2}}
      """)
    #expect(
      result.counts
        == counts([
          .input: 40, .cacheRead: 9000, .cacheWrite5m: 200, .cacheWrite1h: 500, .output: 210, .webSearch: 2,
        ]))
    #expect(result.flags.isEmpty)
  }

  @Test("Anthropic: without a split all cache writes are for five minutes")
  func anthropicPlain() throws {
    let result = try normalized(
      "anthropic.messages",
      """
      {"input_tokens":812,"cache_read_input_tokens":11200,"cache_creation_input_tokens":300,"output_tokens":344,
       "service_tier":"batch","output_tokens_details":{"thinking_tokens":100}}
      """)
    #expect(
      result.counts
        == counts([.input: 812, .cacheRead: 11_200, .cacheWrite5m: 300, .output: 344], reasoning: 100))
    #expect(result.serviceTier == "batch")
  }

  @Test("Anthropic: what a stream wrote to the cache after its start is for five minutes")
  func anthropicGrowth() throws {
    let result = try normalized(
      "anthropic.messages",
      """
      {"input_tokens":1,"cache_creation_input_tokens":1000,
       "cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":500},"output_tokens":1}
      """)
    #expect(result.counts[.cacheWrite1h] == 500)
    #expect(result.counts[.cacheWrite5m] == 500)
  }

  @Test("Bedrock Converse: cache tokens stand beside the input, and details split the writes")
  func bedrockConverse() throws {
    let result = try normalized(
      "bedrock.converse",
      """
      {"inputTokens":18,"outputTokens":386,"totalTokens":7906,"cacheReadInputTokens":0,
       "cacheWriteInputTokens":7502,"cacheDetails":[{"ttl":"5m","inputTokens":7502}]}
      """)
    #expect(result.counts == counts([.input: 18, .cacheWrite5m: 7502, .output: 386]))
    #expect(result.flags.isEmpty)
  }

  @Test("Bedrock Converse: the longer lifetime is taken out, the `…Count` twins are the same figures")
  func bedrockLifetimes() throws {
    let result = try normalized(
      "bedrock.converse_stream",
      """
      {"inputTokens":10,"outputTokens":20,"totalTokens":1030,"cacheReadInputTokens":400,
       "cacheReadInputTokenCount":400,"cacheWriteInputTokens":600,"cacheWriteInputTokenCount":600,
       "cacheDetails":[{"ttl":"1h","inputTokens":250},{"ttl":"5m","inputTokens":350}]}
      """)
    #expect(
      result.counts
        == counts([.input: 10, .cacheRead: 400, .cacheWrite5m: 350, .cacheWrite1h: 250, .output: 20]))
    #expect(result.flags.isEmpty)
  }

  @Test("Bedrock invoke has the model's own shape: Claude's is Anthropic's")
  func bedrockInvokeClaude() throws {
    let result = try normalized(
      "bedrock.invoke", #"{"input_tokens":5,"cache_read_input_tokens":70,"output_tokens":9}"#)
    #expect(result.counts == counts([.input: 5, .cacheRead: 70, .output: 9]))
  }

  @Test("Bedrock invoke has the model's own shape: Nova's is Converse's")
  func bedrockInvokeNova() throws {
    let result = try normalized(
      "bedrock.invoke_stream",
      #"{"inputTokens":5,"outputTokens":9,"totalTokens":84,"cacheReadInputTokenCount":70}"#)
    #expect(result.counts == counts([.input: 5, .cacheRead: 70, .output: 9]))
    #expect(result.flags.isEmpty)
  }

  @Test("Gemini: cached tokens are part of the prompt; thoughts and tool results come on top")
  func gemini() throws {
    let result = try normalized(
      "gemini.generate_content",
      """
      {"promptTokenCount":1000,"cachedContentTokenCount":300,"candidatesTokenCount":50,
       "thoughtsTokenCount":200,"toolUsePromptTokenCount":70,"totalTokenCount":1320}
      """,
      billing: #"{"search_queries":2}"#)
    #expect(
      result.counts == counts([.input: 770, .cacheRead: 300, .output: 250, .webSearch: 2], reasoning: 200))
    #expect(result.flags.isEmpty)
  }
}
