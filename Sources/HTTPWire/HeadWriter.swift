/// Lines in; a head's bytes, in the order they are told, out.
public import NIOCore

extension ByteBuffer {
  /// - Parameter target: printable ASCII.
  public mutating func writeRequestLine(_ method: HTTPMethod, _ target: String) {
    writeString(method.rawValue)
    writeStaticString(" ")
    writeLineText(target)
    writeStaticString(" HTTP/1.1\r\n")
  }

  public mutating func writeStatusLine(_ status: Int, _ reason: String) {
    writeStaticString("HTTP/1.1 ")
    writeDecimal(status)
    writeStaticString(" ")
    writeLineText(reason)
    writeStaticString("\r\n")
  }

  public mutating func writeField(_ name: String, _ value: String) {
    writeLineText(name)
    writeStaticString(": ")
    writeLineText(value)
    writeStaticString("\r\n")
  }

  public mutating func writeField(_ name: String, _ value: Int) {
    writeLineText(name)
    writeStaticString(": ")
    writeDecimal(value)
    writeStaticString("\r\n")
  }

  /// The lines of these fields as they came: they were read strictly.
  public mutating func writeFields(_ headers: HeaderFields, _ set: FieldSet) {
    headers.bytes.withUnsafeReadableBytes { bytes in
      var run: Range<Int>?
      for (index, place) in headers.places.enumerated() where set.contains(index) {
        let line = Int(place.start)..<Int(place.end)
        if let before = run, before.upperBound == line.lowerBound {
          run = before.lowerBound..<line.upperBound
        } else {
          if let run { writeBytes(UnsafeRawBufferPointer(rebasing: bytes[run])) }
          run = line
        }
      }
      if let run { writeBytes(UnsafeRawBufferPointer(rebasing: bytes[run])) }
    }
  }

  public mutating func writeHeadEnd() { writeStaticString("\r\n") }

  /// The line before a chunk's data.
  public mutating func writeChunkSize(_ size: Int) {
    var digits = InlineDigits()
    var rest = size
    repeat {
      let digit = UInt8(rest & 15)
      digits.push(digit < 10 ? 48 + digit : 87 + digit)
      rest >>= 4
    } while rest > 0
    write(digits)
    writeStaticString("\r\n")
  }

  public mutating func writeChunkEnd() { writeStaticString("\r\n") }

  public mutating func writeLastChunk() { writeStaticString("0\r\n\r\n") }

  // MARK: -

  /// What would end a line becomes a space, wherever it came from.
  private mutating func writeLineText(_ text: String) {
    let isPlain = text.utf8.withContiguousStorageIfAvailable { isFieldText(UnsafeRawBufferPointer($0)) }
    if isPlain == true {
      writeString(text)
      return
    }
    writeBytes(text.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 })
  }

  private mutating func writeDecimal(_ number: Int) {
    var digits = InlineDigits()
    var rest = number
    repeat {
      digits.push(48 + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    write(digits)
  }

  private mutating func write(_ digits: InlineDigits) {
    withUnsafeBytes(of: digits.bytes) { bytes in
      _ = writeBytes(UnsafeRawBufferPointer(rebasing: bytes[digits.start...]))
    }
  }
}

/// Digits pushed from the last one on.
private struct InlineDigits {
  var bytes: (UInt64, UInt64, UInt64) = (0, 0, 0)
  var start = 24

  mutating func push(_ byte: UInt8) {
    start -= 1
    withUnsafeMutableBytes(of: &bytes) { $0[start] = byte }
  }
}
