/// A vendor's answer in, piece by piece; what the client gets of each piece, and in the end the log's facts,
/// out.
internal import JSON
internal import Ledger
internal import NIOCore
internal import NIOHTTP1
internal import RawLog

struct AnswerMeter {
  let vendorRequestID: String?
  private let status: Int
  private let dialect: Dialect
  private let answerCopyBytesMax: Int
  private let tape: JSONTape
  private var stream: EventStream?
  private var inflater: Inflater?
  /// An answer that is no stream, in the pieces it came in; nil when it grew too long to keep.
  private var copy: [ByteBuffer]? = []
  private var copyBytes = 0
  /// The rest of a Content-Length.
  private var bytesLeft: Int?
  private var facts: AnswerFacts?

  init(
    _ head: HTTPResponseHead, dialect: Dialect, asksForUsage: Bool, tape: JSONTape, limits: ProxyLimits
  ) {
    let headers = head.headers
    self.vendorRequestID = headers.first(name: "x-request-id") ?? headers.first(name: "request-id")
    self.status = Int(head.status.code)
    self.dialect = dialect
    self.answerCopyBytesMax = limits.answerCopyBytesMax
    self.tape = tape
    self.bytesLeft = headers.first(name: "content-length").flatMap { Int($0) }
    let coding = headers.first(name: "content-encoding").map { trimmed($0[...]).lowercased() } ?? "identity"
    let isPlain = coding == "identity" || coding.isEmpty
    if (200..<300).contains(status), Self.isEventStream(headers.first(name: "content-type")) {
      // An encoded stream cannot be edited; a vendor that encodes what was asked for plain keeps its chunks.
      stream = EventStream(
        dialect: dialect, hidesUsage: asksForUsage && isPlain, tape: tape,
        lineBytesMax: limits.eventLineBytesMax)
    }
    guard !isPlain else { return }
    let inflatedBytesMax = stream == nil ? limits.answerCopyBytesMax : limits.answerCopyBytesMax * 8
    inflater = Inflater(coding: coding, outputBytesMax: inflatedBytesMax)
    // What cannot be read is relayed and not kept.
    if inflater == nil { stopReading() }
  }

  private static func isEventStream(_ contentType: String?) -> Bool {
    guard let contentType else { return false }
    return trimmed(contentType.prefix { $0 != ";" }).lowercased() == "text/event-stream"
  }

  var isStream: Bool { stream != nil }

  var changesBytes: Bool { stream?.hidesUsage ?? false }

  /// A Content-Length is used up.
  var isAtLength: Bool { bytesLeft == 0 }

  /// The bytes given last hold what a client takes for the end.
  var isLastForClient: Bool { bytesLeft == 0 || (stream?.facts.sawTerminal ?? false) }

  /// A stream says itself when it is complete; of anything else HTTP's word is enough.
  var isComplete: Bool { stream.map { $0.facts.sawTerminal || $0.isBlind } ?? true }

  // MARK: - The way through

  /// Reads a piece and gives what the client gets of it now.
  mutating func take(_ bytes: ByteBuffer) -> ByteBuffer {
    if let left = bytesLeft { bytesLeft = max(0, left - bytes.readableBytes) }
    if inflater != nil {
      inflate(bytes)
      return bytes
    }
    guard stream != nil else {
      keep(bytes)
      return bytes
    }
    let passed = bytes.withUnsafeReadableBytes { stream?.take($0) }
    guard let passed else { return bytes }
    return ByteBuffer(bytes: passed)
  }

  /// Nothing more comes: reads what was left open and gives what was held back.
  mutating func finish() -> ByteBuffer {
    guard let rest = stream?.finish(), !rest.isEmpty else { return ByteBuffer() }
    return ByteBuffer(bytes: rest)
  }

  private mutating func stopReading() {
    copy = nil
    stream?.stopReading()
  }

  private mutating func keep(_ bytes: ByteBuffer) {
    copyBytes += bytes.readableBytes
    if copyBytes > answerCopyBytesMax { copy = nil }
    copy?.append(bytes)
  }

  private mutating func inflate(_ bytes: ByteBuffer) {
    guard let inflater else { return }
    var plain = ByteBuffer()
    do throws(InflateFault) {
      var fault: InflateFault?
      bytes.withUnsafeReadableBytes { compressed in
        do throws(InflateFault) {
          try inflater.take(compressed) { plain.writeBytes($0) }
        } catch {
          fault = error
        }
      }
      if let fault { throw fault }
    } catch {
      stopReading()
    }
    if stream == nil {
      keep(plain)
    } else {
      _ = plain.withUnsafeReadableBytes { stream?.take($0) }
    }
  }

  // MARK: - The log

  /// Fills in what the answer told.
  mutating func complete(
    _ record: inout LogRecord, ending: Exchange.Ending, isClientThere: Bool, textBytes: Int
  ) {
    let facts = stream?.facts ?? wholeAnswer()
    record.responseID = facts.responseID
    record.modelReturned = facts.model
    record.billing = facts.billing
    record.usage = facts.usage?.json
    if record.usage != nil { record.usageSource = .vendor }
    // Of a stream that could not be read to its end, nobody knows how much it was.
    if let stream, !stream.isBlind, record.usage == nil || !facts.usageIsFinal {
      record.usage =
        VendorUsage.estimate(
          dialect, known: facts.usage, requestTextBytes: textBytes, answerTextBytes: facts.textBytes
        ).json
      record.usageSource = .estimated
    }
    (record.outcome, record.error) = outcome(facts, ending, isClientThere: isClientThere)
  }

  private func wholeAnswer() -> AnswerFacts {
    var facts = AnswerFacts()
    guard let copy, !copy.isEmpty else { return facts }
    var whole = copy[0]
    for piece in copy.dropFirst() { whole.writeImmutableBuffer(piece) }
    whole.withUnsafeReadableBytes { bytes in
      do throws(JSONError) {
        facts.readWholeAnswer(try tape.parse(bytes), dialect)
      } catch {
        // No JSON, no facts: the usage is unknown, and the line says so.
      }
    }
    return facts
  }

  private func outcome(
    _ facts: AnswerFacts, _ ending: Exchange.Ending, isClientThere: Bool
  ) -> (Outcome, LogRecord.Failure?) {
    guard (200..<300).contains(status) else {
      let isClients = (400..<500).contains(status) && status != 401 && status != 403 && status != 429
      return (
        isClients ? .clientError : .vendorError,
        .init(
          type: facts.error?.type ?? "http_\(status)", code: facts.error?.code,
          message: "The vendor answered with status \(status).")
      )
    }
    if let error = facts.error {
      return (
        .vendorError,
        .init(
          type: error.type ?? "stream_error", code: error.code,
          message: "The vendor reported an error in its answer.")
      )
    }
    guard isClientThere else { return (.clientGone, nil) }
    switch ending {
    case .complete, .undrained: return (.ok, nil)
    case .broken:
      return (
        .streamBroken,
        .init(type: "stream_broken", message: "The vendor's answer ended before it was complete.")
      )
    case .silent:
      return (
        .streamBroken,
        .init(type: "vendor_timeout", message: "The vendor fell silent in the middle of its answer.")
      )
    case .stopped:
      return (
        .streamBroken,
        .init(type: "proxy_stopped", message: "The proxy stopped before the answer was complete.")
      )
    }
  }
}
