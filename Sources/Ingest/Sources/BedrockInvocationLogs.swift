internal import JSON
internal import Ledger
internal import Normalize

/// Amazon Bedrock's model invocation log, as it lies in S3 or comes out of CloudWatch: one JSON record a call. Prompts
/// and answers may stand in it; nothing of them is kept.
enum BedrockInvocationLogs {
  private static let signature = ["schemaType", "requestId", "operation", "modelId"]
  private static let required = ["schemaType", "timestamp", "requestId", "operation", "modelId"]
  static let layout = SourceLayout(
    signature: signature, required: required,
    known: [
      "schemaVersion", "accountId", "identity", "region", "inferenceRegion", "requestMetadata", "input",
      "output",
      "performanceConfig", "serviceTier", "errorCode", "status",
    ])

  static func usage(
    _ row: SourceFields, place: Usage.Place, _ profiles: [Source.Profile], _ tapes: SourceTapes
  ) throws(SourceFault) -> Usage {
    guard row.root.present("schemaType")?.isString("ModelInvocationLog") == true else {
      throw .row("`schemaType` is not ModelInvocationLog")
    }
    let id = try row.id("requestId")
    guard let time = try row.time("timestamp") else { throw .row("`timestamp` is missing") }
    let error = try row.text("errorCode")
    var usage = Usage(
      id: id, attempt: 1, final: true, time: time, place: place, facts: try facts(row, profiles),
      outcome: error == nil ? .ok : .vendorError)
    usage.vendorRequestID = id
    usage.errorType = error.map(printable)
    usage.stream = usage.facts.endpoint?.hasSuffix("_stream")
    try readIdentity(row, into: &usage)
    try readCounts(row, into: &usage)
    return usage
  }

  private static func facts(
    _ row: SourceFields, _ profiles: [Source.Profile]
  ) throws(SourceFault) -> RequestFacts {
    let model = try row.text("modelId")
    guard let model else { throw .row("`modelId` is missing") }
    guard let operation = try row.text("operation") else { throw .row("`operation` is missing") }
    var facts = RequestFacts(
      endpoint: try endpoint(operation), provider: "bedrock", region: try row.text("region"),
      modelRequested: model, tags: try tags(row))
    if model.contains("inference-profile/") { facts.inferenceProfile = model }
    if let profile = profiles.first(where: { $0.pattern.matches(model) }) {
      facts.modelRouted = profile.model
      facts.modelReturned = profile.model
    }
    return facts
  }

  private static func endpoint(_ operation: String) throws(SourceFault) -> String {
    switch operation {
    case "InvokeModel": return "bedrock.invoke"
    case "InvokeModelWithResponseStream": return "bedrock.invoke_stream"
    case "Converse": return "bedrock.converse"
    case "ConverseStream": return "bedrock.converse_stream"
    default: return "bedrock." + printable(operation)
    }
  }

  /// `requestMetadata`: the caller's own pairs.
  private static func tags(_ row: SourceFields) throws(SourceFault) -> [RequestFacts.Tag] {
    var tags = SourceTags()
    for (name, value) in row.root.present("requestMetadata")?.members ?? [] {
      guard let name = name.string, let text = value.string else { continue }
      tags.add(name, text)
    }
    return tags.list
  }

  /// Who called: `arn:aws:sts::111122223333:assumed-role/search-api/session` is the key `search-api` with the ARN
  /// up to the role as its id, used by `session`; `arn:aws:iam::…:user/team/bob` is the key and the user `bob`.
  private static func readIdentity(_ row: SourceFields, into usage: inout Usage) throws(SourceFault) {
    guard let identity = row.root.present("identity"), let arn = try row.text("arn", in: identity) else {
      return
    }
    let parts = arn.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    usage.facts.keyID = arn
    guard parts.count > 1 else { return }
    if parts[0].hasSuffix(":assumed-role"), parts.count > 2 {
      usage.facts.keyID = parts[0] + "/" + parts[1]
      usage.facts.keyName = parts[1]
      usage.user = parts[2...].joined(separator: "/")
    } else {
      usage.facts.keyName = parts.last
      if parts[0].hasSuffix(":user") { usage.user = parts.last }
    }
  }

  private static func readCounts(_ row: SourceFields, into usage: inout Usage) throws(SourceFault) {
    do throws(NormalizeFault) {
      let normalized = try normalize(
        endpoint: "bedrock.invocation_log", usage: row.root, billing: nil, model: usage.facts.modelRequested)
      usage.counts = normalized.counts
      usage.flags = normalized.flags
      usage.facts.serviceTier = normalized.serviceTier
      usage.facts.priceFacts = normalized.priceFacts
      usage.unknownFields = normalized.unknownFields
    } catch {
      throw .row(error.reason)
    }
    // A model that is billed otherwise, images say: what it used is not in the log.
    if usage.outcome == .ok, usage.counts.isZero { usage.flags.insert(.usageMissing) }
  }
}
