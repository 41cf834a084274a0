public import JSON
public import Ledger

/// What one answer used, in disjoint counts.
public struct Normalized: Sendable {
  public var counts = TokenCounts()
  /// Tokens of other models inside the same answer.
  public var otherModels: [Usage.OtherModel] = []
  public var flags: UsageFlags = []
  /// The tier that served the request, in the vendor's word; nil where it said none.
  public var serviceTier: String?
  /// What else moves the price, sorted by name (see `RequestFacts.priceFacts`).
  public var priceFacts: [RequestFacts.Tag] = []
  /// Counts in the usage object that no rule reads, by their path.
  public var unknownFields: [String] = []

  public init() {}
}

/// A count that no vendor could mean: negative, not whole, or above 2^53.
public struct NormalizeFault: Error, Hashable, Sendable {
  public var reason: String
  public init(_ reason: String) { self.reason = reason }
}

/// Whose usage object an endpoint's answer has, found once for many answers.
public struct UsageFormat: Sendable {
  enum Rule: Sendable {
    case chat, embeddings, responses, images, audio, speech, realtime, anthropic, converse,
      openAIConverseStream
    case invoke, gemini, geminiCache, geminiInteraction, litellm, bedrockLog, openAIUsageReport
    case anthropicUsageReport, units, unknown
  }

  let rule: Rule
  let endpoint: String
  /// The model that answered, as the vendor names it, else as it was asked for.
  let model: String?

  /// - Parameters:
  ///   - endpoint: decides which vendor's rules hold.
  ///   - model: the model that answered, as the vendor names it, else as it was asked for.
  public init(endpoint: String, model: String?) {
    self.endpoint = endpoint
    self.model = model
    rule =
      switch endpoint {
      case "openai.chat_completions", "openai.completions": .chat
      case "openai.embeddings": .embeddings
      case "openai.responses", "openai.responses.compact", "openai.decisions", "openai.batches": .responses
      case "openai.images.generations", "openai.images.edits", "openai.images.variations": .images
      case "openai.audio.transcriptions", "openai.audio.translations", "openai.live": .audio
      case "openai.audio.speech": .speech
      case "openai.realtime": .realtime
      case "anthropic.messages", "anthropic.messages.batches": .anthropic
      case "bedrock.converse": .converse
      case "bedrock.converse_stream": isOpenAIOnBedrock(model) ? .openAIConverseStream : .converse
      case "bedrock.invoke", "bedrock.invoke_stream": .invoke
      case "gemini.generate_content", "gemini.stream_generate_content", "gemini.embed_content",
        "gemini.batch_embed_contents", "gemini.live":
        .gemini
      case "gemini.cached_contents": .geminiCache
      case "gemini.interactions": .geminiInteraction
      case "litellm.spend_logs": .litellm
      case "bedrock.invocation_log": .bedrockLog
      case "openai.usage_report": .openAIUsageReport
      case "anthropic.usage_report": .anthropicUsageReport
      case "cohere.rerank", "bedrock.rerank", "mistral.ocr": .units
      default: .unknown
      }
  }
}

/// Turns a vendor's usage object into disjoint counts.
///
/// - Parameters:
///   - usage: the vendor's object as logged; nil where none came.
///   - billing: what moves the price outside `usage`.
public func normalize(
  _ format: UsageFormat, usage: JSONValue?, billing: JSONValue?
) throws(NormalizeFault) -> Normalized {
  var result = Normalized()
  if let usage { try normalize(usage, format, into: &result) }
  if let billing, billing.hasMembers {
    try readBilling(billing, endpoint: format.endpoint, into: &result)
    if usage != nil, format.rule == .anthropic { markUnbilled(billing, &result) }
  }
  return result
}

public func normalize(
  endpoint: String, usage: JSONValue?, billing: JSONValue?, model: String?
) throws(NormalizeFault) -> Normalized {
  try normalize(UsageFormat(endpoint: endpoint, model: model), usage: usage, billing: billing)
}

private func normalize(
  _ usage: JSONValue, _ format: UsageFormat, into result: inout Normalized
) throws(NormalizeFault) {
  switch format.rule {
  case .chat: try normalizeOpenAIChat(usage, into: &result)
  case .embeddings: try normalizeOpenAIEmbeddings(usage, into: &result)
  case .responses: try normalizeOpenAIResponses(usage, into: &result)
  case .images: try normalizeImages(usage, into: &result)
  case .audio: try normalizeAudio(usage, speaks: false, into: &result)
  case .speech: try normalizeAudio(usage, speaks: true, into: &result)
  case .realtime: try normalizeRealtime(usage, into: &result)
  case .anthropic: try normalizeAnthropic(usage, model: format.model, into: &result)
  case .converse: try normalizeBedrockConverse(usage, into: &result)
  case .openAIConverseStream: try normalizeBedrockConverse(usage, countsCacheTwice: true, into: &result)
  case .invoke: try normalizeBedrockInvoke(usage, model: format.model, into: &result)
  case .gemini: try normalizeGemini(usage, into: &result)
  case .geminiCache: try normalizeGeminiCache(usage, into: &result)
  case .geminiInteraction: try normalizeGeminiInteraction(usage, into: &result)
  case .litellm: try normalizeLiteLLM(usage, into: &result)
  case .bedrockLog: try normalizeBedrockLog(usage, into: &result)
  case .openAIUsageReport: try normalizeOpenAIUsageReport(usage, into: &result)
  case .anthropicUsageReport: try normalizeAnthropicUsageReport(usage, into: &result)
  case .units: try normalizeUnits(usage, into: &result)
  case .unknown:
    // Nobody knows what its fields mean; they are named, so that somebody finds out.
    result.flags.insert(.usageMissing)
    result.note(stranger: usage, at: "")
  }
}

/// A refusal before any output shows its usage, but Anthropic's own API does not charge it.
private func markUnbilled(_ billing: JSONValue, _ result: inout Normalized) {
  guard billing.present("stop_reason")?.isString("refusal") == true, result.counts[.output] == 0,
    result.otherModels.isEmpty
  else { return }
  result.flags.insert(.notBilled)
}
