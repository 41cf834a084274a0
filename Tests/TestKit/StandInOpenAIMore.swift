internal import JSON

/// OpenAI's endpoints beside chat completions: responses, embeddings, images, audio, batches; and Azure's paths to them.
enum StandInOpenAIMore: StandInFamily {
  static func reply(
    to request: RecordedRequest, _ fault: StandInFault
  ) throws(StandInRefusal) -> StandInReply? {
    var path = Substring(request.path)
    var deployment: String?
    if path.hasPrefix("/openai/deployments/") {
      let parts = path.split(separator: "/", maxSplits: 3)
      guard parts.count == 4, request.target.contains("api-version=") else { return nil }
      deployment = String(parts[2])
      path = "/v1/" + parts[3]
      try refuseProxyKeys(request.values("api-key"), 401, "invalid_request_error")
    } else {
      guard path.hasPrefix("/v1/"), request.value("anthropic-version") == nil,
        request.value("x-goog-api-key") == nil
      else { return nil }
      let keys = request.values("authorization") + request.values("api-key")
      try refuseProxyKeys(keys, 401, "invalid_request_error")
    }
    let parts = path.split(separator: "/").dropFirst()
    switch (request.method, parts.first, parts.count) {
    case ("POST", "responses", 1): return try response(request, fault, deployment)
    case ("GET", "responses", 2): return fetched(String(parts.last ?? ""), fault)
    case ("POST", "embeddings", 1): return try embeddings(request, fault)
    case ("POST", "completions", 1): return try completion(request, fault)
    case ("POST", "images", 2): return images(fault)
    case ("POST", "audio", 2): return parts.last == "speech" ? speech() : try transcription(request, fault)
    case ("POST", "moderations", 1): return moderation()
    case ("GET", "models", 1): return models()
    case ("POST", "files", 1): return file("file-in-1")
    case ("GET", "files", 2): return file(String(parts.last ?? ""))
    case ("GET", "files", 3): return results(fault)
    case ("POST", "batches", 1), ("GET", "batches", 2): return batch()
    case ("POST", "chat", 2) where deployment != nil: return nil
    default: return nil
    }
  }

  static func refusal(_ refusal: StandInRefusal) -> (headers: [RecordedRequest.Header], body: [UInt8]) {
    let code = refusal.status == 401 ? "invalid_api_key" : nil
    let type = refusal.type.isEmpty ? "invalid_request_error" : refusal.type
    return (
      [.init("x-request-id", "req_more")], StandInOpenAI.errorBody(type, code, refusal.message)
    )
  }

  static func word(_ status: Int) -> String {
    status == 429 ? "requests" : status >= 500 ? "server_error" : "invalid_request_error"
  }

  // MARK: - Responses

  private static func response(
    _ request: RecordedRequest, _ fault: StandInFault, _ deployment: String?
  ) throws(StandInRefusal) -> StandInReply {
    let body = try standInBody(request)
    guard let model = deployment ?? body["model"]?.string, let input = body["input"] else {
      throw StandInRefusal(status: 400, type: "invalid_request_error", message: "Missing required parameter")
    }
    guard body["tags"] == nil, body["stream_options"] == nil else {
      throw StandInRefusal(status: 400, type: "invalid_request_error", message: "Unknown parameter")
    }
    var question = StandInQuestion(dialect: .openAI, model: model, messages: input)
    question.lastText = input.string ?? "a list"
    let isBackground = body["background"]?.bool == true
    guard body["stream"]?.bool == true else {
      return StandInReply(
        json: object(question, fault, id: nil, isBackground: isBackground, isDone: !isBackground),
        headers: StandInOpenAI.headers(question.digestText))
    }
    return stream(question, fault)
  }

  private static func fetched(_ id: String, _ fault: StandInFault) -> StandInReply {
    var question = StandInQuestion(dialect: .openAI, model: "gpt-4o-mini", messages: nil)
    question.lastText = "in the background"
    return StandInReply(json: object(question, fault, id: id, isBackground: true, isDone: true))
  }

