internal import Crypto
internal import JSON
public import Ledger
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

/// A part of a segment: what its lines brought, and where the reading stands after them.
public struct SegmentPart: Sendable {
  public var taken: [TakenLine] = []
  public var rejected: [Rejection] = []
  /// The times that rejected lines name, where they can be read.
  public var rejectedTimes: [Int64] = []
  public var position: SegmentPosition
  /// Nothing more is in the file for now.
  public var isLast: Bool
}

/// A file of raw log lines, by the name it keeps however it is compressed or sealed.
public struct Segment: Hashable, Sendable {
  /// Relative to the raw logs' folder, without `.open`, `.gz`, `.zst`.
  public var name: String
  public var path: String
  public var compression: SegmentFile.Compression
  /// Still being written: an unterminated last line is left alone.
  public var isOpen: Bool

  public init(name: String, path: String, compression: SegmentFile.Compression, isOpen: Bool) {
    self.name = name
    self.path = path
    self.compression = compression
    self.isOpen = isOpen
  }
}

/// Reads a segment from where an earlier reading stopped, in parts of bounded size.
public final class SegmentReader {
  private let segment: Segment
  private let splitter: LineSplitter
  private let tape = JSONTape()
  private var hash = SHA256()
  private var lines: Int64

  /// - Throws: `SegmentError` when the file cannot be read, is shorter than before, or begins otherwise than what
  ///   was taken from it: then it changed under its name, and both digests are named.
  public init(_ segment: Segment, from start: SegmentPosition) throws(SegmentError) {
    self.segment = segment
    self.lines = start.lines
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

  /// Reads on, until `linesMax` lines are read or the file ends.
  public func next(linesMax: Int) throws(SegmentError) -> SegmentPart {
    var part = SegmentPart(position: SegmentPosition(), isLast: false)
    var read = 0
    while read < linesMax {
      guard let line = try splitter.next(consumed: { hash.update(bufferPointer: $0) }) else {
        part.isLast = true
        break
      }
      if case .unterminated(let bytes) = line {
        if !segment.isOpen {
          splitter.takeUnterminated(bytes, consumed: { hash.update(bufferPointer: $0) })
          lines += 1
          reject(bytes, LineFault("torn: the last line has no line feed"), &part)
        }
        part.isLast = true
        break
      }
      if segment.isOpen, case .overlongUnterminated(_, let start) = line {
        return try leaveAlone(from: start, part)
      }
      lines += 1
      read += 1
      switch line {
      case .whole(let bytes): take(bytes, &part)
      case .overlong(let beginning), .overlongUnterminated(let beginning, _):
        reject(beginning, LineFault("longer than \(RawLogFormat.lineBytesMax) bytes"), &part)
      case .unterminated: break
      }
    }
    part.position = SegmentPosition(
      bytes: splitter.position, lines: lines, sha256: hexText(hash.finalize()))
    return part
  }

  /// A last line that is being written and too long already: nothing from its first byte on counts as read. The
  /// digest has gone past it, so it is made again.
  private func leaveAlone(from start: Int64, _ part: SegmentPart) throws(SegmentError) -> SegmentPart {
    hash = SHA256()
    let again = LineSplitter(try SegmentFile(path: segment.path, compression: segment.compression))
    guard try again.skip(start, consumed: { hash.update(bufferPointer: $0) }) else {
      throw SegmentError(path: segment.path, problem: "became shorter while it was read")
    }
    var part = part
    part.isLast = true
    part.position = SegmentPosition(bytes: start, lines: lines, sha256: hexText(hash.finalize()))
    return part
  }

  private func take(_ bytes: UnsafeRawBufferPointer, _ part: inout SegmentPart) {
    do throws(LineFault) {
      part.taken.append(try takeLine(bytes, place: place, with: tape))
    } catch {
      reject(bytes, error, &part)
    }
  }

  private func reject(_ bytes: UnsafeRawBufferPointer, _ fault: LineFault, _ part: inout SegmentPart) {
    part.rejected.append(Rejection(place: place, reason: fault.reason, excerpt: excerpt(bytes)))
    if let time = fault.time { part.rejectedTimes.append(time) }
  }

  private var place: Usage.Place { Usage.Place(file: segment.name, line: lines) }
}
