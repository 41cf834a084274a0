internal import JSON
internal import Ledger

/// Gemini generateContent (`usageMetadata`): cached tokens are part of the prompt; thoughts and the results of
/// tools fed back come on top of candidates and prompt (Gemini API reference, `UsageMetadata`).
func normalizeGemini(_ usage: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let prompt = try count(usage, "promptTokenCount") ?? 0
  let toolPrompt = try count(usage, "toolUsePromptTokenCount") ?? 0
  let candidates = try count(usage, "candidatesTokenCount") ?? 0
  let thoughts = try count(usage, "thoughtsTokenCount") ?? 0
  var input = prompt
  result.counts[.cacheRead] = result.take(try count(usage, "cachedContentTokenCount"), outOf: &input)
  result.counts[.input] = input + toolPrompt
  result.counts[.output] = candidates + thoughts
  result.counts.reasoning = thoughts
  result.serviceTier = usage.present("serviceTier")?.string
  if let total = try count(usage, "totalTokenCount"), total != prompt + toolPrompt + candidates + thoughts {
    result.flags.insert(.totalMismatch)
  }
}
