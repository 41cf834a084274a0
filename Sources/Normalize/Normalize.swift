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

/// Turns a vendor's usage object into disjoint counts.
///
/// - Parameters:
///   - endpoint: decides which vendor's rules hold.
///   - usage: the vendor's object as logged; nil where none came.
///   - billing: what moves the price outside `usage`.
///   - model: the model that answered, as the vendor names it, else as it was asked for.
public func normalize(
  endpoint: String, usage: JSONValue?, billing: JSONValue?, model: String?
) throws(NormalizeFault) -> Normalized {
  var result = Normalized()
  if let usage { try normalize(usage, endpoint: endpoint, model: model, into: &result) }
  if let billing { try readBilling(billing, endpoint: endpoint, into: &result) }
  if usage != nil { markUnbilled(endpoint: endpoint, billing, &result) }
  return result
}

private func normalize(
  _ usage: JSONValue, endpoint: String, model: String?, into result: inout Normalized
) throws(NormalizeFault) {
  switch endpoint {
  case "openai.chat_completions", "openai.completions":
    try normalizeOpenAIChat(usage, into: &result)
  case "openai.embeddings":
    try normalizeOpenAIEmbeddings(usage, into: &result)
  case "openai.responses", "openai.responses.compact", "openai.decisions", "openai.batches":
    try normalizeOpenAIResponses(usage, into: &result)
  case "openai.images.generations", "openai.images.edits", "openai.images.variations":
    try normalizeImages(usage, into: &result)
  case "openai.audio.transcriptions", "openai.audio.translations", "openai.live":
    try normalizeAudio(usage, speaks: false, into: &result)
  case "openai.audio.speech":
    try normalizeAudio(usage, speaks: true, into: &result)
  case "openai.realtime":
    try normalizeRealtime(usage, into: &result)
  case "anthropic.messages", "anthropic.messages.batches":
    try normalizeAnthropic(usage, model: model, into: &result)
  case "bedrock.converse":
    try normalizeBedrockConverse(usage, into: &result)
  case "bedrock.converse_stream":
    try normalizeBedrockConverse(usage, countsCacheTwice: isOpenAIOnBedrock(model), into: &result)
  case "bedrock.invoke", "bedrock.invoke_stream":
    try normalizeBedrockInvoke(usage, model: model, into: &result)
  case "gemini.generate_content", "gemini.stream_generate_content", "gemini.embed_content",
    "gemini.batch_embed_contents", "gemini.live":
    try normalizeGemini(usage, into: &result)
  case "gemini.cached_contents":
    try normalizeGeminiCache(usage, into: &result)
  case "gemini.interactions":
    try normalizeGeminiInteraction(usage, into: &result)
  case "litellm.spend_logs":
    try normalizeLiteLLM(usage, into: &result)
  case "bedrock.invocation_log":
    try normalizeBedrockLog(usage, into: &result)
  case "openai.usage_report":
    try normalizeOpenAIUsageReport(usage, into: &result)
  case "anthropic.usage_report":
    try normalizeAnthropicUsageReport(usage, into: &result)
  case "cohere.rerank", "bedrock.rerank", "mistral.ocr":
    try normalizeUnits(usage, into: &result)
  default:
    // Nobody knows what its fields mean; they are named, so that somebody finds out.
    result.flags.insert(.usageMissing)
    result.note(stranger: usage, at: "")
  }
}

/// A refusal before any output shows its usage, but Anthropic's own API does not charge it.
private func markUnbilled(endpoint: String, _ billing: JSONValue?, _ result: inout Normalized) {
  guard endpoint.hasPrefix("anthropic."), billing?.present("stop_reason")?.isString("refusal") == true,
    result.counts[.output] == 0, result.otherModels.isEmpty
  else { return }
  result.flags.insert(.notBilled)
}
