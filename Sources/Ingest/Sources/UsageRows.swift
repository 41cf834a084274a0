internal import JSON
internal import Ledger
internal import Normalize

/// What a span of time used: OpenAI's `GET /v1/organization/usage/…`, Anthropic's
/// `GET /v1/organizations/usage_report/messages`. A row is the sum of many requests.
enum UsageRows {
  static let openai = SourceLayout(
    signature: ["results.object", "results.num_model_requests", "results.input_tokens"],
    required: ["data", "results.object", "results.model"],
    known: pageNames
      + [
        "project_id", "user_id", "api_key_id", "batch", "service_tier", "api_source", "size", "source",
        "context_level", "input_cached_tokens", "output_tokens",
      ].map { "results." + $0 })
  static let anthropic = SourceLayout(
    signature: anthropicCounts, required: ["data", "results.model"] + anthropicCounts,
    known: pageNames
      + [
        "workspace_id", "api_key_id", "account_id", "service_account_id", "service_tier", "context_window",
        "inference_geo", "speed", "server_tool_use",
      ].map { "results." + $0 })
  private static let anthropicCounts = [
    "results.uncached_input_tokens", "results.cache_read_input_tokens", "results.cache_creation",
    "results.output_tokens",
  ]

  struct Row {
    var kind: String
    var model: String
    /// Nil where the vendor does not count them, or another of its rows does.
    var requests: Int64?
    var used: Normalized
  }

  static func read(_ row: JSONValue, _ format: SourceFormat) throws(SourceFault) -> Row {
    let kind = try kind(row, format)
    guard let model = row.present("model")?.string, !model.isEmpty else {
      throw .row("a row names no model; fetch the report with group_by[]=model")
    }
    let used: Normalized
    do throws(NormalizeFault) {
      used = try normalize(
        endpoint: format.provider + ".usage_report", usage: row, billing: nil, model: model)
    } catch {
      throw .row(error.reason)
    }
    guard !used.flags.contains(.clamped) else {
      throw .row("a row's cached, written, audio or image tokens are more than all its tokens")
    }
    var requests: Int64?
    // A search's model requests are counted by the completions that made it.
    if format == .openaiUsage, kind != "usage.web_searches" {
      guard let count = row.present("num_model_requests")?.wholeNumber, (0...countMax).contains(count) else {
        throw .row("`num_model_requests` is not a count (a whole number from 0 to 2^53)")
      }
      requests = count
    }
    return Row(kind: kind, model: statedName(model), requests: requests, used: used)
  }

  static func statement(
    _ row: Row, _ format: SourceFormat, _ day: Int64, _ place: Usage.Place
  ) -> VendorStatement {
    var one = VendorStatement(
      kind: row.kind, provider: format.provider, day: day, model: row.model, place: place)
    one.counts = row.used.counts
    one.requests = row.requests
    return one
  }

  static let scopeWords: [StaticString] = [
    "project_id", "workspace_id", "api_key_id", "user_id", "account_id", "service_account_id",
  ]

  /// The sum of a span's requests as one row of the books. Its id is what it says, until the reader makes one.
  static func usage(_ row: JSONValue, _ format: SourceFormat, _ time: Int64) throws(SourceFault) -> Usage {
    let read = try read(row, format)
    var usage = Usage(
      id: canonical(row), attempt: 1, final: true, time: time, place: .init(file: "", line: 0),
      facts: RequestFacts(
        endpoint: format.provider + "." + read.kind, provider: format.provider, modelReturned: read.model,
        keyID: row.present("api_key_id")?.string, serviceTier: read.used.serviceTier,
        priceFacts: read.used.priceFacts), outcome: .ok)
    var tags = SourceTags()
    for word in ["project_id", "workspace_id"] as [StaticString] {
      if let value = row.present(word)?.string { tags.add("\(word)", value) }
    }
    usage.facts.tags = tags.list
    for word in ["user_id", "account_id", "service_account_id"] as [StaticString] where usage.user == nil {
      usage.user = row.present(word)?.string.map { statedName($0) }
    }
    usage.counts = read.used.counts
    usage.counts[.request] = read.requests ?? 0
    usage.flags = read.used.flags.union(.aggregate)
    usage.unknownFields = read.used.unknownFields
    return usage
  }

  /// Equal rows give equal texts, however they are written.
  private static func canonical(_ value: JSONValue) -> String {
    guard value.isObject else { return value.string ?? value.rawText }
    return value.members.filter { !$0.value.isNull }.map { ($0.name.string ?? "", canonical($0.value)) }
      .sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "\u{0}")
  }

  private static let countMax: Int64 = 1 << 53

  /// `organization.usage.completions.result` is `usage.completions`.
  private static func kind(_ row: JSONValue, _ format: SourceFormat) throws(SourceFault) -> String {
    guard format == .openaiUsage else { return "usage.messages" }
    let object = row.present("object")?.string ?? ""
    let parts = object.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "organization", parts[1] == "usage", parts[3] == "result",
      readKinds.contains(String(parts[2]))
    else {
      throw .row(
        "\"\(printable(object))\" is not read; fetch one of \(readKinds.joined(separator: ", ")): others are "
          + "billed by time or space, or name no model")
    }
    return "usage." + parts[2]
  }

  private static let readKinds = [
    "completions", "embeddings", "images", "audio_speeches", "audio_transcriptions", "web_searches",
  ]
}
