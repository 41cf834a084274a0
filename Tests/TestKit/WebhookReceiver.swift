/// A chat service on 127.0.0.1: takes deliveries, keeps them, and gives the scripted answers in order, the
/// last one for ever.
public final class WebhookReceiver: Sendable {
  public struct Answer: Sendable {
    /// Nil drops the connection after the delivery was received: the sender cannot know whether it arrived.
    public var status: Int?
    public var headers: [RecordedRequest.Header]
    public var delayMilliseconds: Int
    public var body: [UInt8]

    public init(
      status: Int?, headers: [RecordedRequest.Header] = [], delayMilliseconds: Int = 0,
      body: [UInt8] = Array("ok".utf8)
    ) {
      self.status = status
      self.headers = headers
      self.delayMilliseconds = delayMilliseconds
      self.body = body
    }

    /// `429:1` is a 429 with `retry-after: 1`, `200~500` waits 500 ms, `drop` closes the connection.
    public init(_ text: String) throws(StandInFaultError) {
      let timed = text.split(separator: "~", maxSplits: 1).map { trimmed($0) }
      let parts = (timed.first ?? "").split(separator: ":", maxSplits: 1).map { trimmed($0) }
      self.init(status: nil)
      if timed.count > 1 {
        guard let delay = Int(timed[1]), delay >= 0 else { throw Self.unreadable(text) }
        delayMilliseconds = delay
      }
      guard let word = parts.first, word != "drop" else {
        if parts.isEmpty { throw Self.unreadable(text) }
        return
      }
      guard let number = Int(word), (100...999).contains(number) else { throw Self.unreadable(text) }
      status = number
      if parts.count > 1 { headers.append(.init("retry-after", parts[1])) }
    }

    private static func unreadable(_ text: String) -> StandInFaultError {
      StandInFaultError(message: "an answer is STATUS[:RETRY-AFTER][~DELAY-MS] or drop, not '\(text)'")
    }
  }

  private let server: ScriptedServer

  public init(
    script: [Answer] = [Answer(status: 200)],
    received: @escaping @Sendable (RecordedRequest) -> Void = { _ in }
  ) {
    precondition(!script.isEmpty, "a script has at least one answer")
    server = ScriptedServer { request in
      received(request)
      let answer = script[min(request.number, script.count) - 1]
      var steps: [HTTPAnswer.Step] = []
      if answer.delayMilliseconds > 0 { steps.append(.pause(milliseconds: answer.delayMilliseconds)) }
      guard let status = answer.status else { return HTTPAnswer(steps: steps + [.cut]) }
      let whole = HTTPAnswer.whole(status: status, headers: answer.headers, body: answer.body)
      return HTTPAnswer(steps: steps + whole.steps)
    }
  }

  /// Answers from a text such as `429:1,200`.
  public static func script(_ text: String) throws(StandInFaultError) -> [Answer] {
    var answers: [Answer] = []
    for part in text.split(separator: ",") { answers.append(try Answer(String(part))) }
    guard !answers.isEmpty else { throw StandInFaultError(message: "the script has no answer") }
    return answers
  }

  @discardableResult
  public func start(port: Int = 0) async throws -> Int { try await server.start(port: port) }
  public func stop() async throws { try await server.stop() }

  public var port: Int { server.port }
  public var deliveries: [RecordedRequest] { server.requests }
}
