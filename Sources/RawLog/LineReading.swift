public import JSON
public import Ledger

/// One line that fits the format: its envelope, and for `start` and `end` what it says of the request.
public struct RawLine {
  public var kind: LineKind
  public var writer: String
  public var seq: Int64
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var time: Int64
  /// Of `start` and `end`.
  public var request: Request?

  public struct Request {
    public var id: String
    public var attempt: Int
    public var final: Bool
    public var facts: RequestFacts
    public var user: String?
    public var session: String?
    public var ip: String?
    /// The most that it can cost, in femtodollars: of a `start`, where a budget asked.
    public var bound: Int128?
    public var end: End?
  }

  /// What only an `end` says.
  public struct End {
    public var status: Int?
    public var outcome: Outcome
    public var errorType: String?
    public var usageSource: UsageSource
    public var stream: Bool?
    public var durationMicroseconds: Int64?
    public var firstByteMicroseconds: Int64?
    public var responseID: String?
    public var vendorRequestID: String?
    public var meteredID: String?
    /// The vendor's object, verbatim; readable until the tape parses its next line.
    public var usage: JSONValue?
    public var billing: JSONValue?
  }
}

/// Why a line cannot be taken. `time` is what it says of its own time, where that can be read.
public struct LineFault: Error, Hashable, Sendable {
  public var reason: String
  public var time: Int64?

  public init(_ reason: String, time: Int64? = nil) {
    self.reason = reason
    self.time = time
  }
}

/// Reads one line, without its line feed. The envelope is strict: a required field that is missing, or any
/// known field of another type than the format's, makes the line unreadable as a whole.
public func readLine(_ bytes: UnsafeRawBufferPointer, with tape: JSONTape) throws(LineFault) -> RawLine {
  let root: JSONValue
  do throws(JSONError) {
    root = try tape.parse(bytes)
  } catch {
    throw LineFault("not JSON: \(error)")
  }
  guard root.isObject else { throw LineFault("not an object") }
  var fields = FieldReader(line: root)
  fields.time = root["time"]?.withStringBytes { Timestamp.parse($0) } ?? nil

  let version = try fields.whole(root, "v", 0...Int64.max)
  guard version == RawLogFormat.version else { throw fields.fault("unknown format version \(version)") }
  let kindName = try fields.text(root, "kind")
  guard let kind = LineKind(rawValue: kindName) else {
    throw fields.fault("unknown kind \"\(kindName.prefix(32))\"")
  }
  let writer = try fields.text(root, "writer")
  let seq = try fields.whole(root, "seq", 1...RawLogFormat.countMax)
  guard root["time"] != nil else { throw fields.fault("`time` is missing") }
  guard let time = fields.time else { throw fields.fault("`time` is not an RFC 3339 timestamp") }

  var line = RawLine(kind: kind, writer: writer, seq: seq, time: time)
  if kind == .start || kind == .end { line.request = try readRequest(root, kind, fields) }
  return line
}

private func readRequest(
  _ root: JSONValue, _ kind: LineKind, _ fields: FieldReader
) throws(LineFault) -> RawLine.Request {
  let key = try fields.object(root, "key")
  let model = try fields.object(root, "model")
  let client = try fields.object(root, "client")
  let billing = kind == .end ? try fields.object(root, "billing") : nil
  let facts = RequestFacts(
    endpoint: try fields.text(root, "endpoint"),
    provider: try fields.optionalText(root, "provider"),
    upstream: try fields.optionalText(root, "upstream"),
    region: try fields.optionalText(root, "region"),
    modelRequested: try fields.optionalText(model, "requested"),
    modelRouted: try fields.optionalText(model, "routed"),
    modelReturned: try fields.optionalText(model, "returned"),
    keyID: try fields.optionalText(key, "id"),
    keyName: try fields.optionalText(key, "name"),
    team: try fields.optionalText(root, "team"),
    tags: try fields.tags(root),
    inferenceProfile: try fields.optionalText(root, "inference_profile"),
    agent: try fields.optionalText(client, "agent"))
  return RawLine.Request(
    id: try fields.text(root, "id"),
    attempt: Int(try fields.whole(root, "attempt", 1...1_000_000)),
    final: try fields.optionalBool(root, "final") ?? true,
    facts: facts,
    user: try fields.optionalText(root, "user"),
    session: try fields.optionalText(root, "session"),
    ip: try fields.optionalText(client, "ip"),
    bound: kind == .start ? root.present("bound_usd")?.string.flatMap(femtodollars) : nil,
    end: kind == .end ? try readEnd(root, billing, fields) : nil)
}

