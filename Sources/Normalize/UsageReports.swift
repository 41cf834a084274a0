internal import JSON
internal import Ledger

/// One row of OpenAI's usage API, any of its reports by model: the sum of many requests (OpenAI API reference, "Usage").
/// `input_tokens` hold what was cached, what was written, audio and images; cached audio is a part of both.
func normalizeOpenAIUsageReport(_ row: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let fields = UsageObject(row, OpenAIUsageField.known, &result)
  var input = try fields.count(.input) ?? 0
  var audio = result.take(try fields.count(.inputAudio), outOf: &input)
  var image = result.take(try fields.count(.inputImage), outOf: &input)
  result.counts[.cacheReadAudio] = result.take(try fields.count(.cachedAudio), outOf: &audio)
  result.counts[.cacheReadImage] = result.take(try fields.count(.cachedImage), outOf: &image)
  let apart = result.counts[.cacheReadAudio] + result.counts[.cacheReadImage]
  let cached = try fields.count(.cached)
  result.counts[.cacheRead] = result.take(cached.map { max(0, $0 - apart) }, outOf: &input)
  var written = result.take(try fields.count(.written), outOf: &input)
  result.counts[.cacheWrite12h] = result.take(try fields.count(.written12h), outOf: &written)
  result.counts[.cacheWrite5m] = written
  result.counts[.inputAudio] = audio
  result.counts[.inputImage] = image
  result.counts[.input] = input
  result.check(total: try fields.count(.uncached), is: input + audio + image)

  var output = try fields.count(.output) ?? 0
  result.counts[.outputAudio] = result.take(try fields.count(.outputAudio), outOf: &output)
  result.counts[.outputImage] = result.take(try fields.count(.outputImage), outOf: &output)
  result.counts[.output] = output

  result.counts[.image] = try fields.count(.images) ?? 0
  result.counts[.character] = try fields.count(.characters) ?? 0
  result.counts[.millisecond] = try fields.milliseconds(.seconds) ?? 0
  result.counts[.webSearch] = try fields.count(.searches) ?? 0
  result.serviceTier = fields[.batch]?.bool == true ? "batch" : fields.word(.serviceTier)
  result.addFact(.imageSize, fields[.size])
  result.addFact(.searchContextSize, fields[.contextLevel])
}

enum OpenAIUsageField: Int, CaseIterable {
  case input, uncached, cached, cachedAudio, cachedImage, written, written12h, inputAudio, inputImage
  case output, outputAudio, outputImage, images, characters, seconds, searches
  case batch, serviceTier, size, contextLevel

  static let known = KnownFields<OpenAIUsageField>(
    read: [
      "input_tokens": .input,
      "input_uncached_tokens": .uncached,
      "input_cached_tokens": .cached,
      "input_cached_audio_tokens": .cachedAudio,
      "input_cached_image_tokens": .cachedImage,
      "input_cache_write_tokens": .written,
      "input_cache_write_tokens_12h": .written12h,
      "input_audio_tokens": .inputAudio,
      "input_image_tokens": .inputImage,
      "output_tokens": .output,
      "output_audio_tokens": .outputAudio,
      "output_image_tokens": .outputImage,
      "images": .images,
      "characters": .characters,
      "seconds": .seconds,
      "num_requests": .searches,
      "batch": .batch,
      "service_tier": .serviceTier,
      "size": .size,
      "context_level": .contextLevel,
    ],
    left: [
      "num_model_requests": "how many requests the row stands for, which is no amount",
      "input_text_tokens": "the rest of the input",
      "input_cached_text_tokens": "the rest of the cached tokens",
      "input_cache_write_tokens_30m": "the rest of what was written",
      "output_text_tokens": "the rest of the output",
    ])
}

/// One row of Anthropic's usage report for messages: the sum of many requests, in counts that are apart already
/// (Anthropic Admin API reference, "Get Messages Usage Report").
func normalizeAnthropicUsageReport(_ row: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let fields = UsageObject(row, AnthropicUsageField.known, &result)
  result.counts[.input] = try fields.count(.input) ?? 0
  result.counts[.cacheRead] = try fields.count(.cacheRead) ?? 0
  result.counts[.cacheWrite5m] = try fields.count(.written5m) ?? 0
  result.counts[.cacheWrite1h] = try fields.count(.written1h) ?? 0
  result.counts[.output] = try fields.count(.output) ?? 0
  result.counts[.webSearch] = try fields.count(.webSearches) ?? 0
  result.serviceTier = fields.word(.serviceTier)
  result.addFact(.contextWindow, fields[.contextWindow])
  result.addFact(.inferenceGeo, fields[.geo])
  result.addFact(.speed, fields[.speed])
}

enum AnthropicUsageField: Int, CaseIterable {
  case input, cacheRead, written5m, written1h, output, webSearches, serviceTier, contextWindow, geo, speed

  static let known = KnownFields<AnthropicUsageField>(
    read: [
      "uncached_input_tokens": .input,
      "cache_read_input_tokens": .cacheRead,
      "cache_creation.ephemeral_5m_input_tokens": .written5m,
      "cache_creation.ephemeral_1h_input_tokens": .written1h,
      "output_tokens": .output,
      "server_tool_use.web_search_requests": .webSearches,
      "service_tier": .serviceTier,
      "context_window": .contextWindow,
      "inference_geo": .geo,
      "speed": .speed,
    ])
}
