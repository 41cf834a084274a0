internal import Crypto
internal import JSON
public import Ledger
public import RawLog

/// Where an earlier reading of a source's file stopped: behind its last row, before an array's closing bracket.
public struct SourcePosition: Hashable, Sendable {
  /// Uncompressed bytes up to there.
  public var bytes: Int64
  /// Rows, a CSV's header included.
  public var rows: Int64
  /// Of those bytes, in hexadecimal.
  public var sha256: String

  public init(bytes: Int64 = 0, rows: Int64 = 0, sha256: String = "") {
    self.bytes = bytes
    self.rows = rows
    self.sha256 = sha256
  }
}

/// A part of a file: what its rows brought, and where the reading stands after them.
public struct SourcePart: Sendable {
  public var usages: [Usage] = []
  public var rejected: [Rejection] = []
  /// Rows that are no request: a CSV's header.
  public var control: Int64 = 0
  public var position: SourcePosition
  /// Names that no rule reads, and in how many rows they say something.
  public var notRead: [String: Int64] = [:]
  /// At the end of the file: its length, and the digest of all its bytes.
  public var whole: (bytes: Int64, sha256: String)?
}

/// Reads a source's file from where an earlier reading stopped, in parts of bounded size.
public final class SourceReader {
  private let file: SourceFile
  private let shape: SourceShape
  private let source: Source
  private let segment: String
  private let splitter: RecordSplitter
  private let tapes = SourceTapes()
  private var writer = JSONWriter()
  private var hash = SHA256()
  private var rows: Int64
  private var cursor = CursorEvents()

  /// - Parameter segment: the file's name in the books.
  /// - Throws: `SegmentError` when the file cannot be read, is shorter than before, or begins otherwise than what
  ///   was taken from it: then it changed under its name, and both digests are named.
  public init(
    _ file: SourceFile, _ shape: SourceShape, of source: Source, segment: String, from start: SourcePosition
  ) throws(SegmentError) {
    self.file = file
    self.shape = shape
    self.source = source
    self.segment = segment
    rows = start.rows
    splitter = RecordSplitter(
      path: file.path, file: try SegmentFile(path: file.path, compression: file.compression),
      framing: shape.framing, isContinued: start.bytes > 0)
    guard start.bytes > 0 else { return }
    let longEnough = try splitter.skip(start.bytes, consumed: { hash.update(bufferPointer: $0) })
    let digest = hexText(hash.finalize())
    guard longEnough, digest == start.sha256 else {
      let now = longEnough ? "its first \(start.bytes) bytes are now \(digest)" : "it is shorter now"
      throw SegmentError(
        path: file.path,
        problem: "changed after it was read: \(start.bytes) bytes with SHA-256 \(start.sha256) were "
          + "taken, but \(now). Put the original back, or give the new file another name")
    }
  }

  /// Reads on, until `rowsMax` rows are read or the file ends.
  /// - Throws: `SegmentError` also where a row shows that the whole file is wrong: then nothing of it is to be kept.
  public func next(rowsMax: Int) throws(SegmentError) -> SourcePart {
    var part = SourcePart(position: SourcePosition())
    var read = 0
    while read < rowsMax {
      guard let record = try splitter.next(consumed: { hash.update(bufferPointer: $0) }) else {
        part.position = position
        hash.update(bufferPointer: splitter.tail)
        part.whole = (splitter.position + Int64(splitter.tail.count), hexText(hash.finalize()))
        return part
      }
      rows += 1
      read += 1
      do throws(SourceFault) {
        if let usage = try take(record, &part) { part.usages.append(usage) } else { part.control += 1 }
      } catch {
        switch error {
        case .row(let reason): part.rejected.append(Rejection(place: place, reason: reason, excerpt: ""))
        case .file(let problem):
          throw SegmentError(path: file.path, problem: "row \(rows): \(problem)")
        }
      }
    }
    part.position = position
    return part
  }

  private var place: Usage.Place { Usage.Place(file: segment, line: rows) }
  private var position: SourcePosition {
    SourcePosition(bytes: splitter.position, rows: rows, sha256: hexText(hash.finalize()))
  }

  /// - Returns: nil for a CSV's header.
  private func take(_ record: RecordSplitter.Record, _ part: inout SourcePart) throws(SourceFault) -> Usage? {
    guard let bytes = record.bytes else {
      throw .row("longer than \(RecordLimit.recordBytesMax) bytes")
    }
    var isTerminated = true
    if case .unterminated = record { isTerminated = false }
    if shape.framing == .csv {
      guard isTerminated else {
        throw .file(
          "the last row has no line end, so it may be cut off; fetch the file again, or end its last line")
      }
      if rows == 1 { return nil }
    }
    var root = try row(bytes, isTerminated: isTerminated)
    if shape.holdsEvents {
      guard let message = JSONRow.message(of: root) else { throw .row("an event without a `message`") }
      if JSONRow.isControl(message) { return nil }
      do throws(JSONError) { root = try tapes.event.parse(message) } catch {
        throw .row("the event's `message` is not JSON: \(error)")
      }
      guard root.isObject else { throw .row("the event's `message` is not an object") }
    }
    for (name, value) in root.members where !value.isNull {
      guard let name = name.string, !shape.known.contains(name), !value.isString("") else { continue }
      let shown = printable(name)
      if part.notRead[shown] == nil, part.notRead.count >= SourceLimit.namesMax { continue }
      part.notRead[shown, default: 0] += 1
    }
    let fields = SourceFields(root: root, zone: source.zone)
    switch shape.format {
    case .litellm: return try LiteLLMSpendLogs.usage(fields, place: place, tapes)
    case .bedrock: return try BedrockInvocationLogs.usage(fields, place: place, source.profiles, tapes)
    case .cursor: return try cursor.usage(fields, place: place)
    default: throw .file("states sums, and no requests")
    }
  }

  private func row(_ bytes: UnsafeRawBufferPointer, isTerminated: Bool) throws(SourceFault) -> JSONValue {
    let root: JSONValue
    if shape.framing == .csv { try CSVRecord.json(bytes, header: shape.header, into: &writer) }
    do throws(JSONError) {
      root =
        shape.framing == .csv
        ? try tapes.row.parse(writer.bytes) : try tapes.row.parse(JSONRow.object(in: bytes))
    } catch {
      // A whole JSON text ends by itself; what does not is the beginning of one.
      guard isTerminated else {
        throw .file("the last row is cut off (\(error)); fetch the file again")
      }
      throw .row("not JSON: \(error)")
    }
    guard root.isObject else { throw .row("not an object") }
    return root
  }
}
