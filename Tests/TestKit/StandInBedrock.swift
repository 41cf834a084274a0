internal import CZlib
internal import JSON

/// Amazon Bedrock Runtime: Converse, and Claude's own shape through InvokeModel; signatures are checked by a computation of
/// its own, and streams are framed with their sums.
public enum StandInBedrock: StandInFamily {
  public static let accessKeyID = "AKIAVENDOREXAMPLE000"
  public static let secret = "vendor/EXAMPLE+secret/of/the/real/account0"
  public static let bearer = "ABSKvendorexample"

  static func reply(
    to request: RecordedRequest, _ fault: StandInFault
  ) throws(StandInRefusal) -> StandInReply? {
    let parts = request.path.split(separator: "/", omittingEmptySubsequences: false)
    guard request.path.hasPrefix("/model/"), parts.count == 4, request.method == "POST" else { return nil }
    try checkCaller(request)
    let body = try standInBody(request)
    guard body["model"] == nil, body["stream"] == nil else {
      throw StandInRefusal(
        status: 400, type: "ValidationException", message: "extraneous key is not permitted")
    }
    let model = decoded(String(parts[2]))
    switch parts[3] {
    case "converse": return converse(try question(body, model), fault)
    case "converse-stream": return converseStream(try question(body, model), fault)
    case "invoke": return invoke(try question(body, model), fault)
    case "invoke-with-response-stream": return invokeStream(try question(body, model), fault)
    case "count-tokens": return StandInReply { $0.member("inputTokens", fault.tokens[.input] ?? 21) }
    default: return nil
    }
  }

  static func refusal(_ refusal: StandInRefusal) -> (headers: [RecordedRequest.Header], body: [UInt8]) {
    var writer = JSONWriter()
    writer.object { $0.member("message", refusal.message) }
    let type = refusal.type.isEmpty ? "ValidationException" : refusal.type
    return (
      [
        .init(
          "x-amzn-ErrorType", type + ":http://internal.amazon.com/coral/com.amazon.bedrock/"),
        .init("x-amzn-RequestId", "b1c2d3e4-0000-4000-8000-standin"),
      ], writer.bytes
    )
  }

  static func word(_ status: Int) -> String {
    switch status {
    case 403: "AccessDeniedException"
    case 404: "ResourceNotFoundException"
    case 429: "ThrottlingException"
    case 503: "ServiceUnavailableException"
    case 500...: "InternalServerException"
    default: "ValidationException"
    }
  }

  private static func checkCaller(_ request: RecordedRequest) throws(StandInRefusal) {
    guard let authorization = request.value("authorization") else {
      throw StandInRefusal(
        status: 403, type: "MissingAuthenticationTokenException", message: "Missing Authentication Token")
    }
    if authorization == "Bearer " + bearer { return }
    guard authorization.hasPrefix("AWS4-HMAC-SHA256 "),
      StandInSignature.isValid(request, accessKeyID: accessKeyID, secret: secret)
    else {
      throw StandInRefusal(
        status: 403, type: "InvalidSignatureException",
        message: "The request signature we calculated does not match the signature you provided.")
    }
  }

  private static func question(_ body: JSONValue, _ model: String) throws(StandInRefusal) -> StandInQuestion {
    guard let messages = body["messages"], messages.kind == .array else {
      throw StandInRefusal(status: 400, type: "ValidationException", message: "messages: required")
    }
    return StandInQuestion(dialect: .anthropic, model: model, messages: messages)
  }

  // MARK: - Converse

  private static func usage(_ writer: inout JSONWriter, _ counts: StandInCounts) {
    let written = counts.cacheWrite5m + counts.cacheWrite1h
    writer.objectMember("usage") { writer in
      writer.member("inputTokens", counts.input)
      writer.member("outputTokens", counts.output)
      writer.member("totalTokens", counts.input + counts.output + counts.cacheRead + written)
      writer.member("cacheReadInputTokens", counts.cacheRead)
      writer.member("cacheWriteInputTokens", written)
    }
    writer.objectMember("metrics") { $0.member("latencyMs", 7) }
  }

  private static let requestID = RecordedRequest.Header("x-amzn-RequestId", "a1b2c3d4-0000-4000-8000-standin")

  private static func converse(_ question: StandInQuestion, _ fault: StandInFault) -> StandInReply {
    var reply = StandInReply { writer in
      writer.objectMember("output") { writer in
        writer.objectMember("message") { writer in
          writer.member("role", "assistant")
          writer.arrayMember("content") { writer in
            writer.object { $0.member("text", answerPieces(question, fault).joined()) }
          }
        }
      }
      writer.member("stopReason", "end_turn")
      usage(&writer, StandInCounts(question, fault))
    }
    reply.headers = [requestID]
    return reply
  }

