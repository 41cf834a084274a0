internal import Crypto
internal import JSON
internal import Ledger
internal import Normalize

/// LiteLLM's table `LiteLLM_SpendLogs`, one row a request, exported as JSON or CSV.
enum LiteLLMSpendLogs {
  private static let signature = [
    "request_id", "call_type", "spend", "startTime", "model_group", "custom_llm_provider", "prompt_tokens",
    "completion_tokens",
  ]
  private static let required = [
    "request_id", "call_type", "api_key", "spend", "prompt_tokens", "completion_tokens", "startTime",
    "endTime",
    "model", "metadata",
  ]
  static let layout = SourceLayout(
    signature: signature, required: required,
    known: [
      "completionStartTime", "model_group", "custom_llm_provider", "user", "cache_hit", "request_tags",
      "team_id",
      "end_user", "requester_ip_address", "session_id", "status", "request_duration_ms",
      // Known and left: another sum of the tokens, ids of LiteLLM's own, prompts and answers.
      "total_tokens", "model_id", "api_base", "cache_key", "organization_id", "messages", "response",
      "proxy_server_request", "mcp_namespaced_tool_name", "billing_agent_id", "agent_id", "litellm_call_id",
      "created_at", "updated_at",
    ])

  static func usage(
    _ row: SourceFields, place: Usage.Place, _ tapes: SourceTapes
  ) throws(SourceFault) -> Usage {
    let id = try row.id("request_id")
    guard let time = try row.time("startTime") else { throw .row("`startTime` is missing") }
    let metadata = try row.object("metadata", with: tapes.first)
    let callType = try row.text("call_type") ?? ""
    let isFailure = try status(row, metadata) == "failure"
    var usage = Usage(
      id: id, attempt: 1, final: true, time: time, place: place,
      facts: try facts(row, metadata, callType, tapes), outcome: isFailure ? .vendorError : .ok)
    usage.responseID = id
    usage.user = try row.text("end_user")
    if usage.user == nil { usage.user = try row.text("user") }
    usage.session = try row.text("session_id")
    usage.ip = try row.text("requester_ip_address")
    usage.statedCost = try row.dollars("spend")
    try readTimes(row, into: &usage)
    if isFailure, let error = metadata?.present("error_information"), error.isObject {
      usage.errorType = try row.text("error_class", in: error).map(printable)
      usage.status = try row.text("error_code", in: error).flatMap { Int($0) }
        .flatMap { (100...599).contains($0) ? $0 : nil }
    }
    // Nobody was asked: the answer came out of LiteLLM's own cache.
    if try row.text("cache_hit")?.lowercased() == "true" {
      usage.flags = .notBilled
    } else {
      try readCounts(row, metadata, tapes, into: &usage)
      if callType.contains("batch") || id.hasSuffix("_batch_cost") { usage.facts.serviceTier = "batch" }
    }
    return usage
  }

  /// Old rows say it in `metadata` alone.
  private static func status(_ row: SourceFields, _ metadata: JSONValue?) throws(SourceFault) -> String {
    let said = try row.text("status") ?? metadata?.present("status")?.string ?? "success"
    guard said == "success" || said == "failure" else {
      throw .row("`status` is neither success nor failure")
    }
    return said
  }

  // MARK: - Who asked for what

  private static func facts(
    _ row: SourceFields, _ metadata: JSONValue?, _ callType: String, _ tapes: SourceTapes
  ) throws(SourceFault) -> RequestFacts {
    let model = try row.text("model")
    var facts = RequestFacts(
      endpoint: endpoint(callType), provider: try row.text("custom_llm_provider").map(provider),
      modelRequested: try row.text("model_group") ?? model, modelRouted: model, modelReturned: model,
      keyID: try row.text("api_key").map(keyID))
    if let metadata {
      facts.keyName = try row.text("user_api_key_alias", in: metadata)
      facts.team = try row.text("user_api_key_team_alias", in: metadata)
      facts.agent = try row.text("user_agent", in: metadata)
    }
    if facts.team == nil { facts.team = try row.text("team_id") }
    facts.tags = try tags(row, metadata, tapes)
    return facts
  }

  /// LiteLLM's own map of prices and the books name providers a little differently.
  private static func provider(_ litellm: String) -> String {
    switch litellm {
    case "bedrock_converse": "bedrock"
    case "text-completion-openai": "openai"
    case "azure_text": "azure"
    default: litellm.hasPrefix("vertex_ai") ? "vertex" : litellm
    }
  }

  /// What stands here is a key's SHA-256; where an old version wrote the key itself, it becomes that here.
  private static func keyID(_ key: String) -> String {
    key.hasPrefix("sk-") ? hexText(SHA256.hash(data: Array(key.utf8))) : key
  }

