internal import Ledger

/// Request ids as the store keeps them: a UUID as its 16 bytes, any other text as its UTF-8 with an end mark.
///
/// A version 7 UUID says when it was made. Where that is near the request's own time, as in every log that the proxy
/// wrote, the rows, which lie in the order of time, are their own index of ids; only other ids need one.
enum RequestID {
  /// How far an id's own time may be from its request's.
  static let nearMicroseconds: Int64 = 100_000

  /// Never part of UTF-8.
  private static let endMark: UInt8 = 0xFF
  static let uuidBytes = 16
  private static let uuidTextBytes = 36

  static func bytes(_ text: String) -> [UInt8] {
    var text = text
    var result: [UInt8] = []
    text.withUTF8 { append(UnsafeRawBufferPointer($0), to: &result) }
    return result
  }

  /// - Parameter text: the id as it was written.
  static func append(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
    var uuid: (UInt64, UInt64) = (0, 0)
    let isUUID = withUnsafeMutableBytes(of: &uuid) { read(uuid: text, into: $0) }
    if isUUID {
      withUnsafeBytes(of: &uuid) { bytes.append(contentsOf: $0) }
    } else {
      bytes += marked(text)
    }
  }

  /// A text that is no UUID: marked, so that it never has a UUID's length.
  static func marked(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    var result = mended(text) ?? Array(text)
    result.append(endMark)
    if result.count == uuidBytes { result.append(endMark) }
    return result
  }

  /// Reads a UUID as its text is usually written, in lower case, so that the bytes give the same text again.
  /// - Parameter result: has 16 bytes.
  static func read(uuid text: UnsafeRawBufferPointer, into result: UnsafeMutableRawBufferPointer) -> Bool {
    guard text.count == uuidTextBytes else { return false }
    var at = 0
    for index in 0..<uuidBytes {
      if index == 4 || index == 6 || index == 8 || index == 10 {
        guard text[at] == UInt8(ascii: "-") else { return false }
        at += 1
      }
      let high = digit(text[at])
      let low = digit(text[at + 1])
      guard high | low < 16 else { return false }
      result[index] = high << 4 | low
      at += 2
    }
    return true
  }

  /// FNV-1a. It stands in stores: this function is never changed.
  static func hash(_ bytes: some Sequence<UInt8>) -> Int64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int64(bitPattern: hash)
  }

  static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    guard bytes.count == uuidBytes else {
      var end = bytes.endIndex
      while end > 0, bytes[end - 1] == endMark { end -= 1 }
      return String(decoding: bytes[..<end], as: UTF8.self)
    }
    return String(unsafeUninitializedCapacity: uuidTextBytes) { text in
      var at = 0
      for (index, byte) in bytes.enumerated() {
        if index == 4 || index == 6 || index == 8 || index == 10 {
          text[at] = UInt8(ascii: "-")
          at += 1
        }
        text[at] = hexDigit(byte >> 4)
        text[at + 1] = hexDigit(byte & 15)
        at += 2
      }
      return at
    }
  }

  /// When a version 7 UUID was made, in microseconds; nil for any other id.
  @inline(__always) static func time(_ id: UnsafeRawBufferPointer) -> Int64? {
    guard id.count == uuidBytes, id[6] >> 4 == 7 else { return nil }
    let milliseconds = Int64(UInt64(bigEndian: id.loadUnaligned(as: UInt64.self)) >> 16)
    return milliseconds * 1000
  }

  /// Whether a row is found by the time in its id.
  @inline(__always) static func isNear(_ id: UnsafeRawBufferPointer, _ time: Int64) -> Bool {
    guard let made = Self.time(id) else { return false }
    return time >= made - nearMicroseconds && time <= made + nearMicroseconds
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

  /// The value of a lower-case digit; 255 for what is none.
  @inline(__always) private static func digit(_ byte: UInt8) -> UInt8 {
    switch byte {
    case 48...57: byte - 48
    case 97...102: byte - 87
    default: 255
    }
  }
}
