import JSON
import Ledger
import ProxyServer
import RawLog
import Synchronization
import TestKit
import Testing

let chatPath = "/v1/chat/completions"
let messagesPath = "/v1/messages"
let chat = #"{"model":"gpt-x","messages":[{"role":"user","content":"hi"}]}"#
let chatStream = #"{"model":"gpt-x","stream":true,"messages":[{"role":"user","content":"hi"}]}"#
let claude = #"{"model":"claude-x","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#
let claudeStream =
  #"{"model":"claude-x","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}"#

@Suite struct LiveProxyTests {
  @Test("a plain answer passes unchanged, with one start and one end line") func plain() async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(
        chatPath, headers: ["x-tollbook-tags: product=from-client, env=prod", "user-agent: test/1"],
        body: #"{"model":"gpt-x","user":"u-1","messages":[{"role":"user","content":"hi"}]}"#,
        ask: "tokens=input:120,output:9,cache_read:100")
      #expect(answer.status == 200)
      let direct = try await RawClient.exchange(
        port: harness.vendor.port,
        Array(
          ("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer k\r\n"
            + "x-stand-in: tokens=input:120,output:9,cache_read:100\r\ncontent-length: \(chat.utf8.count)\r\n\r\n"
            + chat).utf8), leaveAfterBytes: nil)
      #expect(answer.body.bytes == direct.body.bytes)
      #expect(answer.headers("set-cookie") == direct.headers("set-cookie"), "repeated headers stay")
      let end = try await harness.ends()[0]
      #expect(answer.header("x-tollbook-request-id") == end.text("id"))
      #expect(harness.lines().compactMap { $0.text("kind") } == ["open", "start", "end"])
      #expect(harness.lines("start")[0].text("id") == end.text("id"))
      #expect(end.text("outcome") == "ok")
      #expect(end.text("usage_source") == "vendor")
      #expect(end.at("usage", "prompt_tokens")?.wholeNumber == 120)
      #expect(end.at("usage", "prompt_tokens_details", "cached_tokens")?.wholeNumber == 100)
      #expect(end.text("endpoint") == "openai.chat_completions")
      #expect(end.text("upstream") == "openai-main")
      #expect(end.text("region") == "eu")
      #expect(end.text("user") == "u-1")
      #expect(end.text("key", "name") == "good")
      #expect(end.text("team") == "team-1")
      #expect(end.at("tags")?.rawText == #"{"env":"prod","product":"from-key"}"#, "the key's own tag wins")
      #expect(end.text("client", "agent") == "test/1")
      #expect(end.text("client", "ip") == "127.0.0.1")
      #expect(end.text("vendor_request_id") == answer.header("x-request-id"))
      #expect(end.at("status")?.wholeNumber == 200)
      #expect(end.at("stream")?.bool == false)
    }
  }

  @Test("the vendor gets the vendor's key and none of the client's credentials") func credentials()
    async throws
  {
    try await ProxyHarness.run { harness in
      _ = try await harness.post(
        chatPath,
        headers: [
          "x-api-key: other", "cookie: c=1", "x-forwarded-for: 9.9.9.9", "x-tollbook-tags: a=b",
          "connection: x-secret-hop", "x-secret-hop: 1", "accept-encoding: br, gzip;q=0.5, zstd",
          "anthropic-beta: one", "anthropic-beta: two", "openai-organization: org-1",
        ], body: chat)
      let request = try #require(harness.vendor.requests.first)
      #expect(request.values("authorization") == ["Bearer vendor-secret-o"])
      for name in ["x-api-key", "cookie", "x-forwarded-for", "x-tollbook-tags", "x-secret-hop", "connection"]
      {
        #expect(request.values(name).isEmpty, "\(name)")
      }
      #expect(request.values("anthropic-beta") == ["one", "two"])
      #expect(request.value("openai-organization") == "org-1")
      #expect(request.value("accept-encoding") == "gzip;q=0.5")
      #expect(request.value("host") == "127.0.0.1:\(harness.vendor.port)")
      #expect(request.body == Array(chat.utf8))
      _ = try await harness.send(
        "POST /messages?beta=true HTTP/1.1\r\nhost: p\r\nauthorization: Bearer anything\r\n"
          + "x-api-key: sk-tb-good\r\nconnection: close\r\nanthropic-version: 2023-06-01\r\n"
          + "content-length: \(claude.utf8.count)\r\n\r\n\(claude)")
      let second = try #require(harness.vendor.requests.last)
      #expect(second.target == "/v1/messages?beta=true")
      #expect(second.values("x-api-key") == ["vendor-secret-a"])
      #expect(second.values("authorization").isEmpty)
      #expect(second.value("anthropic-version") == "2023-06-01")
      #expect(second.value("accept-encoding") == nil)
      let log = harness.logText()
      for secret in ["sk-tb-good", "vendor-secret", "You said", "\"hi\""] { #expect(!log.contains(secret)) }
    }
  }

  @Test(
    "a stream that did not ask for usage is metered, and its client gets what it would have got without",
    arguments: ["", "crlf", "chunk-bytes=1", "chunk-bytes=7;crlf", "big-line-kib=300"])
  func hiddenUsage(_ ask: String) async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(chatPath, body: chatStream, ask: ask)
      #expect(answer.body.isWhole)
      let plain = VendorStandIn.answer(
        to: RecordedRequest(
          number: 1, method: "POST", target: chatPath,
          headers: [.init("authorization", "Bearer k"), .init("x-stand-in", ask)],
          body: Array(chatStream.utf8)),
        defaultFault: .init())
      var expected: [UInt8] = []
      for case .body(let piece) in plain.steps { expected += piece }
      #expect(answer.body.bytes == expected)
      let end = try await harness.ends()[0]
      #expect(end.text("usage_source") == "vendor")
      #expect(end.at("usage", "completion_tokens")?.wholeNumber == 8)
      #expect(end.at("stream")?.bool == true)
      #expect(end.text("outcome") == "ok")
    }
  }

  @Test("Anthropic's stream passes byte for byte and its counts are those of the last message_delta")
  func anthropicStream() async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(
        messagesPath, headers: ["x-claude-code-session-id: s-1"], body: claudeStream,
        ask: "tokens=input:40,output:210,cache_read:9000,web_searches:2;deltas=3")
      #expect(answer.body.isWhole)
      let end = try await harness.ends()[0]
      #expect(end.at("usage", "output_tokens")?.wholeNumber == 210)
      #expect(end.at("usage", "cache_read_input_tokens")?.wholeNumber == 9000)
      #expect(end.at("usage", "server_tool_use", "web_search_requests")?.wholeNumber == 2)
      #expect(end.text("billing", "stop_reason") == "end_turn")
      #expect(end.text("session") == "s-1")
      #expect(end.text("provider") == "anthropic")
      #expect(end.text("response_id")?.hasPrefix("msg_") == true)
    }
  }

  @Test("compressed answers pass as they are and are metered all the same", arguments: [false, true])
  func gzip(_ stream: Bool) async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(
        messagesPath, headers: ["accept-encoding: gzip, br"], body: stream ? claudeStream : claude,
        ask: "gzip=1;tokens=input:40,output:210")
      #expect(answer.header("content-encoding") == "gzip")
      #expect(answer.body.bytes.prefix(2) == [0x1F, 0x8B])
      #expect(answer.body.isWhole)
      let end = try await harness.ends()[0]
      #expect(end.at("usage", "output_tokens")?.wholeNumber == 210)
      #expect(end.text("outcome") == "ok")
    }
  }

  @Test("a route renames the model on the way, and the log has all three names") func routes() async throws {
    try await ProxyHarness.run({ settings in
      settings.routes = [
        ModelRoute(match: .init("none*"), upstream: "missing"),
        ModelRoute(match: .init("fast"), upstream: "anthropic-main", model: "claude-x-mini"),
      ]
    }) { harness in
      _ = try await harness.post(messagesPath, body: #"{"model":"fast","max_tokens":1,"messages":[]}"#)
      let end = try await harness.ends()[0]
      #expect(end.text("model", "requested") == "fast")
      #expect(end.text("model", "routed") == "claude-x-mini")
      #expect(end.text("model", "returned") == "claude-x-mini")
      #expect(harness.notices.texts.withLock { $0 }.contains { $0.contains("missing") })
    }
  }

  @Test("several requests over one connection, sent at once, are answered in order") func pipelined()
    async throws
  {
    try await ProxyHarness.run { harness in
      let one =
        "POST \(chatPath) HTTP/1.1\r\nhost: p\r\nauthorization: Bearer sk-tb-good\r\n"
        + "content-length: \(chat.utf8.count)\r\n\r\n\(chat)"
      let last =
        "POST \(chatPath) HTTP/1.1\r\nhost: p\r\nauthorization: Bearer sk-tb-good\r\nconnection: close\r\n"
        + "transfer-encoding: chunked\r\n\r\n\(String(chat.utf8.count, radix: 16))\r\n\(chat)\r\n0\r\n\r\n"
      let answer = try await harness.send(one + one + last)
      #expect(answer.text.components("HTTP/1.1 200 OK") == 3)
      #expect(try await harness.ends(3).count == 3)
      #expect(harness.vendor.requestsCount == 3)
    }
  }

  @Test(
    "every line's bytes are in the file before the client has its last byte", arguments: ["every", "always"])
  func endBeforeLastByte(_ policy: String) async throws {
    try await ProxyHarness.run({ if policy == "always" { $0.fsync = .always } }) { harness in
      for n in 1...10 {
        for (path, body) in [(chatPath, chat), (chatPath, chatStream), (messagesPath, claudeStream)] {
          let answer = try await harness.post(path, body: body)
          #expect(answer.body.isWhole)
          let id = answer.header("x-tollbook-request-id")
          #expect(harness.lines("end").contains { $0.text("id") == id }, "round \(n)")
        }
      }
      #expect(harness.lines().compactMap { $0["seq"]?.wholeNumber } == Array(1...61))
    }
  }
}

extension String {
  /// How often the text occurs.
  func components(_ mark: String) -> Int {
    var count = 0
    var rest = self[...]
    while let first = rest.firstIndex(of: mark.first ?? "x") {
      rest = rest[first...]
      if rest.hasPrefix(mark) { count += 1 }
      rest = rest.dropFirst()
    }
    return count
  }
}
