/// AWS Signature Version 4: a request's parts and a secret in, its signature out. Signing and verifying are one computation.
///
/// After AWS's "Create a signed AWS API request": hash of the canonical request, string to sign, chain of HMACs.
internal import Crypto
internal import Ledger
package import NIOCore
internal import HTTPWire

package struct SigV4Scope: Sendable, Hashable {
  /// `20261123`
  package var date: String
  package var region: String
  package var service: String

  package init(date: String, region: String, service: String) {
    (self.date, self.region, self.service) = (date, region, service)
  }

  var text: String { "\(date)/\(region)/\(service)/aws4_request" }
}

package enum SigV4 {
  static let algorithm = "AWS4-HMAC-SHA256"

  /// The parts in the order in which they are hashed.
  /// - Parameters:
  ///   - target: path and query as they stand in the request line.
  ///   - headers: those that are signed, in lower case, sorted.
  package static func canonicalRequest(
    method: String, target: String, headers: [(name: String, value: String)], payloadHash: String
  ) -> String {
    let path = target.prefix { $0 != "?" }
    let query = target.dropFirst(path.count + 1)
    var text = method + "\n" + canonicalPath(path) + "\n" + canonicalQuery(query) + "\n"
    for header in headers { text += header.name + ":" + spaced(header.value) + "\n" }
    return text + "\n" + headers.map(\.name).joined(separator: ";") + "\n" + payloadHash
  }

  /// - Parameter time: `20261123T083219Z`
  package static func signature(
    canonicalRequest: String, time: String, scope: SigV4Scope, secret: String
  ) -> String {
    let stringToSign =
      algorithm + "\n" + time + "\n" + scope.text + "\n" + hexText(SHA256.hash(data: bytes(canonicalRequest)))
    var key = SymmetricKey(data: bytes("AWS4" + secret))
    for part in [scope.date, scope.region, scope.service, "aws4_request"] {
      key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: bytes(part), using: key))
    }
    return hexText(HMAC<SHA256>.authenticationCode(for: bytes(stringToSign), using: key))
  }

  package static func payloadHash(_ body: ByteBuffer?) -> String {
    var hash = SHA256()
    body?.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
    return hexText(hash.finalize())
  }

  /// Dots that climb are taken out, repeated slashes are one, and every byte is escaped again: the path that was sent is
  /// escaped already, so it is escaped twice in what is signed.
  private static func canonicalPath(_ path: Substring) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    let end = path.hasSuffix("/") && !parts.isEmpty ? "/" : ""
    return percentEncoded(("/" + parts.joined(separator: "/") + end).utf8, keeping: "/")
  }

  private static func canonicalQuery(_ query: Substring) -> String {
    query.split(separator: "&").map { $0.contains("=") ? String($0) : $0 + "=" }.sorted()
      .joined(separator: "&")
  }

  /// Trimmed, and each run of spaces one space.
  private static func spaced(_ value: String) -> String {
    value.split(separator: " ").map { trimmed($0) }.joined(separator: " ")
  }

  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// `20261123T083219Z` of microseconds since 1970-01-01T00:00:00Z.
  package static func timeText(_ time: Int64) -> String {
    Timestamp.text(time).prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
  }

  /// Microseconds since 1970-01-01T00:00:00Z; nil for what is no such time.
  package static func time(_ text: String) -> Int64? {
    let t = Array(text.utf8)
    guard t.count == 16, t[8] == UInt8(ascii: "T"), t[15] == UInt8(ascii: "Z") else { return nil }
    let dashed =
      Array(t[0..<4]) + [45] + Array(t[4..<6]) + [45] + Array(t[6..<8]) + [84] + Array(t[9..<11]) + [58]
      + Array(t[11..<13]) + [58] + Array(t[13..<15]) + [90]
    return Timestamp.parse(dashed)
  }
}

// MARK: - Signing

extension SigV4 {
  /// The headers that make a request the vendor account's own.
  /// - Parameters:
  ///   - headers: what of the request is signed beside the host, such as `content-type`.
  ///   - now: microseconds since 1970-01-01T00:00:00Z.
  static func sign(
    method: HTTPMethod, target: String, host: String, headers: [(name: String, value: String)],
    body: ByteBuffer, region: String, service: String, credentials: AWSCredentials, now: Int64
  ) -> [(String, String)] {
    let time = timeText(now)
    var added = [("x-amz-date", time)]
    if let token = credentials.sessionToken { added.append(("x-amz-security-token", token.text)) }
    var signed = headers.map { (name: $0.name.lowercased(), value: $0.value) }
    signed.append(("host", host))
    signed += added.map { (name: $0.0, value: $0.1) }
    signed.sort { $0.name < $1.name }
    let scope = SigV4Scope(date: String(time.prefix(8)), region: region, service: service)
    let signature = signature(
      canonicalRequest: canonicalRequest(
        method: method.rawValue, target: target, headers: signed, payloadHash: payloadHash(body)),
      time: time, scope: scope, secret: credentials.secret.text)
    added.append(
      (
        "authorization",
        "\(algorithm) Credential=\(credentials.accessKeyID)/\(scope.text), "
          + "SignedHeaders=\(signed.map(\.name).joined(separator: ";")), Signature=\(signature)"
      ))
    return added
  }
}
