/// The lines of a head as they arrive: where the first one and each field stand, and where the head ends. A byte is looked
/// at once, however small the pieces are that it comes in.
internal import Glibc

/// How much of a head is taken.
public struct HeadLimit: Sendable {
  public var bytesMax: Int
  public var fieldsMax: Int

  public init(bytesMax: Int, fieldsMax: Int) {
    self.bytesMax = bytesMax
    self.fieldsMax = fieldsMax
  }
}

struct HeadLines {
  enum Found {
    case more
    /// The head's length, with the empty line behind it.
    case head(Int)
    case fault(WireFault)
  }

  private(set) var firstLine: Range<Int>?
  private(set) var places: [HeaderFields.Place] = []
  /// Where the unfinished line begins.
  private var lineStart = 0
  /// Up to here there is no line feed in it.
  private var scanned = 0

  init() {}

  /// Of lines that no first line stands before, as trailers.
  init(behindFirstLine: Bool) { if behindFirstLine { firstLine = 0..<0 } }

  /// - Parameter bytes: all that came, those that were given before first.
  mutating func read(_ bytes: UnsafeRawBufferPointer, _ limit: HeadLimit) -> Found {
    while let end = nextLineFeed(bytes) {
      scanned = end + 1
      guard scanned <= limit.bytesMax else { return .fault(.headTooLarge) }
      guard end > lineStart, bytes[end - 1] == 0x0D else { return .fault(.lineFeed) }
      let line = lineStart..<end - 1
      lineStart = scanned
      if firstLine == nil {
        // Some clients send a line's end too many behind a body.
        if !line.isEmpty { firstLine = line }
      } else if line.isEmpty {
        return .head(scanned)
      } else if places.count == limit.fieldsMax {
        return .fault(.headTooLarge)
      } else if let fault = take(line, bytes) {
        return .fault(fault)
      }
    }
    scanned = bytes.count
    return bytes.count < limit.bytesMax ? .more : .fault(.headTooLarge)
  }

  private func nextLineFeed(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard scanned < bytes.count, let base = bytes.baseAddress,
      let found = memchr(base + scanned, 0x0A, bytes.count - scanned)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }

  private mutating func take(_ line: Range<Int>, _ bytes: UnsafeRawBufferPointer) -> WireFault? {
    var at = line.lowerBound
    if isBlank(bytes[at]) { return WireFault.folded }
    while at < line.upperBound, isToken(bytes[at]) { at += 1 }
    guard at > line.lowerBound, at < line.upperBound, bytes[at] == UInt8(ascii: ":") else {
      return .fieldName
    }
    var (start, end) = (at + 1, line.upperBound)
    guard isFieldText(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) else { return .fieldValue }
    while start < end, isBlank(bytes[start]) { start += 1 }
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    if places.isEmpty { places.reserveCapacity(Self.usualFields) }
    places.append(
      .init(
        start: Int32(line.lowerBound), nameEnd: Int32(at), valueStart: Int32(start), valueEnd: Int32(end),
        end: Int32(line.upperBound + 2)))
    return nil
  }

  private static let usualFields = 16
}
