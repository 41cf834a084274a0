internal import JSON
internal import Ledger

/// Gemini generateContent, embedContent and live sessions (`usageMetadata`): cached tokens are part of the prompt;
/// thoughts and the results of tools fed back come on top of candidates and prompt (Gemini API reference,
/// `UsageMetadata`). The details say which part of each was audio, image or video; documents are text.
func normalizeGemini(_ usage: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  let fields = UsageObject(usage, GeminiField.known, &result)
  let prompt = try fields.count(.prompt) ?? 0
  let toolPrompt = try fields.count(.toolPrompt) ?? 0
  let candidates = try fields.count(first: .candidates, .response) ?? 0
  let thoughts = try fields.count(.thoughts) ?? 0
  let cached = try modalities(fields[.cacheDetails], "cacheTokensDetails", &result)
  let asked = try modalities(fields[.promptDetails], "promptTokensDetails", &result)
  let answered = try modalities(
    fields[.candidateDetails] ?? fields[.responseDetails], "candidatesTokensDetails", &result)

  // The cached part of each kind is a part of that kind's part of the prompt. Where the cache has no details, what
  // was cached is text; cached video has no meter of its own.
  var cacheRead = result.within(try fields.count(.cached), prompt)
  var input = prompt - cacheRead
  result.counts[.inputAudio] = result.take(
    asked.audio - result.within(cached.audio, asked.audio), outOf: &input)
  result.counts[.inputImage] = result.take(
    asked.image - result.within(cached.image, asked.image), outOf: &input)
  result.counts[.inputVideo] = result.take(
    asked.video - result.within(cached.video, asked.video), outOf: &input)
  result.counts[.cacheReadAudio] = result.take(cached.audio, outOf: &cacheRead)
  result.counts[.cacheReadImage] = result.take(cached.image, outOf: &cacheRead)
  result.counts[.cacheRead] = cacheRead
  result.counts[.input] = input + toolPrompt

  var output = candidates
  result.counts[.outputAudio] = result.take(answered.audio, outOf: &output)
  result.counts[.outputImage] = result.take(answered.image, outOf: &output)
  result.counts[.output] = output + thoughts
  result.counts.reasoning = thoughts
  result.check(total: try fields.count(.total), is: prompt + toolPrompt + candidates + thoughts)
  result.serviceTier = fields.word(.serviceTier) ?? fields.word(.trafficType).flatMap(serviceTier)
}

/// A cache that was made is billed as input, by its whole size (`CachedContent.usageMetadata`).
func normalizeGeminiCache(_ usage: JSONValue, into result: inout Normalized) throws(NormalizeFault) {
  result.counts[.input] = try UsageObject(usage, GeminiCacheField.known, &result).count(.total) ?? 0
}

/// Vertex's word for how the request was served, as the tier that it is priced by.
private func serviceTier(_ trafficType: String) -> String? {
  switch trafficType {
  case "ON_DEMAND", "TRAFFIC_TYPE_UNSPECIFIED": nil
  case "ON_DEMAND_PRIORITY": "priority"
  case "ON_DEMAND_FLEX": "flex"
  case "ON_DEMAND_OFFPEAK": "offpeak"
  case "PROVISIONED_THROUGHPUT": "provisioned_throughput"
  default: trafficType
  }
}

/// Tokens of a list of `{modality, tokenCount}`, by kind; text and documents are what is left.
struct Modalities {
  var audio: Int64 = 0
  var image: Int64 = 0
  var video: Int64 = 0
}

private func modalities(
  _ list: JSONValue?, _ path: StaticString, _ result: inout Normalized
) throws(NormalizeFault) -> Modalities {
  var found = Modalities()
  guard let list else { return found }
  for element in list.eachElement {
    let one = UsageObject(element, ModalityField.known, at: path.description, &result)
    let tokens = try one.count(.tokens) ?? 0
    guard let modality = one[.modality] else { continue }
    if modality.isString("AUDIO") || modality.isString("audio") {
      found.audio = try sum(found.audio, tokens, of: path)
    } else if modality.isString("IMAGE") || modality.isString("image") {
      found.image = try sum(found.image, tokens, of: path)
    } else if modality.isString("VIDEO") || modality.isString("video") {
      found.video = try sum(found.video, tokens, of: path)
    }
  }
  return found
}

