import JSON
import ProxyServer
import TestKit
import Testing

@Suite struct RefusalTests {
  @Test(
    "a key that does not open is refused in the client's dialect, with a line that names no key",
    arguments: [
      ("sk-tb-wrong", 401, "invalid_key", nil), ("sk-tb-expired", 401, "expired_key", "expired"),
      ("sk-tb-revoked", 401, "invalid_key", "revoked"),
      ("sk-tb-limited", 403, "model_not_allowed", "limited"),
    ] as [(String, Int, String, String?)])
  func keys(_ key: String, _ status: Int, _ type: String, _ name: String?) async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(messagesPath, key: key, body: claude)
      #expect(answer.status == status)
      let error = try JSONTape().parse(answer.body.bytes)
      #expect(error.text("type") == "error")
      #expect(error.text("error", "type") == (status == 401 ? "authentication_error" : "permission_error"))
      let openAI = try await harness.post(
        chatPath, key: key, body: #"{"model":"o-x","messages":[]}"#)
      #expect(openAI.status == status)
      let second = try JSONTape().parse(openAI.body.bytes)
      #expect(second.text("error", "code") == (status == 401 ? "invalid_api_key" : "model_not_allowed"))
      for end in try await harness.ends(2) {
        #expect(end.text("outcome") == "refused")
        #expect(end.text("error", "type") == type)
        #expect(end.text("key", "name") == name)
        #expect(end.text("model", "requested") != nil)
      }
      #expect(harness.lines("start").isEmpty, "no vendor was to be called")
      #expect(harness.vendor.requestsCount == 0)
      #expect(!harness.logText().contains(key))
      #expect(harness.proxy.refused == 2)
    }
  }

  @Test("a request without any key is refused") func noKey() async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.send(
        "POST \(chatPath) HTTP/1.1\r\nhost: p\r\nconnection: close\r\ncontent-length: \(chat.utf8.count)\r\n\r\n\(chat)"
      )
      #expect(answer.status == 401)
      #expect(try await harness.ends()[0].text("error", "type") == "invalid_key")
    }
  }

  @Test("a limited key may use the models its patterns name") func limited() async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(chatPath, key: "sk-tb-limited", body: chat)
      #expect(answer.status == 200)
    }
  }

  @Test(
    "bodies that cannot be taken are refused before a vendor is called",
    arguments: [
      ("{\"model\":", [], 400), ("", [], 400), ("[]", [], 400), (chat, ["content-encoding: gzip"], 415),
      (#"{"model":"a","model":"b"}"#, [], 400), (#"{"messages":[]}"#, [], 400),
    ] as [(String, [String], Int)])
  func bodies(_ body: String, _ headers: [String], _ status: Int) async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(chatPath, headers: headers, body: body)
      #expect(answer.status == status)
      #expect(try JSONTape().parse(answer.body.bytes).text("error", "type") == "invalid_request_error")
      #expect(try await harness.ends()[0].text("outcome") == "client_error")
      #expect(harness.vendor.requestsCount == 0)
    }
  }

  @Test("a body beyond the limit is 413, announced or not", arguments: [true, false])
  func tooLarge(_ announced: Bool) async throws {
    try await ProxyHarness.run({ $0.limits.requestBytesMax = 1000 }) { harness in
      let large = #"{"model":"gpt-x","pad":""# + String(repeating: "x", count: 5000) + "\"}"
      let answer: RawAnswer
      if announced {
        answer = try await harness.post(chatPath, body: large)
      } else {
        answer = try await harness.send(
          "POST \(chatPath) HTTP/1.1\r\nhost: p\r\nauthorization: Bearer sk-tb-good\r\n"
            + "transfer-encoding: chunked\r\n\r\n\(String(large.utf8.count, radix: 16))\r\n\(large)\r\n0\r\n\r\n"
        )
      }
      #expect(answer.status == 413)
      #expect(answer.header("connection") == "close")
      #expect(try await harness.ends()[0].text("error", "type") == "request_too_large")
    }
  }

  @Test("a client that asks before it sends is told to go on, or at once that it need not")
  func expects() async throws {
    try await ProxyHarness.run { harness in
      let head =
        "POST \(chatPath) HTTP/1.1\r\nhost: p\r\nconnection: close\r\nexpect: 100-continue\r\n"
        + "content-length: \(chat.utf8.count)\r\n"
      let good = try await harness.send(head + "authorization: Bearer sk-tb-good\r\n\r\n\(chat)")
      #expect(good.text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
      #expect(harness.vendor.requests.last?.value("expect") == nil)
      let bad = try await harness.send(head + "authorization: Bearer nobody\r\n\r\n")
      #expect(bad.status == 401)
    }
  }

  @Test(
    "what is no endpoint is answered in the dialect that the request speaks",
    arguments: [
      ("GET /v1/nothing", "", 404, true), ("GET /v1/nothing", "x-api-key: k\r\n", 404, false),
      ("POST /v1/messages/nothing", "", 404, false), ("GET \(chatPath)", "", 405, true),
      ("DELETE \(messagesPath)", "", 405, false), ("POST //v1/chat/completions", "", 404, true),
    ])
  func elsewhere(_ request: String, _ header: String, _ status: Int, _ isOpenAI: Bool) async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.send(
        "\(request) HTTP/1.1\r\nhost: p\r\nconnection: close\r\n\(header)\r\n")
      #expect(answer.status == status)
      let body = try JSONTape().parse(answer.body.bytes)
      #expect(body.text("type") == (isOpenAI ? nil : "error"))
      #expect(body.text("error", "message") != nil)
      #expect(harness.lines().isEmpty)
    }
  }

  @Test("probes are answered without a key") func probes() async throws {
    try await ProxyHarness.run { harness in
      for request in ["HEAD /", "GET /health/live", "GET /health/ready"] {
        let answer = try await harness.send("\(request) HTTP/1.1\r\nhost: p\r\nconnection: close\r\n\r\n")
        #expect(answer.status == 200)
      }
      #expect(harness.lines().isEmpty)
    }
  }

  @Test("no header can be smuggled into an answer or a request") func smuggling() async throws {
    try await ProxyHarness.run { harness in
      for request in [
        // Two lengths, a length beside chunks, a bare line feed in a header.
        "POST \(chatPath) HTTP/1.1\r\nhost: p\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        "POST \(chatPath) HTTP/1.1\r\nhost: p\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST \(chatPath) HTTP/1.1\r\nhost: p\r\nx-a: 1\nx-b: 2\r\ncontent-length: 0\r\n\r\n",
      ] {
        let answer = try await harness.send(request, leaveAfterBytes: 12)
        #expect(answer.text.hasPrefix("HTTP/1.1 4") || answer.bytes.isEmpty, "\(request)")
      }
      #expect(harness.vendor.requestsCount == 0)
    }
  }
}
