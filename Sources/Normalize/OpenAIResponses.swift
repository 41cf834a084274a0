internal import JSON
internal import Ledger

/// OpenAI responses, compactions and batches (`ResponseUsage`): chat's parts under other names, cache writes by
/// lifetime. xAI's server says its searches here too.
func normalizeOpenAIResponses(
  _ usage: JSONValue, into result: inout Normalized
) throws(NormalizeFault) {
  let fields = UsageObject(usage, ResponsesField.known, &result)
  var input = try fields.count(.input) ?? 0
  var output = try result.billedOutput(
    fields.count(.output) ?? 0, input: input, total: fields.count(.total))

  result.counts[.cacheRead] = result.take(try fields.count(.cached), outOf: &input)
  let short = try fields.count(.written30m)
  let long = try fields.count(.written12h)
  let total = try fields.count(.written) ?? (short ?? 0) + (long ?? 0)
  result.check(total: short == nil && long == nil ? nil : total, is: (short ?? 0) + (long ?? 0))
  var written = result.take(total, outOf: &input)
  result.counts[.cacheWrite12h] = result.take(long, outOf: &written)
  result.counts[.cacheWrite5m] = written
  result.counts[.inputAudio] = result.take(try fields.count(.inputAudio), outOf: &input)
  result.counts[.inputImage] = result.take(try fields.count(.inputImage), outOf: &input)
  result.counts[.input] = input

  result.counts[.outputAudio] = result.take(try fields.count(.outputAudio), outOf: &output)
  result.counts[.output] = output
  result.counts.reasoning = result.within(try fields.count(.reasoning), output)
  result.counts[.webSearch] += try fields.count(first: .webSearches, .sources) ?? 0
  result.serviceTier = fields.word(.serviceTier)
}

enum ResponsesField: Int, CaseIterable {
  case input, output, total, cached, written, written30m, written12h, inputAudio, inputImage, outputAudio
  case reasoning, webSearches, sources, serviceTier

  static let known = KnownFields<ResponsesField>(
    read: [
      "input_tokens": .input,
      "output_tokens": .output,
      "total_tokens": .total,
      "input_tokens_details.cached_tokens": .cached,
      "input_tokens_details.cache_write_tokens": .written,
      "input_tokens_details.cache_write_tokens_details.ttl_30m_tokens": .written30m,
      "input_tokens_details.cache_write_tokens_details.ttl_12h_tokens": .written12h,
      "input_tokens_details.audio_tokens": .inputAudio,
      "input_tokens_details.image_tokens": .inputImage,
      "output_tokens_details.audio_tokens": .outputAudio,
      "output_tokens_details.reasoning_tokens": .reasoning,
      "service_tier": .serviceTier,
      "server_side_tool_usage_details.web_search_calls": .webSearches,
      "num_sources_used": .sources,
    ],
    left: [
      "input_tokens_details.text_tokens": "the rest of the input",
      "output_tokens_details.text_tokens": "the rest of the output",
      "num_server_side_tools_used": "the sum of the tools' calls, which are named one by one",
      "cost": "the gateway's own price; here the price book prices",
      "cost_details": "the gateway's own price",
      "cost_in_usd_ticks": "xAI's own price",
    ])
}

/// What stands beside the usage of a response: the tools that ran on the vendor's side (`Response.tool_usage`).
///
/// The image tool's tokens are another model's, which the vendor does not name here; they are booked under the
/// tool's own name, so that they are seen, and priced once somebody gives that name a price.
func addToolUsage(_ tools: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let fields = UsageObject(tools, ToolUsageField.known, at: "tool_usage", &result)
  result.counts[.webSearch] += try fields.count(.webSearches) ?? 0
  guard let images = fields[.images], images.isObject else { return }
  var made = Normalized()
  try normalizeImages(images, into: &made)
  result.flags.formUnion(made.flags)
  for path in made.unknownFields { result.noteUnknown("tool_usage.image_gen." + path) }
  if !made.counts.isZero {
    result.otherModels.append(.init(model: "image_generation", counts: made.counts))
  }
}

enum ToolUsageField: Int, CaseIterable {
  case webSearches, images

  static let known = KnownFields<ToolUsageField>(
    read: ["web_search.num_requests": .webSearches, "image_gen": .images])
}
