internal import JSON
public import RawLog

/// How a file of a source is read: found by looking at its first rows.
public struct SourceShape: Sendable {
  public var format: SourceFormat
  var framing: RecordFraming
  /// Of CSV, in the order of its columns.
  var header: [String] = []
  /// What is read or knowingly left.
  var known: Set<String>
  /// Each row is an event of CloudWatch Logs, whose `message` is the row that counts.
  var holdsEvents = false
}

/// The lists that rows come in where an API or a subscription wraps them: LiteLLM's `/spend/logs/v2`, CloudWatch
/// Logs' subscriptions and its command line, Cursor's events.
private let envelopeNames = ["data", "logEvents", "events", "usageEvents"]

/// Looks at a file's first rows.
///
/// - Parameter named: the format that the user says it has; nil to recognise it.
/// - Returns: nil for a file without any row.
/// - Throws: `SegmentError` for a file that is no format's, lacks what its format needs, or cannot be read.
public func probe(_ file: SourceFile, named: SourceFormat?) throws(SegmentError) -> SourceShape? {
  func refused(_ problem: String) -> SegmentError { SegmentError(path: file.path, problem: problem) }
  guard var framing = try framing(of: file) else { return nil }
  if framing == .lines {
    switch try envelope(in: file) {
    case .rows: framing = .envelope(envelopeNames)
    case .nothing: return nil
    case .none: if try isSpread(file) { framing = .values }
    }
  }
  let splitter = RecordSplitter(
    path: file.path, file: try SegmentFile(path: file.path, compression: file.compression), framing: framing)
  let tape = JSONTape()
  var header: [String] = []
  var names: Set<String> = []
  var rows = 0
  var problem = ""
  var holdsEvents = false
  let inner = JSONTape()
  while rows < SourceLimit.probedRowsMax, let record = try splitter.next(consumed: { _ in }) {
    rows += 1
    guard let bytes = record.bytes else { continue }
    if framing == .csv {
      header = try readHeader(bytes, file)
      names = Set(header)
      break
    }
    do throws(JSONError) {
      var root = try tape.parse(JSONRow.object(in: bytes))
      if let message = JSONRow.message(of: root) {
        holdsEvents = true
        if JSONRow.isControl(message) { continue }
        root = try inner.parse(message)
      }
      names.formUnion(memberNames(of: root))
    } catch {
      if rows == 1 { problem = "; its first row is not JSON: \(error)" }
    }
  }
  guard rows > 0 else { return nil }
  let formats = SourceFormat.allCases
  guard let format = named ?? formats.first(where: { $0.layouts.contains { $0.isRecognised(by: names) } })
  else {
    let found = names.sorted().prefix(8).map(printable).joined(separator: ", ")
    throw refused(
      "recognised as none of \(formats.map(\.rawValue).joined(separator: ", ")); its first names are: "
        + "\(found.isEmpty ? "none" : found)\(problem). Export it as docs/sources.md says, or move the file away"
    )
  }
  let layout = format.layouts.first { $0.isRecognised(by: names) } ?? format.layouts[0]
  let missing = layout.required.filter { !names.contains($0) }
  guard missing.isEmpty else {
    let strange = names.subtracting(layout.known).sorted().prefix(8).map(printable)
    throw refused(
      "read as \(format.rawValue), but without `\(missing.joined(separator: "`, `"))`"
        + (strange.isEmpty ? "" : "; unknown here: \(strange.joined(separator: ", "))") + problem
        + ". Export these under their own names")
  }
  for name in layout.known where header.count(where: { $0 == name }) > 1 {
    throw refused("the column `\(name)` is there twice")
  }
  if format.grain == .pages { framing = .values }
  guard framing != .values || format.grain == .pages else {
    throw refused("its objects stand over several lines; write one a line (jq -c .) or one array of them")
  }
  guard format.grain != .sums || framing == .csv else {
    throw refused("is no CSV; export \(format.rawValue) as docs/sources.md says")
  }
  return SourceShape(
    format: format, framing: framing, header: header, known: layout.known, holdsEvents: holdsEvents)
}

private enum Envelope { case none, nothing, rows }

