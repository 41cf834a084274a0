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
///   - model: the model the request was for, for vendors that name others inside the answer.
public func normalize(
  endpoint: String, usage: JSONValue?, billing: JSONValue?, model: String?
) throws(NormalizeFault) -> Normalized {
  var result = Normalized()
  if let usage {
    switch endpoint {
    case "openai.chat_completions", "openai.completions", "openai.embeddings":
      try normalizeOpenAIChat(usage, into: &result)
    case "openai.responses":
      try normalizeOpenAIResponses(usage, into: &result)
    case "anthropic.messages":
      try normalizeAnthropic(usage, billing, model, into: &result)
    case "bedrock.converse", "bedrock.converse_stream":
      try normalizeBedrockConverse(usage, into: &result)
    case "bedrock.invoke", "bedrock.invoke_stream":
      // The model's own shape: Claude's is Anthropic's, Nova's is Converse's.
      if usage["input_tokens"] != nil {
        try normalizeAnthropic(usage, billing, model, into: &result)
      } else {
        try normalizeBedrockConverse(usage, into: &result)
      }
    case "gemini.generate_content", "gemini.stream_generate_content":
      try normalizeGemini(usage, into: &result)
    default:
      result.flags.insert(.usageMissing)
    }
  }
  try readBilling(billing, into: &result)
  return result
}

/// Tiers and counted units that stand beside the usage object.
private func readBilling(_ billing: JSONValue?, into result: inout Normalized) throws(NormalizeFault) {
  guard let billing else { return }
  if let tier = billing.present("service_tier")?.string { result.serviceTier = tier }
  if billing["batch"]?.bool == true { result.serviceTier = "batch" }
  let search = billing.present("tool_usage")?.present("web_search")
  if let searches = try count(search, "num_requests") { result.counts[.webSearch] += searches }
  if let searches = try count(billing, "search_queries") { result.counts[.webSearch] += searches }
  if let images = try count(billing.present("images"), "n") { result.counts[.image] += images }
  if let characters = try count(billing, "characters") { result.counts[.character] += characters }
  if let seconds = billing.present("seconds") {
    guard let milliseconds = seconds.thousandths else {
      throw NormalizeFault("`billing.seconds` is not a time of 0 or more")
    }
    result.counts[.millisecond] += milliseconds
  }
}

/// A count by name: absent and null are nil. `12.0` and `"12"` are 12.
func count(_ object: JSONValue?, _ name: StaticString) throws(NormalizeFault) -> Int64? {
  guard let value = object?.present(name) else { return nil }
  guard let number = value.lenientWholeNumber, number >= 0, number <= 1 << 53 else {
    throw NormalizeFault("`\(name)` is not a count (a whole number from 0 to 2^53)")
  }
  return number
}

/// The first of several names that has a count.
func firstCount(_ candidates: (JSONValue?, StaticString)...) throws(NormalizeFault) -> Int64? {
  for (object, name) in candidates {
    if let found = try count(object, name) { return found }
  }
  return nil
}

extension Normalized {
  /// Takes `part` out of `whole` and returns what could be taken: a part larger than its whole is cut to fit,
  /// and the answer is flagged.
  mutating func take(_ part: Int64?, outOf whole: inout Int64) -> Int64 {
    guard let part else { return 0 }
    if part > whole { flags.insert(.clamped) }
    let taken = min(part, whole)
    whole -= taken
    return taken
  }

  /// A part that stays inside its whole.
  mutating func within(_ part: Int64?, _ whole: Int64) -> Int64 {
    var rest = whole
    return take(part, outOf: &rest)
  }
}
