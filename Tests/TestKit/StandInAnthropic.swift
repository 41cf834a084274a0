internal import JSON

/// Anthropic's side of the stand-in: a question becomes the bytes of a message, plain or streamed.
enum StandInAnthropic {
  typealias Header = RecordedRequest.Header
  struct Event {
    var name: String
    var data: String
  }

  static func plain(_ question: StandInQuestion, _ fault: StandInFault) -> [UInt8] {
    let counts = StandInCounts(question, fault)
    var writer = JSONWriter()
    writer.object { writer in
      opening(&writer, question)
      writer.arrayMember("content") { writer in
        writer.object { writer in
          writer.member("type", "text")
          writer.member("text", answerPieces(question, fault).joined())
        }
        if let tool = question.firstTool {
          writer.object { writer in
            toolOpening(&writer, question, tool)
            writer.name("input")
            writer.raw(toolArgumentPieces.joined().utf8)
          }
        }
      }
      closing(&writer, question, stopped: true)
      if !fault.noUsage {
        writer.objectMember("usage") {
          usage(&$0, counts, fault, output: counts.output, input: counts.inputFinal)
        }
      }
    }
    return writer.bytes
  }

  /// The terminal event is `message_stop`.
  static func events(_ question: StandInQuestion, _ fault: StandInFault) -> [Event] {
    let counts = StandInCounts(question, fault)
    var events: [Event] = []
    func event(_ name: String, _ body: (inout JSONWriter) -> Void) {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("type", name)
        body(&writer)
      }
      events.append(Event(name: name, data: writer.text))
    }
    event("message_start") { writer in
      writer.objectMember("message") { writer in
        opening(&writer, question)
        writer.arrayMember("content")
        closing(&writer, question, stopped: false)
        if !fault.noUsage {
          writer.objectMember("usage") {
            usage(&$0, counts, fault, output: min(3, counts.output), input: counts.input)
          }
        }
      }
    }
    event("content_block_start") { writer in
      writer.member("index", 0)
      writer.objectMember("content_block") { writer in
        writer.member("type", "text")
        writer.member("text", "")
      }
    }
    event("ping") { _ in }
    for piece in answerPieces(question, fault) {
      event("content_block_delta") { delta(&$0, 0, type: "text_delta", name: "text", piece) }
    }
    event("content_block_stop") { $0.member("index", 0) }
    if let tool = question.firstTool {
      event("content_block_start") { writer in
        writer.member("index", 1)
        writer.objectMember("content_block") { writer in
          toolOpening(&writer, question, tool)
          writer.member("input", object: { _ in })
        }
      }
      for piece in toolArgumentPieces {
        event("content_block_delta") { delta(&$0, 1, type: "input_json_delta", name: "partial_json", piece) }
      }
      event("content_block_stop") { $0.member("index", 1) }
    }
    for number in 1...fault.deltas {
      event("message_delta") { messageDelta(&$0, question, fault, counts, number) }
    }
    event("message_stop") { _ in }
    return events
  }

  static func errorBody(_ type: String, _ message: String, requestID: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("type", "error")
      error(&writer, type, message)
      writer.member("request_id", requestID)
    }
    return writer.bytes
  }

  static func errorEvent(_ question: StandInQuestion) -> Event {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("type", "error")
      error(&writer, "overloaded_error", "Overloaded while answering: \(question.lastText)")
    }
    return Event(name: "error", data: writer.text)
  }

  static func headers(_ digest: String) -> [Header] {
    [
      Header("request-id", "req_" + digest), Header("anthropic-organization-id", "org-standin"),
      Header("anthropic-ratelimit-requests-limit", "4000"),
      Header("anthropic-ratelimit-requests-remaining", "3999"),
      Header("anthropic-ratelimit-requests-reset", "2026-10-01T00:00:01Z"),
      Header("set-cookie", "_cfuvid=standin-a; path=/; HttpOnly"),
      Header("set-cookie", "__cf_bm=standin-b; path=/; HttpOnly"),
    ]
  }

  /// The word Anthropic uses for a status.
  static func errorType(_ status: Int) -> String {
    switch status {
    case 400: "invalid_request_error"
    case 401: "authentication_error"
    case 402: "billing_error"
    case 403: "permission_error"
    case 404: "not_found_error"
    case 409: "conflict_error"
    case 413: "request_too_large"
    case 429: "rate_limit_error"
    case 504: "timeout_error"
    case 529: "overloaded_error"
    default: status >= 500 ? "api_error" : "invalid_request_error"
    }
  }

  // MARK: -

  private static func opening(_ writer: inout JSONWriter, _ question: StandInQuestion) {
    writer.member("id", "msg_" + question.digestText)
    writer.member("type", "message")
    writer.member("role", "assistant")
    writer.member("model", question.modelReturned)
  }

  private static func closing(_ writer: inout JSONWriter, _ question: StandInQuestion, stopped: Bool) {
    let reason = question.firstTool == nil ? "end_turn" : "tool_use"
    writer.member("stop_reason", stopped ? reason : nil)
    writer.name("stop_sequence")
    writer.null()
  }

  private static func toolOpening(_ writer: inout JSONWriter, _ question: StandInQuestion, _ tool: String) {
    writer.member("type", "tool_use")
    writer.member("id", "toolu_" + question.digestText)
    writer.member("name", tool)
  }

  private static func delta(
    _ writer: inout JSONWriter, _ index: Int, type: String, name: String, _ text: String
  ) {
    writer.member("index", index)
    writer.objectMember("delta") { writer in
      writer.member("type", type)
      writer.member(name, text)
    }
  }

  private static func usage(
    _ writer: inout JSONWriter, _ counts: StandInCounts, _ fault: StandInFault, output: Int, input: Int
  ) {
    writer.member("input_tokens", input)
    writer.member("cache_creation_input_tokens", counts.cacheWrite5m + counts.cacheWrite1h)
    writer.member("cache_read_input_tokens", counts.cacheRead)
    writer.objectMember("cache_creation") { writer in
      writer.member("ephemeral_5m_input_tokens", counts.cacheWrite5m)
      writer.member("ephemeral_1h_input_tokens", counts.cacheWrite1h)
    }
    writer.member("output_tokens", output)
    if counts.webSearches > 0 {
      writer.objectMember("server_tool_use") { $0.member("web_search_requests", counts.webSearches) }
    }
    writer.member("service_tier", fault.tier ?? "standard")
    writer.member("inference_geo", "global")
  }

  /// The counts are cumulative: each delta tells the whole so far, and the last one all of it.
  private static func messageDelta(
    _ writer: inout JSONWriter, _ question: StandInQuestion, _ fault: StandInFault, _ counts: StandInCounts,
    _ number: Int
  ) {
    let isLast = number == fault.deltas
    writer.objectMember("delta") { closing(&$0, question, stopped: isLast) }
    guard !fault.noUsage else { return }
    writer.objectMember("usage") { writer in
      writer.member("input_tokens", isLast ? counts.inputFinal : counts.input)
      writer.member("cache_creation_input_tokens", counts.cacheWrite5m + counts.cacheWrite1h)
      writer.member("cache_read_input_tokens", counts.cacheRead)
      writer.member("output_tokens", counts.output * number / fault.deltas)
      if counts.reasoning > 0, isLast {
        writer.objectMember("output_tokens_details") { $0.member("thinking_tokens", counts.reasoning) }
      }
      if counts.webSearches > 0 {
        writer.objectMember("server_tool_use") { $0.member("web_search_requests", counts.webSearches) }
      }
    }
  }

  private static func error(_ writer: inout JSONWriter, _ type: String, _ message: String) {
    writer.objectMember("error") { writer in
      writer.member("type", type)
      writer.member("message", message)
    }
  }
}
