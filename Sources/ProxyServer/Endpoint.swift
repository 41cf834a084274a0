/// A request's method and target in; which kind of request it is, and where it goes at the vendor, out.
///
/// Each family of vendors describes its requests as values of these types, in a file of its own in `Vendors`; no other
/// file names a vendor's path. Paths are read as they were sent: nothing is decoded before it is taken apart.
package import HTTPWire

/// One kind of request.
package struct Endpoint: Sendable, Equatable {
  /// What the raw log calls it.
  package let name: String
  package let dialect: Dialect
  let model: ModelPlace
  package let answer: AnswerFormat
  let metering: Metering

  package static func == (one: Endpoint, other: Endpoint) -> Bool { one.name == other.name }

  /// The client gets another address in it than the vendor wrote.
  var rewritesAnswer: Bool { dialect == .anthropic && answer == .batch }

  init(
    _ name: String, _ dialect: Dialect, model: ModelPlace, answer: AnswerFormat,
    metering: Metering = .request
  ) {
    self.name = name
    self.dialect = dialect
    self.model = model
    self.answer = answer
    self.metering = metering
  }
}

/// Where a request names its model.
enum ModelPlace: Sendable {
  /// A JSON body's `model`.
  case body
  /// As `body`, and there may be none.
  case optional
  /// A form's part `model`.
  case form
  /// The path; the body is JSON.
  case path
  /// Each element of `requests` has a body of its own.
  case batch
  /// There is none, and the body is not looked at.
  case none
}

enum Metering: Sendable {
  /// A `start` and an `end`.
  case request
  /// Costs nothing, so the books need no line of it; it passes.
  case free
  /// Fetches an answer that was made in the background, which is metered once, under the key that asked for it.
  case background
  /// Fetches a batch's results: an `end` for each that was not metered before.
  case results
  /// The proxy answers it by itself.
  case own(OwnPage)
}

/// What the proxy knows without a vendor.
enum OwnPage: Sendable { case models, model(String), modelInfo }

/// One request's endpoint with what its target says.
package struct Call: Sendable {
  package let endpoint: Endpoint
  var method = HTTPMethod.POST
  package let path: VendorPath
  /// The path alone says that the answer is a stream.
  var streams = false
  /// What a fetch asks for: a response's, a batch's or a file's id.
  var workID: String?

  /// The model that the path names, decoded.
  package var pathModel: String? { path.model.map { percentDecoded($0) } }
}

/// A path at the vendor, in pieces, so that another model can be put in.
package struct VendorPath: Sendable {
  enum Root: Sendable {
    /// Behind the base URL's version, `/v1` where it has none.
    case version
    /// Behind a version that the client chose, unless the base URL has one.
    case clientVersion(String)
    /// Behind the base URL as it is.
    case host
    /// Azure's: the model is a deployment.
    case deployment
  }

  var root: Root
  var before: String
  /// As it was sent.
  var model: String?
  var after = ""

  init(_ root: Root, _ before: String, model: String? = nil, after: String = "") {
    self.root = root
    self.before = before
    self.model = model
    self.after = after
  }
}

extension Call {
  /// - Parameter target: as it stands in the request line.
  /// - Returns: nil where the proxy serves no such path.
  package static func match(_ method: HTTPMethod, target: String, headers: HeaderFields) -> Call? {
    let path = pathOnly(target)
    if method == .POST {
      // Nearly all requests are these.
      switch path {
      case "/v1/chat/completions", "/chat/completions": return chat
      case "/v1/messages", "/messages": return messages
      default: break
      }
    }
    if let call = bedrock(method, path) ?? gemini(method, path, target: target, headers) { return call }
    return anthropic(method, path, headers) ?? openAI(method, path)
  }

  /// The methods that would be taken at this path.
  static func methods(target: String, headers: HeaderFields) -> [HTTPMethod] {
    [.GET, .POST, .DELETE].filter { match($0, target: target, headers: headers) != nil }
  }
}

/// What stands before the query.
func pathOnly(_ target: String) -> Substring {
  target[..<(target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex)]
}

/// A model's name out of a path; nil for what would be another path to somebody who decodes and climbs.
func modelName(_ text: Substring) -> String? {
  let name = percentDecoded(text)
  let parts = name.split(separator: "/", omittingEmptySubsequences: false)
  guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }),
    name.utf8.allSatisfy({ $0 > 32 && $0 != 127 && $0 != UInt8(ascii: "%") && $0 != UInt8(ascii: "\\") })
  else { return nil }
  return name
}

/// Paths whose first part tells which family is meant, for clients that are pointed at such a base.
func withoutFamily(_ path: Substring, _ family: String) -> Substring {
  path.hasPrefix(family + "/") ? path.dropFirst(family.count) : path
}

/// A table of paths in which `*` is one part of any text, without a slash.
struct PathTable: Sendable {
  struct Row: Sendable {
    var method: HTTPMethod
    var parts: [Substring]
    var endpoint: Endpoint
  }

  private let rows: [Row]

  init(_ rows: [(HTTPMethod, String, Endpoint)]) {
    self.rows = rows.map { Row(method: $0.0, parts: $0.1.split(separator: "/"), endpoint: $0.2) }
  }

  /// - Returns: the endpoint, and what stood for the first `*`.
  func find(_ method: HTTPMethod, _ path: Substring) -> (endpoint: Endpoint, id: String?)? {
    guard path.first == "/" else { return nil }
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    for row in rows where row.method == method && row.parts.count == parts.count {
      guard zip(row.parts, parts).allSatisfy({ $0 == $1 || $0 == "*" && Self.isPlain($1) }) else { continue }
      return (row.endpoint, row.parts.firstIndex(of: "*").map { String(parts[$0]) })
    }
    return nil
  }

  /// An id is a word; dots that climb and other ways around a path are none.
  private static func isPlain(_ part: Substring) -> Bool {
    part != "." && part != ".." && !part.isEmpty
      && part.utf8.allSatisfy { byte in
        byte >= 97 && byte <= 122 || byte >= 65 && byte <= 90 || byte >= 48 && byte <= 57 || byte == 45
          || byte == 46 || byte == 95 || byte == 58
      }
  }
}

// MARK: - Percent signs

/// Decoded once; what is no escape stays.
func percentDecoded(_ text: some StringProtocol) -> String {
  guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
  let bytes = Array(text.utf8)
  var result: [UInt8] = []
  var at = 0
  while at < bytes.count {
    if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, let high = hexDigit(bytes[at + 1]),
      let low = hexDigit(bytes[at + 2])
    {
      result.append(high << 4 | low)
      at += 3
    } else {
      result.append(bytes[at])
      at += 1
    }
  }
  return String(decoding: result, as: UTF8.self)
}

/// Everything but letters, digits and `-._~` is escaped, as RFC 3986 has it, and what `plus` names.
func percentEncoded(_ bytes: some Sequence<UInt8>, keeping plus: StaticString = "") -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  let kept = UnsafeBufferPointer(start: plus.utf8Start, count: plus.utf8CodeUnitCount)
  var result: [UInt8] = []
  for byte in bytes {
    let isPlain =
      byte >= 97 && byte <= 122 || byte >= 65 && byte <= 90 || byte >= 48 && byte <= 57
      || byte == 45 || byte == 46 || byte == 95 || byte == 126
    if isPlain || kept.contains(byte) {
      result.append(byte)
    } else {
      result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: result, as: UTF8.self)
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 48...57: byte - 48
  case 65...70: byte - 55
  case 97...102: byte - 87
  default: nil
  }
}
