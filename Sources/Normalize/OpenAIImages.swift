internal import JSON
internal import Ledger

/// Image generations and edits of the models that count tokens (OpenAI API reference, `ImagesResponse.usage`), and
/// the image tool of responses, which has the same shape and cached tokens. What comes out is image tokens unless
/// the details say that a part is text.
func normalizeImages(_ usage: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let fields = UsageObject(usage, ImagesField.known, &result)
  var input = try fields.count(.input) ?? 0
  let output = try fields.count(.output) ?? 0
  result.check(total: try fields.count(.total), is: input + output)

  var imageInput = result.take(try fields.count(.inputImage), outOf: &input)
  let cached = try fields.count(first: .cached, .cachedInside)
  let cachedImage = result.take(try fields.count(.cachedImage), outOf: &imageInput)
  result.counts[.cacheReadImage] = cachedImage
  // Where no details say otherwise, what was cached is text.
  result.counts[.cacheRead] = result.take(cached.map { max(0, $0 - cachedImage) }, outOf: &input)
  result.counts[.inputImage] = imageInput
  result.counts[.input] = input

  var made = output
  if let image = try fields.count(.outputImage) {
    result.counts[.outputImage] = result.take(image, outOf: &made)
    result.counts[.output] = made
  } else {
    let text = result.take(try fields.count(.outputText), outOf: &made)
    result.counts[.output] = text
    result.counts[.outputImage] = made
  }
}

enum ImagesField: Int, CaseIterable {
  case input, output, total, inputImage, outputImage, outputText, cached, cachedInside, cachedImage

  static let known = KnownFields<ImagesField>(
    read: [
      "input_tokens": .input,
      "output_tokens": .output,
      "total_tokens": .total,
      "input_tokens_details.image_tokens": .inputImage,
      "output_tokens_details.image_tokens": .outputImage,
      "output_tokens_details.text_tokens": .outputText,
      "cached_tokens": .cached,
      "input_tokens_details.cached_tokens": .cachedInside,
      "cached_tokens_details.image_tokens": .cachedImage,
      "input_tokens_details.cached_tokens_details.image_tokens": .cachedImage,
    ],
    left: [
      "input_tokens_details.text_tokens": "the rest of the input",
      "cached_tokens_details.text_tokens": "the rest of the cached tokens",
      "input_tokens_details.cached_tokens_details.text_tokens": "the rest of the cached tokens",
    ])
}

/// The model that draws as text counts apart, under its own name (`svg_usage`).
func addSVGUsage(_ usage: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let fields = UsageObject(usage, SVGField.known, at: "svg_usage", &result)
  var counts = TokenCounts([.input: try fields.count(.input) ?? 0, .output: try fields.count(.output) ?? 0])
  counts.reasoning = result.within(try fields.count(.reasoning), counts[.output])
  result.check(total: try fields.count(.total), is: counts[.input] + counts[.output])
  guard !counts.isZero else { return }
  result.otherModels.append(.init(model: fields.word(.model) ?? "svg_usage", counts: counts))
}

enum SVGField: Int, CaseIterable {
  case model, input, output, reasoning, total

  static let known = KnownFields<SVGField>(
    read: [
      "model": .model,
      "input_tokens": .input,
      "output_tokens": .output,
      "reasoning_tokens": .reasoning,
      "total_tokens": .total,
    ])
}
