public import JSON
public import Ledger
internal import Normalize
public import RawLog

/// What one line brought.
public enum TakenLine: Sendable {
  case control(LineHead)
  /// A request that was about to be sent to a vendor: interrupted, unless its `end` comes.
  case start(LineHead, Usage)
  case end(LineHead, Usage)

  public var head: LineHead {
    switch self {
    case .control(let head), .start(let head, _), .end(let head, _): head
    }
  }
}

/// The identity of a line: a writer's number, and when.
public struct LineHead: Hashable, Sendable {
  public var kind: LineKind
  public var writer: String
  public var seq: Int64
  public var time: Int64
  public var number: Int64
}

/// Reads one raw line as a usage, with the vendor's counts in disjoint meters.
/// - Throws: `LineFault` for a line that must be rejected, with the reason.
public func takeLine(
  _ bytes: UnsafeRawBufferPointer, place: Usage.Place, with tape: JSONTape
) throws(LineFault) -> TakenLine {
  let line = try readLine(bytes, with: tape)
  let head = LineHead(
    kind: line.kind, writer: line.writer, seq: line.seq, time: line.time, number: place.line)
  guard let request = line.request else { return .control(head) }

  var usage = Usage(
    id: request.id, attempt: request.attempt, final: request.final, time: line.time, place: place,
    facts: request.facts, outcome: .interrupted)
  usage.user = request.user
  usage.session = request.session
  usage.ip = request.ip
  guard let end = request.end else { return .start(head, usage) }

  usage.outcome = end.outcome
  usage.status = end.status
  usage.errorType = end.errorType
  usage.stream = end.stream
  usage.durationMicroseconds = end.durationMicroseconds
  usage.firstByteMicroseconds = end.firstByteMicroseconds
  usage.responseID = end.responseID
  usage.vendorRequestID = end.vendorRequestID
  usage.meteredID = end.meteredID
  let facts = request.facts
  do throws(NormalizeFault) {
    let normalized = try normalize(
      endpoint: facts.endpoint ?? "", usage: end.usage, billing: end.billing,
      model: facts.modelReturned ?? facts.modelRouted ?? facts.modelRequested)
    usage.counts = normalized.counts
    usage.otherModels = normalized.otherModels
    usage.flags = normalized.flags
    usage.facts.serviceTier = normalized.serviceTier
    usage.facts.priceFacts = normalized.priceFacts
    usage.unknownFields = normalized.unknownFields
  } catch {
    throw LineFault(error.reason, time: line.time)
  }
  usage.flags = endFlags(
    usage.flags, outcome: end.outcome, source: end.usageSource, hasUsage: end.usage != nil,
    isZero: usage.counts.isZero)
  return .end(head, usage)
}

/// What an `end` line adds to the flags of its counts.
@inline(__always)
func endFlags(
  _ flags: UsageFlags, outcome: Outcome, source: UsageSource, hasUsage: Bool, isZero: Bool
) -> UsageFlags {
  var flags = flags
  if source == .estimated { flags.insert(.estimated) }
  // An answer came and was billed, but what it used is not known: that is not nothing.
  let answered = outcome == .ok || outcome == .clientGone
  if answered, !hasUsage, isZero { flags.insert(.usageMissing) }
  return flags
}

/// The beginning of a rejected line, to recognise it by: its shape, its numbers, and the names of the format's
/// own fields. Every other text becomes `…`: it may be a prompt or a secret.
public func excerpt(_ bytes: UnsafeRawBufferPointer) -> String {
  var text = ""
  var quoted: [UInt8]?
  for byte in bytes.prefix(ExcerptLimit.bytesRead) {
    if let word = quoted {
      guard byte == UInt8(ascii: "\"") else {
        quoted = word + [byte]
        continue
      }
      let name = String(decoding: word, as: UTF8.self)
      text += ExcerptLimit.names.contains(name) ? "\"\(name)\"" : "\"…\""
      quoted = nil
    } else if byte == UInt8(ascii: "\"") {
      quoted = []
    } else if "{}[]:,-.".utf8.contains(byte) || (48...57).contains(byte) {
      text.unicodeScalars.append(Unicode.Scalar(byte))
    } else if text.last != "…" {
      text.append("…")
    }
  }
  if quoted != nil { text += "\"…" }
  return String(text.prefix(Rejection.excerptLimit))
}

enum ExcerptLimit {
  static let bytesRead = 256
  static let names: Set<String> = [
    "v", "kind", "writer", "seq", "time", "id", "attempt", "endpoint", "provider", "model", "requested",
    "routed", "returned", "key", "name", "team", "user", "session", "tags", "status", "outcome", "error",
    "type", "usage", "billing", "usage_source", "client", "final", "stream", "duration_us", "first_byte_us",
    "upstream", "region", "vendor_request_id", "response_id", "program", "host", "inference_profile",
  ]
}
