/// A vendor's answer in, piece by piece; what the client gets of each piece, and in the end the log's facts,
/// out.
internal import JSON
internal import Ledger
internal import NIOCore
internal import HTTPWire
internal import RawLog

final class AnswerMeter {
  let vendorRequestID: String?
  private let status: Int
  private let format: AnswerFormat
  private let answerCopyBytesMax: Int
  private let tape: JSONTape
  private var stream: (any AnswerStream)?
  private var inflater: Inflater?
  /// An answer that is no stream, in the pieces it came in; nil when it grew too long to keep, or is not read.
  private var copy: [ByteBuffer]? = []
  private var copyBytes = 0
  /// An answer that is no stream and is to say what it cost.
  private var held: HeldAnswer?
  /// A batch's results, read as they pass.
  private var results: FetchedResults?
  /// The rest of a Content-Length.
  private var bytesLeft: Int?
  private var facts: AnswerFacts?
  /// Bedrock's counts and error words.
  private var countHeaders: [(name: String, value: String)] = []
  private var errorType: String?

  init(
    _ head: ResponseHead, call: Call, asksForUsage: Bool, cost: CostInUsage?, tape: JSONTape,
    limits: ProxyLimits
  ) {
    let headers = head.headers
    let endpoint = call.endpoint
    self.vendorRequestID =
      headers.first("x-request-id") ?? headers.first("request-id")
      ?? headers.first("x-amzn-requestid") ?? headers.first("apim-request-id")
    self.status = head.status
    self.format = endpoint.answer
    self.answerCopyBytesMax = limits.answerCopyBytesMax
    self.tape = tape
    self.bytesLeft = headers.withFirst("content-length") { $0.wholeNumber } ?? nil
    let coding = headers.withFirst("content-encoding") { $0.string.lowercased() } ?? "identity"
    let isPlain = coding == "identity" || coding.isEmpty
    let isOK = (200..<300).contains(status)
    let type = headers.withFirst("content-type") { MediaType($0) } ?? .other
    if isOK, format != .none {
      stream = Self.stream(
        type, call: call, hidesUsage: asksForUsage && isPlain, cost: isPlain ? cost : nil, tape: tape,
        limits: limits)
      if let cost, isPlain, stream == nil, type == .json {
        held = HeldAnswer(cost, format: format, tape: tape, bytesMax: limits.answerCopyBytesMax)
      }
    }
    if format == .invoke { countHeaders = headers.pairs }
    if !isOK, endpoint.dialect == .bedrock {
      errorType = headers.first("x-amzn-errortype").map { String($0.prefix { $0 != ":" }) }
    }
    if isOK, case .results = endpoint.metering {
      results = FetchedResults(dialect: endpoint.dialect, tape: tape, lineBytesMax: limits.eventLineBytesMax)
    }
    // Of sound and of what is free nothing is learned.
    let isRead = isOK ? format != .none && type != .binary : true
    if results != nil || !isRead { copy = nil }
    guard !isPlain else { return }
    inflater = Inflater(coding: coding, outputBytesMax: inflatedBytesMax(limits))
    // What cannot be read is relayed and not kept.
    if inflater == nil { stopReading() }
  }

  private func inflatedBytesMax(_ limits: ProxyLimits) -> Int {
    if results != nil { return limits.resultsBytesMax }
    return stream == nil ? limits.answerCopyBytesMax : limits.answerCopyBytesMax * 8
  }

  /// An encoded stream cannot be edited; a vendor that encodes what was asked for plain keeps its chunks.
  private static func stream(
    _ type: MediaType, call: Call, hidesUsage: Bool, cost: CostInUsage?, tape: JSONTape,
    limits: ProxyLimits
  ) -> (any AnswerStream)? {
    let format = call.endpoint.answer
    switch type {
    case .json where hidesUsage && call.endpoint.rewritesAnswer:
      return BatchPage(tape: tape, bytesMax: limits.ownPageBytesMax)
    case .events:
      return EventStream(
        format: format, hidesUsage: hidesUsage, cost: cost, tape: tape,
        lineBytesMax: limits.eventLineBytesMax)
    case .frames:
      return FrameStream(format: format, tape: tape, messageBytesMax: limits.eventLineBytesMax * 2)
    case .json where call.streams && format == .gemini:
      return ArrayStream(format: format, tape: tape, elementBytesMax: limits.eventLineBytesMax)
    case .json, .binary, .other: return nil
    }
  }

  var isStream: Bool { stream != nil }

  var changesBytes: Bool { held != nil || stream?.changesBytes ?? false }

  /// The length of an answer that was held until all of it was there.
  var heldLength: Int? { held?.length }

  /// A Content-Length is used up.
  var isAtLength: Bool { bytesLeft == 0 }

