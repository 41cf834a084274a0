/// OpenAI's requests, and those of Azure and of every server that speaks OpenAI's shape.
internal import HTTPWire

extension Endpoint {
  package static let chatCompletions = Endpoint(
    "openai.chat_completions", .openAI, model: .body, answer: .chat)
  static let completions = Endpoint("openai.completions", .openAI, model: .body, answer: .chat)
  package static let responses = Endpoint("openai.responses", .openAI, model: .body, answer: .responses)
  static let responsesCompact = Endpoint(
    "openai.responses.compact", .openAI, model: .body, answer: .responses)
  static let embeddings = Endpoint("openai.embeddings", .openAI, model: .body, answer: .units)
  static let imageGenerations = Endpoint("openai.images.generations", .openAI, model: .body, answer: .units)
  static let imageEdits = Endpoint("openai.images.edits", .openAI, model: .form, answer: .units)
  static let imageVariations = Endpoint("openai.images.variations", .openAI, model: .form, answer: .units)
  static let transcriptions = Endpoint("openai.audio.transcriptions", .openAI, model: .form, answer: .units)
  static let translations = Endpoint("openai.audio.translations", .openAI, model: .form, answer: .units)
  static let speech = Endpoint("openai.audio.speech", .openAI, model: .body, answer: .units)
  static let fetchedResponse = Endpoint(
    "openai.responses", .openAI, model: .none, answer: .responses, metering: .background)
  static let fetchedFile = Endpoint(
    "openai.batches", .openAI, model: .none, answer: .none, metering: .results)
  static let openAIBatch = Endpoint(
    "openai.batches.object", .openAI, model: .none, answer: .batch, metering: .free)
  static let openAINewBatch = Endpoint(
    "openai.batches.create", .openAI, model: .none, answer: .batch, metering: .free)
  static let inputTokens = Endpoint(
    "openai.responses.input_tokens", .openAI, model: .optional, answer: .none, metering: .free)
  static let moderations = Endpoint(
    "openai.moderations", .openAI, model: .optional, answer: .none, metering: .free)
  /// What is free and passes as it is.
  static let openAIFree = Endpoint("openai.files", .openAI, model: .none, answer: .none, metering: .free)
}

extension Call {
  package static let chat = Call(endpoint: .chatCompletions, path: VendorPath(.version, "/chat/completions"))

  private static let table = PathTable([
    (.POST, "/chat/completions", .chatCompletions), (.POST, "/completions", .completions),
    (.POST, "/responses", .responses), (.POST, "/responses/compact", .responsesCompact),
    (.POST, "/responses/input_tokens", .inputTokens), (.GET, "/responses/*", .fetchedResponse),
    (.DELETE, "/responses/*", .openAIFree), (.POST, "/responses/*/cancel", .fetchedResponse),
    (.GET, "/responses/*/input_items", .openAIFree), (.POST, "/embeddings", .embeddings),
    (.POST, "/moderations", .moderations), (.POST, "/images/generations", .imageGenerations),
    (.POST, "/images/edits", .imageEdits), (.POST, "/images/variations", .imageVariations),
    (.POST, "/audio/transcriptions", .transcriptions), (.POST, "/audio/translations", .translations),
    (.POST, "/audio/speech", .speech), (.GET, "/files", .openAIFree), (.POST, "/files", .openAIFree),
    (.GET, "/files/*", .openAIFree), (.DELETE, "/files/*", .openAIFree),
    (.GET, "/files/*/content", .fetchedFile), (.POST, "/uploads", .openAIFree),
    (.POST, "/uploads/*/parts", .openAIFree), (.POST, "/uploads/*/complete", .openAIFree),
    (.POST, "/uploads/*/cancel", .openAIFree), (.GET, "/batches", .openAIBatch),
    (.POST, "/batches", .openAINewBatch), (.GET, "/batches/*", .openAIBatch),
    (.POST, "/batches/*/cancel", .openAIBatch),
  ])

  /// `/v1/…`, `/…`, Azure's `/openai/v1/…`, `/openai/…` and `/openai/deployments/NAME/…`.
  static func openAI(_ method: HTTPMethod, _ target: Substring) -> Call? {
    if let call = deployment(method, target) { return call }
    let path = withoutVersion(withoutFamily(target, "/openai"))
    if let page = ownPage(method, target, path) { return page }
    guard let found = table.find(method, path) else { return nil }
    return Call(
      endpoint: found.endpoint, method: method, path: VendorPath(.version, String(path)), workID: found.id)
  }

  private static func deployment(_ method: HTTPMethod, _ target: Substring) -> Call? {
    let mark = "/openai/deployments/"
    guard method == .POST, target.hasPrefix(mark) else { return nil }
    let rest = target.dropFirst(mark.count)
    guard let slash = rest.firstIndex(of: "/"), modelName(rest[..<slash]) != nil,
      let found = table.find(method, rest[slash...])
    else { return nil }
    switch found.endpoint.model {
    case .body, .form: break
    default: return nil
    }
    return Call(
      endpoint: found.endpoint, method: method,
      path: VendorPath(.deployment, "", model: String(rest[..<slash]), after: String(rest[slash...])))
  }

  static func withoutVersion(_ path: Substring) -> Substring {
    path.hasPrefix("/v1/") ? path.dropFirst(3) : path
  }

  /// Models as OpenAI and LiteLLM list them.
  private static func ownPage(_ method: HTTPMethod, _ target: Substring, _ path: Substring) -> Call? {
    guard method == .GET else { return nil }
    func page(_ page: OwnPage) -> Call {
      Call(
        endpoint: Endpoint("openai.models", .openAI, model: .none, answer: .none, metering: .own(page)),
        method: .GET, path: VendorPath(.version, String(path)))
    }
    if path == "/models" { return page(.models) }
    if target == "/v1/model/info" || target == "/model/info" { return page(.modelInfo) }
    if path.hasPrefix("/models/"), !path.contains(":"), let name = modelName(path.dropFirst(8)) {
      return page(.model(name))
    }
    return nil
  }
}