private func readEnd(
  _ root: JSONValue, _ billing: JSONValue?, _ fields: FieldReader
) throws(LineFault) -> RawLine.End {
  let outcomeName = try fields.text(root, "outcome")
  guard let outcome = Outcome(rawValue: outcomeName), outcome != .interrupted else {
    throw fields.fault("unknown outcome \"\(outcomeName.prefix(32))\"")
  }
  let sourceName = try fields.text(root, "usage_source")
  guard let source = UsageSource(rawValue: sourceName) else {
    throw fields.fault("unknown usage_source \"\(sourceName.prefix(32))\"")
  }
  let error = try fields.object(root, "error")
  return RawLine.End(
    status: try fields.optionalWhole(root, "status").map(Int.init),
    outcome: outcome,
    errorType: try fields.optionalText(error, "type"),
    usageSource: source,
    stream: try fields.optionalBool(root, "stream"),
    durationMicroseconds: try fields.optionalWhole(root, "duration_us"),
    firstByteMicroseconds: try fields.optionalWhole(root, "first_byte_us"),
    responseID: try fields.optionalText(root, "response_id"),
    vendorRequestID: try fields.optionalText(root, "vendor_request_id"),
    meteredID: try fields.optionalText(root, "metered_id"),
    usage: try fields.object(root, "usage"),
    billing: billing)
}

/// An amount as lines write it; nil for what is none.
package func femtodollars(_ text: String) -> Int128? {
  guard let number = DecimalNumber(text), !number.negative else { return nil }
  return number.units(fractionDigits: Money.fractionDigits)
}

/// Typed reading of the envelope's fields: absent and `null` are the same.
private struct FieldReader {
  let line: JSONValue
  var time: Int64?

  init(line: JSONValue) { self.line = line }

  func fault(_ reason: String) -> LineFault { LineFault(reason, time: time) }

  func text(_ object: JSONValue, _ name: StaticString) throws(LineFault) -> String {
    guard let value = object.present(name) else { throw fault("`\(name)` is missing") }
    guard let text = value.string, !text.isEmpty else { throw fault("`\(name)` is not a text") }
    return text
  }

  func optionalText(_ object: JSONValue?, _ name: StaticString) throws(LineFault) -> String? {
    guard let value = object?.present(name) else { return nil }
    guard let text = value.string else { throw fault("`\(name)` is not a text") }
    return text.isEmpty ? nil : text
  }

  func whole(
    _ object: JSONValue, _ name: StaticString, _ range: ClosedRange<Int64>
  ) throws(LineFault) -> Int64 {
    guard let value = object.present(name) else { throw fault("`\(name)` is missing") }
    guard let number = value.wholeNumber, range.contains(number) else {
      throw fault("`\(name)` is not a whole number of the range it must have")
    }
    return number
  }

  func optionalWhole(_ object: JSONValue, _ name: StaticString) throws(LineFault) -> Int64? {
    guard object.present(name) != nil else { return nil }
    return try whole(object, name, 0...RawLogFormat.countMax)
  }

  func optionalBool(_ object: JSONValue, _ name: StaticString) throws(LineFault) -> Bool? {
    guard let value = object.present(name) else { return nil }
    guard let bool = value.bool else { throw fault("`\(name)` is neither true nor false") }
    return bool
  }

  func object(_ object: JSONValue, _ name: StaticString) throws(LineFault) -> JSONValue? {
    guard let value = object.present(name) else { return nil }
    guard value.isObject else { throw fault("`\(name)` is not an object") }
    return value
  }

  func tags(_ object: JSONValue) throws(LineFault) -> [RequestFacts.Tag] {
    guard let tags = try self.object(object, "tags") else { return [] }
    var result: [RequestFacts.Tag] = []
    for (name, value) in tags.members where !value.isNull {
      guard let tagName = name.string, let text = value.string else {
        throw fault("a tag's value is not a text")
      }
      result.removeAll { $0.name == tagName }
      result.append(.init(name: tagName, value: text))
    }
    result.sort { $0.name < $1.name }
    return result
  }
}
