internal import Crypto
internal import Ledger
public import RawLog

/// Where an earlier reading of a segment stopped.
public struct SegmentPosition: Hashable, Sendable {
  /// Uncompressed bytes taken.
  public var bytes: Int64
  public var lines: Int64
  /// Of those bytes, in hexadecimal.
  public var sha256: String

  public init(bytes: Int64 = 0, lines: Int64 = 0, sha256: String = "") {
    self.bytes = bytes
    self.lines = lines
    self.sha256 = sha256
  }
}

/// Reads a segment from where an earlier reading stopped, in chunks of bounded size.
public final class SegmentReader {
  private let segment: Segment
  private let splitter: LineSplitter
  private var hash = SHA256()
  private let hashes: Bool
  private var lines: Int64

  /// - Parameter hashes: false where nobody asks for the digest of what is read, nor goes on from it.
  /// - Throws: `SegmentError` when the file cannot be read, is shorter than before, or begins otherwise than what
  ///   was taken from it: then it changed under its name, and both digests are named.
  public init(
    _ segment: Segment, from start: SegmentPosition = SegmentPosition(), hashes: Bool = true
  ) throws(SegmentError) {
    self.segment = segment
    self.lines = start.lines
    self.hashes = hashes
    splitter = LineSplitter(try SegmentFile(path: segment.path, compression: segment.compression))
    guard start.bytes > 0 else { return }
    let longEnough = try splitter.skip(start.bytes, consumed: { hash.update(bufferPointer: $0) })
    let digest = hexText(hash.finalize())
    guard longEnough, digest == start.sha256 else {
      let now = longEnough ? "its first \(start.bytes) bytes are now \(digest)" : "it is shorter now"
      throw SegmentError(
        path: segment.path,
        problem: "changed after it was read: \(start.bytes) bytes with SHA-256 \(start.sha256) were "
          + "taken, but \(now). Put the original back, or give the new file another name")
    }
  }

  /// Reads on into a chunk, until it is full or the file ends.
  public func fill(_ chunk: LineChunk) throws(SegmentError) {
    chunk.clear()
    chunk.segmentName = segment.name
    chunk.firstLine = lines + 1
    var hashed = 0
    // The chunk's bytes are the file's: they are hashed together, and before what does not stand in it.
    func hashChunk() {
      guard hashes, hashed < chunk.count else { return }
      hash.update(
        bufferPointer: UnsafeRawBufferPointer(start: chunk.bytes + hashed, count: chunk.count - hashed))
      hashed = chunk.count
    }
    while !chunk.isFull {
      var isOverlong = false
      let next = try splitter.next { piece in
        if !isOverlong, piece.count > RawLogFormat.lineBytesMax + 1 {
          isOverlong = true
          hashChunk()
        }
        if isOverlong, hashes { hash.update(bufferPointer: piece) }
      }
      chunk.isLast = next == nil
      guard let line = next else { break }
      if segment.isOpen {
        if case .unterminated = line { chunk.isLast = true }
        if case .overlongUnterminated(_, let start) = line {
          chunk.isLast = true
          return try leaveAlone(from: start, chunk)
        }
        if chunk.isLast { break }
      }
      lines += 1
      switch line {
      case .whole(let bytes): chunk.append(bytes, .whole, hasLineFeed: true)
      case .unterminated(let bytes):
        splitter.takeUnterminated(bytes, consumed: { _ in })
        chunk.append(bytes, .torn, hasLineFeed: false)
      case .overlong(let beginning), .overlongUnterminated(let beginning, _):
        chunk.append(beginning, .overlong, hasLineFeed: false)
        hashed = chunk.count
      }
    }
    hashChunk()
    chunk.position = SegmentPosition(
      bytes: splitter.position, lines: lines, sha256: hashes ? hexText(hash.finalize()) : "")
  }

  /// A last line that is being written and too long already: nothing from its first byte on counts as read. The
  /// digest has gone past it, so it is made again.
  private func leaveAlone(from start: Int64, _ chunk: LineChunk) throws(SegmentError) {
    hash = SHA256()
    let again = LineSplitter(try SegmentFile(path: segment.path, compression: segment.compression))
    guard try again.skip(start, consumed: { hash.update(bufferPointer: $0) }) else {
      throw SegmentError(path: segment.path, problem: "became shorter while it was read")
    }
    chunk.position = SegmentPosition(bytes: start, lines: lines, sha256: hexText(hash.finalize()))
  }
}
