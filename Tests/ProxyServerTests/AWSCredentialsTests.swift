import JSON
import Ledger
import ProxyServer
import Synchronization
import TestKit
import Testing

/// Credentials of a container's or an instance's metadata service, as its documents are.
private func document(_ secret: String, expires: String) -> [UInt8] {
  Array(
    #"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"\#(StandInBedrock.accessKeyID)","SecretAccessKey":"\#(secret)","Token":"tok/en+==","Expiration":"\#(expires)"}"#
      .utf8)
}

private let converse = #"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#

@Suite struct AWSCredentialsTests {
  private func asksBedrock(
    _ source: AWSCredentialSource, _ body: @escaping (ProxyHarness) async throws -> Void
  ) async throws {
    try await ProxyHarness.run({ $0.awsCredentials = source }) { try await body($0) }
  }

  @Test("an instance's role is asked for with a session token, and its credentials sign") func instance()
    async throws
  {
    let metadata = ScriptedServer { request in
      switch (request.method, request.path) {
      case ("PUT", "/latest/api/token"):
        guard request.value("x-aws-ec2-metadata-token-ttl-seconds") != nil else { return .whole(status: 400) }
        return .whole(status: 200, body: Array("session-1".utf8))
      case _ where request.value("x-aws-ec2-metadata-token") != "session-1": return .whole(status: 401)
      case ("GET", "/latest/meta-data/iam/security-credentials/"):
        return .whole(status: 200, body: Array("my-role\n".utf8))
      case ("GET", "/latest/meta-data/iam/security-credentials/my-role"):
        return .whole(status: 200, body: document(StandInBedrock.secret, expires: "2026-10-01T06:00:00Z"))
      default: return .whole(status: 404)
      }
    }
    let port = try await metadata.start()
    try await asksBedrock(.instance(endpoint: "http://127.0.0.1:\(port)")) { harness in
      // On a machine under load the first asking may time out; it is tried again.
      var status: Int?
      for _ in 0..<100 where status != 200 {
        status = try await harness.post("/model/m/converse", body: converse).status
        if status != 200 { try await Task.sleep(for: .milliseconds(200)) }
      }
      #expect(status == 200)
      #expect(harness.vendor.requests.last?.value("x-amz-security-token") == "tok/en+==")
      let asked = metadata.requestsCount
      #expect(try await harness.post("/model/m/converse", body: converse).status == 200)
      #expect(metadata.requestsCount == asked, "not for each request")
    }
    try await metadata.stop()
  }

  @Test("a container's credentials are asked for with its token, and are renewed before they end")
  func container() async throws {
    let count = Mutex(0)
    let metadata = ScriptedServer { request in
      guard request.value("authorization") == "pod-token", request.path == "/v1/credentials" else {
        return .whole(status: 401)
      }
      let number = count.withLock {
        $0 += 1
        return $0
      }
      // The first ones end so soon that they must be renewed at once.
      return .whole(
        status: 200,
        body: number == 1
          ? document("wrong", expires: "2026-10-01T00:00:02Z")
          : document(StandInBedrock.secret, expires: "2026-10-01T06:00:00Z"))
    }
    let port = try await metadata.start()
    try await asksBedrock(
      .container(url: "http://127.0.0.1:\(port)/v1/credentials", token: Secret("pod-token"), tokenFile: nil)
    ) { harness in
      for _ in 0..<1500 where metadata.requestsCount < 2 { try await Task.sleep(for: .milliseconds(10)) }
      #expect(metadata.requestsCount == 2)
      let answer = try await harness.post("/model/m/converse", body: converse)
      #expect(answer.status == 200, "\(answer.text)")
    }
    try await metadata.stop()
  }

  @Test(
    "without credentials Bedrock's requests are refused as Bedrock would, others are served, and no secret is said"
  )
  func none() async throws {
    let metadata = ScriptedServer { _ in .whole(status: 500, body: Array("CANARYSECRET".utf8)) }
    let port = try await metadata.start()
    try await asksBedrock(.instance(endpoint: "http://127.0.0.1:\(port)")) { harness in
      let answer = try await harness.post("/model/m/converse", body: converse)
      #expect(answer.status == 503)
      #expect(answer.header("x-amzn-errortype") == "ServiceUnavailableException")
      #expect(try await harness.post(chatPath, body: chat).status == 200)
      var notices = harness.notices.texts.withLock { $0 }
      for _ in 0..<1500 where !notices.contains(where: { $0.contains("500") }) {
        try await Task.sleep(for: .milliseconds(10))
        notices = harness.notices.texts.withLock { $0 }
      }
      #expect(notices.contains { $0.contains("AWS credentials") && $0.contains("500") })
      #expect(!notices.contains { $0.contains("CANARY") })
    }
    try await metadata.stop()
  }
}