  static func endpoint(_ callType: String) -> String {
    switch callType {
    case "completion", "acompletion": "openai.chat_completions"
    case "text_completion", "atext_completion": "openai.completions"
    case "embedding", "aembedding": "openai.embeddings"
    case "responses", "aresponses": "openai.responses"
    case "image_generation", "aimage_generation": "openai.images.generations"
    case "image_edit", "aimage_edit": "openai.images.edits"
    case "transcription", "atranscription": "openai.audio.transcriptions"
    case "speech", "aspeech": "openai.audio.speech"
    case "moderation", "amoderation": "openai.moderations"
    case "_arealtime": "openai.realtime"
    case "anthropic_messages": "anthropic.messages"
    case "generate_content", "agenerate_content": "gemini.generate_content"
    case "generate_content_stream", "agenerate_content_stream": "gemini.stream_generate_content"
    case "rerank", "arerank": "cohere.rerank"
    case "ocr", "aocr": "mistral.ocr"
    default: "litellm." + (callType.isEmpty ? "unknown" : printable(callType))
    }
  }

  /// The caller's own pairs, and tags in the form `name=value` or `name:value`; a bare word is a tag of that name
  /// with the value `true`. LiteLLM's automatic tags that repeat the agent are left.
  private static func tags(
    _ row: SourceFields, _ metadata: JSONValue?, _ tapes: SourceTapes
  ) throws(SourceFault) -> [RequestFacts.Tag] {
    var tags = SourceTags()
    let list = try row.json("request_tags", with: tapes.second)
    for element in list?.elements ?? [] {
      guard let text = element.string, !text.hasPrefix("User-Agent:") else { continue }
      if let separator = text.firstIndex(where: { $0 == "=" || $0 == ":" }) {
        let value = text[text.index(after: separator)...].drop { $0 == " " }
        tags.add(text[..<separator], value)
      } else {
        tags.add(text, "true")
      }
    }
    for (name, value) in metadata?.present("spend_logs_metadata")?.members ?? [] {
      guard let name = name.string, let text = value.string ?? value.numberText else { continue }
      tags.add(name, text)
    }
    return tags.list
  }

  // MARK: - How long, how much

  private static func readTimes(_ row: SourceFields, into usage: inout Usage) throws(SourceFault) {
    let end = try row.time("endTime")
    if let milliseconds = try row.count("request_duration_ms") {
      usage.durationMicroseconds = milliseconds * 1000
    } else if let end, end >= usage.time {
      usage.durationMicroseconds = end - usage.time
    }
    // Where nothing was streamed LiteLLM writes the end here.
    if let first = try row.time("completionStartTime"), first >= usage.time, first != end {
      usage.firstByteMicroseconds = first - usage.time
    }
  }

  private static func readCounts(
    _ row: SourceFields, _ metadata: JSONValue?, _ tapes: SourceTapes, into usage: inout Usage
  ) throws(SourceFault) {
    let prompt = try row.count("prompt_tokens") ?? 0
    let completion = try row.count("completion_tokens") ?? 0
    let object = metadata?.present("usage_object")
    let extra = metadata?.present("additional_usage_values")
    let hasDetails = object?.isObject == true || extra?.members.contains { !$0.value.isNull } == true
    let merged: JSONValue
    if let object, object.isObject, object.present("prompt_tokens") != nil {
      merged = object
    } else {
      merged = try together(prompt, completion, object ?? extra, with: tapes.third)
    }
    do throws(NormalizeFault) {
      let normalized = try normalize(endpoint: "litellm.spend_logs", usage: merged, billing: nil, model: nil)
      usage.counts = normalized.counts
      usage.flags = normalized.flags
      usage.facts.serviceTier = normalized.serviceTier ?? metadata.flatMap(tier)
      usage.facts.priceFacts = normalized.priceFacts
      usage.unknownFields = normalized.unknownFields
    } catch {
      throw .row(error.reason)
    }
    if usage.counts.totalInput != prompt
      || usage.counts[.output] + usage.counts[.outputAudio]
        + usage.counts[.outputImage] != completion
    {
      usage.flags.insert(.totalMismatch)
    }
    let isFree = usage.facts.endpoint == "openai.moderations"
    if usage.outcome == .ok, usage.counts.isZero, !isFree { usage.flags.insert(.usageMissing) }
    // Without details nobody knows how much of the prompt was cached, which has another price.
    if prompt > 0, !hasDetails, usage.facts.endpoint != "openai.embeddings" { usage.flags.insert(.estimated) }
  }

  private static func tier(_ metadata: JSONValue) -> String? {
    metadata.present("cost_breakdown")?.present("service_tier")?.string
  }

  /// The columns' counts, with the details that older versions kept apart.
  private static func together(
    _ prompt: Int64, _ completion: Int64, _ details: JSONValue?, with tape: JSONTape
  ) throws(SourceFault) -> JSONValue {
    var writer = JSONWriter()
    writer.object { writer in
      for (name, value) in details?.members ?? [] {
        guard let name = name.string, !["prompt_tokens", "completion_tokens", "total_tokens"].contains(name)
        else {
          continue
        }
        writer.name(name)
        writer.raw(value.rawBytes)
      }
      writer.member("prompt_tokens", prompt)
      writer.member("completion_tokens", completion)
    }
    do throws(JSONError) {
      return try tape.parse(writer.bytes)
    } catch {
      throw .row("`metadata` is not JSON: \(error)")
    }
  }
}
