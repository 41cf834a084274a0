internal import JSON

/// Anthropic's endpoints beside messages: counting, models, batches.
enum StandInAnthropicMore: StandInFamily {
  static func reply(
    to request: RecordedRequest, _ fault: StandInFault
  ) throws(StandInRefusal) -> StandInReply? {
    guard request.path.hasPrefix("/v1/"), request.value("anthropic-version") != nil else { return nil }
    let bearer = request.values("authorization").map { trimmed($0.dropFirst("Bearer ".count)) }
    try refuseProxyKeys(request.values("x-api-key") + bearer, 401, "authentication_error")
    let parts = request.path.split(separator: "/").dropFirst().map { String($0) }
    switch (request.method, parts.first, parts.count) {
    case ("POST", "messages", 2) where parts[1] == "count_tokens":
      guard try standInBody(request)["model"] != nil else {
        throw StandInRefusal(status: 400, type: "invalid_request_error", message: "model: Field required")
      }
      return StandInReply { $0.member("input_tokens", fault.tokens[.input] ?? 14) }
    case ("POST", "messages", 2) where parts[1] == "batches": return batch(request, ended: false)
    case ("GET", "messages", 3): return batch(request, ended: true)
    case ("GET", "messages", 4) where parts[3] == "results": return results(fault)
    case ("GET", "models", 1): return models()
    default: return nil
    }
  }

  static func refusal(_ refusal: StandInRefusal) -> (headers: [RecordedRequest.Header], body: [UInt8]) {
    let type = refusal.type.isEmpty ? "invalid_request_error" : refusal.type
    return (
      [.init("request-id", "req_more")],
      StandInAnthropic.errorBody(type, refusal.message, requestID: "req_more")
    )
  }

  static func word(_ status: Int) -> String { StandInAnthropic.errorType(status) }

  private static func batch(_ request: RecordedRequest, ended: Bool) -> StandInReply {
    StandInReply { writer in
      writer.member("id", "msgbatch_1")
      writer.member("type", "message_batch")
      writer.member("processing_status", ended ? "ended" : "in_progress")
      writer.objectMember("request_counts") { writer in
        for (name, count) in [
          ("processing", 0), ("succeeded", 8), ("errored", 1), ("canceled", 0), ("expired", 0),
        ] {
          writer.member(name, count)
        }
      }
      writer.member("created_at", "2026-10-01T00:00:00Z")
      writer.member("expires_at", "2026-10-02T00:00:00Z")
      writer.member(
        "results_url", "http://\(request.value("host") ?? "")/v1/messages/batches/msgbatch_1/results")
    }
  }

  private static func results(_ fault: StandInFault) -> StandInReply {
    var text = ""
    for n in 1...fault.events {
      text +=
        #"{"custom_id":"item-\#(n)","result":{"type":"succeeded","message":{"id":"msg_b\#(n)","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":"end_turn","usage":{"input_tokens":\#(200 + n),"output_tokens":\#(n),"service_tier":"batch"}}}}"#
        + "\n"
    }
    text += #"{"custom_id":"item-x","result":{"type":"errored","error":{"type":"invalid_request"}}}"# + "\n"
    var reply = StandInReply(json: Array(text.utf8))
    reply.contentType = "application/x-jsonl"
    return reply
  }

  private static func models() -> StandInReply {
    StandInReply { writer in
      writer.arrayMember("data") { writer in
        writer.object { writer in
          writer.member("type", "model")
          writer.member("id", "claude-sonnet-4-5-20250929")
          writer.member("display_name", "Claude Sonnet 4.5")
          writer.member("created_at", "2025-09-29T00:00:00Z")
        }
      }
      writer.member("has_more", false)
      writer.member("first_id", "claude-sonnet-4-5-20250929")
      writer.member("last_id", "claude-sonnet-4-5-20250929")
    }
  }
}
