/// How Gemini's answers tell who answered and how they end: whole, or in chunks of the same shape.
internal import JSON

extension AnswerFacts {
  mutating func readGemini(_ value: JSONValue) {
    if responseID == nil { responseID = text(value["responseId"]) }
    if let version = text(value["modelVersion"]) { model = version }
    if let found = value.present("error"), found.isObject {
      error = VendorError(type: identifier(found["status"]), code: nil)
      sawTerminal = true
    }
    if value["promptFeedback"]?["blockReason"] != nil { sawStop = true }
    for candidate in value["candidates"]?.elements ?? [] {
      awaitsStop = true
      if candidate.present("finishReason") != nil { sawStop = true }
      for part in candidate["content"]?["parts"]?.elements ?? [] {
        if let text = part["text"], text.kind == .string { textBytes += contentBytes(text) }
      }
    }
    usageIsFinal = usage != nil && (sawStop || !awaitsStop)
  }
}
