/// The vendors on 127.0.0.1: takes requests of OpenAI's chat completions and Anthropic's messages, and of the families in
/// `StandInFamilies`, and answers as they do.
///
/// The same request gets the same bytes. What should go wrong is asked for in an `x-stand-in` header (see
/// `StandInFault`) or, for every request, when the stand-in is made.
public final class VendorStandIn: Sendable {
  private let server: ScriptedServer

  public init(
    defaultFault: StandInFault = .init(),
    received: @escaping @Sendable (RecordedRequest) -> Void = { _ in },
    ended: @escaping ScriptedServer.Ended = { _, _ in }
  ) {
    server = ScriptedServer(ended: ended) { request in
      received(request)
      return VendorStandIn.answer(to: request, defaultFault: defaultFault)
    }
  }

  /// Port 0 takes a free one; the one taken comes back.
  @discardableResult
  public func start(port: Int = 0) async throws -> Int { try await server.start(port: port) }
  public func stop() async throws { try await server.stop() }

  public var port: Int { server.port }
  /// The requests received, oldest first.
  public var requests: [RecordedRequest] { server.requests }
  public var requestsCount: Int { server.requestsCount }
  /// How each answer ended, by the request's number.
  public var outcomes: [Int: AnswerOutcome] { server.outcomes }

  /// What the vendor does for a request: a pure function of it.
  public static func answer(to request: RecordedRequest, defaultFault: StandInFault) -> HTTPAnswer {
    guard var question = StandInQuestion(dialectOf: request) else {
      return StandInFamilies.answer(to: request, defaultFault: defaultFault) ?? elsewhere(request)
    }
    guard request.method == "POST" else {
      return refusal(405, "invalid_request_error", nil, "Not allowed to \(request.method) here.", question)
    }
    let fault: StandInFault
    do throws(StandInFaultError) {
      fault = try StandInFault(request.values("x-stand-in").joined(separator: ";"), over: defaultFault)
    } catch {
      return refusal(400, "invalid_request_error", "bad_x_stand_in", error.message, question)
    }
    do throws(StandInQuestion.Refusal) {
      try question.read(request)
    } catch {
      return refusal(error.status, error.type, error.code, error.message, question)
    }
    let retries = request.value("x-stainless-retry-count").flatMap { Int($0) } ?? 0
    if let status = fault.status, fault.untilRetry == 0 || retries < fault.untilRetry {
      return failure(status, question, fault)
    }
    return success(question, fault, request)
  }

  // MARK: - Answers

  private static func success(
    _ question: StandInQuestion, _ fault: StandInFault, _ request: RecordedRequest
  ) -> HTTPAnswer {
    if fault.hang == .head { return HTTPAnswer(steps: [.hang]) }
    var pieces = question.stream ? streamPieces(question, fault) : [plainBody(question, fault)]
    var headers = vendorHeaders(question)
    let mediaType = question.stream ? "text/event-stream; charset=utf-8" : "application/json"
    headers.append(.init("content-type", mediaType))
    if question.stream { headers.append(.init("cache-control", "no-cache")) }
    let accepts = request.values("accept-encoding").joined(separator: ",").lowercased().contains("gzip")
    if fault.gzip == .always || (fault.gzip == .accepted && accepts) {
      pieces = gzipped(pieces)
      headers.append(.init("content-encoding", "gzip"))
    }
    if question.stream {
      headers.append(.init("transfer-encoding", "chunked"))
    } else {
      headers.append(.init("content-length", String(pieces.reduce(0) { $0 + $1.count })))
    }
    if fault.close { headers.append(.init("connection", "close")) }
    var steps: [HTTPAnswer.Step] = []
    if fault.delayMilliseconds > 0 { steps.append(.pause(milliseconds: fault.delayMilliseconds)) }
    steps.append(.head(status: 200, headers: headers))
    return HTTPAnswer(steps: steps + delivery(pieces, fault))
  }

  /// How a body goes out: whole events or small pieces, with pauses, and perhaps not to its end.
  static func delivery(_ pieces: [[UInt8]], _ fault: StandInFault) -> [HTTPAnswer.Step] {
    var steps: [HTTPAnswer.Step] = []
    let total = pieces.reduce(0) { $0 + $1.count }
    var stop = fault.cutAtByte ?? Int.max
    if fault.hang == .body { stop = min(stop, total / 2) }
    var sent = 0
    for (index, piece) in pieces.enumerated() {
      if index > 0, fault.eventMilliseconds > 0 {
        steps.append(.pause(milliseconds: fault.eventMilliseconds))
      }
      let size = fault.pieceBytes ?? max(1, piece.count)
      var at = 0
      while at < piece.count, sent < stop {
        let end = min(at + min(size, stop - sent), piece.count)
        steps.append(.body(Array(piece[at..<end])))
        if fault.pieceMilliseconds > 0 { steps.append(.pause(milliseconds: fault.pieceMilliseconds)) }
        sent += end - at
        at = end
      }
      if sent >= stop {
        // A cut behind the last byte of a stream still withholds the end of the stream.
        return steps + [fault.hang == .body ? .hang : .cut]
      }
    }
    return steps + [.end]
  }

