import HTTPWire
import Ledger
import NIOCore
import ProxyServer
import Testing

/// Requests that botocore 1.43.11 signed: what it hashed, and what came out.
private struct Signed {
  var target: String
  var headers: [(String, String)]
  var hash: String
  var signature: String

  static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
  static let body = #"{"messages": [{"role": "user", "content": [{"text": "hi"}]}]}"#
  static let bodyHash = "23aab397f4d1f51b8846a1cea8ead51c4766038fe8b80730645a50f05af4d41e"
  /// 2026-11-23T08:32:19Z in microseconds, by another calculator.
  static let time: Int64 = 1_795_422_739_000_000

  static let plain = Signed(
    target:
      "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fa1b2c3d4e5f6/converse",
    headers: [
      ("content-type", "application/json"), ("host", "127.0.0.1:18080"), ("x-amz-date", "20261123T083219Z"),
    ], hash: "cecbb890eb657afb2d67079bd6990608373cfa9c7532c32b2643f642ec177981",
    signature: "805724eaf45852485ae9050b96e8f6fd1f3744ff4ab2fe15dcaff48c77f63136")
  static let withToken = Signed(
    target: "/model/anthropic.claude-x-v1:0/invoke",
    headers: [
      ("accept", "application/json"), ("content-type", "application/json"), ("host", "127.0.0.1:18080"),
      ("x-amz-date", "20261123T083219Z"), ("x-amz-security-token", "tok/en+=="),
    ], hash: "1f290ca788d78f508a8c586fdf5438bd3d3c0a80eabaac663b5ddaff5bad8996",
    signature: "655bb3dbd3c55873c5b199fb9050dc2bce4ec36dcc784e8b4fa2c2a0f3576ceb")

  var head: SentHead { SentHead(method: .POST, target: target, headers: headers) }

  var authorization: String {
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/bedrock/aws4_request, "
      + "SignedHeaders=\(headers.map(\.0).joined(separator: ";")), Signature=\(signature)"
  }
}

/// A head before it is on its way.
private struct SentHead {
  var method: HTTPMethod
  var target: String
  var headers: [(String, String)]
}

@Suite struct SigV4Tests {
  @Test("what is hashed and what is signed are botocore's", arguments: [0, 1])
  func vectors(_ index: Int) throws {
    let signed = [Signed.plain, .withToken][index]
    #expect(SigV4.payloadHash(ByteBuffer(string: Signed.body)) == Signed.bodyHash)
    let canonical = SigV4.canonicalRequest(
      method: "POST", target: signed.target, headers: signed.headers.map { (name: $0.0, value: $0.1) },
      payloadHash: Signed.bodyHash)
    #expect(SigV4.payloadHash(ByteBuffer(string: canonical)) == signed.hash)
    let signature = SigV4.signature(
      canonicalRequest: canonical, time: "20261123T083219Z",
      scope: SigV4Scope(date: "20261123", region: "us-east-1", service: "bedrock"), secret: Signed.secret)
    #expect(signature == signed.signature)
    try verify(signed)
  }

  private func verify(
    _ signed: Signed, head: SentHead? = nil, body: String = Signed.body, now: Int64 = Signed.time,
    authorization: String? = nil, secret: String = Signed.secret
  ) throws {
    let claim = try #require(SignedRequest(authorization: authorization ?? signed.authorization))
    #expect(claim.accessKeyID == "AKIDEXAMPLE")
    let head = head ?? signed.head
    try claim.verify(
      head.method, target: head.target, HeaderFields(head.headers), body: ByteBuffer(string: body),
      secret: secret, now: now,
      clockMilliseconds: 300_000)
  }

