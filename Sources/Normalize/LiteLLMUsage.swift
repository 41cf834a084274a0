internal import JSON
internal import Ledger

/// LiteLLM's own usage object, which it makes of every vendor's (`litellm.types.utils.Usage`), kept in its spend logs
/// as `metadata.usage_object`: chat's names, and cache reads and writes always inside `prompt_tokens`, whoever the
/// vendor is.
func normalizeLiteLLM(_ usage: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let fields = UsageObject(usage, LiteLLMField.known, &result)
  let prompt = try fields.count(.prompt) ?? 0
  var input = prompt
  let cached = try fields.count(first: .cached, .cacheRead)
  result.counts[.cacheRead] = result.take(cached, outOf: &input)
  let oneHour = try fields.count(.written1h)
  let split = (oneHour ?? 0) + (try fields.count(.written5m) ?? 0)
  let total = try fields.count(first: .writtenTop, .written, .writtenOpenAI) ?? split
  if total < split { result.flags.insert(.totalMismatch) }
  var written = result.take(total, outOf: &input)
  result.counts[.cacheWrite1h] = result.take(oneHour, outOf: &written)
  result.counts[.cacheWrite5m] = written
  result.counts[.inputAudio] = result.take(try fields.count(.inputAudio), outOf: &input)
  result.counts[.inputImage] = result.take(try fields.count(.inputImage), outOf: &input)
  result.counts[.inputVideo] = result.take(try fields.count(.inputVideo), outOf: &input)
  result.counts[.input] = input

  let completion = try fields.count(.completion) ?? 0
  var output = completion
  result.counts[.outputAudio] = result.take(try fields.count(.outputAudio), outOf: &output)
  result.counts[.outputImage] = result.take(try fields.count(.outputImage), outOf: &output)
  result.counts[.output] = output
  result.counts.reasoning = result.within(try fields.count(.reasoning), output)
  result.check(total: try fields.count(.total), is: prompt + completion)

  result.counts[.webSearch] += try fields.count(first: .toolSearches, .searches) ?? 0
  result.serviceTier = fields.word(.serviceTier)
  result.addFact(.inferenceGeo, fields[.geo])
  result.addFact(.speed, fields[.speed])
}

enum LiteLLMField: Int, CaseIterable {
  case prompt, completion, total, cached, cacheRead, written, writtenTop, writtenOpenAI, written5m, written1h
  case inputAudio, inputImage, inputVideo, outputAudio, outputImage, reasoning
  case searches, toolSearches, serviceTier, geo, speed

  static let known = KnownFields<LiteLLMField>(
    read: [
      "prompt_tokens": .prompt,
      "completion_tokens": .completion,
      "total_tokens": .total,
      "prompt_tokens_details.cached_tokens": .cached,
      "cache_read_input_tokens": .cacheRead,
      "prompt_tokens_details.cache_creation_tokens": .written,
      "cache_creation_input_tokens": .writtenTop,
      "prompt_tokens_details.cache_write_tokens": .writtenOpenAI,
      "prompt_tokens_details.cache_creation_token_details.ephemeral_5m_input_tokens": .written5m,
      "prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens": .written1h,
      "prompt_tokens_details.audio_tokens": .inputAudio,
      "prompt_tokens_details.image_tokens": .inputImage,
      "prompt_tokens_details.video_tokens": .inputVideo,
      "completion_tokens_details.audio_tokens": .outputAudio,
      "completion_tokens_details.image_tokens": .outputImage,
      "completion_tokens_details.reasoning_tokens": .reasoning,
      "prompt_tokens_details.web_search_requests": .searches,
      "server_tool_use.web_search_requests": .toolSearches,
      "service_tier": .serviceTier,
      "inference_geo": .geo,
      "speed": .speed,
    ],
    left: [
      "prompt_tokens_details.text_tokens": "the rest of the prompt",
      "completion_tokens_details.text_tokens": "the rest of the completion",
      "completion_tokens_details.accepted_prediction_tokens": "part of the completion, at its price",
      "completion_tokens_details.rejected_prediction_tokens": "part of the completion, billed at its price",
      "server_tool_use.web_fetch_requests": "free; what is fetched is in the prompt",
      "cost": "LiteLLM's own price; here the price book prices",
    ])
}
