internal import JSON
internal import Ledger

/// Anthropic Messages, on its own API, Vertex, Foundry and Bedrock's invoke.
///
/// `input_tokens` are neither read from nor written to a cache; cache tokens stand beside them; thinking is a
/// part of `output_tokens` (Anthropic API reference, `Usage`). Where `iterations` are given, each is billed at
/// its own model's price (Anthropic documentation: compaction, advisor tool, refusals and fallback).
func normalizeAnthropic(
  _ usage: JSONValue, model: String?, beside: JSONPaths? = nil, into result: inout Normalized
) throws(NormalizeFault) {
  let fields = UsageObject(usage, AnthropicField.known, beside: beside, &result)
  let top = try anthropicTokens(
    fields, .input, .cacheRead, .output, .written, .written5m, .written1h, &result)
  let iterations = fields[.iterations]
  if let iterations, iterations.eachElement.contains(where: { _ in true }) {
    try addIterations(iterations, top: top, model, into: &result)
  } else {
    result.counts = top
  }
  // Thinking is a part of the answer's own output. Where that stands under another model, it stands there.
  let thinking = result.within(try fields.count(.thinking), top[.output])
  result.counts.reasoning = min(thinking, result.counts[.output])
  result.counts[.webSearch] += try fields.count(.webSearches) ?? 0
  result.serviceTier = fields.word(.serviceTier)
  result.addFact(.inferenceGeo, fields[.geo])
  result.addFact(.speed, fields[.speed])
}

enum AnthropicField: Int, CaseIterable {
  case input, cacheRead, output, written, written5m, written1h, thinking, webSearches, iterations
  case serviceTier, geo, speed

  static let known = KnownFields<AnthropicField>(
    read: [
      "input_tokens": .input,
      "output_tokens": .output,
      "cache_read_input_tokens": .cacheRead,
      "cache_creation_input_tokens": .written,
      "cache_creation.ephemeral_5m_input_tokens": .written5m,
      "cache_creation.ephemeral_1h_input_tokens": .written1h,
      "output_tokens_details.thinking_tokens": .thinking,
      "server_tool_use.web_search_requests": .webSearches,
      "iterations": .iterations,
      "service_tier": .serviceTier,
      "inference_geo": .geo,
      "speed": .speed,
    ],
    left: [
      "server_tool_use.web_fetch_requests": "free",
      "server_tool_use.code_execution_requests": "billed by the container's time, which no answer says",
      "fallback_credit": "what it changed is in the cache counts already",
    ])
}

/// Adds up each iteration under its own model. With a fallback, a `message` attempt without output was declined,
/// and is free.
private func addIterations(
  _ iterations: JSONValue, top: TokenCounts, _ model: String?, into result: inout Normalized
) throws(NormalizeFault) {
  let hasFallback = iterations.eachElement.contains {
    $0.present("type")?.isString("fallback_message") == true
  }
  var messages = TokenCounts()
  for iteration in iterations.eachElement {
    let fields = UsageObject(iteration, IterationField.known, at: "iterations", &result)
    let counts = try anthropicTokens(
      fields, .input, .cacheRead, .output, .written, .written5m, .written1h, &result)
    let isMessage = fields[.type]?.isString("message") == true
    if isMessage { try add(counts, to: &messages) }
    if hasFallback, isMessage, counts[.output] == 0 { continue }
    if let own = fields.word(.model), own != model {
      result.otherModels.append(.init(model: own, counts: counts))
    } else {
      try add(counts, to: &result.counts)
    }
  }
  // Without a fallback the top level is the sum of the messages.
  guard !hasFallback else { return }
  for meter in [Meter.input, .output, .cacheRead] { result.check(total: top[meter], is: messages[meter]) }
}

private func add(_ counts: TokenCounts, to total: inout TokenCounts) throws(NormalizeFault) {
  for (meter, count) in counts.used {
    total[meter] = try sum(total[meter], count, of: "iterations")
  }
}

enum IterationField: Int, CaseIterable {
  case type, model, input, cacheRead, output, written, written5m, written1h

  static let known = KnownFields<IterationField>(
    read: [
      "type": .type,
      "model": .model,
      "input_tokens": .input,
      "output_tokens": .output,
      "cache_read_input_tokens": .cacheRead,
      "cache_creation_input_tokens": .written,
      "cache_creation.ephemeral_5m_input_tokens": .written5m,
      "cache_creation.ephemeral_1h_input_tokens": .written1h,
    ],
    left: [
      "output_tokens_details": "thinking, a part of the output, which the top level says once",
      "server_tool_use": "the top level says it once",
    ])
}

/// The tokens that the top level and each iteration have alike.
private func anthropicTokens<Field>(
  _ fields: UsageObject<Field>, _ input: Field, _ cacheRead: Field, _ output: Field, _ written: Field,
  _ written5m: Field, _ written1h: Field, _ result: inout Normalized
) throws(NormalizeFault) -> TokenCounts {
  var counts = TokenCounts()
  counts[.input] = try fields.count(input) ?? 0
  counts[.cacheRead] = try fields.count(cacheRead) ?? 0
  counts[.output] = try fields.count(output) ?? 0
  let oneHour = try fields.count(written1h)
  let split = (oneHour ?? 0) + (try fields.count(written5m) ?? 0)
  var rest = try fields.count(written) ?? split
  // More than the split was written later in a stream, for five minutes; less contradicts it.
  if rest < split { result.flags.insert(.totalMismatch) }
  counts[.cacheWrite1h] = result.take(oneHour, outOf: &rest)
  counts[.cacheWrite5m] = rest
  return counts
}
