/// How OpenAI's answers other than chat completions tell who answered and how they end.
internal import JSON

extension AnswerFacts {
  /// A response object, whole or in the event that ends its stream.
  mutating func readResponse(_ response: JSONValue) {
    isBackground = response["background"]?.bool == true
    guard let status = response["status"] else { return }
    isPending = status.isString("queued") || status.isString("in_progress")
    if status.isString("failed"), error == nil { error = VendorError(type: nil, code: nil) }
  }

  mutating func readResponsesEvent(_ event: JSONValue) {
    guard let type = event["type"] else { return readError(event) }
    merged?.takeEvent(event)
    if let response = event["response"], response.isObject {
      readIdentity(response)
      isBackground = response["background"]?.bool == true
      if type.isString("response.completed") || type.isString("response.incomplete")
        || type.isString("response.failed") || type.isString("response.cancelled")
      {
        readError(response)
        sawTerminal = true
        usageIsFinal = usage != nil
      }
    } else if type.isString("error") {
      error = VendorError(type: "error", code: identifier(event["code"]))
      sawTerminal = true
    } else if let delta = event["delta"], delta.kind == .string {
      textBytes += contentBytes(delta)
    }
  }

  /// Events of images and audio: the last one has the usage.
  mutating func readUnitsEvent(_ event: JSONValue) {
    readError(event)
    readIdentity(event)
    readOpenAIUsage(event)
    if let delta = event["delta"], delta.kind == .string { textBytes += contentBytes(delta) }
    if let type = event["type"]?.string {
      awaitsStop = true
      if type.hasSuffix(".completed") || type.hasSuffix(".done") {
        sawStop = true
        usageIsFinal = usage != nil
      }
    }
  }

  /// A batch, or a list of them.
  mutating func readBatch(_ value: JSONValue) {
    for batch in value["data"].map({ $0.elements }) ?? [value] {
      guard let id = text(batch["id"]) else { continue }
      let files = [text(batch["output_file_id"]), text(batch["error_file_id"])].compactMap { $0 }
      batches.append((id, files))
    }
  }
}
