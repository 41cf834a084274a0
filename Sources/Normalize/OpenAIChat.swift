internal import JSON
internal import Ledger

/// OpenAI chat completions and completions, and the servers that speak the same: Azure, DeepSeek, Groq, Mistral,
/// Moonshot, OpenRouter, Perplexity, Qwen, xAI, Gemini's compatible endpoint, other gateways.
///
/// Cached, cache-write, audio and image tokens are parts of `prompt_tokens`; reasoning and audio tokens are parts
/// of `completion_tokens` (OpenAI API reference, `CompletionUsage`). Where `total_tokens` is larger than both
/// together, the rest is hidden output (Gemini's compatible endpoint leaves its thinking out, xAI too).
func normalizeOpenAIChat(
  _ usage: JSONValue, beside: JSONPaths? = nil, into result: inout Normalized
) throws(NormalizeFault) {
  let fields = UsageObject(usage, ChatField.known, beside: beside, &result)
  let prompt = try fields.count(.prompt) ?? 0
  let completion = try result.billedOutput(
    fields.count(.completion) ?? 0, input: prompt, total: fields.count(.total))

  var input = prompt
  let cached = try fields.count(first: .cached, .cacheHit, .cachedTop, .cacheRead)
  result.counts[.cacheRead] = result.take(cached, outOf: &input)
  let written = try fields.count(first: .written, .writtenQwen, .writtenTop)
  result.counts[.cacheWrite5m] = result.take(written, outOf: &input)
  result.counts[.inputAudio] = result.take(try fields.count(.inputAudio), outOf: &input)
  result.counts[.inputImage] = result.take(try fields.count(.inputImage), outOf: &input)
  result.counts[.inputVideo] = result.take(try fields.count(.inputVideo), outOf: &input)
  result.counts[.input] = input

  var output = completion
  result.counts[.outputAudio] = result.take(try fields.count(.outputAudio), outOf: &output)
  result.counts[.outputImage] = result.take(try fields.count(.outputImage), outOf: &output)
  result.counts[.output] = output
  result.counts.reasoning = result.within(try fields.count(.reasoning), output)

  result.counts[.webSearch] += try fields.count(first: .searchesGateway, .searchQueries, .sources) ?? 0
  result.counts[.millisecond] += try fields.milliseconds(.audioSeconds) ?? 0
  result.serviceTier = fields.word(.serviceTier)
  result.addFact(.searchContextSize, fields[.searchContextSize])
  result.addFact(.cacheType, fields[.cacheType])
}

enum ChatField: Int, CaseIterable {
  case prompt, completion, total, cached, cacheHit, cachedTop, cacheRead, written, writtenQwen, writtenTop
  case inputAudio, inputImage, inputVideo, outputAudio, outputImage, reasoning
  case searchesGateway, searchQueries, sources, audioSeconds, serviceTier, searchContextSize, cacheType

  static let known = KnownFields<ChatField>(
    read: [
      "prompt_tokens": .prompt,
      "completion_tokens": .completion,
      "total_tokens": .total,
      "prompt_tokens_details.cached_tokens": .cached,
      "prompt_tokens_details.cache_write_tokens": .written,
      "prompt_tokens_details.audio_tokens": .inputAudio,
      "prompt_tokens_details.image_tokens": .inputImage,
      "prompt_tokens_details.video_tokens": .inputVideo,
      "completion_tokens_details.audio_tokens": .outputAudio,
      "completion_tokens_details.image_tokens": .outputImage,
      "completion_tokens_details.reasoning_tokens": .reasoning,
      "service_tier": .serviceTier,
      // DeepSeek, Moonshot, and gateways that add Anthropic's names: likewise parts of the prompt.
      "prompt_cache_hit_tokens": .cacheHit,
      "cached_tokens": .cachedTop,
      "cache_read_input_tokens": .cacheRead,
      "cache_creation_input_tokens": .writtenTop,
      // Qwen's explicit cache, which has prices of its own.
      "prompt_tokens_details.cache_creation_input_tokens": .writtenQwen,
      "prompt_tokens_details.cache_type": .cacheType,
      // Searches that came with the answer: a gateway's, Perplexity's, xAI's sources.
      "prompt_tokens_details.web_search_requests": .searchesGateway,
      "num_search_queries": .searchQueries,
      "num_sources_used": .sources,
      "search_context_size": .searchContextSize,
      // Mistral's audio models.
      "prompt_audio_seconds": .audioSeconds,
    ],
    left: [
      "prompt_tokens_details.text_tokens": "the rest of the prompt",
      "prompt_tokens_details.cached_tokens_details": "the cached tokens again, by kind",
      "prompt_tokens_details.cache_creation": "the tokens written to the cache again, all for five minutes",
      "prompt_cache_miss_tokens": "the rest of the prompt",
      "completion_tokens_details.text_tokens": "the rest of the completion",
      "completion_tokens_details.accepted_prediction_tokens": "part of the completion, at its price",
      "completion_tokens_details.rejected_prediction_tokens": "part of the completion, billed at its price",
      "cost": "the gateway's own price; here the price book prices",
      "cost_details": "the gateway's own price",
      "market_cost": "the gateway's own price",
      "estimated_cost": "the gateway's own price",
      "cost_in_usd_ticks": "xAI's own price",
      "queue_time": "how long it took",
      "prompt_time": "how long it took",
      "completion_time": "how long it took",
      "total_time": "how long it took",
    ])
}

extension Normalized {
  /// OpenAI's shape: where the total is more than both sides, the rest is output that was left out, and billed.
  mutating func billedOutput(_ output: Int64, input: Int64, total: Int64?) -> Int64 {
    check(total: total, is: input + output)
    return max(output, (total ?? 0) - input)
  }
}