  private static func converseStream(_ question: StandInQuestion, _ fault: StandInFault) -> StandInReply {
    func event(_ name: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
      var writer = JSONWriter()
      writer.object { writer in
        body(&writer)
        // Padding, so that a frame's length tells nothing.
        writer.member("p", "abcdefghi")
      }
      return frame([(":event-type", name)] + Self.eventHeaders, writer.bytes)
    }
    var events = [event("messageStart") { $0.member("role", "assistant") }]
    for piece in answerPieces(question, fault) {
      events.append(
        event("contentBlockDelta") { writer in
          writer.member("contentBlockIndex", 0)
          writer.objectMember("delta") { $0.member("text", piece) }
        })
    }
    events.append(event("contentBlockStop") { $0.member("contentBlockIndex", 0) })
    events.append(event("messageStop") { $0.member("stopReason", "end_turn") })
    events.append(event("metadata") { usage(&$0, StandInCounts(question, fault)) })
    return stream(events, fault)
  }

  // MARK: - Claude's own shape

  private static func invoke(_ question: StandInQuestion, _ fault: StandInFault) -> StandInReply {
    let counts = StandInCounts(question, fault)
    return StandInReply(
      json: StandInAnthropic.plain(question, fault),
      headers: [
        requestID, .init("X-Amzn-Bedrock-Input-Token-Count", String(counts.input)),
        .init("X-Amzn-Bedrock-Output-Token-Count", String(counts.output)),
        .init("X-Amzn-Bedrock-Invocation-Latency", "7"),
      ])
  }

  private static func invokeStream(_ question: StandInQuestion, _ fault: StandInFault) -> StandInReply {
    let counts = StandInCounts(question, fault)
    let metrics =
      #","amazon-bedrock-invocationMetrics":{"inputTokenCount":\#(counts.input),"outputTokenCount":\#(counts.output),"invocationLatency":9,"firstByteLatency":3}}"#
    let events = StandInAnthropic.events(question, fault).map { event in
      let text = event.name == "message_stop" ? event.data.dropLast() + metrics : event.data
      let payload = #"{"bytes":"\#(base64(Array(text.utf8)))","p":"abc"}"#
      return frame([(":event-type", "chunk")] + Self.eventHeaders, Array(payload.utf8))
    }
    var reply = stream(events, fault)
    reply.headers.append(.init("X-Amzn-Bedrock-Content-Type", "application/json"))
    return reply
  }

  private static func stream(_ events: [[UInt8]], _ fault: StandInFault) -> StandInReply {
    var events = events
    if fault.noTerminal { events.removeLast(2) }
    if let count = fault.errorEventAfter {
      let exception = [
        (":exception-type", "throttlingException"), (":content-type", "application/json"),
        (":message-type", "exception"),
      ]
      events = events.prefix(count) + [frame(exception, Array(#"{"message":"slow down"}"#.utf8))]
    }
    return StandInReply(
      stream: events, contentType: "application/vnd.amazon.eventstream", headers: [requestID])
  }

  // MARK: - Frames

  private static let eventHeaders = [(":content-type", "application/json"), (":message-type", "event")]

  public static func frame(_ headers: [(String, String)], _ payload: [UInt8]) -> [UInt8] {
    var block: [UInt8] = []
    for (name, value) in headers {
      block += [UInt8(name.utf8.count)] + Array(name.utf8) + [7]
      block += [UInt8(value.utf8.count >> 8), UInt8(value.utf8.count & 255)] + Array(value.utf8)
    }
    var message = number(16 + block.count + payload.count) + number(block.count)
    message += number(checksum(message)) + block + payload
    return message + number(checksum(message))
  }

  private static func number(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func checksum(_ bytes: [UInt8]) -> Int {
    Int(bytes.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) })
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let padded = Array(group) + [UInt8](repeating: 0, count: 3 - group.count)
      let word = Int(padded[0]) << 16 | Int(padded[1]) << 8 | Int(padded[2])
      for place in 0..<4 {
        text.append(place <= group.count ? letters[word >> (18 - 6 * place) & 63] : "=")
      }
    }
    return text
  }

  private static func decoded(_ text: String) -> String {
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else {
        result.append(byte)
        continue
      }
      result.append(value)
      rest = rest.dropFirst(2)
    }
    return String(decoding: result, as: UTF8.self)
  }
}
