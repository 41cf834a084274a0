import JSON
import Ledger
import ProxyServer
import TestKit
import Testing

/// What Cline and Claude Code send, rebuilt from their sources and documents. The programs themselves are not run.
@Suite struct ClientShapesTests {
  private func run(_ body: (ProxyHarness) async throws -> Void) async throws {
    try await ProxyHarness.run({ settings in
      settings.routes = [
        ModelRoute(match: .init("claude-alias"), upstream: "anthropic-main", model: "claude-sonnet-4-5"),
        ModelRoute(match: .init("gpt-alias"), upstream: "openai-main", model: "gpt-4o-mini"),
        ModelRoute(match: .init("o-*"), upstream: "openai-main"),
      ]
      settings.listedModels = [
        ListedModel(name: "gpt-alias", maxInputTokens: 128_000, maxOutputTokens: 16_384),
        ListedModel(name: "claude-alias"), ListedModel(name: "o-hidden"),
      ]
    }) { try await body($0) }
  }

  private func get(
    _ harness: ProxyHarness, _ target: String, _ headers: String...
  ) async throws -> (status: Int?, body: JSONValue) {
    let answer = try await harness.send(
      (["GET \(target) HTTP/1.1", "host: p", "connection: close"] + headers).joined(separator: "\r\n")
        + "\r\n\r\n")
    return (answer.status, try JSONTape().parse(answer.body.bytes))
  }

  @Test(
    "Cline asks LiteLLM's pages for the models, with either header",
    arguments: ["/v1/model/info", "/model/info"])
  func modelInfo(_ path: String) async throws {
    try await run { harness in
      for header in ["x-litellm-api-key: sk-tb-limited", "authorization: Bearer sk-tb-limited"] {
        let (status, page) = try await get(harness, path, header)
        #expect(status == 200)
        let models = page["data"]?.elements ?? []
        #expect(models.count == 1, "the key may use no others")
        #expect(models.first?.text("model_name") == "gpt-alias")
        #expect(models.first?.text("litellm_params", "model") == "gpt-alias")
        #expect(models.first?.at("model_info", "max_input_tokens")?.wholeNumber == 128_000)
        #expect(models.first?.at("model_info", "max_output_tokens")?.wholeNumber == 16_384)
      }
      #expect(try await get(harness, path, "x-litellm-api-key: nobody").status == 401)
    }
  }

  @Test("Claude Code looks for models whose names begin with claude, in Anthropic's shape")
  func discovery() async throws {
    try await run { harness in
      let (status, page) = try await get(
        harness, "/v1/models?limit=1000", "authorization: Bearer sk-tb-good", "anthropic-version: 2023-06-01")
      #expect(status == 200)
      #expect(page["data"]?.elements.compactMap { $0.text("id") } == ["claude-alias"])
      #expect(page["data"]?.elements.first?.text("display_name") == "claude-alias")
      let openAI = try await get(harness, "/v1/models", "authorization: Bearer sk-tb-good")
      #expect(openAI.body["data"]?.elements.compactMap { $0.text("id") } == ["gpt-alias", "o-hidden"])
      let one = try await get(harness, "/v1/models/gpt-alias", "authorization: Bearer sk-tb-good")
      #expect(one.body.text("id") == "gpt-alias")
      #expect(harness.vendor.requestsCount == 0 && harness.lines().isEmpty)
    }
  }

  @Test("Claude Code's request goes on as it came, and its session is known") func claudeCode() async throws {
    let body = """
      {"model":"claude-sonnet-4-5","max_tokens":32000,"stream":true,"system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2"},{"type":"text","text":"You are","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]}],"metadata":{"user_id":"user_5d_account_a1_session_0b7c"},"thinking":{"type":"adaptive"},"context_management":{"edits":[]},"tools":[]}
      """
    try await run { harness in
      let answer = try await harness.post(
        "/v1/messages?beta=true",
        headers: [
          "anthropic-version: 2023-06-01",
          "anthropic-beta: claude-code-20250219,context-management-2025-06-27",
          "x-app: cli", "user-agent: claude-cli/2.3.1 (external, cli)", "x-stainless-lang: js",
        ], body: body)
      #expect(answer.status == 200)
      let request = try #require(harness.vendor.requests.last)
      #expect(request.body == Array(body.utf8))
      #expect(request.target == "/v1/messages?beta=true")
      #expect(request.values("anthropic-beta") == ["claude-code-20250219,context-management-2025-06-27"])
      let end = try await harness.ends()[0]
      #expect(end.text("session") == "0b7c")
      #expect(end.text("user") == "user_5d_account_a1")
      #expect(end.text("client", "agent") == "claude-cli/2.3.1 (external, cli)")
    }
  }

  @Test("Cline's request of the older line loses what only LiteLLM understands, and keeps its cache marks")
  func cline() async throws {
    let kept = """
      "stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"system","content":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}]},{"role":"user","content":"hi"}]}
      """
    try await run { harness in
      let answer = try await harness.post(
        "/chat/completions",
        body: #"{"model":"gpt-alias","litellm_session_id":"cline-01K","drop_params":true,"# + kept)
      #expect(answer.status == 200)
      #expect(answer.bodyText.contains(#""usage":{"prompt_tokens""#), "it asked for usage itself")
      #expect(harness.vendor.requests.last?.body == Array((#"{"model":"gpt-4o-mini","# + kept).utf8))
      let end = try await harness.ends()[0]
      #expect(end.text("session") == "cline-01K")
      #expect(end.text("model", "requested") == "gpt-alias")
    }
  }
}
