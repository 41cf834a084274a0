/// Values in, the bytes of a line's JSON out. Names and punctuation stand in the code as they stand in the line, because
/// each request pays for two of them.
internal import JSON

public struct LineText: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() { bytes.reserveCapacity(Self.usualBytes) }

  /// Most lines are shorter.
  private static let usualBytes = 2048

  public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// As it is.
  mutating func raw(_ json: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
  }

  /// Of JSON already.
  public mutating func raw(_ json: [UInt8]) { bytes.append(contentsOf: json) }

  mutating func put(_ text: String?) {
    guard let text else { return raw("null") }
    bytes.append(UInt8(ascii: "\""))
    let isPlain = text.utf8.withContiguousStorageIfAvailable { utf8 in
      guard Self.isPlain(utf8) else { return false }
      bytes.append(contentsOf: utf8)
      return true
    }
    if isPlain == true {
      bytes.append(UInt8(ascii: "\""))
    } else {
      bytes.removeLast()
      var writer = JSONWriter()
      writer.string(text)
      bytes.append(contentsOf: writer.bytes)
    }
  }

  /// Nothing of it needs an escape.
  private static func isPlain(_ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
    var bad: UInt8 = 0
    for byte in utf8 { bad |= byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F ? 1 : 0 }
    return bad == 0
  }

  mutating func put(_ number: Int64?) {
    guard let number else { return raw("null") }
    appendDecimal(number, to: &bytes)
  }

  mutating func put(_ flag: Bool?) {
    switch flag {
    case true: raw("true")
    case false: raw("false")
    case nil: raw("null")
    }
  }
}

/// A whole number's digits.
func appendDecimal(_ number: Int64, to bytes: inout [UInt8]) {
  guard number >= 0 else {
    bytes.append(contentsOf: String(number).utf8)
    return
  }
  let start = bytes.count
  var rest = number
  repeat {
    bytes.append(48 + UInt8(truncatingIfNeeded: rest % 10))
    rest /= 10
  } while rest > 0
  bytes[start...].reverse()
}