enum GeminiField: Int, CaseIterable {
  case prompt, cached, candidates, response, thoughts, toolPrompt, total
  case promptDetails, cacheDetails, candidateDetails, responseDetails, serviceTier, trafficType

  static let known = KnownFields<GeminiField>(
    read: [
      "promptTokenCount": .prompt,
      "cachedContentTokenCount": .cached,
      "candidatesTokenCount": .candidates,
      "responseTokenCount": .response,
      "thoughtsTokenCount": .thoughts,
      "toolUsePromptTokenCount": .toolPrompt,
      "totalTokenCount": .total,
      "promptTokensDetails": .promptDetails,
      "cacheTokensDetails": .cacheDetails,
      "candidatesTokensDetails": .candidateDetails,
      "responseTokensDetails": .responseDetails,
      "serviceTier": .serviceTier,
      "trafficType": .trafficType,
    ],
    left: [
      "toolUsePromptTokensDetails": "what tools gave back is priced as text, whatever its kind"
    ])
}

enum ModalityField: Int, CaseIterable {
  case modality, tokens

  static let known = KnownFields<ModalityField>(
    read: ["modality": .modality, "tokenCount": .tokens, "tokens": .tokens])
}

enum GeminiCacheField: Int, CaseIterable {
  case total

  static let known = KnownFields<GeminiCacheField>(
    read: ["totalTokenCount": .total],
    left: [
      "audioDurationSeconds": "its tokens are in the total",
      "videoDurationSeconds": "its tokens are in the total",
      "imageCount": "its tokens are in the total",
      "textCount": "its tokens are in the total",
    ])
}

/// Gemini's interactions: the same parts under other names, and its searches (`Interaction.usage`).
func normalizeGeminiInteraction(
  _ usage: JSONValue, into result: inout Normalized
) throws(NormalizeFault) {
  let fields = UsageObject(usage, InteractionField.known, &result)
  let asked = try fields.count(.input) ?? 0
  let tools = try fields.count(.tools) ?? 0
  let answered = try fields.count(.output) ?? 0
  let thoughts = try fields.count(.thoughts) ?? 0
  var input = asked
  result.counts[.cacheRead] = result.take(try fields.count(.cached), outOf: &input)
  let kinds = try modalities(fields[.inputKinds], "input_tokens_by_modality", &result)
  result.counts[.inputAudio] = result.take(kinds.audio, outOf: &input)
  result.counts[.inputImage] = result.take(kinds.image, outOf: &input)
  result.counts[.inputVideo] = result.take(kinds.video, outOf: &input)
  result.counts[.input] = input + tools
  var output = answered
  let made = try modalities(fields[.outputKinds], "output_tokens_by_modality", &result)
  result.counts[.outputAudio] = result.take(made.audio, outOf: &output)
  result.counts[.outputImage] = result.take(made.image, outOf: &output)
  result.counts[.output] = output + thoughts
  result.counts.reasoning = thoughts
  result.check(total: try fields.count(.total), is: asked + tools + answered + thoughts)
  guard let searches = fields[.grounding] else { return }
  for element in searches.eachElement {
    let one = UsageObject(element, GroundingField.known, at: "grounding_tool_count", &result)
    let isMaps = one[.type]?.isString("google_maps") == true
    let meter: Meter = isMaps ? .mapsSearch : .webSearch
    result.counts[meter] = try sum(result.counts[meter], one.count(.count) ?? 0, of: "grounding_tool_count")
  }
}

enum InteractionField: Int, CaseIterable {
  case input, cached, output, thoughts, tools, total, inputKinds, outputKinds, grounding

  static let known = KnownFields<InteractionField>(
    read: [
      "total_input_tokens": .input,
      "total_cached_tokens": .cached,
      "total_output_tokens": .output,
      "total_thought_tokens": .thoughts,
      "total_tool_use_tokens": .tools,
      "total_tokens": .total,
      "input_tokens_by_modality": .inputKinds,
      "output_tokens_by_modality": .outputKinds,
      "grounding_tool_count": .grounding,
    ],
    left: [
      "cached_tokens_by_modality": "the cached tokens again, by kind",
      "tool_use_tokens_by_modality": "what tools gave back is priced as text, whatever its kind",
    ])
}

enum GroundingField: Int, CaseIterable {
  case type, count

  static let known = KnownFields<GroundingField>(read: ["type": .type, "count": .count])
}
