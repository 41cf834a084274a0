/// A chunked body in, its bytes out; extensions and trailers are checked and thrown away.
internal import Glibc
internal import NIOCore

struct ChunkReader {
  enum Limit {
    /// A size, and extensions that nobody acts on.
    static let lineBytesMax = 1024
    static let trailerBytesMax = 16 << 10
    static let trailersMax = 64
  }

  private enum Phase {
    case size
    case data(Int)
    /// The line's end behind a chunk's data.
    case dataEnd
    case trailers(HeadLines)
  }

  private var phase = Phase.size

  mutating func next(_ input: inout ByteBuffer) throws(WireFault) -> BodyReader.Part {
    while true {
      switch phase {
      case .size:
        guard let size = try readSize(&input) else { return .more }
        phase = size > 0 ? .data(size) : .trailers(HeadLines(behindFirstLine: true))
      case .data(let left):
        let count = min(left, input.readableBytes)
        guard count > 0, let bytes = input.readSlice(length: count) else { return .more }
        phase = left > count ? .data(left - count) : .dataEnd
        return .bytes(bytes)
      case .dataEnd:
        guard let end: UInt16 = input.getInteger(at: input.readerIndex) else {
          guard input.readableBytes == 0 || input.getInteger(at: input.readerIndex) == 0x0D as UInt8 else {
            throw .chunk
          }
          return .more
        }
        guard end == 0x0D0A else { throw .chunk }
        input.moveReaderIndex(forwardBy: 2)
        phase = .size
      case .trailers(var lines):
        let limit = HeadLimit(bytesMax: Limit.trailerBytesMax, fieldsMax: Limit.trailersMax)
        let found = input.withUnsafeReadableBytes { lines.read($0, limit) }
        phase = .trailers(lines)
        switch found {
        case .more: return .more
        case .fault: throw .trailers
        case .head(let length):
          input.moveReaderIndex(forwardBy: length)
          return .end
        }
      }
    }
  }

  private func readSize(_ input: inout ByteBuffer) throws(WireFault) -> Int? {
    let found: (size: Int, length: Int)?? = input.withUnsafeReadableBytes { bytes in
      guard let base = bytes.baseAddress, let end = memchr(base, 0x0A, bytes.count) else {
        return bytes.count < Limit.lineBytesMax ? .some(nil) : nil
      }
      let length = UnsafeRawPointer(end) - base + 1
      guard length <= Limit.lineBytesMax else { return nil }
      return size(UnsafeRawBufferPointer(rebasing: bytes[..<length])).map { ($0, length) }
    }
    guard let found else { throw .chunk }
    guard let (size, length) = found else { return nil }
    input.moveReaderIndex(forwardBy: length)
    return size
  }

  /// - Parameter line: with its line feed.
  private func size(_ line: UnsafeRawBufferPointer) -> Int? {
    var size = 0
    var at = 0
    while at < line.count, let digit = hexDigit(line[at]) {
      guard at < Self.digitsMax else { return nil }
      size = size << 4 | digit
      at += 1
    }
    guard at > 0, line.count >= at + 2, line[line.count - 2] == 0x0D else { return nil }
    let rest = UnsafeRawBufferPointer(rebasing: line[at..<line.count - 2])
    return rest.isEmpty || rest[0] == UInt8(ascii: ";") && isFieldText(rest) ? size : nil
  }

  /// Sizes up to 2^60 - 1.
  private static let digitsMax = 15
}

private func hexDigit(_ byte: UInt8) -> Int? {
  switch byte {
  case 48...57: Int(byte) - 48
  case 65...70: Int(byte) - 55
  case 97...102: Int(byte) - 87
  default: nil
  }
}
