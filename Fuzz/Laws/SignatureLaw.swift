internal import HTTPWire
internal import NIOCore
internal import ProxyServer

/// A head as a client has it.
private struct SentHead {
  var target: String
  var fields: [(String, String)]

  func values(_ name: String) -> [String] { fields.filter { $0.0 == name }.map(\.1) }

  var isReadable: Bool {
    do throws(WireFault) {
      _ = try HeaderFields(fields)
      return true
    } catch {
      return false
    }
  }
}

/// Signed requests: a header that is read says all that it is made of, and a request that was signed holds with its own
/// bytes alone.
enum SignatureLaw {
  private static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
  private static let timeText = "20261123T083219Z"
  /// The same, in microseconds since 1970-01-01T00:00:00Z.
  private static let time: Int64 = 1_795_422_739_000_000

  /// The text is a header, a target, header lines up to an empty one, and a body.
  static func check(_ input: Input) throws(LawBroken) {
    let lines = input.text.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
    let authorization = text(lines[0])
    if let claim = SignedRequest(authorization: authorization) { try checkParts(claim, authorization) }
    if let read = SigV4.time(authorization) {
      try hold(SigV4.timeText(read) == authorization, "\(authorization) is read as \(SigV4.timeText(read))")
    }
    if lines.count > 1 { try checkSigned(lines[1]) }
  }

  private static func checkParts(_ claim: SignedRequest, _ authorization: String) throws(LawBroken) {
    let again = header(claim)
    try hold(SignedRequest(authorization: again) == claim, "\(authorization) is not \(again)")
    try hold(
      [claim.accessKeyID, claim.scope.date, claim.scope.region, claim.scope.service, claim.signature]
        .allSatisfy { authorization.contains($0) }, "a part is not from the header: \(authorization)")
  }

  private static func header(_ claim: SignedRequest) -> String {
    "AWS4-HMAC-SHA256 Credential=\(claim.accessKeyID)/\(claim.scope.date)/\(claim.scope.region)/"
      + "\(claim.scope.service)/aws4_request, SignedHeaders=\(claim.headers.joined(separator: ";")), "
      + "Signature=\(claim.signature)"
  }

  private static func checkSigned(_ request: ArraySlice<UInt8>) throws(LawBroken) {
    let lines = request.split(separator: 0x0A, omittingEmptySubsequences: false)
    var head = SentHead(target: text(lines[0]), fields: [("host", "127.0.0.1"), ("x-amz-date", timeText)])
    for line in lines.dropFirst().prefix(8) {
      let pair = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
      guard pair.count == 2, pair[0].allSatisfy({ $0 >= 97 && $0 <= 122 }) else { break }
      head.fields.append(("y-" + text(pair[0]), text(pair[1])))
    }
    // What no head can hold reaches no signature.
    guard head.isReadable else { return }
    let body = ByteBuffer(bytes: lines.last ?? [])
    let authorization = sign(head, body)
    guard let read = SignedRequest(authorization: authorization) else {
      throw LawBroken(description: "a header that was made is not read: \(authorization)")
    }
    try hold(isTaken(read, head, body), "what was signed does not hold: \(text(request))")
    try hold(!isTaken(read, head, body, secret: secret + "x"), "another secret holds")
    try hold(!isTaken(read, head, body, seconds: 301), "an old signature holds")
    var other = body
    other.writeBytes([0])
    try hold(!isTaken(read, head, other), "another body holds")
    var changed = head
    changed.fields[0].1 = "127.0.0.2"
    try hold(!isTaken(read, changed, body), "another host holds")
    changed = head
    changed.target = head.target + "x"
    try hold(!isTaken(read, changed, body), "another path holds")
  }

  /// As a client does it.
  private static func sign(_ head: SentHead, _ body: ByteBuffer) -> String {
    let names = Set(head.fields.map(\.0)).sorted()
    let scope = SigV4Scope(date: String(timeText.prefix(8)), region: "us-east-1", service: "bedrock")
    let canonical = SigV4.canonicalRequest(
      method: "POST", target: head.target,
      headers: names.map { (name: $0, value: head.values($0).map { trim($0) }.joined(separator: ",")) },
      payloadHash: SigV4.payloadHash(body))
    let signature = SigV4.signature(canonicalRequest: canonical, time: timeText, scope: scope, secret: secret)
    return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\(scope.date)/us-east-1/bedrock/aws4_request, "
      + "SignedHeaders=\(names.joined(separator: ";")), Signature=\(signature)"
  }

  private static func trim(_ value: String) -> String {
    var rest = value[...]
    while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
    while rest.last == " " || rest.last == "\t" { rest.removeLast() }
    return String(rest)
  }

  private static func isTaken(
    _ claim: SignedRequest, _ head: SentHead, _ body: ByteBuffer, secret: String = secret,
    seconds: Int64 = 0
  ) -> Bool {
    let fields: HeaderFields
    do throws(WireFault) { fields = try HeaderFields(head.fields) } catch { return false }
    do throws(Problem) {
      try claim.verify(
        .POST, target: head.target, fields, body: body, secret: secret, now: time + seconds * 1_000_000,
        clockMilliseconds: 300_000)
      return true
    } catch {
      return false
    }
  }
}