  /// The bytes given last hold what a client takes for the end.
  var isLastForClient: Bool { bytesLeft == 0 || (stream?.sawTerminal ?? false) }

  /// A stream says itself when it is complete; of anything else HTTP's word is enough.
  var isComplete: Bool { stream.map { $0.isBlind || $0.isWhole } ?? true }

  // MARK: - The way through

  /// Reads a piece and gives what the client gets of it now.
  func take(_ bytes: ByteBuffer) -> ByteBuffer {
    if let left = bytesLeft { bytesLeft = max(0, left - bytes.readableBytes) }
    if inflater != nil {
      inflate(bytes)
      return bytes
    }
    guard stream != nil else {
      bytes.withUnsafeReadableBytes { results?.take($0) }
      keep(bytes)
      return held?.take(bytes) ?? bytes
    }
    let passed = bytes.withUnsafeReadableBytes { stream?.take($0) }
    guard let passed else { return bytes }
    return ByteBuffer(bytes: passed)
  }

  /// Nothing more comes: reads what was left open and gives what was held back.
  func finish() -> ByteBuffer {
    results?.finish()
    if let rest = held?.finish() { return rest }
    guard let rest = stream?.finish(), !rest.isEmpty else { return ByteBuffer() }
    return ByteBuffer(bytes: rest)
  }

  private func stopReading() {
    copy = nil
    stream?.stopReading()
    results?.stopReading()
  }

  /// The items of a batch that have passed since it was asked last.
  func takeItems() -> [FetchedItem] { results?.takeItems() ?? [] }

  private func keep(_ bytes: ByteBuffer) {
    guard copy != nil else { return }
    copyBytes += bytes.readableBytes
    if copyBytes > answerCopyBytesMax { copy = nil }
    copy?.append(bytes)
  }

  private func inflate(_ bytes: ByteBuffer) {
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
      plain.withUnsafeReadableBytes { results?.take($0) }
      keep(plain)
    } else {
      _ = plain.withUnsafeReadableBytes { stream?.take($0) }
    }
  }

  // MARK: - The log

  /// Fills in what the answer told.
  /// - Returns: what else it told.
  @discardableResult
  func complete(
    _ record: inout LogRecord, ending: Exchange.Ending, isClientThere: Bool, textBytes: Int,
    billing: [LogRecord.BillingFact]
  ) -> AnswerFacts {
    var facts = stream?.facts ?? wholeAnswer()
    for header in countHeaders { facts.merged?.takeHeader(header.name, header.value) }
    if let errorType { facts.error = .init(type: identifierText(errorType), code: nil) }
    record.responseID = facts.responseID
    record.modelReturned = facts.model
    record.billing = facts.billing
    let usage = facts.usage
    record.usage = usage?.json
    if record.usage != nil { record.usageSource = .vendor }
    let isOK = (200..<300).contains(status)
    // Of an answer that came, its units are billed; those that the vendor counts itself are in its usage.
    if isOK { record.billing += billing }
    // Of a stream that could not be read to its end, nobody knows how much it was.
    if let stream, !stream.isBlind, format != .units, record.usage == nil || !isFinal(facts, ending) {
      record.usage =
        VendorUsage.estimate(
          format, known: usage, requestTextBytes: textBytes, answerTextBytes: facts.textBytes
        ).json
      record.usageSource = .estimated
    }
    if facts.isBackground { record.meteredID = facts.responseID }
    (record.outcome, record.error) = outcome(facts, ending, isClientThere: isClientThere)
    return facts
  }

  /// Where no event is the last word on usage, the end of the answer is.
  private func isFinal(_ facts: AnswerFacts, _ ending: Exchange.Ending) -> Bool {
    if facts.usageIsFinal { return true }
    if case .complete = ending { return format == .invoke || format == .gemini }
    return false
  }

  private func wholeAnswer() -> AnswerFacts {
    var facts = AnswerFacts(format)
    guard let copy, !copy.isEmpty else { return facts }
    var whole = copy[0]
    for piece in copy.dropFirst() { whole.writeImmutableBuffer(piece) }
    whole.withUnsafeReadableBytes { bytes in
      do throws(JSONError) {
        let value = try tape.parse(bytes)
        // A refused stream of Gemini's is an array of one error.
        facts.readWholeAnswer(value.kind == .array ? value.elements.first ?? value : value)
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

/// What an answer's content type means for the reading of it.
private enum MediaType {
  case json, events, frames, binary, other

  init(_ header: WireText) {
    switch header.upTo(UInt8(ascii: ";")).trimmed {
    case "application/json": self = .json
    case "text/event-stream": self = .events
    case "application/vnd.amazon.eventstream": self = .frames
    case let type where type.starts(with: "audio/") || type.matches("application/octet-stream"):
      self = .binary
    default: self = .other
    }
  }
}
