/// The fields of a raw line, each with a number of its own: the envelope's, then those inside its objects.
public enum LineField: Int, CaseIterable, Sendable {
  case v, kind, writer, seq, time, id, attempt, durationMicroseconds, firstByteMicroseconds, endpoint, stream
  case provider, upstream, region, vendorRequestID, responseID, final, model, key, team, user, session, tags
  case inferenceProfile, status, outcome, error, usage, billing, usageSource, client, meteredID, program,
    host, bound
  case modelRequested, modelRouted, modelReturned
  case keyID, keyName
  case clientIP, clientAgent
  case errorType, errorCode, errorMessage

  /// What stands there, where it is not null.
  enum Kind: Sendable {
    case text, whole, bool
    /// An object whose fields are these.
    case object(Range<Int>)
    /// An object of texts, kept as it is written.
    case tags
    /// A vendor's object.
    case shape
  }

  static let top = LineField.v.rawValue..<LineField.modelRequested.rawValue

  var name: StaticString {
    switch self {
    case .v: "v"
    case .kind: "kind"
    case .writer: "writer"
    case .seq: "seq"
    case .time: "time"
    case .id, .keyID: "id"
    case .attempt: "attempt"
    case .durationMicroseconds: "duration_us"
    case .firstByteMicroseconds: "first_byte_us"
    case .endpoint: "endpoint"
    case .stream: "stream"
    case .provider: "provider"
    case .upstream: "upstream"
    case .region: "region"
    case .vendorRequestID: "vendor_request_id"
    case .responseID: "response_id"
    case .final: "final"
    case .model: "model"
    case .key: "key"
    case .team: "team"
    case .user: "user"
    case .session: "session"
    case .tags: "tags"
    case .inferenceProfile: "inference_profile"
    case .status: "status"
    case .outcome: "outcome"
    case .error: "error"
    case .usage: "usage"
    case .billing: "billing"
    case .usageSource: "usage_source"
    case .client: "client"
    case .meteredID: "metered_id"
    case .program: "program"
    case .host: "host"
    case .bound: "bound_usd"
    case .modelRequested: "requested"
    case .modelRouted: "routed"
    case .modelReturned: "returned"
    case .keyName: "name"
    case .clientIP: "ip"
    case .clientAgent: "agent"
    case .errorType: "type"
    case .errorCode: "code"
    case .errorMessage: "message"
    }
  }

  var kind: Kind {
    switch self {
    case .v, .seq, .attempt, .durationMicroseconds, .firstByteMicroseconds, .status: .whole
    case .stream, .final: .bool
    case .tags: .tags
    case .usage, .billing: .shape
    case .model: .object(LineField.modelRequested.rawValue..<LineField.keyID.rawValue)
    case .key: .object(LineField.keyID.rawValue..<LineField.clientIP.rawValue)
    case .client: .object(LineField.clientIP.rawValue..<LineField.errorType.rawValue)
    case .error: .object(LineField.errorType.rawValue..<LineField.allCases.count)
    default: .text
    }
  }
}

/// The place of a text in a line: quotes not included.
public struct LinePlace: Sendable {
  public var start: Int32
  public var count: Int32
}

/// A line's fields, as they were walked: read until the next walk.
public struct WalkedLine {
  /// Fields that were written, null ones too.
  var written: UInt64 = 0
  /// Fields with a value.
  public internal(set) var present: UInt64 = 0
  /// As far as its kind was walked.
  var isEnd = false
  let places: UnsafeMutablePointer<LinePlace>
  let numbers: UnsafeMutablePointer<Int64>
  /// The line's first byte.
  public internal(set) var base: UnsafePointer<UInt8>

  @inlinable @inline(__always) public func has(_ field: LineField) -> Bool {
    present & (1 << UInt64(field.rawValue)) != 0
  }

  /// A text's bytes; nil where it is absent, null or empty.
  public func text(_ field: LineField) -> UnsafeBufferPointer<UInt8>? {
    guard has(field) else { return nil }
    let place = places[field.rawValue]
    return place.count == 0
      ? nil : UnsafeBufferPointer(start: base + Int(place.start), count: Int(place.count))
  }

  /// A whole number of 0 or more, or 1 for true; nil where it is absent or null.
  public func number(_ field: LineField) -> Int64? { has(field) ? numbers[field.rawValue] : nil }
}
