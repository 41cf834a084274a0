internal import JSON
internal import Ledger

/// Anthropic Messages, on its own API, Vertex, Foundry and Bedrock's invoke.
///
/// `input_tokens` are neither read from nor written to a cache; cache tokens stand beside them; thinking is a
/// part of `output_tokens` (Anthropic API reference, `Usage`). Where `iterations` are given, each is billed at
/// its own model's price (Anthropic documentation: compaction, advisor tool, refusals and fallback).
func normalizeAnthropic(
  _ usage: JSONValue, _ billing: JSONValue?, _ model: String?, into result: inout Normalized
) throws(NormalizeFault) {
  result.serviceTier = usage.present("service_tier")?.string
  let iterations = usage.present("iterations")?.elements ?? []
  if iterations.isEmpty {
    result.counts = try anthropicTokens(usage, &result)
  } else {
    try addIterations(iterations, model, into: &result)
  }
  let outputDetails = usage.present("output_tokens_details")
  let output = result.counts[.output]
  result.counts.reasoning = result.within(try count(outputDetails, "thinking_tokens"), output)
  let tools = usage.present("server_tool_use")
  result.counts[.webSearch] += try count(tools, "web_search_requests") ?? 0

  // A refusal before any output shows its usage, but is not charged.
  let refused = billing?.present("stop_reason")?.isString("refusal") == true
  if refused, result.counts[.output] == 0, result.otherModels.isEmpty {
    result.flags.insert(.notBilled)
  }
}

private func anthropicTokens(
  _ usage: JSONValue, _ result: inout Normalized
) throws(NormalizeFault) -> TokenCounts {
  var counts = TokenCounts()
  counts[.input] = try count(usage, "input_tokens") ?? 0
  counts[.cacheRead] = try count(usage, "cache_read_input_tokens") ?? 0
  counts[.output] = try count(usage, "output_tokens") ?? 0
  let lifetimes = usage.present("cache_creation")
  let oneHour = try count(lifetimes, "ephemeral_1h_input_tokens")
  let fiveMinutes = try count(lifetimes, "ephemeral_5m_input_tokens")
  var written = try count(usage, "cache_creation_input_tokens") ?? (oneHour ?? 0) + (fiveMinutes ?? 0)
  if lifetimes != nil, written != (oneHour ?? 0) + (fiveMinutes ?? 0) {
    result.flags.insert(.totalMismatch)
  }
  counts[.cacheWrite1h] = result.take(oneHour, outOf: &written)
  // What the split does not cover was written later in the stream, for five minutes.
  counts[.cacheWrite5m] = written
  return counts
}

/// With a fallback, a `message` attempt without output was declined, and is free.
private func addIterations(
  _ iterations: [JSONValue], _ model: String?, into result: inout Normalized
) throws(NormalizeFault) {
  let hasFallback = iterations.contains { $0.present("type")?.isString("fallback_message") == true }
  for iteration in iterations {
    let counts = try anthropicTokens(iteration, &result)
    let isMessage = iteration.present("type")?.isString("message") == true
    if hasFallback, isMessage, counts[.output] == 0 { continue }
    let own = iteration.present("model")?.string
    if let own, own != model {
      result.otherModels.append(.init(model: own, counts: counts))
    } else {
      result.counts += counts
    }
  }
}
