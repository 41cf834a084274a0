internal import JSON
internal import Ledger

/// Transcriptions and translations of audio: billed by tokens or by time, as `type` says (OpenAI API reference,
/// `Transcription.usage`); speech where it has a usage at all: text in, audio out.
func normalizeAudio(
  _ usage: JSONValue, speaks: Bool, into result: inout Normalized
) throws(NormalizeFault) {
  let fields = UsageObject(usage, AudioField.known, &result)
  let type = fields.word(.type)
  let milliseconds = try fields.milliseconds(.seconds)
  if type == "duration" || type == nil && milliseconds != nil {
    result.counts[.millisecond] = milliseconds ?? 0
    return
  }
  var input = try fields.count(.input) ?? 0
  let output = try fields.count(.output) ?? 0
  result.check(total: try fields.count(.total), is: input + output)
  result.counts[.inputAudio] = result.take(try fields.count(.inputAudio), outOf: &input)
  result.counts[.input] = input
  result.counts[speaks ? .outputAudio : .output] = output
}

enum AudioField: Int, CaseIterable {
  case type, input, output, total, inputAudio, seconds

  static let known = KnownFields<AudioField>(
    read: [
      "type": .type,
      "input_tokens": .input,
      "output_tokens": .output,
      "total_tokens": .total,
      "input_token_details.audio_tokens": .inputAudio,
      "input_tokens_details.audio_tokens": .inputAudio,
      "seconds": .seconds,
    ],
    left: [
      "input_token_details.text_tokens": "the rest of the input",
      "input_tokens_details.text_tokens": "the rest of the input",
    ])
}

/// Realtime sessions (`response.done`): input, its cached part and output each by kind; cached is a part of input
/// (OpenAI API reference, `RealtimeResponse.usage`).
func normalizeRealtime(_ usage: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let fields = UsageObject(usage, RealtimeField.known, &result)
  var input = try fields.count(.input) ?? 0
  var output = try fields.count(.output) ?? 0
  result.check(total: try fields.count(.total), is: input + output)

  var audio = result.take(try fields.count(.inputAudio), outOf: &input)
  var image = result.take(try fields.count(.inputImage), outOf: &input)
  let cachedAudio = result.take(try fields.count(.cachedAudio), outOf: &audio)
  let cachedImage = result.take(try fields.count(.cachedImage), outOf: &image)
  result.counts[.cacheReadAudio] = cachedAudio
  result.counts[.cacheReadImage] = cachedImage
  // Where no details say otherwise, what was cached is text.
  var cachedText = try fields.count(.cachedText)
  if let cached = try fields.count(.cached) { cachedText = max(0, cached - cachedAudio - cachedImage) }
  result.counts[.cacheRead] = result.take(cachedText, outOf: &input)
  result.counts[.inputAudio] = audio
  result.counts[.inputImage] = image
  result.counts[.input] = input

  result.counts[.outputAudio] = result.take(try fields.count(.outputAudio), outOf: &output)
  result.counts[.output] = output
}

enum RealtimeField: Int, CaseIterable {
  case input, output, total, inputAudio, inputImage, cached, cachedText, cachedAudio, cachedImage, outputAudio

  static let known = KnownFields<RealtimeField>(
    read: [
      "input_tokens": .input,
      "output_tokens": .output,
      "total_tokens": .total,
      "input_token_details.audio_tokens": .inputAudio,
      "input_token_details.image_tokens": .inputImage,
      "input_token_details.cached_tokens": .cached,
      "input_token_details.cached_tokens_details.text_tokens": .cachedText,
      "input_token_details.cached_tokens_details.audio_tokens": .cachedAudio,
      "input_token_details.cached_tokens_details.image_tokens": .cachedImage,
      "output_token_details.audio_tokens": .outputAudio,
    ],
    left: [
      "input_token_details.text_tokens": "the rest of the input",
      "output_token_details.text_tokens": "the rest of the output",
    ])
}
