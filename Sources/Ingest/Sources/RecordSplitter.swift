internal import Glibc
public import RawLog

/// How rows stand in a source's file.
public enum RecordFraming: Hashable, Sendable {
  /// One JSON object a line.
  case lines
  /// RFC 4180: a line feed inside quotes belongs to its field.
  case csv
  /// The elements of one JSON array.
  case array
  /// JSON values one behind the other, over as many lines as they like.
  case values
  /// The elements of the lists under these names, in objects one behind the other.
  case envelope([String])
}

public enum RecordLimit {
  /// A longer row is rejected, as in the raw log.
  public static let recordBytesMax = RawLogFormat.lineBytesMax
  /// Blank bytes between two rows: more is no export but a damaged file.
  public static let gapBytesMax = 1 << 16
}

/// Cuts a file's bytes into rows, whatever their length, in bounded memory.
public final class RecordSplitter {
  public enum Record {
    /// A row without its line end. The bytes are good until the next call.
    case whole(UnsafeRawBufferPointer)
    /// A row over `RecordLimit.recordBytesMax`; nothing of it is kept.
    case overlong
    /// The last bytes of the file, with no line feed behind them.
    case unterminated(UnsafeRawBufferPointer)
  }

  private let path: String
  private let file: SegmentFile
  private let framing: RecordFraming
  private let buffer: UnsafeMutableRawBufferPointer
  private var pending = 0..<0
  private var atEnd = false
  /// Of an array: inside its brackets.
  private var isInside: Bool
  private var gap: EnvelopeGap?
  /// Bytes up to the end of the last row handed out: where a later reading goes on.
  public private(set) var position: Int64 = 0

  /// - Parameter isContinued: an earlier reading has taken the beginning, which is to be skipped first.
  public init(path: String, file: SegmentFile, framing: RecordFraming, isContinued: Bool = false) {
    self.path = path
    self.file = file
    self.framing = framing
    isInside = isContinued || framing == .values
    if case .envelope(let names) = framing { gap = EnvelopeGap(names: names, isContinued: isContinued) }
    buffer = .allocate(
      byteCount: RecordLimit.recordBytesMax + RecordLimit.gapBytesMax + 2 * SegmentLimit.chunkBytes,
      alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// The next row; nil at the end of the file. `consumed` is told all bytes up to each row's end.
  /// - Throws: `SegmentError` for a file that cannot be read, or an array that does not end as one.
  public func next(consumed: (UnsafeRawBufferPointer) -> Void) throws(SegmentError) -> Record? {
    guard let start = try findStart() else { return nil }
    guard start <= RecordLimit.gapBytesMax else { throw tooBlank() }
    var scan = RecordScan(framing)
    var begin = start
    var end = start
    var isDropped = false
    while true {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[pending.lowerBound + end..<pending.upperBound])
      if let length = scan.length(rest) {
        end += length
        break
      }
      end = pending.count
      if end - begin > RecordLimit.recordBytesMax + 2 {
        take(end, consumed)
        (begin, end, isDropped) = (0, 0, true)
      }
      if atEnd { return try unterminated(begin, end, isDropped, consumed) }
      try fill()
    }
    let bytes = withoutLineEnd(begin, end)
    take(end, consumed)
    return isDropped || bytes.count > RecordLimit.recordBytesMax ? .overlong : .whole(bytes)
  }

  /// Reads `count` bytes that an earlier reading has taken.
  /// - Returns: false where the file is shorter.
  public func skip(_ count: Int64, consumed: (UnsafeRawBufferPointer) -> Void) throws(SegmentError) -> Bool {
    var left = count
    while left > 0 {
      if pending.isEmpty {
        if atEnd { return false }
        try fill()
        continue
      }
      let part = Int(min(left, Int64(pending.count)))
      take(part, consumed)
      left -= Int64(part)
    }
    return true
  }

  /// At the end of the file: the bytes behind the last row, blanks and an array's closing bracket.
  public var tail: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[pending]) }

  // MARK: -

  /// Whether a list of rows was found, with rows or without.
  var hasList: Bool { gap?.hasList == true }

  /// Of an envelope.
  private func findRow() throws(SegmentError) -> Int? {
    let mark = position == 0 ? try skipByteOrderMark() : 0
    while true {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[pending.lowerBound + mark..<pending.upperBound])
      switch gap?.next(rest, isAll: atEnd) {
      case .row(let at): return mark + at
      case .end, nil: return nil
      case .broken: throw cut()
      case .more:
        guard pending.count <= RecordLimit.gapBytesMax else { throw tooBlank() }
        try fill()
      }
    }
  }

  /// Where the next row begins, from the first pending byte; nil where none comes.
  private func findStart() throws(SegmentError) -> Int? {
    if gap != nil { return try findRow() }
    var at = 0
    var isClosed = false
    if position == 0 { at = try skipByteOrderMark() }
    while true {
      while at < pending.count {
        switch buffer[pending.lowerBound + at] {
        case 0x0A, 0x0D: at += 1
        case 0x20, 0x09:
          guard framing != .csv else { return at }
          at += 1
        case UInt8(ascii: ",") where framing == .array && isInside && !isClosed: at += 1
        case UInt8(ascii: "[") where framing == .array && !isInside:
          isInside = true
          at += 1
        case UInt8(ascii: "]") where framing == .array && isInside && !isClosed:
          isClosed = true
          at += 1
        default:
          if isClosed || !isInside && framing == .array {
            throw SegmentError(
              path: path, problem: "something stands \(isClosed ? "behind" : "before") its JSON array")
          }
          return at
        }
      }
      if atEnd {
        if framing == .array, isInside, !isClosed { throw cut() }
        return nil
      }
      guard at <= RecordLimit.gapBytesMax else { throw tooBlank() }
      try fill()
    }
  }

  private func skipByteOrderMark() throws(SegmentError) -> Int {
    while pending.count < 3, !atEnd { try fill() }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return buffer[pending].prefix(3).elementsEqual(mark) ? 3 : 0
  }

  private func unterminated(
    _ begin: Int, _ end: Int, _ isDropped: Bool, _ consumed: (UnsafeRawBufferPointer) -> Void
  ) throws(SegmentError) -> Record {
    guard framing == .lines || framing == .csv else { throw cut() }
    let bytes = withoutLineEnd(begin, end)
    take(end, consumed)
    return isDropped || bytes.count > RecordLimit.recordBytesMax ? .overlong : .unterminated(bytes)
  }

  private func tooBlank() -> SegmentError {
    SegmentError(
      path: path,
      problem:
        "holds more than \(RecordLimit.gapBytesMax) blank bytes between two rows: it is damaged; fetch "
        + "it again")
  }

  private func cut() -> SegmentError {
    SegmentError(
      path: path,
      problem:
        "its JSON \(framing == .array ? "array" : "object") has no end: the file is cut off; fetch it again")
  }

  private func withoutLineEnd(_ begin: Int, _ end: Int) -> UnsafeRawBufferPointer {
    var end = end
    if framing == .lines || framing == .csv {
      if end > begin, buffer[pending.lowerBound + end - 1] == 0x0A { end -= 1 }
      if end > begin, buffer[pending.lowerBound + end - 1] == 0x0D { end -= 1 }
    }
    return UnsafeRawBufferPointer(rebasing: buffer[pending.lowerBound + begin..<pending.lowerBound + end])
  }

  private func take(_ count: Int, _ consumed: (UnsafeRawBufferPointer) -> Void) {
    consumed(UnsafeRawBufferPointer(rebasing: buffer[pending.lowerBound..<pending.lowerBound + count]))
    position += Int64(count)
    pending = pending.lowerBound + count..<pending.upperBound
  }

  private func fill() throws(SegmentError) {
    if pending.lowerBound > 0 {
      if !pending.isEmpty { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[pending])) }
      pending = 0..<pending.count
    }
    let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[pending.upperBound...]))
    if count == 0 { atEnd = true }
    pending = 0..<pending.upperBound + count
  }
}

