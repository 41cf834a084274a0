import ProxyServer
import TestKit
import Testing

/// Vendors that tell one answer in two ways, after their documentation: whole, and as a stream's events.
enum Teller: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case chat, messages, responses, converse, converseOfOpenAI, gemini
  case invokeClaude, invokeLlama, invokeTitan, invokeNova

  var testDescription: String { rawValue }

  func exchange(_ random: inout SeededRandom) -> Exchange {
    switch self {
    case .chat: chatExchange(&random)
    case .messages: messagesExchange(&random)
    case .responses: responsesExchange(&random)
    case .converse: converseExchange(&random, model: "anthropic.claude-x", doublesCache: false)
    case .converseOfOpenAI: converseExchange(&random, model: "openai.gpt-5.6", doublesCache: true)
    case .invokeClaude: invokeClaudeExchange(&random)
    case .invokeLlama: invokeLlamaExchange(&random)
    case .invokeTitan: invokeTitanExchange(&random)
    case .invokeNova: invokeNovaExchange(&random)
    case .gemini: geminiExchange(&random)
    }
  }
}

extension SeededRandom {
  fileprivate mutating func some(_ most: Int = 5000) -> Int {
    Bool.random(using: &self) ? Int.random(in: 1...most, using: &self) : 0
  }
  fileprivate mutating func pick(_ words: [String]) -> String { words.randomElement(using: &self) ?? "" }
}

