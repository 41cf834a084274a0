internal import JSON

/// OpenAI's side of the stand-in: a question becomes the bytes of a chat completion, plain or streamed.
enum StandInOpenAI {
  typealias Header = RecordedRequest.Header

  /// OpenAI sends plain answers indented.
  static func plain(_ question: StandInQuestion, _ fault: StandInFault) -> [UInt8] {
    var writer = JSONWriter(indent: 2)
    writer.object { writer in
      opening(&writer, question, object: "chat.completion")
      writer.arrayMember("choices") { writer in
        for index in 0..<question.choices {
          writer.object { writer in
            writer.member("index", index)
            writer.objectMember("message") { message(&$0, question, fault) }
            writer.name("logprobs")
            writer.null()
            writer.member("finish_reason", question.firstTool == nil ? "stop" : "tool_calls")
          }
        }
      }
      if !fault.noUsage {
        writer.objectMember("usage") { usage(&$0, StandInCounts(question, fault)) }
      }
      writer.member("service_tier", tier(question, fault))
      writer.member("system_fingerprint", "fp_" + question.digestText.prefix(10))
    }
    return writer.bytes + [0x0A]
  }

  /// The events of a stream, without their `data: ` and line ends; the terminal one is `[DONE]`.
  static func events(_ question: StandInQuestion, _ fault: StandInFault) -> [String] {
    var events: [String] = []
    func chunk(_ index: Int, finish: String? = nil, _ delta: (inout JSONWriter) -> Void) {
      let padding = question.includeObfuscation ? obfuscation(question, events.count) : nil
      events.append(Self.chunk(question, fault, index: index, finish: finish, obfuscation: padding, delta))
    }
    for index in 0..<question.choices {
      chunk(index) { writer in
        writer.member("role", "assistant")
        writer.member("content", question.firstTool == nil ? "" : nil as String?)
        if let tool = question.firstTool { toolStart(&writer, question, tool) }
        writer.name("refusal")
        writer.null()
      }
      if question.firstTool == nil {
        for piece in answerPieces(question, fault) { chunk(index) { $0.member("content", piece) } }
      } else {
        for piece in toolArgumentPieces { chunk(index) { toolPiece(&$0, piece) } }
      }
      chunk(index, finish: question.firstTool == nil ? "stop" : "tool_calls") { _ in }
    }
    if question.includeUsage, !fault.noUsage { events.append(usageChunk(question, fault)) }
    return events + ["[DONE]"]
  }

  static func errorBody(_ type: String, _ code: String?, _ message: String) -> [UInt8] {
    var writer = JSONWriter(indent: 4)
    writer.object { error(&$0, type, code, message) }
    return writer.bytes + [0x0A]
  }

  static func errorEvent(_ question: StandInQuestion) -> String {
    var writer = JSONWriter()
    writer.object {
      let message = "The server had an error while processing your request: \(question.lastText)"
      error(&$0, "server_error", "server_error", message)
    }
    return writer.text
  }

  static func headers(_ digest: String) -> [Header] {
    [
      Header("x-request-id", "req_" + digest), Header("openai-organization", "org-standin"),
      Header("openai-processing-ms", "17"), Header("openai-version", "2020-10-01"),
      Header("x-ratelimit-limit-requests", "10000"), Header("x-ratelimit-remaining-tokens", "199988"),
      Header("x-ratelimit-reset-requests", "6m0s"),
      // Vendors' front ends set two cookies: repeated headers must stay repeated.
      Header("set-cookie", "__cf_bm=standin-a; path=/; HttpOnly"),
      Header("set-cookie", "_cfuvid=standin-b; path=/; HttpOnly"),
    ]
  }

  // MARK: -

  private static func opening(_ writer: inout JSONWriter, _ question: StandInQuestion, object: String) {
    writer.member("id", "chatcmpl-" + question.digestText)
    writer.member("object", object)
    writer.member("created", 1_790_000_000)
    writer.member("model", question.modelReturned)
  }

