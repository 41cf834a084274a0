internal import JSON
internal import Ledger

/// Amazon Bedrock Converse and ConverseStream: cache tokens stand beside `inputTokens`; `cacheDetails` splits
/// the writes by lifetime (Bedrock Runtime API, `TokenUsage`). The `…Count` twins repeat the same figures.
///
/// - Parameter countsCacheTwice: the stream of OpenAI's models was seen to have the cache tokens in `inputTokens`
///   as well, while their plain answers do not. Where they fit in, they are taken out, and the answer is flagged.
func normalizeBedrockConverse(
  _ usage: JSONValue, countsCacheTwice: Bool = false, beside: JSONPaths? = nil,
  into result: inout Normalized
) throws(NormalizeFault) {
  let fields = UsageObject(usage, ConverseField.known, beside: beside, &result)
  var input = try fields.count(.input) ?? 0
  let output = try fields.count(.output) ?? 0
  let read = try fields.count(first: .cacheRead, .cacheReadTwin) ?? 0
  var split = (oneHour: Int64(0), all: Int64(0))
  if let details = fields[.cacheDetails] {
    for detail in details.eachElement {
      let one = UsageObject(detail, CacheDetailField.known, at: "cacheDetails", &result)
      let tokens = try one.count(.tokens) ?? 0
      split.all = try sum(split.all, tokens, of: "cacheDetails")
      if one[.lifetime]?.isString("1h") == true { split.oneHour += tokens }
    }
  }
  let written = try fields.count(first: .cacheWrite, .cacheWriteTwin) ?? split.all
  if countsCacheTwice, read + written > 0, input >= read + written {
    input -= read + written
    result.flags.insert(.totalMismatch)
  }
  var rest = written
  result.counts[.cacheWrite1h] = result.take(split.oneHour, outOf: &rest)
  result.counts[.cacheWrite5m] = rest
  result.counts[.input] = input
  result.counts[.output] = output
  result.counts[.cacheRead] = read
  result.check(total: try fields.count(.total), is: input + output + read + written)
}

/// OpenAI's models on Bedrock: `openai.gpt-…`, with a region's prefix or in an ARN.
func isOpenAIOnBedrock(_ model: String?) -> Bool {
  guard let name = model?.split(separator: "/").last else { return false }
  return name.hasPrefix("openai.") || name.contains(".openai.")
}

enum ConverseField: Int, CaseIterable {
  case input, output, total, cacheRead, cacheReadTwin, cacheWrite, cacheWriteTwin, cacheDetails

  static let known = KnownFields<ConverseField>(
    read: [
      "inputTokens": .input,
      "outputTokens": .output,
      "totalTokens": .total,
      "cacheReadInputTokens": .cacheRead,
      "cacheReadInputTokenCount": .cacheReadTwin,
      "cacheWriteInputTokens": .cacheWrite,
      "cacheWriteInputTokenCount": .cacheWriteTwin,
      "cacheDetails": .cacheDetails,
    ])
}

enum CacheDetailField: Int, CaseIterable {
  case lifetime, tokens

  static let known = KnownFields<CacheDetailField>(
    read: ["ttl": .lifetime, "inputTokens": .tokens])
}
