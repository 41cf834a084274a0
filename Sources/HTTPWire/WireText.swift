/// A piece of a message where it stands: nothing is copied until `string` is asked for. It must not leave the call that it
/// was given to.
internal import Glibc

public struct WireText {
  public let bytes: UnsafeRawBufferPointer

  @inlinable public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  @inlinable public var count: Int { bytes.count }
  public var isEmpty: Bool { bytes.isEmpty }
  /// What is no UTF-8 becomes U+FFFD.
  public var string: String { String(decoding: bytes, as: UTF8.self) }

  /// Each byte as it is.
  public func isExactly(_ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount, let base = bytes.baseAddress else { return false }
    return memcmp(base, text.utf8Start, bytes.count) == 0
  }

  /// - Parameter lowercased: in small letters; those of this text may be capitals.
  @inlinable public func matches(_ lowercased: StaticString) -> Bool {
    bytes.count == lowercased.utf8CodeUnitCount && starts(with: lowercased)
  }

  public func matches(_ lowercased: String) -> Bool {
    guard bytes.count == lowercased.utf8.count else { return false }
    return zip(bytes, lowercased.utf8).allSatisfy { lowercase($0) == $1 }
  }

  /// - Parameter lowercased: in small letters; those of this text may be capitals.
  public func starts(with lowercased: StaticString) -> Bool {
    let (count, wanted) = (lowercased.utf8CodeUnitCount, lowercased.utf8Start)
    guard bytes.count >= count else { return false }
    var at = 0
    while at < count, lowercase(bytes[at]) == wanted[at] { at += 1 }
    return at == count
  }

  public func dropFirst(_ count: Int) -> WireText {
    WireText(UnsafeRawBufferPointer(rebasing: bytes[min(count, bytes.count)...]))
  }

  /// What stands before the first such byte; all where there is none.
  public func upTo(_ byte: UInt8) -> WireText {
    WireText(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.firstIndex(of: byte) ?? bytes.count)]))
  }

  /// Without the spaces and tabs around it.
  public var trimmed: WireText {
    var (start, end) = (0, bytes.count)
    while start < end, isBlank(bytes[start]) { start += 1 }
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    return WireText(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
  }

  /// The parts between commas, trimmed.
  public func forEachPart(_ body: (WireText) -> Void) {
    var start = 0
    for at in 0...bytes.count where at == bytes.count || bytes[at] == UInt8(ascii: ",") {
      body(WireText(UnsafeRawBufferPointer(rebasing: bytes[start..<at])).trimmed)
      start = at + 1
    }
  }

  /// Digits alone, and no more of them than a file has bytes.
  public var wholeNumber: Int? {
    guard !bytes.isEmpty, bytes.count <= 18 else { return nil }
    var number = 0
    for byte in bytes {
      guard byte >= 48, byte <= 57 else { return nil }
      number = number * 10 + Int(byte - 48)
    }
    return number
  }

  @inlinable public static func ~= (lowercased: StaticString, text: WireText) -> Bool {
    text.matches(lowercased)
  }
}

@inline(__always) func lowercase(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte | 0x20 : byte }

@inline(__always) func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// RFC 9110's token characters: of them names and methods are made.
@inline(__always) func isToken(_ byte: UInt8) -> Bool {
  // Of bytes 0…63 and 64…127, a bit each: ! # $ % & ' * + - . 0…9, and A…Z ^ _ ` a…z | ~
  if byte < 64 { return 0x03FF_6CFA_0000_0000 as UInt64 >> UInt64(byte) & 1 == 1 }
  return byte < 128 && 0x57FF_FFFF_C7FF_FFFE as UInt64 >> UInt64(byte - 64) & 1 == 1
}

/// No control character but the tab: nothing that could end a line, or hide one.
func isFieldText(_ bytes: UnsafeRawBufferPointer) -> Bool {
  var bad: UInt8 = 0
  for byte in bytes { bad |= (byte < 0x20 && byte != 0x09) || byte == 0x7F ? 1 : 0 }
  return bad == 0
}
