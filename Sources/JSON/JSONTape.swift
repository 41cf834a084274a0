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
  private var layout = JSONLayout(bytesMax: 4096)

  public init() {}

  /// Parses exactly one JSON value with optional white space around it.
  public func parse(_ text: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
    guard text.count <= JSONLimit.bytesMax else {
      throw JSONError(message: "the text is too long", offset: 0)
    }
    // A text has at most one node a byte, plus the one that an empty text fails at.
    if text.count > layout.bytesMax { layout = JSONLayout(bytesMax: max(text.count, 2 * layout.bytesMax)) }
    if let base = text.baseAddress {
      UnsafeMutableRawPointer(layout.bytes).copyMemory(from: base, byteCount: text.count)
    }
    var scanner = JSONScanner(layout, count: text.count)
    try scanner.document()
    return JSONValue(layout: layout, index: 0)
  }

  public func parse(_ text: [UInt8]) throws(JSONError) -> JSONValue {
    // Rethrown by hand: `withUnsafeBytes` forgets the type of what is thrown.
    let result: Result<JSONValue, JSONError> = text.withUnsafeBytes { bytes in
      do throws(JSONError) { return .success(try parse(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  public func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(Array(text.utf8)) }
}

/// The memory of a tape. Its two addresses never change, so that reading a value costs no check that another
/// access is under way; a longer text gets a new layout, and values of the old one keep theirs.
final class JSONLayout {
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

  let bytesMax: Int
  let bytes: UnsafeMutablePointer<UInt8>
  let nodes: UnsafeMutablePointer<Node>
  /// Of a shape's layout: each number's value by its node, and what was found in it before.
  let wholes: UnsafeMutablePointer<Int64>?
  let memory: JSONMemory?

  /// - Parameter remembers: for a layout in which nothing changes but the numbers.
  init(bytesMax: Int, remembers: Bool = false) {
    self.bytesMax = bytesMax
    wholes = remembers ? .allocate(capacity: bytesMax + 1) : nil
    wholes?.initialize(repeating: 0, count: bytesMax + 1)
    memory = remembers ? JSONMemory() : nil
    bytes = .allocate(capacity: bytesMax)
    bytes.initialize(repeating: 0, count: bytesMax)
    nodes = .allocate(capacity: bytesMax + 1)
    nodes.initialize(
      repeating: Node(kind: .null, escaped: false, start: 0, end: 0, next: 1), count: bytesMax + 1)
  }

  deinit {
    bytes.deallocate()
    nodes.deallocate()
    wholes?.deallocate()
  }
}

/// One pass over the bytes, appending nodes.
private struct JSONScanner {
  let bytes: UnsafeBufferPointer<UInt8>
  let nodes: UnsafeMutablePointer<JSONLayout.Node>
  var nodeCount = 0
  var at = 0

  init(_ layout: JSONLayout, count: Int) {
    bytes = UnsafeBufferPointer(start: layout.bytes, count: count)
    nodes = layout.nodes
  }

  mutating func document() throws(JSONError) {
    skipSpace()
    try value(depth: 0)
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

  private mutating func value(depth: Int) throws(JSONError) {
    guard at < bytes.count else { throw error("the text ends where a value should stand") }
    switch bytes[at] {
    case UInt8(ascii: "{"): try object(depth: depth)
    case UInt8(ascii: "["): try array(depth: depth)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true", .trueValue)
    case UInt8(ascii: "f"): try word("false", .falseValue)
    case UInt8(ascii: "n"): try word("null", .null)
    default: try number()
    }
  }

  private mutating func object(depth: Int) throws(JSONError) {
    let index = try open(.object, depth: depth)
    skipSpace()
    if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
      close(index)
      return
    }
    while true {
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
        throw error("an object's member must begin with a name in quotes")
      }
      try string()
      skipSpace()
      guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else {
        throw error("a colon is missing behind a name")
      }
      at += 1
      skipSpace()
      try value(depth: depth + 1)
      skipSpace()
      guard at < bytes.count else { throw error("the text ends inside an object") }
      if bytes[at] == UInt8(ascii: "}") {
        close(index)
        return
      }
      guard bytes[at] == UInt8(ascii: ",") else { throw error("a comma is missing in an object") }
      at += 1
      skipSpace()
    }
  }

  private mutating func array(depth: Int) throws(JSONError) {
    let index = try open(.array, depth: depth)
    skipSpace()
    if at < bytes.count, bytes[at] == UInt8(ascii: "]") {
      close(index)
      return
    }
    while true {
      try value(depth: depth + 1)
      skipSpace()
      guard at < bytes.count else { throw error("the text ends inside an array") }
      if bytes[at] == UInt8(ascii: "]") {
        close(index)
        return
      }
      guard bytes[at] == UInt8(ascii: ",") else { throw error("a comma is missing in an array") }
      at += 1
      skipSpace()
    }
  }

  private mutating func open(
    _ kind: JSONLayout.Node.Kind, depth: Int
  ) throws(JSONError) -> Int {
    guard depth < JSONLimit.depthMax else { throw error("nested too deeply") }
    nodes[nodeCount] = .init(kind: kind, escaped: false, start: Int32(at), end: 0, next: 0)
    nodeCount += 1
    at += 1
    return nodeCount - 1
  }

  private mutating func close(_ index: Int) {
    at += 1
    nodes[index].end = Int32(at)
    nodes[index].next = Int32(nodeCount)
  }

  private mutating func string() throws(JSONError) {
    let start = at
    var escaped = false
    var ascii = true
    at += 1
    while true {
      skipPlain()
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
    leaf(.string, start, escaped: escaped)
  }

  /// Steps over what means only itself inside a string, eight bytes at a time; stops at a quote, a backslash, a control
  /// character or what is not ASCII, or near the end.
  @inline(__always) private mutating func skipPlain() {
    guard let base = bytes.baseAddress else { return }
    let (ones, tops) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
    while at + 8 <= bytes.count {
      let word = UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self)
      let (quote, backslash) = (word ^ ones &* 0x22, word ^ ones &* 0x5C)
      // The top bit of a byte that is 0, or less than 0x20, or not ASCII; above the lowest such byte it may err.
      let zeros = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
      let stops = (zeros | (word &- ones &* 0x20) & ~word | word) & tops
      if stops != 0 {
        at += stops.littleEndian.trailingZeroBitCount / 8
        return
      }
      at += 8
    }
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

  private mutating func number() throws(JSONError) {
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
    leaf(.number, start, escaped: false)
  }

  private mutating func digits() throws(JSONError) {
    let start = at
    while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 { at += 1 }
    guard at > start else { throw error("not a JSON value") }
  }

  private mutating func word(
    _ text: StaticString, _ kind: JSONLayout.Node.Kind
  ) throws(JSONError) {
    let start = at
    for offset in 0..<text.utf8CodeUnitCount {
      guard at < bytes.count, bytes[at] == text.utf8Start[offset] else {
        throw error("not a JSON value")
      }
      at += 1
    }
    leaf(kind, start, escaped: false)
  }

  private mutating func leaf(_ kind: JSONLayout.Node.Kind, _ start: Int, escaped: Bool) {
    nodes[nodeCount] = .init(
      kind: kind, escaped: escaped, start: Int32(start), end: Int32(at), next: Int32(nodeCount + 1))
    nodeCount += 1
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
