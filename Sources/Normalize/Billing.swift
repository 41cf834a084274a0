internal import JSON
internal import Ledger

/// Tiers, counted units and words that stand beside the usage object, in the raw log's `billing`.
///
/// - Parameter endpoint: seconds of a video endpoint were made, those of any other went in.
func readBilling(
  _ billing: JSONValue, endpoint: String, into result: inout Normalized
) throws(NormalizeFault) {
  var unnoted = Normalized()
  let fields = UsageObject(billing, BillingField.known, &unnoted)
  if let tier = fields.word(.serviceTier) { result.serviceTier = tier }
  if fields[.batch]?.bool == true { result.serviceTier = "batch" }
  if let tools = fields[.toolUsage], tools.isObject { try addToolUsage(tools, into: &result) }
  if let drawn = fields[.svg], drawn.isObject { try addSVGUsage(drawn, into: &result) }

  result.counts[.webSearch] += try fields.count(.searches) ?? 0
  result.counts[.mapsSearch] += try fields.count(.mapsSearches) ?? 0
  result.counts[.fileSearch] += try fields.count(.fileSearches) ?? 0
  result.counts[.codeSession] += try fields.count(.codeSessions) ?? 0
  result.counts[.page] += try fields.count(.pages) ?? 0
  result.counts[.query] += try fields.count(.queries) ?? 0
  let hasTokens = !result.counts.usedMeters.isDisjoint(with: .tokens)
  try addMade(fields, endpoint: endpoint, isPricedByTokens: hasTokens, &result)

  result.addFact(.inferenceGeo, fields[.geo])
  result.addFact(.speed, fields[.speed])
  result.addFact(.searchContextSize, fields[.searchContextSize])
  result.addFact(.imageSize, fields[.imageSize])
  result.addFact(.imageQuality, fields[.imageQuality])
  result.addFact(.resolution, fields[.resolution])
  result.addFact(.cacheType, fields[.cacheType])
  result.addFact(.latency, fields[.latency])
}

/// Units that the answer was made of. Where an image, a text or a sound is billed by its tokens and the usage has
/// them, its number, length or time is the same thing a second time.
private func addMade(
  _ fields: UsageObject<BillingField>, endpoint: String, isPricedByTokens: Bool,
  _ result: inout Normalized
) throws(NormalizeFault) {
  let images = try fields.count(.images) ?? 0
  if result.counts[.outputImage] == 0 { result.counts[.image] += images }
  let characters = try fields.count(.characters) ?? 0
  let milliseconds = try fields.milliseconds(.seconds) ?? 0
  let isAudio = endpoint.hasPrefix("openai.audio.")
  if !(isAudio && isPricedByTokens) {
    result.counts[.character] += characters
    if endpoint.hasPrefix("openai.videos") {
      result.counts[.outputMillisecond] += milliseconds
    } else if !isAudio || result.counts[.millisecond] == 0 {
      result.counts[.millisecond] += milliseconds
    }
  }
  result.counts[.outputMillisecond] += try fields.milliseconds(.outputSeconds) ?? 0
}

enum BillingField: Int, CaseIterable {
  case serviceTier, batch, toolUsage, svg
  case searches, mapsSearches, fileSearches, codeSessions, pages, queries
  case images, imageSize, imageQuality, characters, seconds, outputSeconds
  case geo, speed, searchContextSize, resolution, cacheType, latency

  static let known = KnownFields<BillingField>(
    read: [
      "service_tier": .serviceTier,
      "batch": .batch,
      "tool_usage": .toolUsage,
      "svg_usage": .svg,
      "search_queries": .searches,
      "maps_queries": .mapsSearches,
      "file_searches": .fileSearches,
      "code_sessions": .codeSessions,
      "pages": .pages,
      "search_units": .queries,
      "images.n": .images,
      "images.size": .imageSize,
      "images.quality": .imageQuality,
      "characters": .characters,
      "seconds": .seconds,
      "output_seconds": .outputSeconds,
      "inference_geo": .geo,
      "speed": .speed,
      "search_context_size": .searchContextSize,
      "resolution": .resolution,
      "cache_type": .cacheType,
      "latency": .latency,
    ],
    left: ["stop_reason": "what it means for the price depends on the format"])
}