private func chatExchange(_ random: inout SeededRandom) -> Exchange {
  let (fresh, cached, out) = (random.some(), random.some(), random.some())
  let reasoning = Int.random(in: 0...out, using: &random)
  let usage = """
    {"prompt_tokens":\(fresh + cached),"completion_tokens":\(out),"total_tokens":\(fresh + cached + out),\
    "prompt_tokens_details":{"cached_tokens":\(cached)},\
    "completion_tokens_details":{"reasoning_tokens":\(reasoning)}}
    """
  let head = #""id":"c1","model":"gpt-x","service_tier":"\#(random.pick(["default", "flex", "priority"]))""#
  var events = (0..<Int.random(in: 1...4, using: &random)).map { _ in
    #"{\#(head),"choices":[{"index":0,"delta":{"content":"hi"}}],"usage":null}"#
  }
  // Some servers send zeros all the way, some the running counts, some the last one twice.
  switch Int.random(in: 0..<4, using: &random) {
  case 0: events.append(#"{\#(head),"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}}"#)
  case 1:
    let running = #"{"prompt_tokens":\#(fresh + cached),"completion_tokens":\#(out / 2)}"#
    events.append(#"{\#(head),"choices":[{"delta":{}}],"usage":\#(running)}"#)
  case 2: events.append(#"{\#(head),"choices":[],"usage":\#(usage)}"#)
  default: break
  }
  events.append(#"{\#(head),"choices":[],"usage":\#(usage)}"#)
  return Exchange(
    endpoint: "openai.chat_completions", streamEndpoint: "openai.chat_completions", model: "gpt-x",
    answer: .chat, whole: #"{\#(head),"choices":[{}],"usage":\#(usage)}"#, events: events)
}

/// Claude's usage: at the start of a stream, in its deltas, and whole.
private struct ClaudeTelling {
  var start: String
  var deltas: [String]
  var whole: String
}

private func claude(_ random: inout SeededRandom, searches hasTools: Bool) -> ClaudeTelling {
  let (fresh, read, short, long) = (random.some(), random.some(), random.some(), random.some())
  let grown = hasTools ? random.some(400) : 0
  let more = hasTools ? random.some(900) : 0
  let out = Int.random(in: 10...5000, using: &random)
  let thinking = Int.random(in: 0...out, using: &random)
  let searches = hasTools ? random.some(5) : 0
  let words = """
    "service_tier":"\(random.pick(["standard", "priority"]))","inference_geo":"\(random.pick(["us", "global"]))",\
    "speed":"\(random.pick(["standard", "fast"]))"
    """
  func split(_ five: Int) -> String {
    #""cache_creation":{"ephemeral_5m_input_tokens":\#(five),"ephemeral_1h_input_tokens":\#(long)}"#
  }
  let start = """
    {"input_tokens":\(fresh),"cache_read_input_tokens":\(read),"cache_creation_input_tokens":\(short + long),\
    \(split(short)),"output_tokens":\(Int.random(in: 1...8, using: &random)),\(words)}
    """
  let last = """
    {"output_tokens":\(out),"output_tokens_details":{"thinking_tokens":\(thinking)},\
    "input_tokens":\(fresh + more),"cache_creation_input_tokens":\(short + long + grown),\
    "cache_read_input_tokens":null,"server_tool_use":{"web_search_requests":\(searches)}}
    """
  let middle = (0..<Int.random(in: 0...2, using: &random)).map { _ in
    #"{"output_tokens":\#(Int.random(in: 8...max(8, out / 2), using: &random))}"#
  }
  let whole = """
    {"input_tokens":\(fresh + more),"cache_read_input_tokens":\(read),\
    "cache_creation_input_tokens":\(short + long + grown),\(split(short + grown)),"output_tokens":\(out),\
    "output_tokens_details":{"thinking_tokens":\(thinking)},\
    "server_tool_use":{"web_search_requests":\(searches)},\(words)}
    """
  return ClaudeTelling(start: start, deltas: out >= 16 ? middle + [last] : [last], whole: whole)
}

private func claudeEvents(_ told: ClaudeTelling, metrics: String = "") -> [String] {
  [#"{"type":"message_start","message":{"id":"m1","model":"claude-x","usage":\#(told.start)}}"#]
    + [#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}"#]
    + told.deltas.dropLast().map { #"{"type":"message_delta","delta":{},"usage":\#($0)}"# }
    + [
      #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":\#(told.deltas.last ?? "{}")}"#,
      #"{"type":"message_stop"\#(metrics)}"#,
    ]
}

private func messagesExchange(_ random: inout SeededRandom) -> Exchange {
  let told = claude(&random, searches: true)
  return Exchange(
    endpoint: "anthropic.messages", streamEndpoint: "anthropic.messages", model: "claude-x",
    answer: .messages,
    whole: #"{"id":"m1","model":"claude-x","stop_reason":"end_turn","usage":\#(told.whole)}"#,
    events: claudeEvents(told))
}

private func invokeClaudeExchange(_ random: inout SeededRandom) -> Exchange {
  let told = claude(&random, searches: false)
  // The metrics say the same as the events, or something else: then the events hold.
  let metrics = """
    ,"amazon-bedrock-invocationMetrics":{"inputTokenCount":\(random.some()),"outputTokenCount":\(random.some()),\
    "invocationLatency":900,"firstByteLatency":100}
    """
  return Exchange(
    endpoint: "bedrock.invoke", streamEndpoint: "bedrock.invoke_stream", model: "anthropic.claude-x",
    format: .invoke, whole: #"{"id":"m1","usage":\#(told.whole)}"#,
    events: claudeEvents(told, metrics: metrics))
}

private func responsesExchange(_ random: inout SeededRandom) -> Exchange {
  let (fresh, read, short, long, out) = (
    random.some(), random.some(), random.some(), random.some(), random.some()
  )
  let usage = """
    {"input_tokens":\(fresh + read + short + long),"input_tokens_details":{"cached_tokens":\(read),\
    "cache_write_tokens":\(short + long),"cache_write_tokens_details":{"ttl_30m_tokens":\(short),\
    "ttl_12h_tokens":\(long)}},"output_tokens":\(out),"output_tokens_details":{"reasoning_tokens":\(out / 3)},\
    "total_tokens":\(fresh + read + short + long + out)}
    """
  let searches = random.some(4)
  let calls =
    (0..<searches).map { _ in #"{"type":"web_search_call","action":{"type":"search"}}"# }
    + [#"{"type":"web_search_call","action":{"type":"open_page"}}"#]
  let tools = #","tool_usage":{"web_search":{"num_requests":\#(searches)}}"#
  let saysTools = Bool.random(using: &random)
  let response = """
    {"id":"r1","model":"gpt-x","service_tier":"\(random.pick(["default", "flex"]))","usage":\(usage),\
    "output":[\(calls.joined(separator: ","))]\(saysTools ? tools : "")}
    """
  let last = random.pick(["response.completed", "response.incomplete", "response.failed"])
  return Exchange(
    endpoint: "openai.responses", streamEndpoint: "openai.responses", model: "gpt-x", format: .responses,
    whole: response,
    events: [
      #"{"type":"response.created","response":{"id":"r1","service_tier":"auto","usage":null}}"#,
      #"{"type":"response.output_text.delta","delta":"hi"}"#, #"{"type":"\#(last)","response":\#(response)}"#,
    ])
}

private func converseExchange(
  _ random: inout SeededRandom, model: String, doublesCache: Bool
) -> Exchange {
  let (fresh, read, short, out) = (random.some(), random.some(), random.some(), random.some())
  let long = doublesCache ? 0 : random.some()
  func usage(_ input: Int) -> String {
    """
    {"inputTokens":\(input),"outputTokens":\(out),"totalTokens":\(input + out + read + short + long),\
    "cacheReadInputTokens":\(read),"cacheWriteInputTokens":\(short + long),\
    "cacheDetails":[{"ttl":"1h","inputTokens":\(long)},{"ttl":"5m","inputTokens":\(short)}]}
    """
  }
  let rest = """
    "metrics":{"latencyMs":7},"serviceTier":{"type":"\(random.pick(["default", "priority", "flex"]))"},\
    "performanceConfig":{"latency":"\(random.pick(["standard", "optimized"]))"}
    """
  let seen = doublesCache ? fresh + read + short : fresh
  return Exchange(
    endpoint: "bedrock.converse", streamEndpoint: "bedrock.converse_stream", model: model, format: .converse,
    whole: #"{"output":{},"stopReason":"end_turn","usage":\#(usage(fresh)),\#(rest)}"#,
    events: [
      #"{"role":"assistant","p":"abcd"}"#, #"{"contentBlockIndex":0,"delta":{"text":"hi"},"p":"ab"}"#,
      #"{"contentBlockIndex":0}"#, #"{"stopReason":"end_turn"}"#,
      #"{"usage":\#(usage(seen)),\#(rest),"p":"a"}"#,
    ])
}

private func invokeLlamaExchange(_ random: inout SeededRandom) -> Exchange {
  let (input, out) = (random.some(), Int.random(in: 3...900, using: &random))
  func event(_ prompt: String, _ generated: Int) -> String {
    #"{"generation":"hi","prompt_token_count":\#(prompt),"generation_token_count":\#(generated),"stop_reason":null}"#
  }
  return Exchange(
    endpoint: "bedrock.invoke", streamEndpoint: "bedrock.invoke_stream", model: "meta.llama", format: .invoke,
    whole: event("\(input)", out), events: [event("\(input)", 1), event("null", out / 2), event("null", out)])
}

private func invokeTitanExchange(_ random: inout SeededRandom) -> Exchange {
  let (input, out) = (random.some(), Int.random(in: 3...900, using: &random))
  return Exchange(
    endpoint: "bedrock.invoke", streamEndpoint: "bedrock.invoke_stream", model: "amazon.titan",
    format: .invoke,
    whole: #"{"inputTextTokenCount":\#(input),"results":[{"tokenCount":\#(out),"outputText":"hi"}]}"#,
    events: [
      #"{"outputText":"h","index":0,"totalOutputTextTokenCount":null,"completionReason":null,"inputTextTokenCount":\#(input)}"#,
      #"{"outputText":"i","index":0,"totalOutputTextTokenCount":\#(out),"completionReason":"FINISH","inputTextTokenCount":\#(input)}"#,
    ])
}

private func invokeNovaExchange(_ random: inout SeededRandom) -> Exchange {
  let (input, read, out) = (random.some(), random.some(), random.some())
  let usage = """
    {"inputTokens":\(input),"outputTokens":\(out),"cacheReadInputTokenCount":\(read),\
    "cacheWriteInputTokenCount":0}
    """
  return Exchange(
    endpoint: "bedrock.invoke", streamEndpoint: "bedrock.invoke_stream", model: "amazon.nova",
    format: .invoke,
    whole: #"{"output":{},"stopReason":"end_turn","usage":\#(usage)}"#,
    events: [
      #"{"messageStart":{"role":"assistant"}}"#, #"{"contentBlockDelta":{"delta":{"text":"hi"}}}"#,
      #"{"messageStop":{"stopReason":"end_turn"}}"#, #"{"metadata":{"usage":\#(usage),"metrics":{}}}"#,
    ])
}

private func geminiExchange(_ random: inout SeededRandom) -> Exchange {
  let (text, audio, cached, tool) = (random.some(), random.some(), random.some(), random.some())
  let (out, image, thoughts) = (random.some(), random.some(), random.some())
  let prompt = text + audio + cached
  let tier = random.pick(["ON_DEMAND", "ON_DEMAND_PRIORITY", "ON_DEMAND_FLEX"])
  func usage(_ parts: Int, of all: Int) -> String {
    let (o, i, t) = (out * parts / all, image * parts / all, thoughts * parts / all)
    // Only thoughts so far: then there are no candidates.
    let candidates =
      o + i == 0
      ? ""
      : """
      "candidatesTokenCount":\(o + i),"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":\(o)},\
      {"modality":"IMAGE","tokenCount":\(i)}],
      """
    return """
      {"promptTokenCount":\(prompt),"cachedContentTokenCount":\(cached),\(candidates)"thoughtsTokenCount":\(t),\
      "toolUsePromptTokenCount":\(tool),"totalTokenCount":\(prompt + tool + o + i + t),\
      "promptTokensDetails":[{"modality":"TEXT","tokenCount":\(text + cached)},\
      {"modality":"AUDIO","tokenCount":\(audio)}],\
      "cacheTokensDetails":[{"modality":"TEXT","tokenCount":\(cached)}],"trafficType":"\(tier)"}
      """
  }
  let queries = (0..<random.some(3)).map { "\"q\($0)\"" }.joined(separator: ",")
  func answer(_ usage: String, _ queries: String) -> String {
    """
    {"modelVersion":"gemini-3-pro","responseId":"g1","candidates":[{"content":{"parts":[{"text":"hi"}]},\
    "groundingMetadata":{"webSearchQueries":[\(queries)]}}],"usageMetadata":\(usage)}
    """
  }
  let first = random.pick([
    usage(1, of: 3), "null",
    #"{"promptTokenCount":0,"candidatesTokenCount":0,"totalTokenCount":0}"#,
  ])
  return Exchange(
    endpoint: "gemini.generate_content", streamEndpoint: "gemini.stream_generate_content",
    model: "gemini-3-pro", format: .gemini, whole: answer(usage(1, of: 1), queries),
    events: [
      answer(first, ""), answer(usage(2, of: 3), ""), #"{"candidates":[{}]}"#,
      answer(usage(1, of: 1), queries),
    ])
}
