/// Anthropic's requests.
internal import HTTPWire

extension Endpoint {
  package static let messages = Endpoint("anthropic.messages", .anthropic, model: .body, answer: .messages)
  static let messagesCount = Endpoint(
    "anthropic.count_tokens", .anthropic, model: .body, answer: .none, metering: .free)
  static let messagesBatchResults = Endpoint(
    "anthropic.messages.batches", .anthropic, model: .none, answer: .none, metering: .results)
  static let messagesNewBatch = Endpoint(
    "anthropic.messages.batches.create", .anthropic, model: .batch, answer: .batch, metering: .free)
  static let messagesBatch = Endpoint(
    "anthropic.messages.batches.object", .anthropic, model: .none, answer: .batch, metering: .free)
  static let anthropicFree = Endpoint(
    "anthropic.free", .anthropic, model: .none, answer: .none, metering: .free)
}

extension Call {
  package static let messages = Call(endpoint: .messages, path: VendorPath(.version, "/messages"))

  private static let table = PathTable([
    (.POST, "/messages", .messages), (.POST, "/messages/count_tokens", .messagesCount),
    (.GET, "/messages/batches", .messagesBatch), (.POST, "/messages/batches", .messagesNewBatch),
    (.GET, "/messages/batches/*", .messagesBatch), (.DELETE, "/messages/batches/*", .anthropicFree),
    (.POST, "/messages/batches/*/cancel", .messagesBatch),
    (.GET, "/messages/batches/*/results", .messagesBatchResults),
  ])

  /// What only Anthropic has: its files stand at OpenAI's paths, and its clients name the version of its API.
  private static let ownByHeader = PathTable([
    (.GET, "/files", .anthropicFree), (.POST, "/files", .anthropicFree),
    (.GET, "/files/*", .anthropicFree), (.DELETE, "/files/*", .anthropicFree),
    (.GET, "/files/*/content", .anthropicFree),
  ])

  static func anthropic(_ method: HTTPMethod, _ target: Substring, _ headers: HeaderFields) -> Call? {
    let path = withoutVersion(withoutFamily(target, "/anthropic"))
    let isAnthropics = headers.contains("anthropic-version") || headers.contains("x-api-key")
    if isAnthropics || target.hasPrefix("/anthropic/"), method == .GET, path.hasPrefix("/models") {
      if path == "/models" { return page(.models, path) }
      if path.hasPrefix("/models/"), !path.contains(":"), let name = modelName(path.dropFirst(8)) {
        return page(.model(name), path)
      }
    }
    let found = table.find(method, path) ?? (isAnthropics ? ownByHeader.find(method, path) : nil)
    guard let found else { return nil }
    return Call(
      endpoint: found.endpoint, method: method, path: VendorPath(.version, String(path)), workID: found.id)
  }

  private static func page(_ page: OwnPage, _ path: Substring) -> Call {
    Call(
      endpoint: Endpoint("anthropic.models", .anthropic, model: .none, answer: .none, metering: .own(page)),
      method: .GET, path: VendorPath(.version, String(path)))
  }
}
