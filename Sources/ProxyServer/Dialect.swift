/// The vendors' ways of speaking: what an error of the proxy's own looks like in each.
internal import JSON
package import Ledger

package enum Dialect: Sendable {
  case openAI
  case anthropic
  case bedrock
  case gemini
}

/// Why the proxy itself answers a request, and what it says.
package struct Problem: Error, Sendable {
  package var status: Int
  /// In the log: `error.type`.
  package var type: String
  package var outcome: Outcome
  var openAIType: String
  var openAICode: String?
  var anthropicType: String
  /// Never holds a key, a prompt or a vendor's text.
  var message: String
  /// Where the status and the type do not tell it.
  var bedrockException: String?
  /// When to ask again, and whether.
  var headers: [(name: String, value: String)] = []

  package func body(_ dialect: Dialect, requestID: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      switch dialect {
      case .openAI:
        writer.member(
          "error",
          object: { writer in
            writer.member("message", message)
            writer.member("type", openAIType)
            writer.member("param", String?.none)
            writer.member("code", openAICode)
          })
      case .anthropic:
        writer.member("type", "error")
        writer.member(
          "error",
          object: { writer in
            writer.member("type", anthropicType)
            writer.member("message", message)
          })
        writer.member("request_id", requestID)
      case .bedrock: writer.member("message", message)
      case .gemini:
        writer.member(
          "error",
          object: { writer in
            writer.member("code", status)
            writer.member("message", message)
            writer.member("status", geminiStatus)
          })
      }
    }
    return writer.bytes
  }

}

extension Problem {
  private static func client(
    _ status: Int, _ type: String, code: String? = nil, anthropic: String = "invalid_request_error",
    _ message: String, outcome: Outcome = .clientError
  ) -> Problem {
    Problem(
      status: status, type: type, outcome: outcome, openAIType: "invalid_request_error", openAICode: code,
      anthropicType: anthropic, message: message)
  }

  private static func server(
    _ status: Int, _ type: String, anthropic: String = "api_error", _ message: String
  ) -> Problem {
    Problem(
      status: status, type: type, outcome: .vendorError, openAIType: "server_error", openAICode: type,
      anthropicType: anthropic, message: message)
  }

  static let noKey = client(
    401, "invalid_key", code: "invalid_api_key", anthropic: "authentication_error",
    "No API key was given. Send it as Authorization: Bearer or as x-api-key.", outcome: .refused)
  static let invalidKey = client(
    401, "invalid_key", code: "invalid_api_key", anthropic: "authentication_error",
    "This API key is not known here. Ask the proxy's operator for one.", outcome: .refused)
  static let revokedKey = client(
    401, "invalid_key", code: "invalid_api_key", anthropic: "authentication_error",
    "This API key was revoked. Ask the proxy's operator for a new one.", outcome: .refused)
  static let expiredKey = client(
    401, "expired_key", code: "invalid_api_key", anthropic: "authentication_error",
    "This API key has expired. Ask the proxy's operator for a new one.", outcome: .refused)
  static let modelNotAllowed = client(
    403, "model_not_allowed", code: "model_not_allowed", anthropic: "permission_error",
    "This API key may not use the requested model.", outcome: .refused)
  static let noUpstream = client(
    404, "model_not_found", code: "model_not_found", anthropic: "not_found_error",
    "No upstream is configured for the requested model.")
  static let notFound = client(
    404, "not_found", code: "not_found", anthropic: "not_found_error",
    "This proxy has no such endpoint. It serves those of OpenAI, Azure OpenAI, Anthropic, Amazon Bedrock Runtime and Gemini."
  )
  static let methodNotAllowed = client(
    405, "method_not_allowed", code: "method_not_allowed", "This endpoint does not take that method.")
  static let requestTooLarge = client(
    413, "request_too_large", code: "request_too_large", anthropic: "request_too_large",
    "The request body is larger than this proxy takes.")
  static let encodedBody = client(
    415, "unsupported_encoding", code: "unsupported_content_encoding",
    "This proxy takes no compressed request bodies. Send it without Content-Encoding.")
  static let noModel = client(400, "invalid_request", "The request names no model.")

  static let malformedForm = client(
    400, "invalid_request", "The request body is not an acceptable multipart/form-data form.")

  static func malformed(_ what: String) -> Problem {
    client(400, "invalid_json", "The request body is not acceptable JSON: \(what).")
  }

  static let logUnavailable = server(
    503, "log_unavailable",
    "The proxy cannot write its log at the moment, so the request was not sent on. Try again later.")
  static let noCredentials = server(
    503, "no_credentials", "The proxy has no valid AWS credentials at the moment. Try again later.")
  static let clientLeft = client(499, "client_left", "The client left before the request was sent on.")
  static let stopping = server(503, "stopping", "The proxy is stopping. Try again.")
  static let vendorUnreachable = server(502, "vendor_unreachable", "The vendor could not be reached.")
  static let vendorClosed = server(
    502, "vendor_closed", "The vendor closed the connection before it answered.")
  /// The proxy stopped while the vendor had the request.
  static let stopped = server(503, "stopped", "The proxy stopped before the vendor answered. Try again.")
  static let vendorTimeout = server(
    504, "vendor_timeout", anthropic: "timeout_error", "The vendor did not answer in time.")
}