  private static func object(
    _ question: StandInQuestion, _ fault: StandInFault, id: String?, isBackground: Bool, isDone: Bool
  ) -> [UInt8] {
    let counts = StandInCounts(question, fault)
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("id", id ?? "resp_" + question.digestText)
      writer.member("object", "response")
      writer.member("created_at", 1_790_000_000)
      writer.member("status", isDone ? "completed" : "queued")
      writer.member("background", isBackground)
      writer.member("model", question.modelReturned)
      writer.member("parallel_tool_calls", true)
      writer.member("tool_choice", "auto")
      writer.arrayMember("tools")
      writer.arrayMember("output") { writer in if isDone { message(&writer, question, fault) } }
      writer.member("service_tier", fault.tier ?? "default")
      writer.name("usage")
      if isDone {
        writer.object { writer in
          writer.member("input_tokens", counts.input)
          writer.objectMember("input_tokens_details") { writer in
            writer.member("cached_tokens", counts.cacheRead)
            writer.member("cache_write_tokens", counts.cacheWrite5m)
          }
          writer.member("output_tokens", counts.output)
          writer.objectMember("output_tokens_details") { $0.member("reasoning_tokens", counts.reasoning) }
          writer.member("total_tokens", counts.input + counts.output)
        }
      } else {
        writer.null()
      }
    }
    return writer.bytes
  }

  private static func message(_ writer: inout JSONWriter, _ question: StandInQuestion, _ fault: StandInFault)
  {
    writer.object { writer in
      writer.member("type", "message")
      writer.member("id", "msg_" + question.digestText)
      writer.member("status", "completed")
      writer.member("role", "assistant")
      writer.arrayMember("content") { writer in
        writer.object { writer in
          writer.member("type", "output_text")
          writer.member("text", answerPieces(question, fault).joined())
          writer.arrayMember("annotations")
        }
      }
    }
  }

  private static func stream(_ question: StandInQuestion, _ fault: StandInFault) -> StandInReply {
    var number = 0
    func event(_ type: String, _ members: String) -> [UInt8] {
      number += 1
      let data = #"{"type":"\#(type)","sequence_number":\#(number - 1),\#(members)}"#
      return Array("event: \(type)\ndata: \(data)\n\n".utf8)
    }
    func whole(isDone: Bool) -> String {
      let bytes = object(question, fault, id: nil, isBackground: false, isDone: isDone)
      return #""response":"# + String(decoding: bytes, as: UTF8.self)
    }
    var events = [event("response.created", whole(isDone: false))]
    for piece in answerPieces(question, fault) {
      var writer = JSONWriter()
      writer.string(piece)
      events.append(
        event(
          "response.output_text.delta",
          #""item_id":"msg_1","output_index":0,"content_index":0,"logprobs":[],"delta":\#(writer.text)"#))
    }
    if !fault.noTerminal { events.append(event("response.completed", whole(isDone: true))) }
    return StandInReply(
      stream: events, contentType: "text/event-stream; charset=utf-8",
      headers: StandInOpenAI.headers(question.digestText))
  }

  // MARK: - The others

  private static func completion(
    _ request: RecordedRequest, _ fault: StandInFault
  ) throws(StandInRefusal) -> StandInReply {
    let model = try standInBody(request)["model"]?.string ?? ""
    return StandInReply { writer in
      writer.member("id", "cmpl-1")
      writer.member("object", "text_completion")
      writer.member("created", 1_790_000_000)
      writer.member("model", model)
      writer.arrayMember("choices") { writer in
        writer.object { writer in
          writer.member("index", 0)
          writer.member("text", "The toll is paid")
          writer.member("finish_reason", "stop")
        }
      }
      chatUsage(&writer, fault)
    }
  }

  private static func chatUsage(_ writer: inout JSONWriter, _ fault: StandInFault) {
    let (input, output) = (fault.tokens[.input] ?? 12, fault.tokens[.output] ?? 5)
    writer.objectMember("usage") { writer in
      writer.member("prompt_tokens", input)
      writer.member("completion_tokens", output)
      writer.member("total_tokens", input + output)
    }
  }

  private static func embeddings(
    _ request: RecordedRequest, _ fault: StandInFault
  ) throws(StandInRefusal) -> StandInReply {
    let model = try standInBody(request)["model"]?.string ?? ""
    let input = fault.tokens[.input] ?? 8
    return StandInReply { writer in
      writer.member("object", "list")
      writer.arrayMember("data") { writer in
        writer.object { writer in
          writer.member("object", "embedding")
          writer.member("index", 0)
          // Four floats, as the SDK asks for them.
          writer.member("embedding", "AACAPwAAAEAAAEBAAACAQA==")
        }
      }
      writer.member("model", model)
      writer.objectMember("usage") { writer in
        writer.member("prompt_tokens", input)
        writer.member("total_tokens", input)
      }
    }
  }

  private static func images(_ fault: StandInFault) -> StandInReply {
    StandInReply { writer in
      writer.member("created", 1_790_000_000)
      writer.arrayMember("data") { writer in writer.object { $0.member("b64_json", "iVBORw0KGgo=") } }
      guard !fault.noUsage else { return }
      let (input, output) = (fault.tokens[.input] ?? 40, fault.tokens[.output] ?? 1056)
      writer.objectMember("usage") { writer in
        writer.member("input_tokens", input)
        writer.member("output_tokens", output)
        writer.member("total_tokens", input + output)
        writer.objectMember("input_tokens_details") { writer in
          writer.member("text_tokens", input)
          writer.member("image_tokens", 0)
        }
      }
    }
  }

  private static func speech() -> StandInReply {
    var reply = StandInReply(json: Array("ID3not really music".utf8))
    reply.contentType = "audio/mpeg"
    return reply
  }

  private static func transcription(
    _ request: RecordedRequest, _ fault: StandInFault
  ) throws(StandInRefusal) -> StandInReply {
    guard request.value("content-type")?.hasPrefix("multipart/form-data") == true,
      request.body.count > 100
    else { throw StandInRefusal(status: 400, type: "invalid_request_error", message: "a form is needed") }
    let (input, output) = (fault.tokens[.input] ?? 30, fault.tokens[.output] ?? 6)
    return StandInReply { writer in
      writer.member("text", "The toll is paid")
      writer.objectMember("usage") { writer in
        writer.member("type", "tokens")
        writer.member("input_tokens", input)
        writer.member("output_tokens", output)
        writer.member("total_tokens", input + output)
        writer.objectMember("input_token_details") { writer in
          writer.member("text_tokens", 0)
          writer.member("audio_tokens", input)
        }
      }
    }
  }

  private static func moderation() -> StandInReply {
    StandInReply { writer in
      writer.member("id", "modr-1")
      writer.member("model", "omni-moderation-latest")
      writer.arrayMember("results")
    }
  }

  private static func models() -> StandInReply {
    StandInReply { writer in
      writer.member("object", "list")
      writer.arrayMember("data") { writer in
        writer.object { writer in
          writer.member("id", "gpt-4o-mini")
          writer.member("object", "model")
          writer.member("created", 1_721_172_741)
          writer.member("owned_by", "system")
        }
      }
    }
  }

  // MARK: - Batches

  private static func file(_ id: String) -> StandInReply {
    StandInReply { writer in
      writer.member("id", id)
      writer.member("object", "file")
      writer.member("bytes", 120)
      writer.member("created_at", 1_790_000_000)
      writer.member("filename", "batch.jsonl")
      writer.member("purpose", "batch")
      writer.member("status", "processed")
    }
  }

  private static func batch() -> StandInReply {
    StandInReply { writer in
      writer.member("id", "batch_1")
      writer.member("object", "batch")
      writer.member("endpoint", "/v1/chat/completions")
      writer.member("input_file_id", "file-in-1")
      writer.member("completion_window", "24h")
      writer.member("status", "completed")
      writer.member("output_file_id", "file-out-1")
      writer.member("created_at", 1_790_000_000)
    }
  }

  /// One line an item; the last one failed and used nothing.
  private static func results(_ fault: StandInFault) -> StandInReply {
    var text = ""
    for n in 1...fault.events {
      text +=
        #"{"id":"batch_req_\#(n)","custom_id":"item-\#(n)","response":{"status_code":200,"request_id":"r\#(n)","body":{"id":"chatcmpl-b\#(n)","object":"chat.completion","created":1790000000,"model":"gpt-4o-mini-2024-07-18","choices":[],"usage":{"prompt_tokens":\#(100 + n),"completion_tokens":\#(n),"total_tokens":\#(100 + 2 * n)}}},"error":null}"#
        + "\n"
    }
    text +=
      #"{"id":"batch_req_x","custom_id":"item-x","response":{"status_code":400,"body":{"error":{"message":"no"}}}}"#
    var reply = StandInReply(json: Array((text + "\n").utf8))
    reply.contentType = "application/octet-stream"
    return reply
  }
}
