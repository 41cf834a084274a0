/// Why a text is not JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  public var message: String
  /// Bytes from the start of the text.
  public var offset: Int

  public var description: String { "\(message) at byte \(offset)" }
}

public enum JSONLimit {
  /// Deeper nesting is refused: no log line or vendor answer comes near, and the parser's stack stays small.
  public static let depthMax = 128
  /// Offsets are 32-bit.
  public static let bytesMax = Int(Int32.max) - 1
}

/// A parser that keeps its memory: one text at a time, laid out as a flat list of nodes over a copy of its bytes.
///
/// It is strict RFC 8259 and strict UTF-8. Numbers are never converted: their text stays, so that a price
/// is exact. Where an object repeats a name, the last one wins.
///
/// A value stays readable until the next `parse`, which starts over; one tape is for one thread.
public final class JSONTape {
  struct Node {
    enum Kind: UInt8 { case null, falseValue, trueValue, number, string, array, object }
    var kind: Kind
    /// A string with a backslash in it, which must be decoded before it is compared.
    var escaped: Bool
    /// The bytes of the value, quotes and brackets included.
    var start: Int32
    var end: Int32
    /// The index of the first node behind this value and all it contains.
    var next: Int32
  }

  var bytes: [UInt8] = []
  var nodes: [Node] = []

  public init() {}

