import JSON

/// What one answer used, before it is put into a vendor's own words.
struct SampleUsage {
  var fresh: Int
  var cacheRead = 0
  var cacheWrite5m = 0
  var cacheWrite1h = 0
  var output: Int
  var reasoning = 0
  var searches = 0
  var tier: String?
  var batch = false
  /// The gateway writes its counts as text.
  var quoted = false

  init(of model: SampleModel, habit: SampleCaller.Habit, random: inout SampleRandom) {
    fresh = random.longTail(median: habit == .agent ? 2400 : 650)
    output = random.longTail(median: habit == .agent ? 420 : 260)
    if model.cachesPrompts, random.chance(perMille: habit == .agent ? 900 : 420) {
      cacheRead = random.longTail(median: habit == .agent ? 38_000 : 4200)
      if model.shape == .anthropic || model.shape == .bedrock {
        if random.chance(perMille: 300) { cacheWrite5m = random.longTail(median: 1300) }
        if random.chance(perMille: 80) { cacheWrite1h = random.longTail(median: 2100) }
      }
    }
    if model.reasons { reasoning = random.below(output + 1) }
    if model.searches, random.chance(perMille: 12) { searches = 1 + random.below(3) }
    if habit == .batch {
      batch = true
    } else if !model.tiers.isEmpty, random.chance(perMille: 60) {
      tier = random.pick(model.tiers)
    }
    if let threshold = model.contextThreshold, random.chance(perMille: 15) {
      stretch(past: threshold, random: &random)
    }
    quoted = model.provider == "azure" && random.chance(perMille: 30)
  }

  private var totalInput: Int { fresh + cacheRead + cacheWrite5m + cacheWrite1h }

  /// Long context; one in four stands exactly on the threshold or one token past it, where mistakes live.
  private mutating func stretch(past threshold: Int, random: inout SampleRandom) {
    let wanted: Int
    switch random.below(8) {
    case 0: wanted = threshold
    case 1: wanted = threshold + 1
    default: wanted = threshold + random.longTail(median: 60_000)
    }
    let rest = wanted - (totalInput - fresh)
    if rest > 0 { fresh = rest }
  }

  // MARK: - The vendor's words

  func write(_ shape: UsageShape, to json: inout JSONWriter) {
    switch shape {
    case .anthropic: writeAnthropic(to: &json)
    case .openAIChat: writeOpenAIChat(to: &json)
    case .openAIResponses: writeOpenAIResponses(to: &json)
    case .openAIEmbeddings:
      json.object {
        $0.member("prompt_tokens", fresh)
        $0.member("total_tokens", fresh)
      }
    case .openAICompatible:
      json.object {
        $0.member("prompt_tokens", fresh + cacheRead)
        $0.member("completion_tokens", output)
        $0.member("total_tokens", fresh + cacheRead + output + output / 3)
      }
    case .bedrock: writeBedrock(to: &json)
    case .gemini: writeGemini(to: &json)
    }
  }

  private func writeAnthropic(to json: inout JSONWriter) {
    json.object {
      $0.member("input_tokens", fresh)
      $0.member("cache_creation_input_tokens", cacheWrite5m + cacheWrite1h)
      $0.member("cache_read_input_tokens", cacheRead)
      $0.member(
        "cache_creation",
        object: {
          $0.member("ephemeral_5m_input_tokens", cacheWrite5m)
          $0.member("ephemeral_1h_input_tokens", cacheWrite1h)
        })
      $0.member("output_tokens", output)
      $0.member("service_tier", batch ? "batch" : tier ?? "standard")
      if searches > 0 {
        $0.member(
          "server_tool_use",
          object: {
            $0.member("web_search_requests", searches)
            $0.member("web_fetch_requests", 0)
          })
      }
    }
  }

  private func writeOpenAIChat(to json: inout JSONWriter) {
    let prompt = fresh + cacheRead
    func count(_ json: inout JSONWriter, _ name: String, _ value: Int) {
      if quoted { json.member(name, String(value)) } else { json.member(name, value) }
    }
    json.object {
      count(&$0, "prompt_tokens", prompt)
      count(&$0, "completion_tokens", output)
      count(&$0, "total_tokens", prompt + output)
      $0.member(
        "prompt_tokens_details",
        object: {
          count(&$0, "cached_tokens", cacheRead)
          $0.member("audio_tokens", 0)
        })
      $0.member(
        "completion_tokens_details",
        object: {
          $0.member("reasoning_tokens", reasoning)
          $0.member("audio_tokens", 0)
          $0.member("accepted_prediction_tokens", 0)
          $0.member("rejected_prediction_tokens", 0)
        })
    }
  }

  private func writeOpenAIResponses(to json: inout JSONWriter) {
    let input = fresh + cacheRead
    json.object {
      $0.member("input_tokens", input)
      $0.member(
        "input_tokens_details",
        object: {
          $0.member("cached_tokens", cacheRead)
          $0.member("cache_write_tokens", 0)
        })
      $0.member("output_tokens", output)
      $0.member("output_tokens_details", object: { $0.member("reasoning_tokens", reasoning) })
      $0.member("total_tokens", input + output)
    }
  }

  private func writeBedrock(to json: inout JSONWriter) {
    let written = cacheWrite5m + cacheWrite1h
    json.object {
      $0.member("inputTokens", fresh)
      $0.member("outputTokens", output)
      $0.member("totalTokens", fresh + cacheRead + written + output)
      $0.member("cacheReadInputTokens", cacheRead)
      $0.member("cacheWriteInputTokens", written)
      $0.member(
        "cacheDetails",
        array: {
          for (lifetime, count) in [("1h", cacheWrite1h), ("5m", cacheWrite5m)] where count > 0 {
            $0.object {
              $0.member("ttl", lifetime)
              $0.member("inputTokens", count)
            }
          }
        })
    }
  }

  private func writeGemini(to json: inout JSONWriter) {
    let visible = output - reasoning
    json.object {
      $0.member("promptTokenCount", fresh + cacheRead)
      if cacheRead > 0 { $0.member("cachedContentTokenCount", cacheRead) }
      $0.member("candidatesTokenCount", visible)
      $0.member("thoughtsTokenCount", reasoning)
      $0.member("totalTokenCount", fresh + cacheRead + output)
    }
  }

  /// What moves the price and stands outside the vendor's usage object.
  func writeBilling(_ shape: UsageShape, to json: inout JSONWriter) {
    json.object {
      switch shape {
      case .anthropic: $0.member("service_tier", batch ? "batch" : tier ?? "standard")
      case .openAIChat, .openAIResponses: $0.member("service_tier", tier ?? "default")
      case .gemini: if let tier { $0.member("service_tier", tier) }
      case .openAIEmbeddings, .openAICompatible, .bedrock: break
      }
      if batch { $0.member("batch", true) }
      guard searches > 0 else { return }
      if shape == .openAIResponses {
        $0.member(
          "tool_usage", object: { $0.member("web_search", object: { $0.member("num_requests", searches) }) })
      } else if shape == .gemini {
        // The vendor prices a grounded answer of this generation as one search, however many queries it ran.
        $0.member("search_queries", 1)
      }
    }
  }
}
