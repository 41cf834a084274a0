import JSON
import NIOCore
import ProxyServer
import Testing

/// The body that goes to the vendor for the one that came.
private func rewritten(
  _ body: String, _ endpoint: Endpoint = .chatCompletions, model: String? = nil
) throws -> (body: String, asksForUsage: Bool) {
  let reading = try RequestReading(JSONTape().parse(body), endpoint: endpoint)
  let (splices, asks) = reading.splices(model: model)
  let result = spliced(ByteBuffer(string: body), splices, allocator: ByteBufferAllocator())
  return (String(buffer: result), asks)
}

@Suite struct RequestRewriteTests {
  @Test(
    "a streamed chat request asks for usage where the client did not, and nothing else changes",
    arguments: [
      (
        #"{"model":"m","stream":true,"n":1.50}"#,
        #"{"stream_options":{"include_usage":true},"model":"m","stream":true,"n":1.50}"#
      ),
      (
        #"{ "model":"m", "stream": true, "stream_options": {} }"#,
        #"{ "model":"m", "stream": true, "stream_options": {"include_usage":true} }"#
      ),
      (
        #"{"model":"m","stream_options":{"include_obfuscation":false},"stream":true}"#,
        #"{"model":"m","stream_options":{"include_usage":true,"include_obfuscation":false},"stream":true}"#
      ),
      (
        #"{"model":"m","stream":true,"stream_options":null}"#,
        #"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#
      ),
      (
        #"{"model":"m","stream":true,"stream_options":{"include_usage":false,"x":1}}"#,
        #"{"model":"m","stream":true,"stream_options":{"include_usage":true,"x":1}}"#
      ),
      (
        "{\n  \"model\" : \"m\",\r\n\t\"stream\":true\n}\n",
        "{\"stream_options\":{\"include_usage\":true},\n  \"model\" : \"m\",\r\n\t\"stream\":true\n}\n"
      ),
    ])
  func asks(_ body: String, _ expected: String) throws {
    let result = try rewritten(body)
    #expect(result.body == expected)
    #expect(result.asksForUsage)
  }

  @Test(
    "nothing is added where it is not wanted",
    arguments: [
      #"{"model":"m"}"#,
      #"{"model":"m","stream":false}"#,
      #"{"model":"m","stream":false,"stream_options":{"include_usage":true}}"#,
      #"{"model":"m","stream":null}"#,
      #"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#,
      #"{"model":"m","stream":true,"stream_options":"all"}"#,
      #"{"model":"m","stream":true,"stream_options":{"include_usage":"yes"}}"#,
    ])
  func leavesAlone(_ body: String) throws {
    let result = try rewritten(body)
    #expect(result.body == body)
    #expect(!result.asksForUsage)
  }

  @Test("Anthropic streams carry usage by themselves, so their bodies stay as they are")
  func anthropic() throws {
    let body = #"{"model":"m","stream":true,"system":[{"type":"text","text":"x","cache_control":{}}]}"#
    let result = try rewritten(body, .messages)
    #expect(result.body == body)
    #expect(!result.asksForUsage)
  }

  @Test("a renamed model changes that one value, wherever it stands") func rename() throws {
    let body = #"{"messages":[{"role":"user","content":"model: \"m\""}], "model" : "fast" ,"z":1e400}"#
    let result = try rewritten(body, model: "gpt-x-2026")
    #expect(
      result.body
        == #"{"messages":[{"role":"user","content":"model: \"m\""}], "model" : "gpt-x-2026" ,"z":1e400}"#)
  }

