/// A message's header fields, in the bytes that they came in.
public import NIOCore

public struct HeaderFields: Sendable {
  /// A field's line in the head: name, colon, value, and the white space around it.
  struct Place: Sendable {
    var start: Int32
    var nameEnd: Int32
    var valueStart: Int32
    var valueEnd: Int32
    /// Behind the line feed.
    var end: Int32
  }

  /// The whole head.
  @usableFromInline let bytes: ByteBuffer
  let places: [Place]

  init(bytes: ByteBuffer, places: [Place]) {
    self.bytes = bytes
    self.places = places
  }

  /// Made by hand, as a test needs it.
  /// - Throws: what no head could hold.
  public init(_ fields: [(String, String)]) throws(WireFault) {
    var text = ByteBuffer()
    for (name, value) in fields { text.writeString("\(name): \(value)\r\n") }
    text.writeString("\r\n")
    let limit = HeadLimit(bytesMax: text.readableBytes, fieldsMax: fields.count)
    var lines = HeadLines(behindFirstLine: true)
    let found = text.withUnsafeReadableBytes { lines.read($0, limit) }
    if case .fault(let fault) = found { throw fault }
    self.init(bytes: text, places: lines.places)
  }

  public static let empty = HeaderFields(bytes: ByteBuffer(), places: [])

  public var count: Int { places.count }
  /// Of the whole head.
  public var bytesCount: Int { bytes.readableBytes }

  /// Every field in the order it came in, with its number.
  public func forEach(_ body: (_ index: Int, _ name: WireText, _ value: WireText) -> Void) {
    bytes.withUnsafeReadableBytes { bytes in
      for (index, place) in places.enumerated() { body(index, place.name(bytes), place.value(bytes)) }
    }
  }

  /// - Parameter lowercasedName: in small letters.
  public func first(_ lowercasedName: StaticString) -> String? {
    withFirst(lowercasedName) { $0.string }
  }

  public func contains(_ lowercasedName: StaticString) -> Bool {
    withFirst(lowercasedName) { _ in true } ?? false
  }

  /// The first field of that name.
  @inlinable public func withFirst<R>(_ lowercasedName: StaticString, _ body: (WireText) -> R) -> R? {
    guard let range = value(lowercasedName) else { return nil }
    return bytes.withUnsafeReadableBytes { body(WireText(UnsafeRawBufferPointer(rebasing: $0[range]))) }
  }

  /// Where the first field of that name has its value.
  @usableFromInline func value(_ lowercasedName: StaticString) -> Range<Int>? {
    bytes.withUnsafeReadableBytes { bytes in
      for place in places where place.name(bytes).matches(lowercasedName) {
        return Int(place.valueStart)..<Int(place.valueEnd)
      }
      return nil
    }
  }

  /// The values of all fields of that name.
  public func values(_ lowercasedName: String) -> [String] {
    bytes.withUnsafeReadableBytes { bytes in
      places.filter { $0.name(bytes).matches(lowercasedName) }.map { $0.value(bytes).string }
    }
  }

  public var pairs: [(name: String, value: String)] {
    bytes.withUnsafeReadableBytes { bytes in
      places.map { ($0.name(bytes).string, $0.value(bytes).string) }
    }
  }
}

extension HeaderFields.Place {
  @inline(__always) func name(_ bytes: UnsafeRawBufferPointer) -> WireText {
    WireText(UnsafeRawBufferPointer(rebasing: bytes[Int(start)..<Int(nameEnd)]))
  }

  @inline(__always) func value(_ bytes: UnsafeRawBufferPointer) -> WireText {
    WireText(UnsafeRawBufferPointer(rebasing: bytes[Int(valueStart)..<Int(valueEnd)]))
  }
}

/// Some fields of a head, by their numbers.
public struct FieldSet: Sendable {
  private var words: [UInt64] = []
  private var first: UInt64 = 0

  public init() {}

  public func contains(_ index: Int) -> Bool {
    if index < 64 { return first >> UInt64(index) & 1 == 1 }
    let word = index / 64 - 1
    return word < words.count && words[word] >> UInt64(index % 64) & 1 == 1
  }

  public mutating func insert(_ index: Int) {
    guard index >= 64 else { return first |= 1 << UInt64(index) }
    while words.count < index / 64 { words.append(0) }
    words[index / 64 - 1] |= 1 << UInt64(index % 64)
  }

  public mutating func remove(_ index: Int) {
    guard contains(index) else { return }
    if index < 64 {
      first &= ~(1 << UInt64(index))
    } else {
      words[index / 64 - 1] &= ~(1 << UInt64(index % 64))
    }
  }
}