/// Whether the file's rows stand in a list inside of an object. A page of buckets is a row itself.
private func envelope(in file: SourceFile) throws(SegmentError) -> Envelope {
  let splitter = RecordSplitter(
    path: file.path, file: try SegmentFile(path: file.path, compression: file.compression),
    framing: .envelope(envelopeNames))
  do throws(SegmentError) {
    guard let record = try splitter.next(consumed: { _ in }) else {
      return splitter.hasList ? .nothing : .none
    }
    guard let bytes = record.bytes else { return .rows }
    do throws(JSONError) {
      let root = try JSONTape().parse(bytes)
      return root.isObject && root.present("results") == nil ? .rows : .none
    } catch {
      return .none
    }
  } catch {
    // No envelope; what is wrong with it otherwise, the reading says.
    return .none
  }
}

/// Whether the first line is the beginning of an object that ends in a later one.
private func isSpread(_ file: SourceFile) throws(SegmentError) -> Bool {
  let lines = RecordSplitter(
    path: file.path, file: try SegmentFile(path: file.path, compression: file.compression), framing: .lines)
  switch try lines.next(consumed: { _ in }) {
  case .whole(let bytes):
    return bytes.count < SourceLimit.openingBytesMax && bytes.last != UInt8(ascii: "}")
  // The only line, and cut: reading it as one value says so.
  case .unterminated(let bytes): return bytes.last != UInt8(ascii: "}")
  case .overlong, nil: return false
  }
}

/// By the first byte that is not blank; nil for a file of nothing.
private func framing(of file: SourceFile) throws(SegmentError) -> RecordFraming? {
  let source = try SegmentFile(path: file.path, compression: file.compression)
  var start: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 4096)
  while start.count < 128 {
    var count = 0
    var failure: SegmentError?
    chunk.withUnsafeMutableBytes { bytes in
      do throws(SegmentError) { count = try source.read(into: bytes) } catch { failure = error }
    }
    if let failure { throw failure }
    guard count > 0 else { break }
    start += chunk[..<count]
  }
  if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) {
    throw SegmentError(path: file.path, problem: "is UTF-16 text; save it as UTF-8")
  }
  if start.starts(with: [0xEF, 0xBB, 0xBF]) { start.removeFirst(3) }
  guard let first = start.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return nil }
  switch first {
  case UInt8(ascii: "["): return .array
  case UInt8(ascii: "{"): return .lines
  // A time before each object, as CloudWatch exports its events.
  case 48...57 where start.prefix(64).contains(UInt8(ascii: "{")): return .lines
  default: return .csv
  }
}

private func readHeader(_ bytes: UnsafeRawBufferPointer, _ file: SourceFile) throws(SegmentError) -> [String]
{
  guard let fields = CSVRecord.fields(bytes) else {
    throw SegmentError(path: file.path, problem: "its first line is no CSV header: its quotes do not fit")
  }
  var header: [String] = []
  for field in fields {
    guard let name = String(validating: field, as: UTF8.self) else {
      throw SegmentError(path: file.path, problem: "its first line is not UTF-8 text; save it as UTF-8")
    }
    header.append(name)
  }
  return header
}

private func memberNames(of root: JSONValue) -> [String] {
  root.members.compactMap(\.name.string) + bucketNames(of: root)
}

extension RecordSplitter.Record {
  var bytes: UnsafeRawBufferPointer? {
    switch self {
    case .whole(let bytes), .unterminated(let bytes): bytes
    case .overlong: nil
    }
  }
}

enum JSONRow {
  /// What an event of CloudWatch Logs says; nil for another object.
  static func message(of root: JSONValue) -> String? {
    guard root.present("timestamp") != nil, root.present("schemaType") == nil,
      root.present("request_id") == nil
    else { return nil }
    return root.present("message")?.string
  }

  /// What CloudWatch sends to see whether a subscription is there.
  static func isControl(_ message: String) -> Bool { message.hasPrefix("CWL CONTROL MESSAGE") }

  /// CloudWatch exports events as lines of a time, a blank and the event.
  static func object(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard let first = bytes.first, (48...57).contains(first),
      let brace = bytes.prefix(64).firstIndex(of: UInt8(ascii: "{"))
    else { return bytes }
    return UnsafeRawBufferPointer(rebasing: bytes[brace...])
  }
}
