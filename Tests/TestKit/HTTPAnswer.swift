/// A request as the server received it.
public struct RecordedRequest: Sendable {
  /// Counts a server's requests from 1.
  public var number: Int
  public var method: String
  /// As sent: path and query, nothing decoded.
  public var target: String
  /// In the order and the letters received, repeated ones included.
  public var headers: [Header]
  public var body: [UInt8]
  /// What came over the socket, head and framing included. Exact where requests do not overlap.
  public var rawBytes: [UInt8]

  public struct Header: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public init(
    number: Int, method: String, target: String, headers: [Header], body: [UInt8], rawBytes: [UInt8] = []
  ) {
    self.number = number
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.rawBytes = rawBytes
  }

  public var path: String { String(target.prefix { $0 != "?" }) }

  public func values(_ name: String) -> [String] {
    headers.filter { $0.name.lowercased() == name }.map(\.value)
  }

  /// The first header of that name, given in lower case.
  public func value(_ name: String) -> String? { values(name).first }
}

/// What a server does for one request, step by step: a value, so that equal answers can be shown to be
/// equal.
public struct HTTPAnswer: Sendable {
  public enum Step: Sendable, Equatable {
    case head(status: Int, headers: [RecordedRequest.Header])
    /// One write to the socket: with a chunked answer, one chunk.
    case body([UInt8])
    case pause(milliseconds: Int)
    /// Nothing more, until the client leaves.
    case hang
    /// The connection is closed here, whatever was promised.
    case cut
    case end
  }

  public var steps: [Step]

  public init(steps: [Step]) { self.steps = steps }

  /// An answer that is sent at once.
  public static func whole(
    status: Int, headers: [RecordedRequest.Header] = [], body: [UInt8] = []
  ) -> HTTPAnswer {
    let length = RecordedRequest.Header("content-length", String(body.count))
    var steps: [Step] = [.head(status: status, headers: headers + [length])]
    if !body.isEmpty { steps.append(.body(body)) }
    steps.append(.end)
    return HTTPAnswer(steps: steps)
  }
}

/// How the answering of one request ended.
public enum AnswerOutcome: String, Sendable {
  case finished
  /// The client closed the connection before the answer was complete.
  case peerLeft = "peer_left"
  /// The script said so.
  case cut
}
