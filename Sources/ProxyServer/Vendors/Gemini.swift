/// Gemini's requests: `/v1beta/models/{model}:generateContent` and its like, with the client's own version.
internal import HTTPWire

extension Endpoint {
  static let generateContent = Endpoint(
    "gemini.generate_content", .gemini, model: .path, answer: .gemini)
  static let streamGenerateContent = Endpoint(
    "gemini.stream_generate_content", .gemini, model: .path, answer: .gemini)
  static let embedContent = Endpoint("gemini.embed_content", .gemini, model: .path, answer: .gemini)
  static let batchEmbedContents = Endpoint(
    "gemini.batch_embed_contents", .gemini, model: .path, answer: .gemini)
  static let geminiCount = Endpoint(
    "gemini.count_tokens", .gemini, model: .path, answer: .none, metering: .free)
}

extension Call {
  private static let actions: [(suffix: Substring, endpoint: Endpoint, streams: Bool)] = [
    (":generateContent", .generateContent, false), (":streamGenerateContent", .streamGenerateContent, true),
    (":countTokens", .geminiCount, false), (":embedContent", .embedContent, false),
    (":batchEmbedContents", .batchEmbedContents, false),
  ]

  static func gemini(
    _ method: HTTPMethod, _ wholePath: Substring, target: String, _ headers: HeaderFields
  ) -> Call? {
    let path = withoutFamily(wholePath, "/gemini")
    guard let version = ["/v1beta", "/v1", "/v1alpha"].first(where: { path.hasPrefix($0 + "/models") })
    else { return nil }
    let rest = path.dropFirst(version.count + 7)
    let isGeminis =
      headers.contains("x-goog-api-key") || version != "/v1" || path != wholePath
      || target.contains("?key=") || target.contains("&key=")
    if method == .GET, isGeminis {
      let root = VendorPath.Root.clientVersion(version)
      if rest.isEmpty { return page(.models, root, rest) }
      guard rest.first == "/", !rest.contains(":"), let name = oneName(rest.dropFirst()) else { return nil }
      return page(.model(name), root, rest)
    }
    guard method == .POST, rest.first == "/", let colon = rest.lastIndex(of: ":"),
      let action = actions.first(where: { $0.suffix == rest[colon...] })
    else { return nil }
    let model = rest[..<colon].dropFirst()
    guard oneName(model) != nil else { return nil }
    return Call(
      endpoint: action.endpoint,
      path: VendorPath(
        .clientVersion(version), "/models/", model: String(model), after: String(action.suffix)),
      streams: action.streams)
  }

  private static func oneName(_ text: Substring) -> String? { text.contains("/") ? nil : modelName(text) }

  private static func page(_ page: OwnPage, _ root: VendorPath.Root, _ rest: Substring) -> Call {
    Call(
      endpoint: Endpoint("gemini.models", .gemini, model: .none, answer: .none, metering: .own(page)),
      method: .GET, path: VendorPath(root, "/models" + rest))
  }
}

/// The query without the client's key, and the key.
func withoutKey(_ query: Substring?) -> (rest: String?, key: String?) {
  guard let query else { return (nil, nil) }
  var kept: [Substring] = []
  var key: String?
  for part in query.split(separator: "&", omittingEmptySubsequences: false) {
    guard part.hasPrefix("key=") else {
      kept.append(part)
      continue
    }
    key = key ?? percentDecoded(part.dropFirst(4))
  }
  return (kept.isEmpty ? nil : kept.joined(separator: "&"), key)
}
