import JSON
import ProxyServer
import RawLog
import Synchronization
import TestKit
import Testing

@Suite struct BrokenExchangeTests {
  @Test(
    "a stream that the vendor cuts is seen as cut, and its tokens are estimated",
    arguments: ["cut-at-byte=600", "no-terminal"], [chatStream, claudeStream])
  func cut(_ ask: String, _ body: String) async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(body == chatStream ? chatPath : messagesPath, body: body, ask: ask)
      #expect(answer.status == 200)
      #expect(!answer.body.isWhole, "no last chunk, or an SDK takes it for success")
      let end = try await harness.ends()[0]
      #expect(end.text("outcome") == "stream_broken")
      #expect(end.text("error", "type") == "stream_broken")
      if ask != "no-terminal" { #expect(end.text("usage_source") == "estimated") }
    }
  }

  @Test("a plain answer that the vendor cuts is not whole for the client either") func cutPlain() async throws
  {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(chatPath, body: chat, ask: "cut-at-byte=100")
      #expect(!answer.body.isWhole)
      let end = try await harness.ends()[0]
      #expect(end.text("outcome") == "stream_broken")
      #expect(end.text("usage_source") == "none")
      #expect(end.at("usage")?.isNull == true)
    }
  }

  @Test("an error event in a stream is passed on and counts as the vendor's error") func errorEvent()
    async throws
  {
    try await ProxyHarness.run { harness in
      for (path, body) in [(chatPath, chatStream), (messagesPath, claudeStream)] {
        let answer = try await harness.post(path, body: body, ask: "error-event-after=3")
        #expect(answer.body.isWhole)
        #expect(answer.bodyText.contains("error"))
      }
      for end in try await harness.ends(2) {
        #expect(end.text("outcome") == "vendor_error")
        #expect(end.at("status")?.wholeNumber == 200)
        #expect(end.text("error", "message")?.contains("You said") == false)
      }
      #expect(try await harness.ends(2)[1].at("usage", "input_tokens")?.wholeNumber == 9)
    }
  }

  @Test(
    "a vendor's refusal passes unchanged; whose fault it is follows from the status",
    arguments: [
      (400, "client_error"), (404, "client_error"), (413, "client_error"), (401, "vendor_error"),
      (403, "vendor_error"), (429, "vendor_error"), (500, "vendor_error"), (529, "vendor_error"),
    ])
  func refusals(_ status: Int, _ outcome: String) async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(
        messagesPath,
        body: #"{"model":"claude-x","max_tokens":1,"messages":[{"role":"user","content":"my secret"}]}"#,
        ask: "status=\(status);retry-after=7")
      #expect(answer.status == status)
      #expect(answer.header("retry-after") == "7")
      #expect(answer.bodyText.contains("my secret"), "the stand-in quotes the prompt")
      let end = try await harness.ends()[0]
      #expect(end.text("outcome") == outcome)
      #expect(end.at("status")?.wholeNumber == Int64(status))
      #expect(end.text("error", "type") == (try JSONTape().parse(answer.body.bytes)).text("error", "type"))
      #expect(!harness.logText().contains("my secret"))
    }
  }

  @Test("a vendor that cannot be reached is 502 in the client's dialect") func unreachable() async throws {
    try await ProxyHarness.run({ settings in
      // A port that was free a moment ago on an address nobody listens on.
      settings.upstreams = settings.upstreams.map {
        Upstream(name: $0.name, provider: $0.provider, baseURL: "http://127.255.255.254:9/v1", region: "r")
      }
    }) { harness in
      let openAI = try await harness.post(chatPath, body: chatStream)
      #expect(openAI.status == 502)
      #expect(try JSONTape().parse(openAI.body.bytes).text("error", "code") == "vendor_unreachable")
      let anthropic = try await harness.post(messagesPath, body: claude)
      #expect(anthropic.status == 502)
      #expect(try JSONTape().parse(anthropic.body.bytes).text("error", "type") == "api_error")
      for end in try await harness.ends(2) {
        #expect(end.text("outcome") == "vendor_error")
        #expect(end.text("error", "type") == "vendor_unreachable")
      }
    }
  }

  @Test("a vendor that says nothing is 504") func noHead() async throws {
    try await ProxyHarness.run({ $0.limits.headMilliseconds = 200 }) { harness in
      let answer = try await harness.post(chatPath, body: chat, ask: "hang=head")
      #expect(answer.status == 504)
      let end = try await harness.ends()[0]
      #expect(end.text("outcome") == "vendor_error")
      #expect(end.text("error", "type") == "vendor_timeout")
    }
  }

  @Test("a vendor that falls silent in the middle is cut") func silence() async throws {
    try await ProxyHarness.run({ $0.limits.readSilenceMilliseconds = 200 }) { harness in
      let cut = try await harness.post(messagesPath, body: claudeStream, ask: "hang=body")
      #expect(cut.status == 200)
      #expect(!cut.body.isWhole)
      let end = try await harness.ends()[0]
      #expect(end.text("outcome") == "stream_broken")
      #expect(end.text("error", "type") == "vendor_timeout")
    }
  }

  @Test("a client that leaves is still metered with the true usage", arguments: [chatStream, claudeStream])
  func clientLeaves(_ body: String) async throws {
    try await ProxyHarness.run { harness in
      let path = body == chatStream ? chatPath : messagesPath
      let request =
        "POST \(path) HTTP/1.1\r\nhost: p\r\nauthorization: Bearer sk-tb-good\r\n"
        + "x-stand-in: events=60;event-ms=20;tokens=input:77,output:321\r\n"
        + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
      _ = try await harness.send(request, leaveAfterBytes: 900)
      let end = try await harness.ends()[0]
      #expect(end.text("outcome") == "client_gone")
      #expect(end.text("usage_source") == "vendor")
      let output = end.at("usage", "completion_tokens") ?? end.at("usage", "output_tokens")
      #expect(output?.wholeNumber == 321)
      #expect(harness.vendor.outcomes.values.allSatisfy { $0 == .finished })
    }
  }

  @Test("beyond the bound for reading on, the usage is an estimate") func drainBound() async throws {
    try await ProxyHarness.run({ $0.limits.drainMilliseconds = 150 }) { harness in
      let request =
        "POST \(messagesPath) HTTP/1.1\r\nhost: p\r\nauthorization: Bearer sk-tb-good\r\n"
        + "x-stand-in: events=500;event-ms=20;tokens=input:77,output:321\r\n"
        + "content-length: \(claudeStream.utf8.count)\r\n\r\n\(claudeStream)"
      _ = try await harness.send(request, leaveAfterBytes: 900)
      let end = try await harness.ends()[0]
      #expect(end.text("outcome") == "client_gone")
      #expect(end.text("usage_source") == "estimated")
      #expect(end.at("usage", "input_tokens")?.wholeNumber == 77)
    }
  }

  @Test("a client that closes right behind the terminal event was served") func closesAfterDone() async throws
  {
    try await ProxyHarness.run { harness in
      for (path, body, mark) in [
        (chatPath, chatStream, "[DONE]"), (messagesPath, claudeStream, "message_stop"),
      ] {
        let whole = try await harness.post(path, body: body)
        let size = whole.text.prefixBytes(upTo: mark)
        let request =
          "POST \(path) HTTP/1.1\r\nhost: p\r\nauthorization: Bearer sk-tb-good\r\nconnection: close\r\n"
          + "content-length: \(body.utf8.count)\r\ncontent-type: application/json\r\n\r\n\(body)"
        _ = try await harness.send(request, leaveAfterBytes: size)
      }
      for end in try await harness.ends(4) { #expect(end.text("outcome") == "ok") }
    }
  }

  @Test("without a log line nothing goes to a vendor, unless it is to be served anyway")
  func logFails() async throws {
    for policy in [LogFailurePolicy.refuse, .serve] {
      try await ProxyHarness.run({ settings in
        settings.rawLogs = "/proc/no-such-folder"
        settings.whenLogFails = policy
      }) { harness in
        let answer = try await harness.post(chatPath, body: chat)
        #expect(answer.status == (policy == .refuse ? 503 : 200))
        #expect(harness.vendor.requestsCount == (policy == .refuse ? 0 : 1))
        #expect(harness.proxy.linesNotWritten == (policy == .refuse ? 1 : 2))
        let said = harness.notices.texts.withLock { $0 }
        #expect(said.count == 1, "loud, but not once a request")
      }
    }
  }

  @Test(
    "an end that the log does not have is no end for the client, unless it is to be served anyway",
    arguments: [FailingDisk.Fault.endLines, .syncs], [LogFailurePolicy.refuse, .serve])
  func endFails(_ fault: FailingDisk.Fault, _ policy: LogFailurePolicy) async throws {
    try await ProxyHarness.run(
      files: FailingDisk(fault),
      { settings in
        settings.whenLogFails = policy
        if fault == .syncs { settings.fsync = .always }
      }
    ) { harness in
      let plain = try await harness.post(chatPath, body: chat)
      let stream = try await harness.post(messagesPath, body: claudeStream, ask: "event-ms=5")
      if policy == .serve {
        #expect(plain.status == 200 && plain.body.isWhole)
        #expect(stream.status == 200 && stream.body.isWhole)
      } else {
        // Nothing of the plain answer was out yet; of the stream, all but its end was.
        #expect(plain.status == 503)
        #expect(!plain.bodyText.contains("You said"))
        #expect(stream.status == 200 && !stream.body.isWhole)
        #expect(!stream.bodyText.contains("message_stop"))
      }
      #expect(harness.proxy.linesNotWritten == 2)
      #expect(harness.notices.texts.withLock { $0 }.contains { $0.contains("could not be written") })
    }
  }

  @Test("a port that is taken is named, with what to do") func portTaken() async throws {
    try await ProxyHarness.run { harness in
      var settings = ProxySettings(rawLogs: harness.folder + "-2", upstreams: [])
      settings.listenPort = harness.proxy.port
      let error = await #expect(throws: ProxySettingsError.self) {
        try await ProxyServer.start(
          settings, keys: FixedKeys(), clock: { 0 }, random: { 0 }, notices: { _ in })
      }
      #expect(error?.description.contains("127.0.0.1:\(harness.proxy.port)") == true)
      #expect(error?.description.contains("in use") == true)
    }
  }

  @Test("stopping finishes what runs, ends the log and seals it") func stop() async throws {
    try await ProxyHarness.run { harness in
      async let slow = harness.post(messagesPath, body: claudeStream, ask: "events=20;event-ms=20")
      try await harness.waitForVendor()
      try await harness.proxy.stop()
      let answer = try await slow
      #expect(answer.body.isWhole)
      let kinds = harness.lines().compactMap { $0.text("kind") }
      #expect(kinds == ["open", "start", "end", "close"])
      #expect(logFiles(harness.folder).allSatisfy { $0.hasSuffix(".jsonl") })
      #expect(harness.lines("end").first?.text("outcome") == "ok")
    }
  }

  @Test("what outlasts the grace is cut, and in the log all the same") func grace() async throws {
    try await ProxyHarness.run({ $0.limits.stopGraceMilliseconds = 100 }) { harness in
      async let slow = harness.post(messagesPath, body: claudeStream, ask: "hang=body")
      try await harness.waitForVendor()
      try await harness.proxy.stop()
      let answer = try await slow
      let end = try #require(harness.lines("end").first)
      // On a slow machine the vendor's answer may not have begun; then the proxy's own is a whole one.
      if answer.status == 200 {
        #expect(!answer.body.isWhole)
        #expect(end.text("error", "type") == "proxy_stopped")
      } else {
        #expect(answer.status == 503)
        #expect(end.text("error", "type") == "stopping")
      }
      #expect(harness.lines().last?.text("kind") == "close")
    }
  }

  @Test("who has no answer yet when the grace is over is told so") func graceWithoutHead() async throws {
    try await ProxyHarness.run({ $0.limits.stopGraceMilliseconds = 100 }) { harness in
      async let slow = harness.post(messagesPath, body: claudeStream, ask: "hang=head")
      try await harness.waitForVendor()
      try await harness.proxy.stop()
      let answer = try await slow
      #expect(answer.status == 503)
      #expect(answer.body.isWhole)
      #expect(try #require(harness.lines("end").first).text("error", "type") == "stopped")
    }
  }

  @Test("a client that reads slowly holds the vendor back instead of filling memory") func backpressure()
    async throws
  {
    try await ProxyHarness.run { harness in
      // 24 MiB in one answer: far above what sockets and buffers hold; every byte arrives.
      let answer = try await harness.post(chatPath, body: chat, ask: "big-line-kib=24576")
      #expect(answer.body.isWhole)
      #expect(answer.body.bytes.count > 24 << 20)
      #expect(try await harness.ends()[0].text("usage_source") == "vendor")
    }
  }
}

extension String {
  /// Bytes up to and with the mark's first occurrence.
  fileprivate func prefixBytes(upTo mark: String) -> Int {
    var rest = self[...]
    while !rest.isEmpty, !rest.hasPrefix(mark) { rest = rest.dropFirst() }
    return utf8.count - rest.utf8.count + mark.utf8.count
  }
}