/// Looks for the end of one row, in pieces.
private struct RecordScan {
  private enum Field { case begins, bare, quoted, quoteSeen }

  private let framing: RecordFraming
  private var field = Field.begins
  private var depth = 0
  private var isString = false
  private var isEscaped = false
  private var isScalar = false

  init(_ framing: RecordFraming) { self.framing = framing }

  /// How many bytes belong to the row; nil where its end does not come in these.
  mutating func length(_ bytes: UnsafeRawBufferPointer) -> Int? {
    switch framing {
    case .lines:
      guard let base = bytes.baseAddress, let found = memchr(base, 0x0A, bytes.count) else { return nil }
      return UnsafeRawPointer(found) - base + 1
    case .csv: return csvLength(bytes)
    case .array, .values, .envelope: return elementLength(bytes)
    }
  }

  private mutating func csvLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
    for (index, byte) in bytes.enumerated() {
      switch (field, byte) {
      case (.quoted, UInt8(ascii: "\"")): field = .quoteSeen
      case (.quoted, _): break
      case (.begins, UInt8(ascii: "\"")), (.quoteSeen, UInt8(ascii: "\"")): field = .quoted
      case (_, UInt8(ascii: ",")): field = .begins
      case (_, 0x0A): return index + 1
      default: field = .bare
      }
    }
    return nil
  }

  private mutating func elementLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
    for (index, byte) in bytes.enumerated() {
      if isString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isString = false
          if depth == 0 { return index + 1 }
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return index }
        depth -= 1
        if depth == 0 { return index + 1 }
      case UInt8(ascii: ","), 0x0A, 0x0D, 0x20, 0x09:
        if depth == 0, isScalar { return index }
      default: if depth == 0 { isScalar = true }
      }
    }
    return nil
  }
}
