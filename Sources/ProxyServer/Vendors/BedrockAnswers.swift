/// How Bedrock's answers tell who answered and how they end. Their usage is merged by `AnswerUsage`.
internal import JSON

extension AnswerFacts {
  mutating func readBedrock(_ value: JSONValue) {
    if format == .invoke { readIdentity(value) }
    readStopReason(value["stopReason"] ?? value["stop_reason"])
    usageIsFinal = usage != nil
  }

  /// The payload of one event; what the event is called, its members tell.
  mutating func readConverseEvent(_ event: JSONValue) {
    merged?.takeEvent(event)
    if event["usage"]?.isObject == true {
      // `metadata` is the last event.
      sawTerminal = true
      usageIsFinal = true
    } else if let reason = event["stopReason"] {
      readStopReason(reason)
      sawStop = true
    } else if let delta = event["delta"] {
      textBytes += Self.converseText(delta)
    }
  }

  /// The model's own event, out of its chunk.
  mutating func readInvokeEvent(_ event: JSONValue) {
    merged?.takeEvent(event)
    if let message = event["message"], message.isObject { readIdentity(message) }
    if let type = event["type"], type.isString("content_block_delta"), let delta = event["delta"] {
      for (name, part) in delta.members where part.kind == .string && !name.isString("type") {
        textBytes += contentBytes(part)
      }
    } else if let text = event["generation"] ?? event["outputText"] ?? event["completion"],
      text.kind == .string
    {
      textBytes += contentBytes(text)
    } else if let delta = event["contentBlockDelta"]?["delta"] {
      textBytes += Self.converseText(delta)
    }
    readStopReason(event["delta"]?["stop_reason"] ?? event["stop_reason"])
    if event["amazon-bedrock-invocationMetrics"]?.isObject == true || event["metadata"]?.isObject == true {
      usageIsFinal = true
    }
  }

  /// `throttlingException` and its like end a stream.
  mutating func readException(_ type: String) {
    error = VendorError(type: identifierText(type), code: nil)
    sawTerminal = true
  }

  private mutating func readStopReason(_ value: JSONValue?) {
    if let value { stopReason = shortString(value) ?? stopReason }
  }

  private static func converseText(_ delta: JSONValue) -> Int {
    var bytes = 0
    for part in [delta["text"], delta["toolUse"]?["input"], delta["reasoningContent"]?["text"]] {
      if let part, part.kind == .string { bytes += contentBytes(part) }
    }
    return bytes
  }
}