  @Test("renaming and asking for usage go together, in either order of the members")
  func both() throws {
    let one = try rewritten(#"{"model":"a","stream":true,"stream_options":{}}"#, model: "b")
    #expect(one.body == #"{"model":"b","stream":true,"stream_options":{"include_usage":true}}"#)
    let two = try rewritten(#"{"stream_options":{},"stream":true,"model":"a"}"#, model: "b")
    #expect(two.body == #"{"stream_options":{"include_usage":true},"stream":true,"model":"b"}"#)
  }

  @Test(
    "what two readers could take for two things is refused",
    arguments: [
      #"{"model":"cheap","model":"dear"}"#, #"{"model":"m","stream":false,"stream":true}"#,
      #"{"model":"m","stream_options":{},"stream_options":null}"#,
    ])
  func twice(_ body: String) {
    #expect(throws: Problem.self) { try rewritten(body) }
  }

  @Test(
    "a request must be an object that names a model",
    arguments: ["[]", "1", "{}", #"{"model":7}"#, #"{"model":""}"#])
  func noModel(_ body: String) {
    #expect(throws: Problem.self) { try rewritten(body) }
  }

  @Test("the user is read where each vendor has it") func user() throws {
    let openAI = try RequestReading(
      JSONTape().parse(#"{"model":"m","user":"u-1","metadata":{"user_id":"no"}}"#), endpoint: .chatCompletions
    )
    #expect(openAI.user == "u-1")
    let anthropic = try RequestReading(
      JSONTape().parse(#"{"model":"m","user":"no","metadata":{"user_id":"u-2"}}"#), endpoint: .messages)
    #expect(anthropic.user == "u-2")
  }

  @Test("the text asked is counted without the bytes of images") func text() throws {
    // "user" + "text" + "abcd" and "image" + "base64" are strings of the messages; the data is not text.
    let body =
      #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"abcd"},"#
      + #"{"type":"image","source":{"type":"base64","data":"AAAAAAAAAAAAAAAAAAAA"}},"#
      + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAAAAAAAAAA"}}]}]}"#
    let reading = try RequestReading(JSONTape().parse(body), endpoint: .messages)
    #expect(reading.textBytes == 4 + 4 + 4 + 5 + 6 + 9)
  }
}

@Suite struct VendorAddressTests {
  @Test(
    "a base URL with or without its version gives the vendor's own target",
    arguments: [
      ("https://api.openai.com", "/v1/chat/completions"),
      ("https://api.openai.com/", "/v1/chat/completions"),
      ("https://api.openai.com/v1", "/v1/chat/completions"),
      ("https://api.openai.com/v1/", "/v1/chat/completions"),
      ("http://10.0.0.1:8080/gateway", "/gateway/v1/chat/completions"),
      ("http://[::1]:8080/gateway/v1", "/gateway/v1/chat/completions"),
      (
        "https://generativelanguage.googleapis.com/v1beta/openai/",
        "/v1beta/openai/chat/completions"
      ),
      (
        "https://x.openai.azure.com/openai/deployments/d?api-version=2025-01-01",
        "/openai/deployments/d/chat/completions?api-version=2025-01-01"
      ),
    ])
  func target(_ base: String, _ expected: String) throws {
    let vendor = try Vendor(Upstream(name: "u", provider: "openai", baseURL: base), index: 0)
    #expect(vendor.target(Call.chat.path) == expected)
  }

  @Test("a client's query goes on to the vendor") func query() throws {
    let vendor = try Vendor(
      Upstream(name: "u", provider: "anthropic", baseURL: "https://api.anthropic.com"), index: 0)
    #expect(vendor.target(Call.messages.path, query: "beta=true") == "/v1/messages?beta=true")
  }

  @Test("host and port are taken from the URL") func hosts() throws {
    func parts(_ base: String) throws -> [String] {
      let vendor = try Vendor(Upstream(name: "u", provider: "openai", baseURL: base), index: 0)
      return [vendor.host, String(vendor.port), String(vendor.isTLS)]
    }
    #expect(try parts("https://api.openai.com/v1") == ["api.openai.com", "443", "true"])
    #expect(try parts("http://api.openai.com/v1") == ["api.openai.com", "80", "false"])
    #expect(try parts("http://[::1]:99/v1") == ["::1", "99", "false"])
    #expect(try parts("http://[::1]") == ["::1", "80", "false"])
  }

  @Test(
    "a base URL that means nothing is refused, and the message quotes no password",
    arguments: [
      "api.openai.com", "ftp://x", "https://", "http://x:0", "http://x:99999", "http://u:hunter2@x",
    ])
  func bad(_ base: String) {
    let error = #expect(throws: ProxySettingsError.self) {
      try Vendor(Upstream(name: "u", provider: "openai", baseURL: base), index: 0)
    }
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test("each vendor gets its key in its own header, and a secret never prints")
  func keys() throws {
    func header(_ provider: String) throws -> String? {
      let upstream = Upstream(name: "u", provider: provider, baseURL: "http://x", key: Secret("k-123"))
      #expect(!"\(upstream)".contains("k-123"))
      #expect(!String(reflecting: upstream).contains("k-123"))
      return try Vendor(upstream, index: 0).authorization.map { "\($0.name): \($0.value)" }
    }
    #expect(try header("openai") == "authorization: Bearer k-123")
    #expect(try header("anthropic") == "x-api-key: k-123")
    #expect(try header("azure") == "api-key: k-123")
    #expect(
      try Vendor(Upstream(name: "u", provider: "x", baseURL: "http://x"), index: 0).authorization == nil)
  }
}

@Suite struct RequestIDTests {
  @Test("ids are version 7 UUIDs that carry the time and only grow") func ids() {
    let ids = RequestIDs(random: { UInt64.random(in: .min ... .max) })
    var last = ""
    for n in 0..<20_000 {
      // The clock stands still, goes back and moves on.
      let time = 1_790_812_800_000_000 + Int64(n % 7 == 0 ? -5_000 : n / 100 * 1000)
      let id = ids.next(time: time)
      #expect(id > last)
      last = id
    }
    #expect(last.count == 36)
    #expect(last.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
    #expect(last.split(separator: "-")[2].first == "7")
    #expect("89ab".contains(last.split(separator: "-")[3].first ?? "x"))
  }

  @Test("the first 48 bits are the milliseconds since 1970") func time() {
    let ids = RequestIDs(random: { 0 })
    // 1 790 812 800 000 ms is 0x1a0f4c2c400, by another calculator.
    #expect(ids.next(time: 1_790_812_800_000_000).hasPrefix("01a0f4c2-c400-7"))
  }
}