  private static func failure(_ status: Int, _ question: StandInQuestion, _ fault: StandInFault) -> HTTPAnswer
  {
    let (type, code) = openAIError(status)
    var answer = refusal(
      status, question.dialect == .openAI ? type : StandInAnthropic.errorType(status), code,
      "The stand-in was asked to fail. You said: \(question.lastText)", question,
      retryAfterSeconds: fault.retryAfterSeconds)
    if fault.delayMilliseconds > 0 {
      answer.steps.insert(.pause(milliseconds: fault.delayMilliseconds), at: 0)
    }
    return answer
  }

  private static func refusal(
    _ status: Int, _ type: String, _ code: String?, _ message: String, _ question: StandInQuestion,
    retryAfterSeconds: Int? = nil
  ) -> HTTPAnswer {
    var headers = vendorHeaders(question)
    headers.append(.init("content-type", "application/json"))
    if let retryAfterSeconds { headers.append(.init("retry-after", String(retryAfterSeconds))) }
    let body =
      switch question.dialect {
      case .openAI: StandInOpenAI.errorBody(type, code, message)
      case .anthropic:
        StandInAnthropic.errorBody(type, message, requestID: "req_" + question.digestText)
      }
    return .whole(status: status, headers: headers, body: body)
  }

  /// OpenAI's words for a status.
  private static func openAIError(_ status: Int) -> (type: String, code: String?) {
    switch status {
    case 400: ("invalid_request_error", nil)
    case 401: ("invalid_request_error", "invalid_api_key")
    case 403: ("insufficient_permissions", nil)
    case 404: ("invalid_request_error", "model_not_found")
    case 429: ("requests", "rate_limit_exceeded")
    default: status >= 500 ? ("server_error", nil) : ("invalid_request_error", nil)
    }
  }

  private static func elsewhere(_ request: RecordedRequest) -> HTTPAnswer {
    if request.method == "HEAD" { return HTTPAnswer(steps: [.head(status: 200, headers: []), .end]) }
    let message = "Invalid URL (\(request.method) \(request.path))"
    return .whole(
      status: 404, headers: [.init("content-type", "application/json")],
      body: StandInOpenAI.errorBody("invalid_request_error", nil, message))
  }

  private static func vendorHeaders(_ question: StandInQuestion) -> [RecordedRequest.Header] {
    switch question.dialect {
    case .openAI: StandInOpenAI.headers(question.digestText)
    case .anthropic: StandInAnthropic.headers(question.digestText)
    }
  }

  private static func plainBody(_ question: StandInQuestion, _ fault: StandInFault) -> [UInt8] {
    switch question.dialect {
    case .openAI: StandInOpenAI.plain(question, fault)
    case .anthropic: StandInAnthropic.plain(question, fault)
    }
  }

  /// Each piece is one event with its line ends, as the vendors write them.
  private static func streamPieces(_ question: StandInQuestion, _ fault: StandInFault) -> [[UInt8]] {
    let lineEnd = fault.crlf ? "\r\n" : "\n"
    var texts: [String]
    let error: String
    switch question.dialect {
    case .openAI:
      texts = StandInOpenAI.events(question, fault).map { "data: \($0)" + lineEnd + lineEnd }
      error = "data: \(StandInOpenAI.errorEvent(question))" + lineEnd + lineEnd
    case .anthropic:
      func text(_ event: StandInAnthropic.Event) -> String {
        "event: \(event.name)" + lineEnd + "data: \(event.data)" + lineEnd + lineEnd
      }
      texts = StandInAnthropic.events(question, fault).map { text($0) }
      error = text(StandInAnthropic.errorEvent(question))
    }
    if fault.noTerminal { texts.removeLast() }
    if let count = fault.errorEventAfter { texts = texts.prefix(count) + [error] }
    if fault.comments {
      // Before the first events and the last one: where they stand does not depend on the usage chunk.
      texts = texts.enumerated().flatMap { index, text in
        index < 3 || index == texts.count - 1 ? [": keep-alive" + lineEnd + lineEnd, text] : [text]
      }
    }
    return texts.map { Array($0.utf8) }
  }
}
