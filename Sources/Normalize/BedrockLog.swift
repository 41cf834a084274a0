internal import JSON
internal import Ledger

/// One record of Amazon Bedrock's model invocation log: its counts stand in `input` and `output`, cache tokens beside
/// the input (Bedrock user guide, "Monitor model invocation"). How long a cache write lives stands only in the
/// answer's body, where the body is logged; of the body nothing else is looked at.
func normalizeBedrockLog(_ record: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let fields = UsageObject(record, BedrockLogField.known, notesTop: false, &result)
  result.counts[.input] = try fields.count(.input) ?? 0
  result.counts[.cacheRead] = try fields.count(.cacheRead) ?? 0
  result.counts[.output] = try fields.count(.output) ?? 0
  var written = try fields.count(.cacheWrite) ?? 0
  if written > 0, let body = fields[.outputBody] {
    result.counts[.cacheWrite1h] = result.take(try oneHourWrites(body), outOf: &written)
  }
  result.counts[.cacheWrite5m] = written
  result.addFact(.latency, fields[.latency])
  result.serviceTier = fields.word(.serviceTier)
}

/// In an answer, or in the events of a stream: Claude's own split, or Converse's.
private func oneHourWrites(_ body: JSONValue) throws(NormalizeFault) -> Int64? {
  var found: Int64?
  for part in body.kind == .array ? body.elements : [body] {
    let holder = part.present("message") ?? part.present("metadata") ?? part
    guard let usage = holder.present("usage") else { continue }
    var count = usage.present("cache_creation")?.present("ephemeral_1h_input_tokens")?.lenientWholeNumber
    for detail in usage.present("cacheDetails")?.elements ?? [] where detail["ttl"]?.isString("1h") == true {
      count = detail["inputTokens"]?.lenientWholeNumber
    }
    guard let count else { continue }
    guard (0...NormalizeLimit.countMax).contains(count) else {
      throw NormalizeFault("the answer's one-hour cache writes are not a count")
    }
    found = count
  }
  return found
}

enum BedrockLogField: Int, CaseIterable {
  case input, cacheRead, cacheWrite, output, outputBody, latency, serviceTier

  static let known = KnownFields<BedrockLogField>(
    read: [
      "input.inputTokenCount": .input,
      "input.cacheReadInputTokenCount": .cacheRead,
      "input.cacheWriteInputTokenCount": .cacheWrite,
      "output.outputTokenCount": .output,
      "output.outputBodyJson": .outputBody,
      "performanceConfig.latency": .latency,
      "serviceTier.type": .serviceTier,
    ],
    left: [
      "input.inputBodyJson": "the prompt",
      "input.inputContentType": "no count",
      "input.inputBodyS3Path": "where a large prompt lies",
      "output.outputContentType": "no count",
      "output.outputBodyS3Path": "where a large answer lies",
      "requestMetadata": "the caller's own words",
    ])
}
