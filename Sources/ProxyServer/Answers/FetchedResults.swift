/// A batch's results in, line by line as they pass; what each item's `end` line says, out.
internal import JSON
internal import RawLog

/// One item that a vendor worked on.
struct FetchedItem {
  /// Behind the batch's or the file's id.
  var id: String
  var endpoint: String
  var facts: AnswerFacts
  var status: Int
}

struct FetchedResults {
  private let dialect: Dialect
  private let tape: JSONTape
  private let lineBytesMax: Int
  private var pending: [UInt8] = []
  private var isBlind = false
  private(set) var items: [FetchedItem] = []

  init(dialect: Dialect, tape: JSONTape, lineBytesMax: Int) {
    self.dialect = dialect
    self.tape = tape
    self.lineBytesMax = lineBytesMax
  }

  mutating func takeItems() -> [FetchedItem] {
    defer { items = [] }
    return items
  }

  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    guard !isBlind else { return }
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      if pending.isEmpty {
        read(UnsafeRawBufferPointer(rebasing: rest[..<end]))
      } else {
        pending.append(contentsOf: rest[..<end])
        let line = pending
        pending.removeAll(keepingCapacity: true)
        line.withUnsafeBytes { read($0) }
      }
      rest = rest[(end + 1)...]
    }
    pending.append(contentsOf: rest)
    if pending.count > lineBytesMax { stopReading() }
  }

  /// The last line needs no line feed.
  mutating func finish() {
    guard !isBlind, !pending.isEmpty else { return }
    let line = pending
    pending = []
    line.withUnsafeBytes { read($0) }
  }

  mutating func stopReading() {
    isBlind = true
    pending = []
  }

  private mutating func read(_ line: UnsafeRawBufferPointer) {
    do throws(JSONError) {
      let value = try tape.parse(line)
      if let item = dialect == .anthropic ? Self.message(value) : Self.response(value) { items.append(item) }
    } catch {
      // A file may be anything; what is no line of results costs nothing.
    }
  }

  /// `{custom_id, result: {type, message}}`
  private static func message(_ line: JSONValue) -> FetchedItem? {
    guard let id = text(line["custom_id"]), let message = line["result"]?["message"], message.isObject else {
      return nil
    }
    var facts = AnswerFacts(.messages)
    facts.readWholeAnswer(message)
    return FetchedItem(id: id, endpoint: "anthropic.messages.batches", facts: facts, status: 200)
  }

  /// `{id, custom_id, response: {status_code, body}}`
  private static func response(_ line: JSONValue) -> FetchedItem? {
    guard let id = text(line["id"]) ?? text(line["custom_id"]), line["custom_id"] != nil,
      let body = line["response"]?["body"], body.isObject, body["usage"]?.isObject == true
    else { return nil }
    let object = body["object"]?.string ?? ""
    let (endpoint, format): (Endpoint, AnswerFormat) =
      switch object {
      case "response": (.responses, .responses)
      case "text_completion": (.completions, .chat)
      case "list": (.embeddings, .units)
      case "chat.completion": (.chatCompletions, .chat)
      default: body["output_tokens"] == nil ? (.chatCompletions, .chat) : (.imageGenerations, .units)
      }
    var facts = AnswerFacts(format)
    facts.readWholeAnswer(body)
    return FetchedItem(
      id: id, endpoint: endpoint.name, facts: facts,
      status: Int(line["response"]?["status_code"]?.wholeNumber ?? 200))
  }
}