  private static func message(
    _ writer: inout JSONWriter, _ question: StandInQuestion, _ fault: StandInFault
  ) {
    writer.member("role", "assistant")
    if let tool = question.firstTool {
      writer.name("content")
      writer.null()
      writer.arrayMember("tool_calls") { writer in
        writer.object { writer in
          writer.member("id", "call_" + question.digestText)
          writer.member("type", "function")
          writer.objectMember("function") { writer in
            writer.member("name", tool)
            writer.member("arguments", toolArgumentPieces.joined())
          }
        }
      }
    } else {
      writer.member("content", answerPieces(question, fault).joined())
    }
    writer.name("refusal")
    writer.null()
    writer.arrayMember("annotations")
  }

  private static func chunk(
    _ question: StandInQuestion, _ fault: StandInFault, index: Int, finish: String?, obfuscation: String?,
    _ delta: (inout JSONWriter) -> Void
  ) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      opening(&writer, question, object: "chat.completion.chunk")
      writer.member("service_tier", tier(question, fault))
      writer.member("system_fingerprint", "fp_" + question.digestText.prefix(10))
      writer.arrayMember("choices") { writer in
        writer.object { writer in
          writer.member("index", index)
          writer.member("delta", object: delta)
          writer.name("logprobs")
          writer.null()
          writer.member("finish_reason", finish)
        }
      }
      if question.includeUsage {
        writer.name("usage")
        writer.null()
      }
      if let obfuscation { writer.member("obfuscation", obfuscation) }
    }
    return writer.text
  }

  private static func usageChunk(_ question: StandInQuestion, _ fault: StandInFault) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      opening(&writer, question, object: "chat.completion.chunk")
      writer.member("service_tier", tier(question, fault))
      writer.member("system_fingerprint", "fp_" + question.digestText.prefix(10))
      writer.arrayMember("choices")
      writer.objectMember("usage") { usage(&$0, StandInCounts(question, fault)) }
      if question.includeObfuscation { writer.member("obfuscation", obfuscation(question, 7)) }
    }
    return writer.text
  }

  private static func usage(_ writer: inout JSONWriter, _ counts: StandInCounts) {
    writer.member("prompt_tokens", counts.input)
    writer.member("completion_tokens", counts.output)
    writer.member("total_tokens", counts.input + counts.output)
    writer.objectMember("prompt_tokens_details") { writer in
      writer.member("cached_tokens", counts.cacheRead)
      if counts.cacheWrite5m > 0 { writer.member("cache_write_tokens", counts.cacheWrite5m) }
      writer.member("audio_tokens", 0)
    }
    writer.objectMember("completion_tokens_details") { writer in
      writer.member("reasoning_tokens", counts.reasoning)
      writer.member("audio_tokens", 0)
      writer.member("accepted_prediction_tokens", 0)
      writer.member("rejected_prediction_tokens", 0)
    }
  }

  private static func toolStart(_ writer: inout JSONWriter, _ question: StandInQuestion, _ tool: String) {
    writer.arrayMember("tool_calls") { writer in
      writer.object { writer in
        writer.member("index", 0)
        writer.member("id", "call_" + question.digestText)
        writer.member("type", "function")
        writer.objectMember("function") { writer in
          writer.member("name", tool)
          writer.member("arguments", "")
        }
      }
    }
  }

  private static func toolPiece(_ writer: inout JSONWriter, _ piece: String) {
    writer.arrayMember("tool_calls") { writer in
      writer.object { writer in
        writer.member("index", 0)
        writer.objectMember("function") { $0.member("arguments", piece) }
      }
    }
  }

  private static func error(_ writer: inout JSONWriter, _ type: String, _ code: String?, _ message: String) {
    writer.objectMember("error") { writer in
      writer.member("message", message)
      writer.member("type", type)
      writer.name("param")
      writer.null()
      writer.member("code", code)
    }
  }

  private static func tier(_ question: StandInQuestion, _ fault: StandInFault) -> String {
    if let tier = fault.tier { return tier }
    switch question.serviceTier {
    case "fast": return "priority"
    case "flex": return "flex"
    case "priority": return "priority"
    case "scale": return "scale"
    default: return "default"
    }
  }

  /// Padding of a changing length, so that an event's size tells nothing about its text.
  private static func obfuscation(_ question: StandInQuestion, _ event: Int) -> String {
    var random = SeededRandom(seed: question.digest &+ UInt64(event))
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    let count = Int.random(in: 0...12, using: &random)
    return String((0..<count).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] })
  }
}
