import HTTPWire
import ProxyServer
import TestKit
import Testing

@Suite struct EndpointTests {
  private func name(_ method: HTTPMethod, _ target: String, _ headers: [(String, String)] = []) -> String? {
    do throws(WireFault) {
      return Call.match(method, target: target, headers: try HeaderFields(headers))?.endpoint.name
    } catch {
      Issue.record(error)
      return nil
    }
  }

  @Test(
    "a path is the endpoint that its vendor means by it",
    arguments: [
      ("/v1/chat/completions", "openai.chat_completions"), ("/chat/completions", "openai.chat_completions"),
      ("/openai/v1/chat/completions?x=1", "openai.chat_completions"),
      ("/openai/deployments/d/chat/completions?api-version=2025-01-01", "openai.chat_completions"),
      ("/openai/deployments/d/embeddings?api-version=1", "openai.embeddings"),
      ("/v1/responses", "openai.responses"), ("/v1/responses/compact", "openai.responses.compact"),
      ("/v1/completions", "openai.completions"), ("/v1/images/edits", "openai.images.edits"),
      ("/v1/audio/transcriptions", "openai.audio.transcriptions"), ("/v1/files", "openai.files"),
      ("/v1/messages?beta=true", "anthropic.messages"), ("/messages", "anthropic.messages"),
      ("/anthropic/v1/messages", "anthropic.messages"),
      ("/v1/messages/count_tokens", "anthropic.count_tokens"),
      ("/model/us.anthropic.claude-x-v1%3A0/converse", "bedrock.converse"),
      ("/bedrock/model/m/converse-stream", "bedrock.converse_stream"),
      ("/model/arn:aws:bedrock:us-east-1:1:application-inference-profile/abc/invoke", "bedrock.invoke"),
      ("/model/m/invoke-with-response-stream", "bedrock.invoke_stream"),
      ("/model/m/count-tokens", "bedrock.count_tokens"),
      ("/v1beta/models/gemini-x:generateContent", "gemini.generate_content"),
      ("/v1/models/gemini-x:streamGenerateContent?alt=sse", "gemini.stream_generate_content"),
      ("/gemini/v1beta/models/g:countTokens?key=k", "gemini.count_tokens"),
      ("/v1beta/models/g:embedContent", "gemini.embed_content"),
    ])
  func paths(_ target: String, _ expected: String) { #expect(name(.POST, target) == expected) }

  @Test(
    "paths that would reach something else are no endpoint",
    arguments: [
      "//v1/chat/completions", "/v1//chat/completions", "/v1/chat/completions/", "/v1/chat/completions/..",
      "/v1/../v1/chat/completions", "/v1/files/../../admin", "/v1/files/%2e%2e/content", "/v1/batches/a%2Fb",
      "/model//converse", "/model/../converse", "/model/a/../b/converse", "/model/m/converse/x", "/model/m",
      "/v1beta/models/../x:generateContent", "/v1beta/models/a/b:generateContent",
      "/v1beta/models/:generateContent", "/openai/deployments//chat/completions",
      "/openai/deployments/a/../chat/completions", "/openai/deployments/d/files", "/v1/models/../files",
      "/v1/models/%2e%2e/files", "/v1/models/..", "/v1/models/%252e%252e",
      "/v1beta/models/%2e%2e", "/v1/models/a%0d%0ab", "/model/%2E%2E%2Fx/converse",
      "/openai/deployments/../chat/completions", "/openai/deployments/%2e%2e/chat/completions",
      "/v1beta/models/%2e%2e:generateContent", "/v1/realtime", "/",
      "http://evil/v1/chat/completions", "",
    ])
  func tricks(_ target: String) {
    for method in [HTTPMethod.POST, .GET, .DELETE] { #expect(name(method, target) == nil, "\(method)") }
  }

  @Test("whose models are asked for, the headers tell") func models() {
    #expect(name(.GET, "/v1/models") == "openai.models")
    #expect(name(.GET, "/v1/models?limit=1000", [("anthropic-version", "1")]) == "anthropic.models")
    #expect(name(.GET, "/v1/models", [("X-Api-Key", "k")]) == "anthropic.models")
    #expect(name(.GET, "/v1/models", [("x-goog-api-key", "k")]) == "gemini.models")
    #expect(name(.GET, "/v1/models?key=k") == "gemini.models")
    #expect(name(.GET, "/v1beta/models") == "gemini.models")
    #expect(name(.GET, "/v1/model/info") == "openai.models")
    #expect(name(.GET, "/model/info") == "openai.models")
    #expect(name(.GET, "/v1/files/f") == "openai.files")
    #expect(name(.GET, "/v1/files/f", [("anthropic-version", "1")]) == "anthropic.free")
  }

  @Test(
    "a call's path is put behind the upstream's own address",
    arguments: [
      (
        "bedrock", "https://bedrock-runtime.eu-west-1.amazonaws.com", "/model/a%3Ab/converse", nil,
        "/model/a%3Ab/converse"
      ),
      ("bedrock", "http://h/base", "/bedrock/model/m/converse", nil, "/base/model/m/converse"),
      ("bedrock", "http://h", "/model/arn:x/y/converse", nil, "/model/arn:x%2Fy/converse"),
      ("bedrock", "http://h", "/model/alias/converse", "eu.m-v1:0", "/model/eu.m-v1%3A0/converse"),
      ("gemini", "https://g", "/v1/models/m:generateContent", nil, "/v1/models/m:generateContent"),
      ("gemini", "https://g/v1beta", "/v1/models/m:generateContent", nil, "/v1beta/models/m:generateContent"),
      ("gemini", "https://g", "/v1beta/models/a:countTokens", "b", "/v1beta/models/b:countTokens"),
      (
        "azure", "https://a", "/openai/deployments/d/chat/completions", nil,
        "/openai/deployments/d/chat/completions"
      ),
      (
        "azure", "https://a", "/openai/deployments/d/chat/completions", "e",
        "/openai/deployments/e/chat/completions"
      ),
      ("azure", "https://a", "/v1/chat/completions", nil, "/openai/v1/chat/completions"),
      (
        "azure", "https://a/openai/deployments/x", "/openai/deployments/d/embeddings", nil,
        "/openai/deployments/x/embeddings"
      ),
      ("openai", "https://o", "/openai/deployments/d/chat/completions", nil, "/v1/chat/completions"),
      ("openai", "https://o/v1", "/v1/files/f-1/content", nil, "/v1/files/f-1/content"),
    ] as [(String, String, String, String?, String)])
  func targets(_ provider: String, _ base: String, _ target: String, _ model: String?, _ expected: String)
    throws
  {
    let vendor = try Vendor(
      Upstream(name: "u", provider: provider, baseURL: base, key: Secret("k"), region: "r"), index: 0)
    let method: HTTPMethod = target.hasSuffix("/content") ? .GET : .POST
    let call = try #require(Call.match(method, target: target, headers: .empty))
    #expect(vendor.target(call.path, model: model) == expected)
  }

  @Test("Bedrock without a key is signed for, and needs a region") func signing() throws {
    func vendor(_ base: String, key: Secret? = nil, region: String? = nil) throws -> Vendor {
      try Vendor(Upstream(name: "u", provider: "bedrock", baseURL: base, key: key, region: region), index: 0)
    }
    #expect(try vendor("https://bedrock-runtime.eu-west-1.amazonaws.com").signsRequests)
    #expect(try vendor("https://bedrock-runtime-fips.us-east-1.amazonaws.com").signsRequests)
    #expect(try !vendor("http://127.0.0.1", key: Secret("ABSK")).signsRequests)
    #expect(throws: ProxySettingsError.self) { try vendor("http://127.0.0.1:1") }
    #expect(try vendor("http://127.0.0.1:1", region: "eu-west-1").signsRequests)
  }
}
