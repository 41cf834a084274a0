import JSON
import ProxyServer
import Price
import Testing

/// What a request can use at most, by hand.
@Suite struct RequestBoundTests {
  private let model: (input: Int64, output: Int64) = (200_000, 8000)

  private func bound(_ body: String, _ endpoint: String) throws -> RequestBound {
    RequestBound(
      try JSONTape().parse(body), bytes: body.utf8.count, endpoint: endpoint, model: model)
  }

  @Test(
    "text counts a token a byte, and the answer what the endpoint's own field says",
    arguments: [
      (#"{"model":"m","max_tokens":50,"messages":[]}"#, "anthropic.messages", 50),
      (#"{"model":"m","max_output_tokens":50,"messages":[]}"#, "anthropic.messages", 8000),
      (#"{"model":"m","max_tokens":50,"max_completion_tokens":70}"#, "openai.chat_completions", 70),
      (#"{"model":"m","max_tokens":50,"n":3}"#, "openai.chat_completions", 150),
      (#"{"model":"m","max_tokens":50}"#, "openai.responses", 8000),
      (#"{"model":"m","max_output_tokens":50}"#, "openai.responses", 50),
      (#"{"inferenceConfig":{"maxTokens":9}}"#, "bedrock.converse", 9),
      (#"{"generationConfig":{"maxOutputTokens":9,"candidateCount":2}}"#, "gemini.generate_content", 18),
      (#"{"model":"m","max_tokens":5,"max_tokens":60}"#, "anthropic.messages", 60),
      (#"{"model":"m","max_tokens":"5"}"#, "openai.chat_completions", 5),
      (#"{"model":"m","input":"x"}"#, "openai.embeddings", 0),
    ] as [(String, String, Int64)])
  func outputs(_ body: String, _ endpoint: String, _ output: Int64) throws {
    let bound = try bound(body, endpoint)
    #expect(bound.use.outputTokens == output)
    #expect(bound.use.inputTokens == Int64(body.utf8.count))
  }

  @Test(
    "a picture counts as the dearest picture, not as its bytes",
    arguments: [
      #"{"type":"image_url","image_url":{"url":"data:image/png;base64,DATA"}}"#,
      #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"DATA"}}"#,
      #"{"image":{"format":"png","source":{"bytes":"DATA"}}}"#,
      #"{"inlineData":{"mimeType":"image/png","data":"DATA"}}"#,
      #"{"type":"input_image","image_url":"data:image/png;base64,DATA"}"#,
    ])
  func pictures(_ part: String) throws {
    let data = String(repeating: "A", count: 1_000_000)
    let body = #"{"max_tokens":1,"messages":[{"content":[\#(part.replacing("DATA", with: data))]}]}"#
    let bound = try bound(body, "openai.chat_completions")
    #expect(bound.use.inputTokens >= 50_000 && bound.use.inputTokens < 51_000)
    #expect(bound.use.takesMedia)
  }

  @Test(
    "what the vendor holds counts as all that the model takes",
    arguments: [
      #""previous_response_id":"r""#, #""tools":[{"type":"web_search"}]"#, #""tools":[{"googleSearch":{}}]"#,
      #""messages":[{"content":[{"type":"document","source":{"type":"url","url":"https://x"}}]}]"#,
      #""input":[{"type":"input_file","file_id":"f"}]"#,
      #""contents":[{"parts":[{"fileData":{"fileUri":"u"}}]}]"#,
    ])
  func references(_ part: String) throws {
    #expect(try bound("{\(part)}", "openai.responses").use.inputTokens == 200_000)
  }

  @Test("tools of the client's own hold nothing at the vendor") func clientTools() throws {
    let body =
      #"{"tools":[{"type":"function","function":{"name":"f"}},{"name":"g","input_schema":{}},{"type":"bash_20250124","name":"bash"}]}"#
    let bound = try bound(body, "anthropic.messages")
    #expect(bound.use.inputTokens == Int64(body.utf8.count) + RequestBound.Limit.hiddenTokensMax)
  }

  @Test("text that calls itself a picture still counts its bytes") func disguised() throws {
    let text = String(repeating: "x", count: 500_000)
    let bound = try bound(
      #"{"messages":[{"content":[{"type":"image","text":"\#(text)"}]}]}"#, "anthropic.messages")
    #expect(bound.use.inputTokens > 500_000)
  }
}
