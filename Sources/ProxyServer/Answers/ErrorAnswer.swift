/// A problem in; the status, the headers and the words by which each vendor's SDK raises its right exception, out.
internal import HTTPWire

extension Dialect {
  /// Of a request to no endpoint: what its path and its headers look like.
  static func guess(_ path: Substring, _ headers: HeaderFields) -> Dialect {
    if path.hasPrefix("/model/") || path.hasPrefix("/bedrock/") { return .bedrock }
    if headers.contains("x-goog-api-key") || path.contains(":generateContent") { return .gemini }
    let isAnthropic =
      path.contains("/messages") || headers.contains("anthropic-version")
      || headers.contains("x-api-key")
    return isAnthropic ? .anthropic : .openAI
  }
}

extension Problem {
  /// Amazon has no 401, and what a budget refuses is a quota of its own, which its SDKs do not try again.
  func status(_ dialect: Dialect) -> Int {
    guard dialect == .bedrock else { return status }
    if type == "budget_exceeded" { return 400 }
    return status == 401 ? 403 : status
  }

  func addHeaders(_ dialect: Dialect, requestID: String, to headers: inout [(name: String, value: String)]) {
    switch dialect {
    case .openAI: headers.append(("x-request-id", requestID))
    case .anthropic: headers.append(("request-id", requestID))
    case .bedrock:
      headers.append(("x-amzn-requestid", requestID))
      headers.append(("x-amzn-errortype", exceptionName))
    case .gemini: break
    }
  }

  private var exceptionName: String {
    if let bedrockException { return bedrockException }
    return switch (type, status) {
    case ("budget_exceeded", _): "ServiceQuotaExceededException"
    case ("expired_key", _): "ExpiredTokenException"
    case (_, 401): "UnrecognizedClientException"
    case (_, 403): "AccessDeniedException"
    case (_, 404): "ResourceNotFoundException"
    case (_, 429): "ThrottlingException"
    case (_, 503): "ServiceUnavailableException"
    case (_, 500...): "InternalServerException"
    default: "ValidationException"
    }
  }

  /// google.rpc.Code, as Google's services map it to HTTP.
  var geminiStatus: String {
    switch status {
    case 401: "UNAUTHENTICATED"
    case 403: "PERMISSION_DENIED"
    case 404: "NOT_FOUND"
    case 429: "RESOURCE_EXHAUSTED"
    case 503: "UNAVAILABLE"
    case 504: "DEADLINE_EXCEEDED"
    case 500...: "INTERNAL"
    default: "INVALID_ARGUMENT"
    }
  }
}
