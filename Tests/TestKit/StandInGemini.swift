internal import JSON

/// Gemini: answers whole, as events, and as the elements of one array.
enum StandInGemini: StandInFamily {
  static func reply(
    to request: RecordedRequest, _ fault: StandInFault
  ) throws(StandInRefusal) -> StandInReply? {
    guard ["/v1beta/models", "/v1/models"].contains(where: { request.path.hasPrefix($0) }),
      request.value("x-goog-api-key") != nil
    else { return nil }
    try refuseProxyKeys(request.values("x-goog-api-key"), 401, "UNAUTHENTICATED")
    guard !request.target.contains("key=") else {
      throw StandInRefusal(
        status: 400, type: "INVALID_ARGUMENT", message: "Multiple authentication credentials")
    }
    if request.method == "GET" { return models() }
    guard let colon = request.path.lastIndex(of: ":") else { return nil }
    let body = try standInBody(request)
    let model = String(request.path[..<colon].split(separator: "/").last ?? "")
    guard !model.hasPrefix("gemini-nonexistent") else {
      throw StandInRefusal(status: 404, type: "NOT_FOUND", message: "models/\(model) is not found")
    }
    let contents = body["contents"] ?? body["content"] ?? body
    var question = StandInQuestion(dialect: .anthropic, model: model, messages: contents)
    question.lastText = contents.elements.last?["parts"]?.elements.last?["text"]?.string ?? ""
    switch request.path[colon...] {
    case ":generateContent":
      return StandInReply(json: chunk(question, fault, answerPieces(question, fault).joined(), isLast: true))
    case ":streamGenerateContent": return stream(question, fault, events: request.target.contains("alt=sse"))
    case ":countTokens": return StandInReply { $0.member("totalTokens", fault.tokens[.input] ?? 31) }
    case ":embedContent", ":batchEmbedContents": return embeddings(question, fault)
    default: return nil
    }
  }

  static func refusal(_ refusal: StandInRefusal) -> (headers: [RecordedRequest.Header], body: [UInt8]) {
    var writer = JSONWriter(indent: 2)
    writer.object { writer in
      writer.objectMember("error") { writer in
        writer.member("code", refusal.status)
        writer.member("message", refusal.message)
        writer.member("status", refusal.type.isEmpty ? "INVALID_ARGUMENT" : refusal.type)
      }
    }
    return ([], writer.bytes)
  }

  static func word(_ status: Int) -> String {
    switch status {
    case 401: "UNAUTHENTICATED"
    case 403: "PERMISSION_DENIED"
    case 404: "NOT_FOUND"
    case 429: "RESOURCE_EXHAUSTED"
    case 503: "UNAVAILABLE"
    case 500...: "INTERNAL"
    default: "INVALID_ARGUMENT"
    }
  }

  private static func chunk(
    _ question: StandInQuestion, _ fault: StandInFault, _ text: String, isLast: Bool
  ) -> [UInt8] {
    let counts = StandInCounts(question, fault)
    let visible = counts.output - counts.reasoning
    var writer = JSONWriter()
    writer.object { writer in
      writer.arrayMember("candidates") { writer in
        writer.object { writer in
          writer.objectMember("content") { writer in
            writer.arrayMember("parts") { writer in writer.object { $0.member("text", text) } }
            writer.member("role", "model")
          }
          if isLast { writer.member("finishReason", "STOP") }
          writer.member("index", 0)
        }
      }
      writer.objectMember("usageMetadata") { writer in
        writer.member("promptTokenCount", counts.input)
        if isLast { writer.member("candidatesTokenCount", visible) }
        if counts.cacheRead > 0 { writer.member("cachedContentTokenCount", counts.cacheRead) }
        writer.member("totalTokenCount", counts.input + (isLast ? counts.output : 0))
        if isLast, counts.reasoning > 0 { writer.member("thoughtsTokenCount", counts.reasoning) }
      }
      writer.member("modelVersion", question.model)
      writer.member("responseId", "resp-" + question.digestText)
    }
    return writer.bytes
  }

  private static func stream(
    _ question: StandInQuestion, _ fault: StandInFault, events: Bool
  ) -> StandInReply {
    let texts = answerPieces(question, fault)
    var chunks = texts.enumerated().map { index, text in
      chunk(question, fault, text, isLast: index == texts.count - 1)
    }
    if fault.noTerminal { chunks.removeLast() }
    if events {
      let end = Array("\r\n\r\n".utf8)
      return StandInReply(
        stream: chunks.map { Array("data: ".utf8) + $0 + end }, contentType: "text/event-stream")
    }
    var pieces = chunks.enumerated().map { index, chunk in Array((index == 0 ? "[" : ",\r\n").utf8) + chunk }
    pieces.append(Array("\n]".utf8))
    return StandInReply(stream: pieces, contentType: "application/json; charset=UTF-8")
  }

  private static func embeddings(_ question: StandInQuestion, _ fault: StandInFault) -> StandInReply {
    StandInReply { writer in
      writer.arrayMember("embeddings") { writer in
        writer.object { writer in
          writer.arrayMember("values") { writer in for value in [1, 2, 3] { writer.integer(value) } }
        }
      }
      writer.objectMember("usageMetadata") { writer in
        writer.member("promptTokenCount", fault.tokens[.input] ?? 4)
        writer.member("totalTokenCount", fault.tokens[.input] ?? 4)
      }
    }
  }

  private static func models() -> StandInReply {
    StandInReply { writer in
      writer.arrayMember("models") { writer in
        writer.object { writer in
          writer.member("name", "models/gemini-2.5-flash")
          writer.member("displayName", "Gemini 2.5 Flash")
        }
      }
    }
  }
}