  @Test("a signature holds for its own bytes, its own time and its own secret alone")
  func negative() throws {
    let signed = Signed.plain
    #expect(throws: Problem.self) { try verify(signed, body: Signed.body + " ") }
    #expect(throws: Problem.self) { try verify(signed, secret: Signed.secret + "x") }
    var head = signed.head
    head.target = head.target.replacing("%3A", with: ":")
    #expect(throws: Problem.self) { try verify(signed, head: head) }
    head = signed.head
    head.method = .PUT
    #expect(throws: Problem.self) { try verify(signed, head: head) }
    for (name, value) in [("host", "127.0.0.1:18081"), ("x-amz-date", "20261123T083220Z")] {
      head = signed.head
      head.headers.removeAll { $0.0 == name }
      head.headers.append((name, value))
      #expect(throws: Problem.self, "\(name)") { try verify(signed, head: head) }
    }
    head = signed.head
    head.headers.append(("content-type", "text/plain"))
    #expect(throws: Problem.self) { try verify(signed, head: head) }
    #expect(throws: Problem.self) {
      try verify(signed, authorization: signed.authorization.replacing("/bedrock/", with: "/s3/"))
    }
    #expect(throws: Problem.self) {
      try verify(signed, authorization: signed.authorization.replacing("host;", with: ""))
    }
  }

  @Test("the clock may be five minutes off in either direction, and not a second more")
  func window() throws {
    for seconds in [-300, 0, 300] as [Int64] {
      try verify(.plain, now: Signed.time + seconds * 1_000_000)
    }
    for seconds in [-301, 301, 960] as [Int64] {
      #expect(throws: Problem.self) { try verify(.plain, now: Signed.time + seconds * 1_000_000) }
    }
  }

  @Test("the payload's hash may stand in a header, and must then be its hash")
  func payloadHeader() throws {
    var head = Signed.plain.head
    head.headers.append(("x-amz-content-sha256", Signed.bodyHash))
    try verify(.plain, head: head)
    for other in [
      "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", String(Signed.bodyHash.reversed()),
    ] {
      head.headers[head.headers.count - 1].1 = other
      #expect(throws: Problem.self, "\(other)") { try verify(.plain, head: head) }
    }
  }

  @Test("repeated slashes and dots are one path in what is signed")
  func paths() {
    func canonical(_ target: String) -> String {
      SigV4.canonicalRequest(method: "POST", target: target, headers: [], payloadHash: "x")
    }
    #expect(canonical("/bedrock//x/model/m/converse") == canonical("/bedrock/x/model/m/converse"))
    #expect(canonical("/a/./b/../c").hasPrefix("POST\n/a/c\n\n"))
    #expect(canonical("/a/?b&a=1").hasPrefix("POST\n/a/\na=1&b=\n"))
    #expect(canonical("/").hasPrefix("POST\n/\n\n"))
  }

  @Test(
    "what is no signature header is none",
    arguments: [
      "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host",
      "AWS4-HMAC-SHA256 Credential=a/b/c/aws4_request, SignedHeaders=host, Signature=x",
      "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4, SignedHeaders=host, Signature=x",
      "AWS4-HMAC-SHA256 Credential=a//c/d/aws4_request, SignedHeaders=host, Signature=x",
      "AWS4-HMAC-SHA256 A=1,B=2,C=3,D=4", "AWS4-HMAC-SHA256 ,,,,", "Bearer x",
      "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders="
        + String(repeating: "a;", count: 100) + ", Signature=x",
    ])
  func hostile(_ text: String) { #expect(SignedRequest(authorization: text) == nil) }

  @Test("a pair's secret follows from its id and the operator's secret, and looks like one of AWS's")
  func pair() {
    var byte: UInt8 = 0
    let id = AWSKeyPair.newID {
      byte &+= 37
      return byte
    }
    #expect(id.count == 20 && id.hasPrefix("AKTB"))
    #expect(AWSKeyPair.secret(of: AWSClient.accessKeyID, master: AWSClient.master) == AWSClient.secret)
    #expect(AWSKeyPair.secret(of: id, master: AWSClient.master) != AWSClient.secret)
    #expect(FixedKeys().key(sha256Hex: AWSKeyPair.digest(of: AWSClient.accessKeyID))?.name == "signer")
  }
}
