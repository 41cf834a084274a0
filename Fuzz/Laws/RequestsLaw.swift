internal import HTTPWire
internal import JSON
internal import NIOCore
internal import ProxyServer

/// Bodies in JSON: with what the proxy changes they are JSON still, have the new model, ask for usage where the proxy says that
/// they do, and every other member is what the client wrote, or is gone for a stated reason.
enum RequestsLaw {
  private static let targets = [
    "/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings", "/v1/images/generations",
    "/model/anthropic.claude-x/converse", "/v1beta/models/gemini-x:generateContent",
  ]
  private static let model = "a-\"new\"-model"
  /// Names that the proxy reads itself and no vendor knows, or not in every form.
  private static let own = [
    "model", "stream_options", "tags", "metadata", "litellm_metadata", "litellm_session_id",
    "litellm_trace_id",
    "litellm_tags", "drop_params",
  ]

  static func check(_ input: Input) throws(LawBroken) {
    let target = targets[input.choice(targets.count)]
    guard let call = Call.match(.POST, target: target, headers: .empty) else {
      throw LawBroken(description: "no endpoint at \(target)")
    }
    let (tape, newTape) = (JSONTape(), JSONTape())
    guard let body = parsed(input.text, tape) else { return }
    let reading: RequestReading
    do throws(Problem) {
      reading = try RequestReading(body, endpoint: call.endpoint, pathModel: call.pathModel)
    } catch { return }
    let (splices, asksForUsage) = reading.splices(model: model)
    var end = 0
    for splice in splices {
      try hold(splice.range.lowerBound >= end, "changes overlap: \(splices.map(\.range))")
      end = splice.range.upperBound
    }
    let bytes = spliced(ByteBuffer(bytes: input.text), splices, allocator: ByteBufferAllocator())
    guard let new = parsed(Array(bytes.readableBytesView), newTape), new.isObject else {
      throw LawBroken(description: "no JSON any more: \(text(bytes.readableBytesView))")
    }
    let said = text(bytes.readableBytesView)
    try hold(
      new["model"]?.string == model || call.pathModel != nil && new["model"] == nil, "the model: \(said)")
    if asksForUsage {
      try hold(new["stream_options"]?["include_usage"]?.bool == true, "usage is not asked for: \(said)")
    }
    try hold(others(new) == others(body), "something else changed: \(said)")
  }

  /// The members that are the client's and the vendor's business alone.
  private static func others(_ object: JSONValue) -> [String] {
    object.members.filter { member in !own.contains(member.name.string ?? "") }
      .map { "\($0.name.rawText):\($0.value.rawText)" }
  }
}
