import JSON
import Ledger
import NIOCore
import ProxyServer
import TestKit
import Testing

private let converseBody =
  #"{"messages":[{"role":"user","content":[{"text":"hi"}]}],"requestMetadata":{"feature":"review"}}"#
private let claudeOnBedrock =
  #"{"anthropic_version":"bedrock-2023-05-31","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#
private let geminiBody = #"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#
private let arn = "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fchrome1"

func requestHead(_ method: String, _ target: String, _ headers: [String] = []) -> String {
  (["\(method) \(target) HTTP/1.1", "host: proxy", "connection: close"] + headers).joined(separator: "\r\n")
    + "\r\n\r\n"
}

extension ProxyHarness {
  func get(_ target: String, _ headers: [String] = []) async throws -> RawAnswer {
    try await send(requestHead("GET", target, ["authorization: Bearer sk-tb-good"] + headers))
  }

  /// What the vendor itself says to the bytes that it got last.
  func said() throws -> [UInt8] {
    let request = try #require(vendor.requests.last)
    var bytes: [UInt8] = []
    for case .body(let piece) in VendorStandIn.answer(to: request, defaultFault: .init()).steps {
      bytes += piece
    }
    return bytes
  }
}

@Suite struct DoorsTests {
  @Test(
    "every vendor's answer passes byte for byte and is metered by its own counts",
    arguments: [
      ("/model/\(arn)/converse", converseBody, "bedrock.converse", "outputTokens"),
      ("/model/\(arn)/converse-stream", converseBody, "bedrock.converse_stream", "outputTokens"),
      ("/model/anthropic.claude-x/invoke", claudeOnBedrock, "bedrock.invoke", "output_tokens"),
      ("/model/m/invoke-with-response-stream", claudeOnBedrock, "bedrock.invoke_stream", "output_tokens"),
      (
        "/v1beta/models/gemini-x:generateContent", geminiBody, "gemini.generate_content",
        "candidatesTokenCount"
      ),
      (
        "/v1/models/gemini-x:streamGenerateContent?alt=sse", geminiBody, "gemini.stream_generate_content",
        "candidatesTokenCount"
      ),
      (
        "/v1beta/models/gemini-x:streamGenerateContent", geminiBody, "gemini.stream_generate_content",
        "candidatesTokenCount"
      ),
      ("/v1/responses", #"{"model":"gpt-x","input":"hi"}"#, "openai.responses", "output_tokens"),
      (
        "/v1/responses", #"{"model":"gpt-x","input":"hi","stream":true}"#, "openai.responses", "output_tokens"
      ),
      ("/v1/completions", #"{"model":"gpt-x","prompt":"hi"}"#, "openai.completions", "completion_tokens"),
      (
        "/openai/deployments/gpt-d/embeddings?api-version=2025-01-01", #"{"input":"hi"}"#,
        "openai.embeddings",
        "prompt_tokens"
      ),
    ], ["", "chunk-bytes=3"])
  func relayed(_ door: (String, String, String, String), _ cut: String) async throws {
    let (path, body, endpoint, counted) = door
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(path, body: body, ask: "tokens=input:57,output:57;\(cut)")
      #expect(answer.status == 200, "\(answer.text)")
      #expect(answer.body.isWhole)
      #expect(answer.body.bytes == (try harness.said()))
      let end = try await harness.ends()[0]
      #expect(end.text("endpoint") == endpoint)
      #expect(end.text("outcome") == "ok")
      #expect(end.text("usage_source") == "vendor")
      let usage = try JSONTape().parse(Array(try #require(end["usage"]).rawBytes))
      let found = usage.members.first { $0.name.string == counted }?.value.wholeNumber
      #expect(found == 57, "\(usage.rawText)")
      #expect(harness.vendor.requests.last?.body == Array(body.utf8), "the body went on as it came")
      if endpoint.hasPrefix("bedrock.converse") {
        #expect(
          end.text("inference_profile")
            == "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/chrome1")
        #expect(end.at("tags")?.rawText == #"{"feature":"review","product":"from-key"}"#)
        #expect(harness.vendor.requests.last?.target == path)
      }
      if endpoint.hasPrefix("bedrock") { #expect(end.text("vendor_request_id") != nil) }
      if endpoint.hasPrefix("gemini") { #expect(end.text("model", "returned") == "gemini-x") }
    }
  }

  @Test(
    "a stream of any vendor that lacks its end is seen as cut, and estimated",
    arguments: [
      ("/model/m/converse-stream", converseBody), ("/model/m/invoke-with-response-stream", claudeOnBedrock),
      ("/v1/models/g:streamGenerateContent?alt=sse", geminiBody),
      ("/v1/models/g:streamGenerateContent", geminiBody),
      ("/v1/responses", #"{"model":"gpt-x","input":"hi","stream":true}"#),
    ], ["cut-at-byte=900;events=20", "no-terminal"])
  func cut(_ door: (String, String), _ fault: String) async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(door.0, body: door.1, ask: fault)
      #expect(answer.status == 200)
      let end = try await harness.ends()[0]
      // Claude's events have no terminal that Bedrock's other models have, so there HTTP's end is the end.
      if fault == "no-terminal", door.0.contains("invoke") { return }
      #expect(!answer.body.isWhole)
      #expect(end.text("outcome") == "stream_broken")
      if fault != "no-terminal" || !door.0.contains("converse") {
        #expect(end.text("usage_source") == "estimated")
      }
    }
  }

  @Test("an exception in a frame is the vendor's error, and passes") func exception() async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(
        "/model/m/converse-stream", body: converseBody, ask: "error-event-after=3")
      #expect(answer.body.isWhole)
      let end = try await harness.ends()[0]
      #expect(end.text("outcome") == "vendor_error")
      #expect(end.text("error", "type") == "throttlingException")
    }
  }

  @Test(
    "a refusal of the proxy's own is in the words of the vendor whose client asks",
    arguments: [
      ("/model/m/converse", converseBody, 403, "UnrecognizedClientException"),
      ("/v1beta/models/g:generateContent", geminiBody, 401, "UNAUTHENTICATED"),
      ("/v1/responses", #"{"model":"m","input":""}"#, 401, "invalid_api_key"),
      ("/v1/messages/count_tokens", claude, 401, "authentication_error"),
    ])
  func words(_ path: String, _ body: String, _ status: Int, _ word: String) async throws {
    try await ProxyHarness.run { harness in
      let answer = try await harness.post(path, key: "sk-tb-wrong", body: body)
      #expect(answer.status == status)
      let said = try JSONTape().parse(answer.body.bytes)
      switch word {
      case "UnrecognizedClientException":
        #expect(answer.header("x-amzn-errortype") == word)
        #expect(said.text("message") != nil)
      case "UNAUTHENTICATED":
        #expect(said.text("error", "status") == word)
        #expect(said.at("error", "code")?.wholeNumber == 401)
      case "invalid_api_key": #expect(said.text("error", "code") == word)
      default: #expect(said.text("error", "type") == word)
      }
      #expect(harness.vendor.requestsCount == 0)
    }
  }

  @Test(
    "a client's key is taken from wherever its SDK puts it, and goes no further",
    arguments: [
      "authorization: Bearer sk-tb-good", "x-api-key: sk-tb-good", "api-key: sk-tb-good",
      "x-goog-api-key: sk-tb-good", "x-litellm-api-key: sk-tb-good", "x-litellm-api-key: Bearer sk-tb-good",
      "?key",
    ])
  func keys(_ header: String) async throws {
    try await ProxyHarness.run { harness in
      let isQuery = header == "?key"
      let target = "/v1beta/models/g:generateContent" + (isQuery ? "?alt=json&key=sk-tb-good" : "")
      let answer = try await harness.send(
        requestHead(
          "POST", target,
          (isQuery ? [] : [header]) + ["content-length: \(geminiBody.utf8.count)"]) + geminiBody)
      #expect(answer.status == 200, "\(answer.text)")
      let request = try #require(harness.vendor.requests.last)
      #expect(request.values("x-goog-api-key") == ["vendor-secret-g"])
      #expect(!String(decoding: request.rawBytes, as: UTF8.self).contains("sk-tb-good"))
      if isQuery { #expect(request.target == "/v1beta/models/g:generateContent?alt=json") }
      #expect(try await harness.ends()[0].text("key", "name") == "good")
      #expect(!harness.logText().contains("sk-tb-good"))
    }
  }

  @Test(
    "what is free passes without a line, and no key of the proxy's with it",
    arguments: [
      ("POST", "/v1/messages/count_tokens", claude, "anthropic-version: 1"),
      ("POST", "/model/m/count-tokens", #"{"input":{"converse":{"messages":[]}}}"#, ""),
      ("POST", "/v1beta/models/g:countTokens", geminiBody, ""), ("GET", "/v1/models", "", ""),
      ("GET", "/v1/models", "", "anthropic-version: 1"), ("GET", "/v1beta/models", "", ""),
      ("POST", "/v1/moderations", #"{"input":"hi"}"#, ""), ("POST", "/v1/files", "--x", ""),
      ("GET", "/v1/batches/batch_1", "", ""),
    ])
  func free(_ method: String, _ path: String, _ body: String, _ header: String) async throws {
    try await ProxyHarness.run { harness in
      let headers =
        ["authorization: Bearer sk-tb-good"] + (header.isEmpty ? [] : [header])
        + (method == "POST" ? ["content-length: \(body.utf8.count)"] : [])
      let answer = try await harness.send(requestHead(method, path, headers) + body)
      #expect(answer.status == 200, "\(answer.text)")
      #expect(answer.body.bytes == (try harness.said()))
      #expect(harness.lines("end").isEmpty && harness.lines("start").isEmpty)
    }
  }

  @Test("a body behind a GET or a DELETE goes nowhere, least of all as a request of its own")
  func bodies() async throws {
    try await ProxyHarness.run { harness in
      let inner = "GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n\r\n"
      for (method, path) in [("GET", "/v1/files"), ("DELETE", "/v1/files/f-1"), ("GET", "/v1/models")] {
        _ = try await harness.send(
          requestHead(
            method, path, ["authorization: Bearer sk-tb-good", "content-length: \(inner.utf8.count)"])
            + inner)
      }
      #expect(harness.vendor.requestsCount == 3)
      #expect(harness.vendor.requests.allSatisfy { $0.body.isEmpty })
    }
  }

  @Test("a form's model is found, and the form goes on as it is") func form() async throws {
    let form =
      "--abc\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\n"
      + "--not a boundary\r\n\u{1}\u{2}model\r\n"
      + "--abc\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-x\r\n"
      + "--abc\r\nContent-Disposition: form-data; name=\"response_format\"\r\n\r\njson\r\n--abc--\r\n"
    try await ProxyHarness.run({
      $0.routes = [ModelRoute(match: .init("alias"), upstream: "openai-main", model: "whisper-real")]
    }) { harness in
      for (model, sent) in [("whisper-x", "whisper-x"), ("alias", "whisper-real")] {
        let body = form.replacing("whisper-x", with: model)
        let answer = try await harness.send(
          requestHead(
            "POST", "/v1/audio/transcriptions",
            [
              "authorization: Bearer sk-tb-good", "content-type: multipart/form-data; boundary=abc",
              "content-length: \(body.utf8.count)",
            ]) + body)
        #expect(answer.status == 200, "\(answer.text)")
        #expect(harness.vendor.requests.last?.body == Array(form.replacing("whisper-x", with: sent).utf8))
      }
      let ends = try await harness.ends(2)
      #expect(ends[0].text("model", "requested") == "whisper-x")
      #expect(ends[1].text("model", "routed") == "whisper-real")
      #expect(ends[0].at("usage", "input_token_details", "audio_tokens")?.wholeNumber == 30)
    }
  }

  @Test("what an answer is made of is logged where it says no tokens") func units() async throws {
    try await ProxyHarness.run { harness in
      _ = try await harness.post(
        "/v1/images/generations",
        body: #"{"model":"dall-e-3","prompt":"x","n":2,"size":"1024x1024","quality":"hd"}"#,
        ask: "no-usage")
      _ = try await harness.post(
        "/v1/audio/speech", body: #"{"model":"tts-1","input":"料金 paid","voice":"a"}"#)
      let ends = try await harness.ends(2)
      #expect(ends[0].at("billing")?.rawText == #"{"images":{"n":2,"size":"1024x1024","quality":"hd"}}"#)
      #expect(ends[1].at("billing")?.rawText == #"{"characters":7}"#)
      #expect(ends[1].text("usage_source") == "none")
    }
  }
}
