internal import Crypto
internal import Foundation

/// Amazon's side of Signature Version 4, written for the stand-in from AWS's description alone.
public enum StandInSignature {
  /// The headers beside the body of a request that says it is the account's own.
  static func isValid(_ request: RecordedRequest, accessKeyID: String, secret: String) -> Bool {
    guard let authorization = request.value("authorization"), let time = request.value("x-amz-date") else {
      return false
    }
    var fields: [String: String] = [:]
    for part in authorization.dropFirst("AWS4-HMAC-SHA256 ".count).components(separatedBy: ",") {
      let pair = part.trimmingCharacters(in: .whitespaces).split(separator: "=", maxSplits: 1)
      if pair.count == 2 { fields[String(pair[0])] = String(pair[1]) }
    }
    guard let credential = fields["Credential"]?.components(separatedBy: "/"), credential.count == 5,
      let signed = fields["SignedHeaders"]?.components(separatedBy: ";"), credential[0] == accessKeyID,
      time.hasPrefix(credential[1]), credential[3] == "bedrock", credential[4] == "aws4_request",
      signed.contains("host"), signed.contains("x-amz-date"), signed == signed.sorted()
    else { return false }
    let scope = Array(credential.dropFirst())
    return signature(request, signing: signed, secret: secret, time: time, scope: scope)
      == fields["Signature"]
  }

  /// What a client that has the secret sends as `Authorization`; the request has its `x-amz-date` and its host already.
  public static func authorization(
    _ request: RecordedRequest, accessKeyID: String, secret: String, region: String = "us-east-1",
    service: String = "bedrock"
  ) -> String {
    let time = request.value("x-amz-date") ?? ""
    let scope = [String(time.prefix(8)), region, service, "aws4_request"]
    let signed = Set(request.headers.map { $0.name.lowercased() }).sorted()
    let signature = signature(request, signing: signed, secret: secret, time: time, scope: scope)
    return
      "AWS4-HMAC-SHA256 Credential=\(accessKeyID)/\(scope.joined(separator: "/")), SignedHeaders=\(signed.joined(separator: ";")), Signature=\(signature)"
  }

  private static func signature(
    _ request: RecordedRequest, signing signed: [String], secret: String, time: String, scope: [String]
  ) -> String {
    var canonical = [request.method, path(request), ""]
    for name in signed {
      canonical.append(
        name + ":" + request.values(name).joined(separator: ",").trimmingCharacters(in: .whitespaces))
    }
    canonical += ["", signed.joined(separator: ";"), hex(SHA256.hash(data: request.body))]
    let digest = hex(SHA256.hash(data: Data(canonical.joined(separator: "\n").utf8)))
    var key = Data(("AWS4" + secret).utf8)
    for part in scope { key = code(key, part) }
    return hex(code(key, "AWS4-HMAC-SHA256\n\(time)\n\(scope.joined(separator: "/"))\n\(digest)"))
  }

  private static func path(_ request: RecordedRequest) -> String {
    var plain = CharacterSet(charactersIn: "-._~/")
    plain.formUnion(
      CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"))
    return request.path.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
  }

  private static func code(_ key: Data, _ text: String) -> Data {
    Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: key)))
  }

  private static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String(format: "%02x", $0) }.joined()
  }
}
