internal import Glibc

/// Cuts a segment's bytes into lines, whatever their length, in bounded memory.
public final class LineSplitter {
  public enum Line {
    /// A whole line, without its line feed. The bytes are good until the next call.
    case whole(UnsafeRawBufferPointer)
    /// A line over `RawLogFormat.lineBytesMax`: only its beginning is kept.
    case overlong(beginning: UnsafeRawBufferPointer)
    /// Over-long and without a line feed behind it; `start` is the position of its first byte.
    case overlongUnterminated(beginning: UnsafeRawBufferPointer, start: Int64)
    /// The last bytes of the file, with no line feed behind them.
    case unterminated(UnsafeRawBufferPointer)
  }

  private let file: SegmentFile
  private let buffer: UnsafeMutableRawBufferPointer
  /// The first bytes of an over-long line, while the rest of it is read and dropped.
  private let beginning: UnsafeMutableRawBufferPointer
  private static let beginningBytes = 4096
  /// What has been read and not yet handed out.
  private var pending = 0..<0
  /// How far into `pending` no line feed has been found.
  private var searched = 0
  private var atEnd = false
  /// Bytes of whole lines handed out so far: where a later reading goes on.
  public var position: Int64 { taken }
  private var taken: Int64 = 0

  public init(_ file: SegmentFile) {
    self.file = file
    buffer = .allocate(
      byteCount: RawLogFormat.lineBytesMax + 1 + SegmentLimit.chunkBytes, alignment: 16)
    beginning = .allocate(byteCount: Self.beginningBytes, alignment: 16)
  }

  deinit {
    buffer.deallocate()
    beginning.deallocate()
  }

  /// The next line; nil at the end of the file. `consumed` is told the bytes of each line, line feed included.
  public func next(consumed: (UnsafeRawBufferPointer) -> Void) throws(SegmentError) -> Line? {
    while true {
      if let feed = findLineFeed() {
        let line = slice(pending.lowerBound..<feed)
        take(through: feed + 1, consumed)
        return line.count > RawLogFormat.lineBytesMax ? .overlong(beginning: head(line)) : .whole(line)
      }
      if atEnd {
        guard !pending.isEmpty else { return nil }
        let line = slice(pending)
        pending = pending.upperBound..<pending.upperBound
        return .unterminated(line)
      }
      if pending.count > RawLogFormat.lineBytesMax { return try skipOverlong(consumed) }
      try fill()
    }
  }

  /// The bytes of a last line that `next` gave as `unterminated` count as read.
  public func takeUnterminated(
    _ line: UnsafeRawBufferPointer, consumed: (UnsafeRawBufferPointer) -> Void
  ) {
    consumed(line)
    taken += Int64(line.count)
  }

  /// Reads `count` bytes that an earlier reading has taken already.
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
      take(through: pending.lowerBound + part, consumed)
      left -= Int64(part)
    }
    return true
  }

  // MARK: -

  private func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: buffer[range])
  }

  private func head(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: line[..<min(line.count, Self.beginningBytes)])
  }

  private func findLineFeed() -> Int? {
    let start = pending.lowerBound + searched
    guard start < pending.upperBound else { return nil }
    guard let base = UnsafeRawPointer(buffer.baseAddress),
      let found = memchr(base + start, 0x0A, pending.upperBound - start)
    else {
      searched = pending.count
      return nil
    }
    return UnsafeRawPointer(found) - base
  }

  private func take(through end: Int, _ consumed: (UnsafeRawBufferPointer) -> Void) {
    consumed(slice(pending.lowerBound..<end))
    taken += Int64(end - pending.lowerBound)
    pending = end..<pending.upperBound
    searched = 0
  }

  private func fill() throws(SegmentError) {
    if pending.lowerBound > 0 {
      if !pending.isEmpty {
        buffer.copyMemory(from: slice(pending))
      }
      pending = 0..<pending.count
    }
    // Not all the room there is: what was read last is still in the processor's cache when it is looked at.
    let end = min(pending.upperBound + SegmentLimit.chunkBytes, buffer.count)
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer[pending.upperBound..<end])
    let count = try file.read(into: room)
    if count == 0 { atEnd = true }
    pending = pending.lowerBound..<pending.upperBound + count
  }

  private func skipOverlong(
    _ consumed: (UnsafeRawBufferPointer) -> Void
  ) throws(SegmentError) -> Line {
    beginning.copyMemory(from: head(slice(pending)))
    let start = taken
    while true {
      if let feed = findLineFeed() {
        take(through: feed + 1, consumed)
        break
      }
      if atEnd {
        take(through: pending.upperBound, consumed)
        return .overlongUnterminated(beginning: UnsafeRawBufferPointer(beginning), start: start)
      }
      take(through: pending.upperBound, consumed)
      try fill()
    }
    return .overlong(beginning: UnsafeRawBufferPointer(beginning))
  }
}
