internal import JSON
internal import Ledger

/// OpenAI chat completions, completions and embeddings, and the servers that speak the same.
///
/// Cached, cache-write and audio tokens are parts of `prompt_tokens`; reasoning and audio tokens are parts of
/// `completion_tokens` (OpenAI API reference, `CompletionUsage`). Where `total_tokens` is larger than both
/// together, the rest is hidden output (Gemini's OpenAI-compatible endpoint leaves its thinking out).
func normalizeOpenAIChat(_ usage: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let prompt = try count(usage, "prompt_tokens") ?? 0
  var completion = try count(usage, "completion_tokens") ?? 0
  let details = usage.present("prompt_tokens_details")
  let outputDetails = usage.present("completion_tokens_details")

  if let total = try count(usage, "total_tokens"), total != prompt + completion {
    result.flags.insert(.totalMismatch)
    completion = max(completion, total - prompt)
  }
  var input = prompt
  // DeepSeek's name for cached tokens is `prompt_cache_hit_tokens`, likewise a part of the prompt.
  let cached = try firstCount((details, "cached_tokens"), (usage, "prompt_cache_hit_tokens"))
  result.counts[.cacheRead] = result.take(cached, outOf: &input)
  result.counts[.cacheWrite5m] = result.take(try count(details, "cache_write_tokens"), outOf: &input)
  result.counts[.inputAudio] = result.take(try count(details, "audio_tokens"), outOf: &input)
  result.counts[.input] = input

  var output = completion
  result.counts[.outputAudio] = result.take(try count(outputDetails, "audio_tokens"), outOf: &output)
  result.counts[.output] = output
  result.counts.reasoning = result.within(try count(outputDetails, "reasoning_tokens"), output)
  result.serviceTier = usage.present("service_tier")?.string
}

/// OpenAI responses (`ResponseUsage`): the same parts under other names, cache writes by lifetime.
func normalizeOpenAIResponses(
  _ usage: JSONValue, into result: inout Normalized
) throws(NormalizeFault) {
  var input = try count(usage, "input_tokens") ?? 0
  let output = try count(usage, "output_tokens") ?? 0
  if let total = try count(usage, "total_tokens"), total != input + output {
    result.flags.insert(.totalMismatch)
  }
  let details = usage.present("input_tokens_details")
  result.counts[.cacheRead] = result.take(try count(details, "cached_tokens"), outOf: &input)
  var written = result.take(try count(details, "cache_write_tokens"), outOf: &input)
  let lifetimes = details?.present("cache_write_tokens_details")
  result.counts[.cacheWrite12h] = result.take(try count(lifetimes, "ttl_12h_tokens"), outOf: &written)
  result.counts[.cacheWrite5m] = written
  result.counts[.input] = input
  result.counts[.output] = output
  let outputDetails = usage.present("output_tokens_details")
  result.counts.reasoning = result.within(try count(outputDetails, "reasoning_tokens"), output)
}
