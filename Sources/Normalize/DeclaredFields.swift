/// What each format declares of its usage object: the fields that its rule reads, and those it leaves with the
/// reason. The documentation's table and the tests are held to this.
package struct DeclaredFields: Sendable {
  /// One of the endpoints with this format.
  package var endpoint: String
  package var read: [String]
  package var left: [(path: String, reason: String)]

  fileprivate init<Field>(_ endpoint: String, _ known: KnownFields<Field>) {
    self.endpoint = endpoint
    read = known.read.map(\.path)
    left = known.left
  }

  package static let all = [
    DeclaredFields("openai.chat_completions", ChatField.known),
    DeclaredFields("openai.embeddings", EmbeddingField.known),
    DeclaredFields("openai.responses", ResponsesField.known),
    DeclaredFields("openai.images.generations", ImagesField.known),
    DeclaredFields("openai.audio.transcriptions", AudioField.known),
    DeclaredFields("openai.realtime", RealtimeField.known),
    DeclaredFields("anthropic.messages", AnthropicField.known),
    DeclaredFields("bedrock.converse", ConverseField.known),
    DeclaredFields("bedrock.invoke", InvokeField.known),
    DeclaredFields("gemini.generate_content", GeminiField.known),
    DeclaredFields("gemini.cached_contents", GeminiCacheField.known),
    DeclaredFields("gemini.interactions", InteractionField.known),
    DeclaredFields("cohere.rerank", UnitField.known),
  ]
}
