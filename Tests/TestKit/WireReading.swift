public import HTTPWire
internal import NIOCore

/// A message as a test looks at it: what two readers must agree on.
public struct ReadMessage: Equatable, CustomStringConvertible, Sendable {
  /// Method and target, or the status.
  public var start: String
  /// Names in small letters.
  public var fields: [String]
  public var body: [UInt8]
  public var keepsAlive: Bool

  public init(start: String, fields: [String], body: [UInt8], keepsAlive: Bool) {
    self.start = start
    self.fields = fields
    self.body = body
    self.keepsAlive = keepsAlive
  }

  public var description: String {
    "\(start) \(fields) \(String(decoding: body, as: UTF8.self).debugDescription) \(keepsAlive)"
  }
}

public enum WireReading {
  public static let limit = HeadLimit(bytesMax: 4096, fieldsMax: 32)

  /// Every whole message in `pieces`, as they come one after another, and the fault that ended the reading.
  public static func requests(_ pieces: [[UInt8]], limit: HeadLimit = limit) -> ([ReadMessage], WireFault?) {
    read(pieces, limit) { reader, input throws(WireFault) in
      try reader.request(&input).map { head in
        (
          ReadMessage(
            start: "\(head.method.rawValue) \(head.target)", fields: fields(head.headers), body: [],
            keepsAlive: head.keepsAlive), head.body
        )
      }
    }
  }

  public static func responses(_ pieces: [[UInt8]], limit: HeadLimit = limit) -> ([ReadMessage], WireFault?) {
    read(pieces, limit) { reader, input throws(WireFault) in
      try reader.response(&input).map { head in
        (
          ReadMessage(
            start: "\(head.status)", fields: fields(head.headers), body: [], keepsAlive: head.keepsAlive),
          head.body
        )
      }
    }
  }

  public static func requests(_ text: String) -> ([ReadMessage], WireFault?) { requests([Array(text.utf8)]) }
  public static func responses(_ text: String) -> ([ReadMessage], WireFault?) {
    responses([Array(text.utf8)])
  }

  private static func fields(_ headers: HeaderFields) -> [String] {
    headers.pairs.map { "\($0.name.lowercased()): \($0.value)" }
  }

  private static func read(
    _ pieces: [[UInt8]], _ limit: HeadLimit,
    _ head: (inout HeadReader, inout ByteBuffer) throws(WireFault) -> (ReadMessage, BodyFraming)?
  ) -> ([ReadMessage], WireFault?) {
    var reader = HeadReader(limit)
    var input = ByteBuffer()
    var messages: [ReadMessage] = []
    var current: (message: ReadMessage, body: BodyReader)?
    do throws(WireFault) {
      for piece in pieces {
        input.writeBytes(piece)
        reading: while true {
          if current == nil {
            guard input.readableBytes > 0, let found = try head(&reader, &input) else { break reading }
            current = (found.0, BodyReader(found.1))
          }
          guard var (message, body) = current else { break }
          switch try body.next(&input) {
          case .bytes(let bytes):
            message.body += Array(bytes.readableBytesView)
            current = (message, body)
          case .more:
            current = (message, body)
            break reading
          case .end:
            messages.append(message)
            current = nil
          }
        }
      }
    } catch {
      return (messages, error)
    }
    if let current, current.body.endsAtClose { messages.append(current.message) }
    return (messages, nil)
  }
}
