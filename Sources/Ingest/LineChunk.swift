internal import Glibc
internal import RawLog

/// Lines of one segment as they stand, one behind the other, and where the reading stands behind them.
///
/// Its memory is used again: it belongs to the reader that fills it, then to the one that parses it, then to the
/// caller until it is given back.
public final class LineChunk: @unchecked Sendable {
  struct Line {
    enum Kind: UInt8 { case whole, overlong, torn }
    var start: Int32
    var count: Int32
    var kind: Kind
  }

  public enum Limit {
    /// A chunk is full once it has so many bytes; the line that fills it may be as long as a line may be.
    public static let bytes = 1 << 18
    /// And once it has so many lines.
    public static let lines = 4096
    /// Bytes that can be read behind the last line.
    static let slackBytes = 64
    static let capacity = bytes + RawLogFormat.lineBytesMax + 2 + slackBytes
  }

  let bytes: UnsafeMutablePointer<UInt8>
  var count = 0
  var lines: [Line] = []
  /// Room for the rows that its lines become.
  let rows: UnsafeMutablePointer<LineRow>
  public internal(set) var segment = 0
  public internal(set) var segmentName = ""
  /// The number of its first line.
  public internal(set) var firstLine: Int64 = 1
  public internal(set) var position = SegmentPosition()
  /// Nothing more is in the segment for now.
  public internal(set) var isLast = false

  public var lineCount: Int { lines.count }

  public init() {
    // Zeros that cost nothing until they are touched: nearly every chunk leaves the room of the longest line empty.
    guard let room = calloc(Limit.capacity, 1) else { preconditionFailure("out of memory") }
    bytes = room.bindMemory(to: UInt8.self, capacity: Limit.capacity)
    rows = .allocate(capacity: Limit.lines)
  }

  deinit {
    free(bytes)
    rows.deallocate()
  }

  var isFull: Bool { count >= Limit.bytes || lines.count >= Limit.lines }

  func clear() {
    count = 0
    lines.removeAll(keepingCapacity: true)
    isLast = false
  }

  /// - Parameter hasLineFeed: a line feed stands behind it in the segment.
  func append(_ line: UnsafeRawBufferPointer, _ kind: Line.Kind, hasLineFeed: Bool) {
    lines.append(Line(start: Int32(count), count: Int32(line.count), kind: kind))
    if let base = line.baseAddress {
      UnsafeMutableRawPointer(bytes + count).copyMemory(from: base, byteCount: line.count)
    }
    count += line.count
    if hasLineFeed {
      bytes[count] = 0x0A
      count += 1
    }
  }
}
