internal import JSON

/// What a client asked, read from the request's body: only what the answer depends on.
struct StandInQuestion {
  enum Dialect { case openAI, anthropic }

  var dialect: Dialect
  var model: String
  var stream = false
  var includeUsage = false
  var includeObfuscation = true
  var serviceTier: String?
  /// The last text of the last message: the answer quotes it, as answers do.
  var lastText = ""
  var firstTool: String?
  var choices = 1
  /// Names this question. It depends on the messages and the tools alone, so that a renamed model or an
  /// added stream
  /// option changes no id.
  var digest: UInt64 = 0

  struct Refusal: Error {
    var status: Int
    var type: String
    var code: String?
    var message: String
  }

  /// A question that a family of its own has read.
  init(dialect: Dialect, model: String, messages: JSONValue?) {
    self.dialect = dialect
    self.model = model
    lastText = messages.map { Self.lastText($0) } ?? ""
    digest = Self.digest(messages?.rawBytes)
  }

  /// Nil where the vendor has no such path.
  init?(dialectOf request: RecordedRequest) {
    switch request.path {
    case "/v1/chat/completions": dialect = .openAI
    case "/v1/messages": dialect = .anthropic
    case let path where path.hasPrefix("/openai/deployments/") && path.hasSuffix("/chat/completions"):
      dialect = .openAI
    default: return nil
    }
    model = ""
  }

  /// Reads the body, with the vendor's own complaints.
  mutating func read(_ request: RecordedRequest) throws(Refusal) {
    try checkKey(request)
    let tape = JSONTape()
    let body: JSONValue
    do throws(JSONError) {
      body = try tape.parse(request.body)
    } catch {
      throw invalid("We could not parse the JSON body of your request: \(error)")
    }
    guard body.isObject else { throw invalid("The body must be a JSON object") }
    guard let model = body.present("model")?.string, !model.isEmpty else {
      throw invalid("you must provide a model parameter")
    }
    guard let messages = body.present("messages"), messages.kind == .array else {
      throw invalid("Missing required parameter: 'messages'.")
    }
    self.model = model
    stream = body.present("stream")?.bool ?? false
    serviceTier = body.present("service_tier")?.string
    try readOptions(body)
    lastText = Self.lastText(messages)
    digest = Self.digest(messages.rawBytes, body.present("tools")?.rawBytes)
    if let tool = body.present("tools")?.elements.first {
      firstTool = tool.present("name")?.string ?? tool.present("function")?.present("name")?.string
    }
    // The names of models that no vendor has.
    if model.hasPrefix("gpt-nonexistent") || model.hasPrefix("claude-nonexistent") {
      throw Refusal(
        status: 404, type: dialect == .openAI ? "invalid_request_error" : "not_found_error",
        code: "model_not_found", message: "The model `\(model)` does not exist. You said: \(lastText)")
    }
  }

  private mutating func readOptions(_ body: JSONValue) throws(Refusal) {
    switch dialect {
    case .openAI:
      if let options = body.present("stream_options") {
        guard stream else {
          throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
        }
        includeUsage = options.present("include_usage")?.bool ?? false
        includeObfuscation = options.present("include_obfuscation")?.bool ?? true
      }
      choices = min(max(Int(body.present("n")?.wholeNumber ?? 1), 1), 8)
    case .anthropic:
      guard body.present("max_tokens")?.wholeNumber != nil else {
        throw invalid("max_tokens: Field required")
      }
    }
  }

  /// A key of a proxy that arrives at the vendor is a leak: no such key may pass.
  private func checkKey(_ request: RecordedRequest) throws(Refusal) {
    let bearer = request.value("authorization").map { trimmed($0.dropFirst("Bearer ".count)) }
    let keys = request.values("x-api-key") + request.values("api-key") + [bearer].compactMap { $0 }
    guard let key = keys.first, !key.isEmpty, !keys.contains(where: { $0.hasPrefix("sk-tb-") }) else {
      throw Refusal(
        status: 401, type: dialect == .openAI ? "invalid_request_error" : "authentication_error",
        code: "invalid_api_key", message: "Incorrect API key provided.")
    }
  }

  private func invalid(_ message: String) -> Refusal {
    Refusal(status: 400, type: "invalid_request_error", code: nil, message: message)
  }

  private static func lastText(_ messages: JSONValue) -> String {
    guard let content = messages.elements.last?.present("content") else { return "" }
    if let text = content.string { return text }
    return content.elements.compactMap { $0.present("text")?.string }.last ?? ""
  }

  /// FNV-1a, 64 bits.
  private static func digest(_ parts: ArraySlice<UInt8>?...) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for part in parts {
      for byte in part ?? [] {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      }
      hash = (hash ^ 0xFF) &* 0x100_0000_01B3
    }
    return hash
  }

  /// 16 hexadecimal digits.
  var digestText: String {
    let text = String(digest, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  /// The dated name a vendor answers with.
  var modelReturned: String {
    let snapshots = [
      "gpt-4o-mini": "gpt-4o-mini-2024-07-18", "gpt-4o": "gpt-4o-2024-08-06",
      "claude-sonnet-4-5": "claude-sonnet-4-5-20250929", "claude-haiku-4-5": "claude-haiku-4-5-20251001",
      "claude-opus-4-5": "claude-opus-4-5-20251101",
    ]
    return snapshots[model] ?? model
  }
}
