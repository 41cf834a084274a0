/// Lines that go to the log together: what one turn of an event loop has to say, gathered without a lock.
internal import Synchronization

public struct LogLines: Sendable {
  struct Line: Sendable {
    var kind: LineKind
    var time: Int64
    /// A JSON object, in `text`.
    var members: Range<Int>
  }

  private(set) var text = LineText()
  private(set) var lines: [Line] = []

  public init() {}

  public var count: Int { lines.count }
  public var isEmpty: Bool { lines.isEmpty }
  public func kind(_ index: Int) -> LineKind { lines[index].kind }

  /// - Parameters:
  ///   - time: microseconds since 1970-01-01T00:00:00Z; when the request arrived.
  ///   - write: adds the members, a JSON object on one line.
  public mutating func add(_ kind: LineKind, time: Int64, _ write: (inout LineText) -> Void) {
    let start = text.bytes.count
    write(&text)
    lines.append(Line(kind: kind, time: time, members: start..<text.bytes.count))
  }

  /// Its memory is used again, unless it is more than lines need.
  public mutating func removeAll() {
    if text.bytes.capacity > LogWriterLimit.keptBytesMax { text = LineText() }
    text.removeAll()
    lines.removeAll(keepingCapacity: true)
  }
}

extension LogWriter {
  /// Appends lines in their order, in one write where the disk takes it.
  ///
  /// - Parameter first: those before it are left out.
  /// - Returns: up to which line all are in the kernel's hands, and why that one, where there is one, is not.
  public func append(_ lines: LogLines, from first: Int = 0) -> (next: Int, fault: LogError?) {
    guard first < lines.count else { return (lines.count, nil) }
    return state.withLock { state in
      let before = state.seq
      do throws(LogError) {
        try open(
          &state, for: lines.lines[first].kind,
          linesBytes: lines.text.bytes.count + lines.count * Self.envelopeBytesMax)
      } catch {
        return (first, error)
      }
      let opened = state.seq - before
      var fault: LogError?
      do throws(LogError) {
        state.text.removeAll(keepingCapacity: true)
        state.ends.removeAll(keepingCapacity: true)
        for line in lines.lines[first...] {
          guard line.members.count + Self.envelopeBytesMax <= RawLogFormat.lineBytesMax else {
            fault = tooLong
            break
          }
          compose(&state, line.kind, time: line.time, members: lines.text.bytes[line.members])
        }
        try writeComposed(&state)
      } catch {
        fault = error
      }
      if state.text.capacity > LogWriterLimit.keptBytesMax { state.text = [] }
      return (first + Int(state.seq - before - opened), fault)
    }
  }
}
