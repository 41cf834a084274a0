/// What the first line and the headers of a message say, as far as HTTP itself acts on it.

public struct RequestHead: Sendable {
  public let method: HTTPMethod
  /// As it was sent; printable ASCII.
  public let target: String
  public let version: HTTPVersion
  public let headers: HeaderFields
  public let body: BodyFraming
  /// The connection is to serve another request.
  public let keepsAlive: Bool
}

public struct ResponseHead: Sendable {
  public let status: Int
  public let reason: String
  public let version: HTTPVersion
  public let headers: HeaderFields
  public let body: BodyFraming
  public let keepsAlive: Bool
}

/// How long a body is.
public enum BodyFraming: Sendable, Hashable {
  case none
  case length(Int)
  case chunked
  /// All that comes until the connection ends.
  case untilClose
}

/// What the headers say of the body and the connection.
struct Framing {
  private(set) var length: Int?
  private(set) var isChunked = false
  private(set) var hosts = 0
  private(set) var closes = false
  private(set) var keepsAlive = false

  /// Everything that two readers of one message could understand in two ways is refused.
  init(_ headers: HeaderFields, _ version: HTTPVersion) throws(WireFault) {
    var fault: WireFault?
    var framing = Self()
    headers.forEach { _, name, value in
      switch name.count {
      case 4 where name.matches("host"): framing.hosts += 1
      case 10 where name.matches("connection"): framing.takeConnection(value)
      case 14 where name.matches("content-length"):
        guard framing.length == nil, let length = value.wholeNumber else { return fault = .length }
        framing.length = length
      case 17 where name.matches("transfer-encoding"):
        guard !framing.isChunked, value.matches("chunked"), version == .http11 else { return fault = .coding }
        framing.isChunked = true
      default: break
      }
    }
    if let fault { throw fault }
    if framing.isChunked, framing.length != nil { throw .twoLengths }
    self = framing
  }

  private init() {}

  private mutating func takeConnection(_ value: WireText) {
    value.forEachPart { word in
      if word.matches("close") { closes = true }
      if word.matches("keep-alive") { keepsAlive = true }
    }
  }

  func isKept(_ version: HTTPVersion) -> Bool { !closes && (version == .http11 || keepsAlive) }
}
