import JSON
import ProxyServer
import TestKit
import Testing

private let converseBody =
  #"{"messages":[{"role":"user","content":[{"text":"hi"}]}],"requestMetadata":{"feature":"review"}}"#
private let geminiBody = #"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#

@Suite struct SignedClientTests {
  private func request(
    _ harness: ProxyHarness, secret: String = AWSClient.secret, date: String = "20261001T000000Z",
    id: String = AWSClient.accessKeyID, body: String = converseBody
  ) -> String {
    let signed = RecordedRequest(
      number: 1, method: "POST", target: "/model/us.anthropic.claude-x-v1%3A0/converse",
      headers: [
        .init("host", "127.0.0.1:8787"), .init("x-amz-date", date), .init("content-type", "application/json"),
      ], body: Array(converseBody.utf8))
    let authorization = StandInSignature.authorization(signed, accessKeyID: id, secret: secret)
    return
      (["POST \(signed.target) HTTP/1.1", "connection: close", "content-length: \(body.utf8.count)"]
      + signed.headers.map { "\($0.name): \($0.value)" } + ["authorization: \(authorization)"])
      .joined(separator: "\r\n") + "\r\n\r\n" + body
  }

  @Test("a client that signs is known by its pair, and the vendor gets the account's own signature")
  func accepted() async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.send(request(harness))
      #expect(answer.status == 200, "\(answer.text)")
      let vendor = try #require(harness.vendor.requests.last)
      #expect(vendor.value("authorization")?.contains(StandInBedrock.accessKeyID) == true)
      #expect(!String(decoding: vendor.rawBytes, as: UTF8.self).contains("AKTB"))
      #expect(try await harness.ends()[0].text("key", "name") == "signer")
    }
  }

  @Test("another secret, another body, another time and an id as a bearer key open nothing")
  func refused() async throws {
    try await ProxyHarness.run { harness in
      let digestAsKey = requestHead(
        "POST", "/model/m/converse",
        ["authorization: Bearer \(AWSClient.accessKeyID)", "content-length: \(converseBody.utf8.count)"])
      for (bytes, exception) in [
        (request(harness, secret: "x"), "InvalidSignatureException"),
        (request(harness, body: converseBody.replacing("hi", with: "ho")), "InvalidSignatureException"),
        (request(harness, date: "20260930T235000Z"), "InvalidSignatureException"),
        (request(harness, id: "AKIAIOSFODNN7EXAMPLE"), "UnrecognizedClientException"),
        (digestAsKey + converseBody, "UnrecognizedClientException"),
      ] {
        let answer = try await harness.send(bytes)
        #expect(answer.status == 403, "\(answer.text)")
        #expect(answer.header("x-amzn-errortype") == exception)
      }
      for end in try await harness.ends(5) {
        #expect(end.text("outcome") == "refused")
        #expect(end.at("status")?.wholeNumber == 403, "what the client got")
      }
      #expect(harness.vendor.requestsCount == 0)
    }
  }

  @Test("a key in the query cannot have the line feed that a pair's digest has") func query() async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.send(
        requestHead(
          "POST", "/v1beta/models/g:generateContent?key=AWS%20access%20key%0A\(AWSClient.accessKeyID)",
          ["content-length: \(geminiBody.utf8.count)"]) + geminiBody)
      #expect(answer.status == 401)
    }
  }
}
