internal import JSON
internal import Ledger

/// Amazon Bedrock Converse and ConverseStream: cache tokens stand beside `inputTokens`; `cacheDetails` splits
/// the writes by lifetime (Bedrock Runtime API, `TokenUsage`). The `…Count` twins repeat the same figures.
func normalizeBedrockConverse(
  _ usage: JSONValue, into result: inout Normalized
) throws(NormalizeFault) {
  let input = try count(usage, "inputTokens") ?? 0
  let output = try count(usage, "outputTokens") ?? 0
  let read = try firstCount((usage, "cacheReadInputTokens"), (usage, "cacheReadInputTokenCount")) ?? 0
  let written = try firstCount((usage, "cacheWriteInputTokens"), (usage, "cacheWriteInputTokenCount")) ?? 0
  var rest = written
  for detail in usage.present("cacheDetails")?.elements ?? [] {
    let tokens = try count(detail, "inputTokens")
    if detail.present("ttl")?.isString("1h") == true {
      result.counts[.cacheWrite1h] += result.take(tokens, outOf: &rest)
    }
  }
  result.counts[.input] = input
  result.counts[.output] = output
  result.counts[.cacheRead] = read
  result.counts[.cacheWrite5m] = rest
  if let total = try count(usage, "totalTokens"), total != input + output + read + written {
    result.flags.insert(.totalMismatch)
  }
}
