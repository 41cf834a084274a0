internal import JSON
internal import Ledger

/// Embeddings: what went in is all there is (OpenAI API reference, `CreateEmbeddingResponse`). Servers that give a
/// total alone mean the same by it.
func normalizeOpenAIEmbeddings(
  _ usage: JSONValue, into result: inout Normalized
) throws(NormalizeFault) {
  let fields = UsageObject(usage, EmbeddingField.known, &result)
  let total = try fields.count(.total)
  var input = try fields.count(.prompt) ?? total ?? 0
  let output = try fields.count(.completion) ?? 0
  result.check(total: total, is: input + output)
  result.counts[.inputImage] = result.take(try fields.count(.image), outOf: &input)
  result.counts[.inputAudio] = result.take(try fields.count(.audio), outOf: &input)
  result.counts[.inputVideo] = result.take(try fields.count(.video), outOf: &input)
  result.counts[.input] = input
  result.counts[.output] = output
}

enum EmbeddingField: Int, CaseIterable {
  case prompt, completion, total, image, audio, video

  static let known = KnownFields<EmbeddingField>(
    read: [
      "prompt_tokens": .prompt,
      "completion_tokens": .completion,
      "total_tokens": .total,
      "prompt_tokens_details.image_tokens": .image,
      "prompt_tokens_details.audio_tokens": .audio,
      "prompt_tokens_details.video_tokens": .video,
    ],
    left: [
      "prompt_tokens_details.text_tokens": "the rest of the prompt",
      "cost": "the gateway's own price; here the price book prices",
      "cost_details": "the gateway's own price",
    ])
}
