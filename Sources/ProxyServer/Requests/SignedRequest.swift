/// A client's signature in; whether the request is that client's own, now and unchanged, out.
///
/// The secret of a pair is not stored: it is the HMAC of the access key's id under a secret that only the proxy's operator
/// has, so that whoever reads the store can sign nothing. The id finds the client's key as any key's digest does.
internal import Crypto
internal import Ledger
package import NIOCore
package import HTTPWire

/// `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`, taken apart.
package struct SignedRequest: Sendable, Hashable {
  package var accessKeyID: String
  package var scope: SigV4Scope
  package var headers: [String]
  package var signature: String

  enum Limit {
    static let headerBytesMax = 8192
    static let headersMax = 64
  }

  /// - Returns: nil for what is no such header.
  package init?(authorization: String) {
    guard authorization.utf8.count <= Limit.headerBytesMax, authorization.hasPrefix(SigV4.algorithm + " ")
    else {
      return nil
    }
    var parts: [String: Substring] = [:]
    for part in authorization.dropFirst(SigV4.algorithm.count).split(whereSeparator: {
      $0 == "," || $0 == " "
    }) {
      guard let equals = part.firstIndex(of: "="), parts.count < 3 else { return nil }
      parts[String(part[..<equals])] = part[part.index(after: equals)...]
    }
    guard let credential = parts["Credential"], let headers = parts["SignedHeaders"],
      let signature = parts["Signature"]
    else { return nil }
    let scope = credential.split(separator: "/", omittingEmptySubsequences: false)
    guard scope.count == 5, scope[4] == "aws4_request", scope.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.accessKeyID = String(scope[0])
    self.scope = SigV4Scope(date: String(scope[1]), region: String(scope[2]), service: String(scope[3]))
    self.headers = headers.split(separator: ";").map { $0.lowercased() }
    self.signature = String(signature)
    guard self.headers.count <= Limit.headersMax else { return nil }
  }

  /// - Parameter now: microseconds since 1970-01-01T00:00:00Z.
  /// - Throws: what the client is told.
  package func verify(
    _ method: HTTPMethod, target: String, _ fields: HeaderFields, body: ByteBuffer?, secret: String,
    now: Int64,
    clockMilliseconds: Int
  ) throws(Problem) {
    guard ["bedrock", "bedrock-mantle"].contains(scope.service) else { throw .wrongService }
    guard let timeText = fields.first("x-amz-date"), let time = SigV4.time(timeText),
      timeText.hasPrefix(scope.date), headers.contains("host"), headers.contains("x-amz-date")
    else { throw .badSignature }
    guard abs(now - time) <= Int64(clockMilliseconds) * 1000 else { throw .signatureOutOfTime }
    let hash = SigV4.payloadHash(body)
    if let said = fields.first("x-amz-content-sha256"), said != hash { throw .badSignature }
    let signed = headers.map { name in
      (name: name, value: fields.values(name).joined(separator: ","))
    }
    let expected = SigV4.signature(
      canonicalRequest: SigV4.canonicalRequest(
        method: method.rawValue, target: target, headers: signed, payloadHash: hash),
      time: timeText, scope: scope, secret: secret)
    guard SecretDigest(expected).matches(SecretDigest(signature)) else { throw .badSignature }
  }
}

/// A pair of access key id and secret that an AWS SDK signs with, given out by the proxy's operator.
public enum AWSKeyPair {
  /// What the ids of the proxy's own pairs begin with; AWS's begin with `AKIA` and `ASIA`.
  public static let idPrefix = "AKTB"
  /// A secret that others are derived from should not be guessed.
  public static let masterBytesMin = 32

  /// 20 letters and digits, as AWS's ids are.
  /// - Parameter random: one random byte a call.
  public static func newID(random: () -> UInt8) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    return idPrefix + String((0..<16).map { _ in letters[Int(random() & 31)] })
  }

  /// 40 letters, digits, `+` and `/`.
  public static func secret(of id: String, master: String) -> String {
    let code = HMAC<SHA256>.authenticationCode(
      for: Array("tollbook AWS key 1\n\(id)".utf8), using: SymmetricKey(data: Array(master.utf8)))
    return base64(Array(code).prefix(30))
  }

  /// What the client's key is found by. A bearer key is never a text with a line feed, so none has this digest.
  public static func digest(of id: String) -> String {
    hexText(SHA256.hash(data: Array("AWS access key\n\(id)".utf8)))
  }
}

extension Problem {
  private static func signature(_ exception: String, _ message: String) -> Problem {
    Problem(
      status: 403, type: "invalid_key", outcome: .refused, openAIType: "invalid_request_error",
      openAICode: "invalid_api_key", anthropicType: "authentication_error", message: message,
      bedrockException: exception)
  }

  static let badSignature = signature(
    "InvalidSignatureException",
    "The request's signature does not match. Check the secret access key, and that nothing between changes the request."
  )
  static let signatureOutOfTime = signature(
    "InvalidSignatureException",
    "The request was signed too long ago, or the clocks of client and proxy differ.")
  static let wrongService = signature(
    "InvalidSignatureException", "The request must be signed for the service bedrock.")
  static let noSignedRequests = signature(
    "UnrecognizedClientException",
    "This proxy takes no signed requests: its operator has set no secret for AWS keys. Use a bearer token.")
  static let unknownAccessKey = signature(
    "UnrecognizedClientException",
    "This access key id is not known here. Ask the proxy's operator for a pair.")
}
