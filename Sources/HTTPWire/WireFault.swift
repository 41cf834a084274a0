/// Why a message is refused before anybody looks at what it says.
public struct WireFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a server answers to it: 400, 431, 501 or 505.
  public let status: Int
  /// A sentence of this program's own; nothing of the message is in it.
  public let description: String

  private init(_ status: Int, _ description: String) {
    self.status = status
    self.description = description
  }
}

extension WireFault {
  static let startLine = WireFault(400, "The first line is none of HTTP's.")
  static let version = WireFault(505, "The message is neither HTTP/1.1 nor HTTP/1.0.")
  static let lineFeed = WireFault(400, "A line ends in a line feed without a carriage return.")
  static let folded = WireFault(400, "A header goes on in the next line.")
  static let fieldName = WireFault(400, "A header's name is empty, or has a character that no name has.")
  static let fieldValue = WireFault(400, "A header's value has a control character.")
  static let headTooLarge = WireFault(431, "The head is longer, or has more headers, than is taken.")
  static let host = WireFault(400, "There must be one Host.")
  static let length = WireFault(400, "There must be one Content-Length, of digits alone.")
  static let twoLengths = WireFault(400, "Transfer-Encoding and Content-Length are both there.")
  static let coding = WireFault(501, "Of transfer codings only chunked is taken, once and in HTTP/1.1.")
  static let chunk = WireFault(400, "A chunk is not as HTTP has it.")
  public static let unasked = WireFault(400, "The answer is to something that was not asked.")
  static let trailers = WireFault(400, "What follows the last chunk is no trailer, or too long.")
}
