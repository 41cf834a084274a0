internal import JSON
internal import Ledger

/// Amazon Bedrock InvokeModel and its stream: the model's own shape, and where that has a gap, what Bedrock said
/// beside it: first in the answer's headers, then in the stream's last event (`amazon-bedrock-invocationMetrics`).
/// Bedrock's own input count has no cache tokens in it.
func normalizeBedrockInvoke(
  _ usage: JSONValue, model: String?, into result: inout Normalized
) throws(NormalizeFault) {
  let paths = InvokeField.known.paths
  // What is strange in the model's own shape is for that shape's rule to say.
  let fields = UsageObject(usage, InvokeField.known, notesTop: false, &result)
  var isInclusive = false
  if fields.hasAny(.chatInput, .chatOutput) {
    isInclusive = fields[.chatInput] != nil
    try normalizeOpenAIChat(usage, beside: paths, into: &result)
  } else if fields.hasAny(.claudeInput, .claudeOutput, .claudeRead, .claudeWritten, .claudeIterations) {
    try normalizeAnthropic(usage, model: model, beside: paths, into: &result)
  } else if fields.hasAny(.novaInput, .novaOutput, .novaRead, .novaWritten) {
    try normalizeBedrockConverse(usage, beside: paths, into: &result)
  } else {
    _ = UsageObject(usage, InvokeField.known, &result)
    result.counts[.input] = try fields.count(first: .llamaInput, .titanInput) ?? 0
    result.counts[.output] = try output(fields, &result)
  }
  // Iterations say all there is, model by model; Bedrock's sums would count them again.
  guard fields[.claudeIterations] == nil else { return }
  try fillGaps(fields, isInclusive: isInclusive, &result)
}

private func output(
  _ fields: UsageObject<InvokeField>, _ result: inout Normalized
) throws(NormalizeFault) -> Int64 {
  if let said = try fields.count(first: .llamaOutput, .titanOutput) { return said }
  guard let results = fields[.titanResults] else { return 0 }
  var tokens: Int64 = 0
  for element in results.eachElement {
    let one = UsageObject(element, TitanResultField.known, at: "results", &result)
    tokens = try sum(tokens, one.count(.tokens) ?? 0, of: "results")
  }
  return tokens
}

private func fillGaps(
  _ fields: UsageObject<InvokeField>, isInclusive: Bool, _ result: inout Normalized
) throws(NormalizeFault) {
  let bodyInput: [InvokeField] = [.claudeInput, .chatInput, .novaInput, .llamaInput, .titanInput]
  if !bodyInput.contains(where: { fields[$0] != nil }),
    let input = try fields.count(first: .headerInput, .metricsInput)
  {
    result.counts[.input] = input
  }
  let bodyOutput: [InvokeField] = [
    .claudeOutput, .chatOutput, .novaOutput, .llamaOutput, .titanOutput, .titanResults,
  ]
  if !bodyOutput.contains(where: { fields[$0] != nil }),
    let output = try fields.count(first: .headerOutput, .metricsOutput)
  {
    result.counts[.output] = output
  }
  // Chat's shape has cached tokens inside its prompt: what only Bedrock says of them comes out of it.
  var input = result.counts[.input]
  if result.counts[.cacheRead] == 0, let read = try fields.count(first: .headerRead, .metricsRead) {
    result.counts[.cacheRead] = isInclusive ? result.take(read, outOf: &input) : read
  }
  if result.counts.cacheWrite == 0, let written = try fields.count(first: .headerWrite, .metricsWrite) {
    result.counts[.cacheWrite5m] = isInclusive ? result.take(written, outOf: &input) : written
  }
  result.counts[.input] = input
}

enum InvokeField: Int, CaseIterable {
  case claudeInput, claudeOutput, claudeRead, claudeWritten, claudeIterations, chatInput, chatOutput
  case novaInput, novaOutput, novaRead, novaWritten
  case llamaInput, llamaOutput, titanInput, titanOutput, titanResults
  case headerInput, headerOutput, headerRead, headerWrite
  case metricsInput, metricsOutput, metricsRead, metricsWrite

  static let known = KnownFields<InvokeField>(
    read: [
      // Whose shape it is; these are read by that shape's own rule.
      "input_tokens": .claudeInput,
      "output_tokens": .claudeOutput,
      "cache_read_input_tokens": .claudeRead,
      "cache_creation_input_tokens": .claudeWritten,
      "iterations": .claudeIterations,
      "prompt_tokens": .chatInput,
      "completion_tokens": .chatOutput,
      "inputTokens": .novaInput,
      "outputTokens": .novaOutput,
      "cacheReadInputTokenCount": .novaRead,
      "cacheWriteInputTokenCount": .novaWritten,
      // Llama and Titan have their counts in the answer itself.
      "prompt_token_count": .llamaInput,
      "generation_token_count": .llamaOutput,
      "inputTextTokenCount": .titanInput,
      "totalOutputTextTokenCount": .titanOutput,
      "results": .titanResults,
      "x-amzn-bedrock-input-token-count": .headerInput,
      "x-amzn-bedrock-output-token-count": .headerOutput,
      "x-amzn-bedrock-cache-read-input-token-count": .headerRead,
      "x-amzn-bedrock-cache-write-input-token-count": .headerWrite,
      "amazon-bedrock-invocationMetrics.inputTokenCount": .metricsInput,
      "amazon-bedrock-invocationMetrics.outputTokenCount": .metricsOutput,
      "amazon-bedrock-invocationMetrics.cacheReadInputTokenCount": .metricsRead,
      "amazon-bedrock-invocationMetrics.cacheWriteInputTokenCount": .metricsWrite,
    ],
    left: [
      "amazon-bedrock-invocationMetrics.invocationLatency": "how long it took",
      "amazon-bedrock-invocationMetrics.firstByteLatency": "how long it took",
      "x-amzn-bedrock-invocation-latency": "how long it took",
    ])
}

enum TitanResultField: Int, CaseIterable {
  case tokens

  static let known = KnownFields<TitanResultField>(read: ["tokenCount": .tokens])
}
