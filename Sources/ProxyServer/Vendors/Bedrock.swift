/// Amazon Bedrock Runtime's requests: `/model/{modelId}/converse` and its like, on the path as it was sent.
internal import HTTPWire

extension Endpoint {
  static let converse = Endpoint("bedrock.converse", .bedrock, model: .path, answer: .converse)
  static let converseStream = Endpoint("bedrock.converse_stream", .bedrock, model: .path, answer: .converse)
  static let invoke = Endpoint("bedrock.invoke", .bedrock, model: .path, answer: .invoke)
  static let invokeStream = Endpoint("bedrock.invoke_stream", .bedrock, model: .path, answer: .invoke)
  static let bedrockCount = Endpoint(
    "bedrock.count_tokens", .bedrock, model: .path, answer: .none, metering: .free)
}

extension Call {
  private static let actions: [(suffix: Substring, endpoint: Endpoint, streams: Bool)] = [
    ("/converse", .converse, false), ("/converse-stream", .converseStream, true),
    ("/invoke", .invoke, false), ("/invoke-with-response-stream", .invokeStream, true),
    ("/count-tokens", .bedrockCount, false),
  ]

  /// The model is one part of the path, in which clients escape `:` and `/`, or `/` alone. Where something between
  /// has decoded the slash of an ARN, the model has all up to the last one.
  static func bedrock(_ method: HTTPMethod, _ target: Substring) -> Call? {
    let path = withoutFamily(target, "/bedrock")
    guard method == .POST, path.hasPrefix("/model/"), let slash = path.lastIndex(of: "/") else { return nil }
    guard let action = actions.first(where: { $0.suffix == path[slash...] }) else { return nil }
    let model = path[..<slash].dropFirst(7)
    guard !model.isEmpty, model.utf8.count <= Self.modelBytesMax else { return nil }
    guard modelName(model) != nil else { return nil }
    let parts = model.split(separator: "/", omittingEmptySubsequences: false)
    return Call(
      endpoint: action.endpoint,
      path: VendorPath(
        .host, "/model/", model: parts.joined(separator: "%2F"), after: String(action.suffix)),
      streams: action.streams)
  }

  /// The vendor's own bound is 2,048 letters; escaped they are three times as many.
  private static let modelBytesMax = 6144
}

/// An application inference profile's ARN, which says whose cost a request is; nil for any other model id.
func inferenceProfile(_ model: String) -> String? {
  model.hasPrefix("arn:") && model.contains(":application-inference-profile/") ? model : nil
}
