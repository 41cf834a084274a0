/// A vendor's head in; what of it the client gets, out.
internal import HTTPWire
internal import NIOCore

struct AnswerHead {
  let head: ResponseHead
  private let requestID: String
  /// The vendor's length is the client's, too.
  private let keepsLength: Bool
  private var relayed = FieldSet()
  /// Of an answer that was held until all of it was there.
  var length: Int?

  init(_ head: ResponseHead, requestID: String, keepsLength: Bool) {
    self.head = head
    self.requestID = requestID
    let keepsLength = keepsLength && head.status != 204
    self.keepsLength = keepsLength
    var connectionOptions: [String] = []
    var relayed = FieldSet()
    head.headers.forEach { index, name, value in
      if name.matches("connection") {
        value.forEachPart { connectionOptions.append($0.string.lowercased()) }
      } else if !isHopByHop(name), keepsLength || !name.matches("content-length") {
        relayed.insert(index)
      }
    }
    for option in connectionOptions where option != "close" && option != "keep-alive" {
      head.headers.forEach { index, name, _ in if name.matches(option) { relayed.remove(index) } }
    }
    self.relayed = relayed
  }

  /// Whatever its headers say.
  private var hasNoBody: Bool { head.status == 204 || head.status == 304 }

  /// How the client learns where the body ends.
  enum End { case none, length, chunks, close }

  func end(_ version: HTTPVersion) -> End {
    if hasNoBody { return .none }
    switch head.body {
    case .none where keepsLength, .length where keepsLength: return .length
    case _ where length != nil: return .length
    case .none, .length, .chunked, .untilClose: return version == .http11 ? .chunks : .close
    }
  }

  /// - Parameter connection: what is said of the connection, where something must be.
  func write(to bytes: inout ByteBuffer, end: End, connection: String?) {
    bytes.writeStatusLine(head.status, head.reason)
    bytes.writeFields(head.headers, relayed)
    bytes.writeField("x-tollbook-request-id", requestID)
    if let length { bytes.writeField("content-length", length) }
    if end == .chunks { bytes.writeField("transfer-encoding", "chunked") }
    if let connection { bytes.writeField("connection", connection) }
    bytes.writeHeadEnd()
  }
}

/// Headers that speak of one connection and not of the message.
func isHopByHop(_ name: WireText) -> Bool {
  switch name {
  case "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
    "trailer", "transfer-encoding", "upgrade":
    true
  default: false
  }
}
