/// Builds JSON text in the order it is told, so that the same calls give the same bytes.
public struct JSONWriter {
  public private(set) var bytes: [UInt8] = []
  /// The next value needs a comma before it.
  private var needsComma = false
  /// Spaces a level; nil writes everything on one line.
  private let indent: Int?
  private var depth = 0

  public init(indent: Int? = nil) { self.indent = indent }

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
    depth = 0
  }

  // MARK: - Values

  public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
    try nested("{", "}", body)
  }

  public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
    try nested("[", "]", body)
  }

  public mutating func string(_ value: String) {
    separate()
    quote(value)
  }

  public mutating func integer(_ value: some BinaryInteger) {
    separate()
    bytes.append(contentsOf: String(value).utf8)
  }

  public mutating func bool(_ value: Bool) {
    separate()
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  public mutating func null() {
    separate()
    bytes.append(contentsOf: "null".utf8)
  }

  /// A value that is JSON already.
  public mutating func raw(_ value: some Sequence<UInt8>) {
    separate()
    bytes.append(contentsOf: value)
  }

  // MARK: - Members

  public mutating func name(_ name: String) {
    separate()
    quote(name)
    bytes.append(UInt8(ascii: ":"))
    if indent != nil { bytes.append(0x20) }
    needsComma = false
    afterName = true
  }

  private var afterName = false

  public mutating func member(_ name: String, _ value: String?) {
    self.name(name)
    if let value { string(value) } else { null() }
  }

  public mutating func member(_ name: String, _ value: (some BinaryInteger)?) {
    self.name(name)
    if let value { integer(value) } else { null() }
  }

  public mutating func member(_ name: String, _ value: Bool?) {
    self.name(name)
    if let value { bool(value) } else { null() }
  }

  public mutating func member(_ name: String, object body: (inout JSONWriter) throws -> Void) rethrows {
    self.name(name)
    try object(body)
  }

  public mutating func member(_ name: String, array body: (inout JSONWriter) throws -> Void) rethrows {
    self.name(name)
    try array(body)
  }

  // MARK: -

  private mutating func nested(
    _ open: Character, _ close: Character, _ body: (inout JSONWriter) throws -> Void
  ) rethrows {
    separate()
    bytes.append(contentsOf: open.utf8)
    depth += 1
    needsComma = false
    empty = true
    try body(&self)
    depth -= 1
    if !empty { newLine() }
    empty = false
    bytes.append(contentsOf: close.utf8)
    needsComma = true
  }

  private var empty = true

  private mutating func separate() {
    if afterName {
      afterName = false
    } else {
      if needsComma { bytes.append(UInt8(ascii: ",")) }
      if depth > 0 { newLine() }
    }
    needsComma = true
    empty = false
  }

  private mutating func newLine() {
    guard let indent else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: indent * depth))
  }

  private mutating func quote(_ value: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes.append(contentsOf: [0x5C, 0x22])
      case UInt8(ascii: "\\"): bytes.append(contentsOf: [0x5C, 0x5C])
      case 0x0A: bytes.append(contentsOf: [0x5C, UInt8(ascii: "n")])
      case 0x0D: bytes.append(contentsOf: [0x5C, UInt8(ascii: "r")])
      case 0x09: bytes.append(contentsOf: [0x5C, UInt8(ascii: "t")])
      case 0..<0x20, 0x7F:
        let hex = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(hex[Int(byte >> 4)])
        bytes.append(hex[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
