/// A vendor's answer in, what the log says of it out: id, model, usage, tier, error. Prompt and answer text
/// are counted in bytes and forgotten.
package import JSON
package import RawLog

package struct AnswerFacts {
  package let format: AnswerFormat
  package var responseID: String?
  package var model: String?
  /// JSON texts of short strings.
  package var serviceTier: [UInt8]?
  package var speed: [UInt8]?
  package var stopReason: [UInt8]?
  var ownUsage: VendorUsage?
  /// Of the formats whose usage is merged from the whole answer.
  var merged: AnswerUsage?
  /// The vendor has said its last word on usage.
  package var usageIsFinal = false
  /// UTF-8 bytes of text and tool arguments received.
  package var textBytes = 0
  package var error: VendorError?
  /// The event behind which nothing more is to come.
  package var sawTerminal = false
  /// The vendor has told that the model is done, though more may follow.
  var sawStop = false
  /// Something was answered that has to end by a word of the vendor's.
  var awaitsStop = false
  /// The vendor works on it and will say how much it was when it is asked again.
  var isPending = false
  /// It was made without a client that waits for it.
  var isBackground = false
  /// A batch: its id, and those of the files that hold its results.
  var batches: [(id: String, files: [String])] = []

  package struct VendorError: Hashable {
    /// Only where they look like identifiers.
    package var type: String?
    package var code: String?

    package init(type: String?, code: String?) {
      self.type = type
      self.code = code
    }
  }

  package init(_ format: AnswerFormat) {
    self.format = format
    self.merged = format.merged.map { AnswerUsage($0) }
  }

  package var usage: VendorUsage? { merged?.usage ?? ownUsage }

  /// An end that is not a cut, as far as the vendor's own words go.
  var isWhole: Bool {
    if format.saysItsEnd || error != nil { return sawTerminal || sawStop }
    return sawStop || !awaitsStop
  }

  package var billing: [LogRecord.BillingFact] {
    var facts = merged?.billing ?? []
    if let serviceTier { facts.append(.init(name: "service_tier", json: serviceTier)) }
    if let speed { facts.append(.init(name: "speed", json: speed)) }
    if let stopReason { facts.append(.init(name: "stop_reason", json: stopReason)) }
    return facts
  }

  // MARK: - Reading

  package mutating func readWholeAnswer(_ value: JSONValue) {
    guard value.isObject else { return }
    merged?.takeWhole(value)
    switch format {
    case .gemini: return readGemini(value)
    case .converse, .invoke: return readBedrock(value)
    case .batch: return readBatch(value)
    case .none: return
    case .chat, .messages, .responses, .units: break
    }
    readIdentity(value)
    readError(value)
    if let reason = value["stop_reason"] { stopReason = shortString(reason) ?? stopReason }
    switch format {
    case .messages:
      if let object = value["usage"], object.isObject { setAnthropicUsage(object) }
    case .responses: readResponse(value)
    default: readOpenAIUsage(value)
    }
    usageIsFinal = usage != nil
  }

  package mutating func readEvent(_ value: JSONValue) {
    guard value.isObject else { return }
    switch format {
    case .chat: readOpenAIChunk(value)
    case .messages: readAnthropicEvent(value)
    case .responses: readResponsesEvent(value)
    case .units: readUnitsEvent(value)
    case .converse: readConverseEvent(value)
    case .invoke: readInvokeEvent(value)
    case .gemini:
      merged?.takeEvent(value)
      readGemini(value)
    case .batch, .none: break
    }
  }

  mutating func readIdentity(_ value: JSONValue) {
    // Azure's first chunk has empty strings here; the true ones follow.
    if responseID == nil { responseID = text(value["id"]) }
    // A stream says them again in each event.
    if let name = value["model"], !name.isText(model), let name = text(name) { model = name }
    if let tier = value["service_tier"], !tier.isRaw(serviceTier) {
      serviceTier = shortString(tier) ?? serviceTier
    }
  }

  mutating func readError(_ value: JSONValue) {
    guard let found = value.present("error"), found.kind == .object || found.kind == .string else { return }
    error = VendorError(type: identifier(found["type"]), code: identifier(found["code"]))
  }

  // MARK: OpenAI

  private mutating func readOpenAIChunk(_ value: JSONValue) {
    readIdentity(value)
    readError(value)
    readOpenAIUsage(value)
    usageIsFinal = ownUsage != nil
    guard let choices = value["choices"] else { return }
    for choice in choices.eachElement {
      if let text = choice["text"], text.kind == .string { textBytes += contentBytes(text) }
      guard let delta = choice["delta"], delta.isObject else { continue }
      for (name, part) in delta.eachMember where !name.isString("role") {
        switch part.kind {
        case .string: textBytes += contentBytes(part)
        case .array:
          for call in part.elements { textBytes += functionBytes(call["function"]) }
        case .object: textBytes += functionBytes(part)
        default: break
        }
      }
    }
  }

  private func functionBytes(_ function: JSONValue?) -> Int {
    guard let function, let arguments = function["arguments"], arguments.kind == .string else { return 0 }
    return contentBytes(arguments) + (function["name"].map(contentBytes) ?? 0)
  }

  /// The last one wins, because the counts are running totals; one of nothing but zeros says nothing.
  mutating func readOpenAIUsage(_ value: JSONValue) {
    var found = value["usage"]
    if found?.isObject != true { found = value["x_groq"]?["usage"] }
    if found?.isObject != true { found = value["choices"]?.firstElement?["usage"] }
    guard let found, found.isObject, ownUsage == nil || !isAllZero(found) else { return }
    ownUsage = VendorUsage(verbatim: found)
  }

  private func isAllZero(_ value: JSONValue) -> Bool {
    value.eachMember.allSatisfy { _, member in
      switch member.kind {
      case .number: member.wholeNumber == 0
      case .object: isAllZero(member)
      default: true
      }
    }
  }

  // MARK: Anthropic

  private mutating func readAnthropicEvent(_ value: JSONValue) {
    guard let type = value["type"] else { return }
    if type.isString("content_block_delta") {
      guard let delta = value["delta"] else { return }
      for (name, part) in delta.eachMember where part.kind == .string {
        if name.isString("text") || name.isString("partial_json") || name.isString("thinking") {
          textBytes += contentBytes(part)
        }
      }
    } else if type.isString("message_start") {
      guard let message = value["message"] else { return }
      readIdentity(message)
      if let object = message["usage"], object.isObject { setAnthropicUsage(object) }
    } else if type.isString("message_delta") {
      if let reason = value["delta"]?["stop_reason"], let word = shortString(reason) {
        stopReason = word
        usageIsFinal = value["usage"]?.isObject == true
      }
      if let object = value["usage"], object.isObject { mergeAnthropicUsage(object) }
    } else if type.isString("message_stop") {
      sawTerminal = true
    } else if type.isString("error") {
      readError(value)
    }
  }

  private mutating func setAnthropicUsage(_ object: JSONValue) {
    ownUsage = VendorUsage(verbatim: object)
    readUsageFlags(object)
  }

  /// The vendor's own rule: what is there and not null overwrites, what is absent stays.
  private mutating func mergeAnthropicUsage(_ object: JSONValue) {
    if ownUsage == nil {
      ownUsage = VendorUsage(verbatim: object)
    } else {
      ownUsage?.merge(object)
    }
    readUsageFlags(object)
  }

  private mutating func readUsageFlags(_ object: JSONValue) {
    if let tier = object["service_tier"] { serviceTier = shortString(tier) ?? serviceTier }
    if let value = object["speed"] { speed = shortString(value) ?? speed }
  }
}

enum AnswerLimit {
  /// Identifiers, tiers and stop reasons are words; anything longer is not one.
  static let wordBytesMax = 64
}

func text(_ value: JSONValue?) -> String? {
  guard let value, value.kind == .string, value.range.count > 2 else { return nil }
  return value.string
}

func shortString(_ value: JSONValue) -> [UInt8]? {
  guard value.kind == .string, value.range.count - 2 <= AnswerLimit.wordBytesMax else { return nil }
  return Array(value.rawBytes)
}

/// A vendor's error text may quote a prompt, so only words of a closed alphabet are taken.
func identifier(_ value: JSONValue?) -> String? { identifierText(value?.string) }

func identifierText(_ word: String?) -> String? {
  guard let word, !word.isEmpty, word.utf8.count <= AnswerLimit.wordBytesMax,
    word.utf8.allSatisfy({
      $0 >= 97 && $0 <= 122 || $0 >= 65 && $0 <= 90 || $0 >= 48 && $0 <= 57 || $0 == 95 || $0 == 46
        || $0 == 45
    })
  else { return nil }
  return word
}

func contentBytes(_ value: JSONValue) -> Int {
  if let plain = value.withStringBytes({ $0.count }) { return plain }
  return value.string?.utf8.count ?? 0
}
