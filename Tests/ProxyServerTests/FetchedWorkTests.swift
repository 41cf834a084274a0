import JSON
import Ledger
import ProxyServer
import TestKit
import Testing

@Suite struct FetchedWorkTests {
  @Test("a background answer is metered when it is fetched, once, as the request that asked for it")
  func background() async throws {
    try await ProxyHarness.run { harness in
      let made = try await harness.post(
        "/v1/responses", body: #"{"model":"gpt-4o-mini","input":"hi","background":true,"user":"u-9"}"#)
      let id = try #require(try JSONTape().parse(made.body.bytes).text("id"))
      #expect(harness.lines("start").count == 1)
      #expect(harness.lines("end").isEmpty, "nobody knows yet what it costs")
      for _ in 0..<2 {
        let fetched = try await harness.get("/v1/responses/\(id)", ["x-stand-in: tokens=input:70,output:7"])
        #expect(fetched.status == 200)
      }
      let ends = try await harness.ends()
      #expect(ends.count == 1)
      #expect(ends[0].text("id") == harness.lines("start")[0].text("id"))
      #expect(ends[0].text("metered_id") == id)
      #expect(ends[0].text("user") == "u-9")
      #expect(ends[0].at("usage", "input_tokens")?.wholeNumber == 70)
    }
  }

  @Test("a batch's results are metered when they are fetched: an end for each item, under the key that asked")
  func openAIBatch() async throws {
    try await ProxyHarness.run { harness in
      let made = try await harness.post(
        "/v1/batches", headers: ["x-tollbook-tags: job=nightly"],
        body: #"{"input_file_id":"f","endpoint":"/v1/chat/completions","completion_window":"24h"}"#)
      #expect(made.status == 200)
      _ = try await harness.get("/v1/batches/batch_1")
      // Another key fetches the results.
      let fetched = try await harness.send(
        requestHead(
          "GET", "/v1/files/file-out-1/content",
          ["authorization: Bearer sk-tb-limited", "x-stand-in: events=3;chunk-bytes=11"]))
      #expect(fetched.body.bytes == (try harness.said()))
      let ends = try await harness.ends(3)
      #expect(ends.count == 3, "what failed used nothing")
      #expect(ends.map { $0.text("metered_id") } == (1...3).map { "file-out-1/batch_req_\($0)" })
      #expect(ends.map { $0.at("usage", "completion_tokens")?.wholeNumber } == [1, 2, 3])
      for end in ends {
        #expect(end.at("billing", "batch")?.bool == true)
        #expect(end.text("key", "name") == "good")
        #expect(end.at("tags")?.rawText == #"{"job":"nightly","product":"from-key"}"#)
        #expect(end.text("endpoint") == "openai.chat_completions")
        #expect(end.text("model", "returned") == "gpt-4o-mini-2024-07-18")
      }
    }
  }

  @Test("Anthropic's batches likewise; a key that may not use a model of theirs makes none")
  func anthropicBatch() async throws {
    let batch =
      #"{"requests":[{"custom_id":"a","params":{"model":"claude-x","max_tokens":1,"messages":[]}}]}"#
    try await ProxyHarness.run { harness in
      let version = "anthropic-version: 2023-06-01"
      let refused = try await harness.post(
        "/v1/messages/batches", key: "sk-tb-limited", headers: [version], body: batch)
      #expect(refused.status == 403)
      let made = try await harness.post("/v1/messages/batches", headers: [version], body: batch)
      #expect(made.status == 200)
      #expect(
        try JSONTape().parse(made.body.bytes).text("results_url")
          == "/v1/messages/batches/msgbatch_1/results",
        "a client that follows it stays with the proxy")
      #expect(made.body.isWhole)
      for _ in 0..<2 {
        _ = try await harness.send(
          requestHead(
            "GET", "/v1/messages/batches/msgbatch_1/results",
            ["x-api-key: sk-tb-limited", version, "accept-encoding: gzip", "x-stand-in: gzip=1;events=2"]))
      }
      // The second fetch says the same again, and nothing was used again.
      let ends = try await harness.ends(2)
      #expect(ends.count == 2)
      #expect(Set(ends.compactMap { $0.text("metered_id") }) == ["msgbatch_1/item-1", "msgbatch_1/item-2"])
      #expect(ends[0].text("endpoint") == "anthropic.messages.batches")
      #expect(ends[0].text("key", "name") == "good")
      #expect(ends[0].at("usage", "input_tokens")?.wholeNumber == 201)
    }
  }

  @Test("who asked is known after a restart") func restart() async throws {
    let folder = "/tmp/tollbook-created-\(UInt64.random(in: 0 ... .max))"
    defer { removeTree(folder) }
    try await ProxyHarness.run({ $0.rawLogs = folder }) { harness in
      _ = try await harness.post("/v1/batches", body: #"{"input_file_id":"f"}"#)
      _ = try await harness.get("/v1/batches/batch_1")
    }
    try await ProxyHarness.run({ $0.rawLogs = folder }) { harness in
      _ = try await harness.send(
        requestHead(
          "GET", "/v1/files/file-out-1/content",
          ["authorization: Bearer sk-tb-limited", "x-stand-in: events=1"]))
      for _ in 0..<200 where !logFiles(folder).contains(where: { readWhole($0).count > 600 }) {
        try await Task.sleep(for: .milliseconds(10))
      }
      let text = logFiles(folder).map { String(decoding: readWhole($0), as: UTF8.self) }.joined()
      #expect(text.contains(#""metered_id":"file-out-1/batch_req_1""#))
      #expect(text.contains(#""name":"good""#) && !text.contains(#""name":"limited""#))
    }
  }
}
