/// How an answer tells its usage, and how a stream of it ends. Each format's reading is in a file of its own in `Vendors`
/// or, where it is a merged object, in `AnswerUsage`.

package enum AnswerFormat: Sendable, Equatable {
  /// OpenAI's chat completions, and what is like them.
  case chat
  /// Anthropic's messages.
  case messages
  case responses
  /// OpenAI's `usage` in the answer or in its last event: embeddings, images, audio.
  case units
  case converse
  case invoke
  case gemini
  /// A batch: no usage, but the ids by which its results are fetched.
  case batch
  /// Nothing is read.
  case none

  /// The merging of usage that `AnswerUsage` does.
  var merged: AnswerUsage.Format? {
    switch self {
    case .responses: .responses
    case .converse: .converse
    case .invoke: .invoke
    case .gemini: .gemini
    case .chat, .messages, .units, .batch, .none: nil
    }
  }

  /// What the vendor calls input and output, for an estimate.
  var countNames: (input: String, output: String, total: String?) {
    switch self {
    case .chat: ("prompt_tokens", "completion_tokens", "total_tokens")
    case .responses: ("input_tokens", "output_tokens", "total_tokens")
    case .converse: ("inputTokens", "outputTokens", "totalTokens")
    case .invoke: ("x-amzn-bedrock-input-token-count", "x-amzn-bedrock-output-token-count", nil)
    case .gemini: ("promptTokenCount", "candidatesTokenCount", nil)
    case .messages, .units, .batch, .none: ("input_tokens", "output_tokens", nil)
    }
  }

  /// A stream of it that ends as HTTP demands may still lack its end.
  var saysItsEnd: Bool {
    switch self {
    case .chat, .messages, .responses, .converse: true
    case .units, .invoke, .gemini, .batch, .none: false
    }
  }
}