  /// Parses exactly one JSON value with optional white space around it.
  public func parse(_ text: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: text)
    return try parseBytes()
  }

  public func parse(_ text: [UInt8]) throws(JSONError) -> JSONValue {
    bytes = text
    return try parseBytes()
  }

  public func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(Array(text.utf8)) }

  private func parseBytes() throws(JSONError) -> JSONValue {
    guard bytes.count <= JSONLimit.bytesMax else {
      throw JSONError(message: "the text is too long", offset: 0)
    }
    nodes.removeAll(keepingCapacity: true)
    var failure: JSONError?
    bytes.withUnsafeBufferPointer { buffer in
      var scanner = JSONScanner(buffer)
      do throws(JSONError) {
        try scanner.document(into: &nodes)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return JSONValue(tape: self, index: 0)
  }
}

/// One pass over the bytes, appending nodes.
private struct JSONScanner {
  let bytes: UnsafeBufferPointer<UInt8>
  var at = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func document(into nodes: inout [JSONTape.Node]) throws(JSONError) {
    skipSpace()
    try value(into: &nodes, depth: 0)
    skipSpace()
    guard at == bytes.count else { throw error("something stands behind the value") }
  }

  private func error(_ message: String) -> JSONError { JSONError(message: message, offset: at) }

  @inline(__always) private mutating func skipSpace() {
    while at < bytes.count {
      let byte = bytes[at]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      at += 1
    }
  }

  private mutating func value(into nodes: inout [JSONTape.Node], depth: Int) throws(JSONError) {
    guard at < bytes.count else { throw error("the text ends where a value should stand") }
    switch bytes[at] {
    case UInt8(ascii: "{"): try object(into: &nodes, depth: depth)
    case UInt8(ascii: "["): try array(into: &nodes, depth: depth)
    case UInt8(ascii: "\""): try string(into: &nodes)
    case UInt8(ascii: "t"): try word("true", .trueValue, into: &nodes)
    case UInt8(ascii: "f"): try word("false", .falseValue, into: &nodes)
    case UInt8(ascii: "n"): try word("null", .null, into: &nodes)
    default: try number(into: &nodes)
    }
  }

  private mutating func object(into nodes: inout [JSONTape.Node], depth: Int) throws(JSONError) {
    let index = try open(.object, into: &nodes, depth: depth)
    skipSpace()
    if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
      close(index, &nodes)
      return
    }
    while true {
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
        throw error("an object's member must begin with a name in quotes")
      }
      try string(into: &nodes)
      skipSpace()
      guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else {
        throw error("a colon is missing behind a name")
      }
      at += 1
      skipSpace()
      try value(into: &nodes, depth: depth + 1)
      skipSpace()
      guard at < bytes.count else { throw error("the text ends inside an object") }
      if bytes[at] == UInt8(ascii: "}") {
        close(index, &nodes)
        return
      }
      guard bytes[at] == UInt8(ascii: ",") else { throw error("a comma is missing in an object") }
      at += 1
      skipSpace()
    }
  }

  private mutating func array(into nodes: inout [JSONTape.Node], depth: Int) throws(JSONError) {
    let index = try open(.array, into: &nodes, depth: depth)
    skipSpace()
    if at < bytes.count, bytes[at] == UInt8(ascii: "]") {
      close(index, &nodes)
      return
    }
    while true {
      try value(into: &nodes, depth: depth + 1)
      skipSpace()
      guard at < bytes.count else { throw error("the text ends inside an array") }
      if bytes[at] == UInt8(ascii: "]") {
        close(index, &nodes)
        return
      }
      guard bytes[at] == UInt8(ascii: ",") else { throw error("a comma is missing in an array") }
      at += 1
      skipSpace()
    }
  }

  private mutating func open(
    _ kind: JSONTape.Node.Kind, into nodes: inout [JSONTape.Node], depth: Int
  ) throws(JSONError) -> Int {
    guard depth < JSONLimit.depthMax else { throw error("nested too deeply") }
    nodes.append(.init(kind: kind, escaped: false, start: Int32(at), end: 0, next: 0))
    at += 1
    return nodes.count - 1
  }

  private mutating func close(_ index: Int, _ nodes: inout [JSONTape.Node]) {
    at += 1
    nodes[index].end = Int32(at)
    nodes[index].next = Int32(nodes.count)
  }

  private mutating func string(into nodes: inout [JSONTape.Node]) throws(JSONError) {
    let start = at
    var escaped = false
    var ascii = true
    at += 1
    while true {
      guard at < bytes.count else { throw error("the text ends inside a string") }
      let byte = bytes[at]
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        escaped = true
        try escape()
      } else {
        guard byte >= 0x20 else { throw error("a control character stands bare in a string") }
        if byte >= 0x80 { ascii = false }
        at += 1
      }
    }
    at += 1
    if !ascii {
      let content = UnsafeBufferPointer(rebasing: bytes[start + 1..<at - 1])
      guard String(validating: content, as: UTF8.self) != nil else {
        throw JSONError(message: "a string is not UTF-8", offset: start)
      }
    }
    leaf(.string, start, escaped: escaped, &nodes)
  }

  private mutating func escape() throws(JSONError) {
    guard at + 1 < bytes.count else { throw error("the text ends inside a string") }
    switch bytes[at + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      at += 2
    case UInt8(ascii: "u"):
      guard at + 6 <= bytes.count else { throw error("the text ends inside a string") }
      for offset in 2..<6 where hexDigit(bytes[at + offset]) == nil {
        throw error("\\u needs four hexadecimal digits")
      }
      at += 6
    default: throw error("an unknown escape in a string")
    }
  }

  private mutating func number(into nodes: inout [JSONTape.Node]) throws(JSONError) {
    let start = at
    if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
    if at < bytes.count, bytes[at] == UInt8(ascii: "0") {
      at += 1
    } else {
      try digits()
    }
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      at += 1
      try digits()
    }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
      try digits()
    }
    leaf(.number, start, escaped: false, &nodes)
  }

  private mutating func digits() throws(JSONError) {
    let start = at
    while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 { at += 1 }
    guard at > start else { throw error("not a JSON value") }
  }

  private mutating func word(
    _ text: StaticString, _ kind: JSONTape.Node.Kind, into nodes: inout [JSONTape.Node]
  ) throws(JSONError) {
    let start = at
    for offset in 0..<text.utf8CodeUnitCount {
      guard at < bytes.count, bytes[at] == text.utf8Start[offset] else {
        throw error("not a JSON value")
      }
      at += 1
    }
    leaf(kind, start, escaped: false, &nodes)
  }

  private func leaf(
    _ kind: JSONTape.Node.Kind, _ start: Int, escaped: Bool, _ nodes: inout [JSONTape.Node]
  ) {
    nodes.append(
      .init(
        kind: kind, escaped: escaped, start: Int32(start), end: Int32(at), next: Int32(nodes.count + 1)))
  }
}

func hexDigit(_ byte: UInt8) -> UInt32? {
  switch byte {
  case 48...57: UInt32(byte - 48)
  case 65...70: UInt32(byte - 55)
  case 97...102: UInt32(byte - 87)
  default: nil
  }
}
