/// Takes the text of an `x-stand-in` header and gives what the stand-in is asked to do out of the ordinary.
///
/// `name=value` parts, separated by semicolons; a bare name is `name=1`. Any client can ask, through any
/// proxy that
/// passes unknown headers on: `x-stand-in: events=40; event-ms=5; cut-at-byte=700`.
public struct StandInFault: Sendable, Equatable {
  /// Answer with this HTTP status and the vendor's error body.
  public var status: Int?
  /// `retry-after` in seconds, with an error status.
  public var retryAfterSeconds: Int?
  /// `status` applies only while the SDK's own `x-stainless-retry-count` is below this; 0 means always.
  public var untilRetry = 0
  /// Wait before the answer's head.
  public var delayMilliseconds = 0
  /// Close the connection when this many bytes of the body are sent.
  public var cutAtByte: Int?
  /// Send the body in pieces of this size …
  public var pieceBytes: Int?
  /// … with this pause between them.
  public var pieceMilliseconds = 0
  /// How many pieces of text the answer has.
  public var events = 8
  /// The pause between two events of a stream.
  public var eventMilliseconds = 0
  public var gzip = Gzip.never
  /// After this many events of a stream, the vendor's error event, and the stream ends.
  public var errorEventAfter: Int?
  /// A stream ends cleanly without its terminal event.
  public var noTerminal = false
  /// One event (or the whole plain answer) is at least this long.
  public var bigLineKiB = 0
  public var hang = Hang.never
  /// Counts to report, by the names in `TokenName`.
  public var tokens: [TokenName: Int] = [:]
  /// The tier the vendor says it used.
  public var tier: String?
  /// Lines of a stream end in CR LF.
  public var crlf = false
  /// Comments between the events of a stream.
  public var comments = false
  /// The answer carries no usage.
  public var noUsage = false
  /// `message_delta` comes this many times, its counts growing.
  public var deltas = 1
  /// `connection: close` on the answer.
  public var close = false

  public enum Gzip: String, Sendable {
    case never
    /// Where the request accepts it, as vendors do.
    case accepted
    case always
  }

  public enum Hang: String, Sendable {
    case never
    /// No answer at all.
    case head
    /// The head and half of the body, then silence.
    case body
  }

  /// One set of names for both vendors; `input` is the vendor's own number, whatever it includes.
  public enum TokenName: String, Sendable, CaseIterable {
    case input
    case cacheRead = "cache_read"
    case cacheWrite5m = "cache_write_5m"
    case cacheWrite1h = "cache_write_1h"
    case output
    case reasoning
    case webSearches = "web_searches"
    /// `message_delta` tells this input count, above the one of `message_start`.
    case inputFinal = "input_final"
  }

  public init() {}

  public init(_ text: String, over base: StandInFault = .init()) throws(StandInFaultError) {
    self = base
    for part in text.split(separator: ";") {
      let pair = part.split(separator: "=", maxSplits: 1).map { trimmed($0) }
      guard let name = pair.first, !name.isEmpty else { continue }
      try set(name, pair.count > 1 ? pair[1] : "1")
    }
  }

  private mutating func set(_ name: String, _ value: String) throws(StandInFaultError) {
    switch name {
    case "status": status = try number(name, value, 100...999)
    case "retry-after": retryAfterSeconds = try number(name, value)
    case "until-retry": untilRetry = try number(name, value)
    case "delay-ms": delayMilliseconds = try number(name, value)
    case "cut-at-byte": cutAtByte = try number(name, value)
    case "drip-bytes", "chunk-bytes": pieceBytes = try number(name, value, 1...(1 << 20))
    case "drip-ms": pieceMilliseconds = try number(name, value)
    case "events": events = try number(name, value, 1...StandInLimit.eventsMax)
    case "event-ms": eventMilliseconds = try number(name, value)
    case "gzip": gzip = try word(name, value, ["1": .accepted, "always": .always])
    case "error-event-after": errorEventAfter = try number(name, value)
    case "no-terminal": noTerminal = try number(name, value) != 0
    case "big-line-kib": bigLineKiB = try number(name, value, 0...StandInLimit.bigLineKiBMax)
    case "hang": hang = try word(name, value, ["1": .head, "head": .head, "body": .body])
    case "tokens": tokens = try counts(value)
    case "tier": tier = value
    case "crlf": crlf = try number(name, value) != 0
    case "comments": comments = try number(name, value) != 0
    case "no-usage": noUsage = try number(name, value) != 0
    case "deltas": deltas = try number(name, value, 1...16)
    case "close": close = try number(name, value) != 0
    default: throw StandInFaultError(message: "x-stand-in has no part '\(name)'")
    }
  }

  private func counts(_ text: String) throws(StandInFaultError) -> [TokenName: Int] {
    var result: [TokenName: Int] = [:]
    for part in text.split(separator: ",") {
      let pair = part.split(separator: ":").map { trimmed($0) }
      guard pair.count == 2, let name = TokenName(rawValue: pair[0]) else {
        let names = TokenName.allCases.map(\.rawValue).joined(separator: ", ")
        throw StandInFaultError(message: "tokens wants NAME:COUNT with a name of \(names), not '\(part)'")
      }
      result[name] = try number(pair[0], pair[1], 0...(1 << 53))
    }
    return result
  }

  private func number(
    _ name: String, _ value: String, _ range: ClosedRange<Int> = 0...(1 << 40)
  ) throws(StandInFaultError) -> Int {
    guard let number = Int(value), range.contains(number) else {
      throw StandInFaultError(message: "\(name) wants a whole number in \(range), not '\(value)'")
    }
    return number
  }

  private func word<Word>(
    _ name: String, _ value: String, _ words: [String: Word]
  ) throws(StandInFaultError) -> Word {
    guard let word = words[value] else {
      let known = words.keys.sorted().joined(separator: ", ")
      throw StandInFaultError(message: "\(name) is one of \(known), not '\(value)'")
    }
    return word
  }
}

public enum StandInLimit {
  /// A long answer has some thousands of events.
  public static let eventsMax = 100_000
  /// Beyond what a proxy should buffer as one line (16 MiB), so that this bound can be tested.
  public static let bigLineKiBMax = 32 * 1024
}

public struct StandInFaultError: Error, CustomStringConvertible {
  public var message: String

  public init(message: String) { self.message = message }

  public var description: String { message }
}

func trimmed(_ text: some StringProtocol) -> String {
  var rest = Substring(text)
  while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
  while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
  return String(rest)
}
