internal import Crypto
internal import JSON
public import Ledger
public import RawLog

/// Sums of requests that a file adds to the books: all of it or nothing.
public struct AggregateFile: Sendable {
  public var rows: [Row] = []
  /// Rows outside of what is to be added.
  public var outside: Int64 = 0
  public var bytes: Int64 = 0
  /// Of all its bytes.
  public var sha256 = ""

  public struct Row: Sendable {
    public var usage: Usage
    /// The span of time and the account that the row is a part of. A bucket is taken from one file: what another
    /// file says of it must be the same.
    public var bucket: String
  }
}

public enum AggregateLimit {
  /// An hour of a large company's usage by key and model has some thousands; they are held in memory together.
  public static let rowsMax = 1_000_000
}

/// Reads a file of sums, and keeps what lies in the source's scope and dates.
/// - Throws: `SegmentError` for a file of which anything is not understood.
public func readAggregates(
  _ file: SourceFile, _ shape: SourceShape, of source: Source, segment: String
) throws(SegmentError) -> AggregateFile {
  var reader = AggregateReader(format: shape.format, source: source, segment: segment)
  let read: (bytes: Int64, sha256: String)
  if shape.format.grain == .sums {
    read = try readRows(file, shape) { row throws(SourceFault) in try reader.take(csv: row) }
  } else {
    read = try readPages(file, shape) { page throws(SourceFault) in try reader.take(page) }
  }
  do throws(SourceFault) {
    try reader.checkEnd()
  } catch {
    throw SegmentError(path: file.path, problem: error.problem)
  }
  (reader.result.bytes, reader.result.sha256) = read
  return reader.result
}

private struct AggregateReader {
  let format: SourceFormat
  let source: Source
  let segment: String
  var result = AggregateFile()
  private var line: Int64 = 0
  /// The words of the scope that any row has a value of.
  private var grouped: Set<String> = []
  private var hasMore = false

  init(format: SourceFormat, source: Source, segment: String) {
    self.format = format
    self.source = source
    self.segment = segment
  }

  mutating func take(_ page: JSONValue) throws(SourceFault) {
    guard format != .devin else {
      for day in try DevinConsumption.days(page) {
        try add(day.begin..<day.end, day.amounts.map { DevinConsumption.usage($0, day, source.scope) }) { _ in
          ""
        }
      }
      return
    }
    hasMore = page.present("has_more")?.bool == true
    for bucket in try bucketsOf(page, format) {
      let hour: Int64 = 3_600_000_000
      guard bucket.begin % hour == 0, bucket.end - bucket.begin == hour else {
        throw .file(
          "\(bucket.text): a bucket to be added is one hour, since a day in UTC lies in two days of other zones; "
            + "fetch the report with bucket_width=1h")
      }
      for row in bucket.rows {
        let usage: Usage
        do throws(SourceFault) {
          usage = try UsageRows.usage(row, format, bucket.begin)
        } catch {
          throw .file("\(bucket.text): \(error.problem)")
        }
        try add(bucket.begin..<bucket.end, [usage]) { row.present($0)?.string }
      }
    }
  }

  mutating func take(csv row: SourceFields) throws(SourceFault) {
    guard let usage = try CopilotUsage.usage(row) else {
      line += 1
      result.outside += 1
      return
    }
    try add(usage.time..<usage.time + VendorStatement.dayMicroseconds, [usage]) { _ in "" }
  }

  /// - Parameter value: what the row says of a word of the scope.
  private mutating func add(
    _ span: Range<Int64>, _ usages: [Usage], _ value: (StaticString) -> String?
  ) throws(SourceFault) {
    for usage in usages {
      line += 1
      guard isInside(value), try isInside(span) else {
        result.outside += 1
        continue
      }
      guard result.rows.count < AggregateLimit.rowsMax else {
        throw .file("holds more than \(AggregateLimit.rowsMax) rows; export shorter spans")
      }
      var usage = usage
      usage.place = Usage.Place(file: segment, line: line)
      let scope = source.scope.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
      let account = usage.facts.tags.first { $0.name == "organization" }?.value ?? ""
      let bucket = "\(format.rawValue)|\(usage.facts.endpoint ?? "")|\(scope)|\(account)|\(span.lowerBound)"
      usage.id = format.rawValue + "-" + hexText(SHA256.hash(data: Array("\(bucket)|\(usage.id)".utf8)))
      result.rows.append(.init(usage: usage, bucket: bucket))
    }
  }

  private mutating func isInside(_ value: (StaticString) -> String?) -> Bool {
    guard format.roles.count > 1 else { return true }
    var isInside = true
    for word in UsageRows.scopeWords {
      guard let term = source.scope.first(where: { $0.name == "\(word)" }) else { continue }
      let found = value(word)
      if found != nil { grouped.insert(term.name) }
      if found != term.value { isInside = false }
    }
    return isInside
  }

  private func isInside(_ span: Range<Int64>) throws(SourceFault) -> Bool {
    let from = source.from ?? .min
    let until = source.until ?? .max
    guard span.upperBound > from, span.lowerBound < until else { return false }
    guard span.lowerBound >= from, span.upperBound <= until else {
      throw .file(
        "the span that begins at \(Timestamp.text(span.lowerBound)) lies across the source's from or until; "
          + "choose days that begin with the report's")
    }
    return true
  }

  func checkEnd() throws(SourceFault) {
    for term in source.scope where format.roles.count > 1 && line > 0 && !grouped.contains(term.name) {
      throw .file(
        "no row says its \(term.name), so nobody knows what is inside of the scope; fetch the report with "
          + "group_by[]=\(term.name)")
    }
    guard !hasMore else {
      throw .file("its last page says has_more; put the following pages behind it, in this file")
    }
  }
}

/// The rows of a CSV, all or none of them.
func readRows(
  _ file: SourceFile, _ shape: SourceShape, _ body: (SourceFields) throws(SourceFault) -> Void
) throws(SegmentError) -> (bytes: Int64, sha256: String) {
  let splitter = RecordSplitter(
    path: file.path, file: try SegmentFile(path: file.path, compression: file.compression),
    framing: shape.framing)
  let tape = JSONTape()
  var writer = JSONWriter()
  var hash = SHA256()
  var row = 0
  while let record = try splitter.next(consumed: { hash.update(bufferPointer: $0) }) {
    row += 1
    func refused(_ problem: String) -> SegmentError {
      SegmentError(path: file.path, problem: "row \(row): \(problem)")
    }
    guard let bytes = record.bytes else { throw refused("longer than \(RecordLimit.recordBytesMax) bytes") }
    if case .unterminated = record {
      throw refused(
        "the last row has no line end, so it may be cut off; fetch the file again, or end its last line")
    }
    guard row > 1 else { continue }
    do throws(SourceFault) {
      try CSVRecord.json(bytes, header: shape.header, into: &writer)
      let root: JSONValue
      do throws(JSONError) { root = try tape.parse(writer.bytes) } catch { throw .row("\(error)") }
      try body(SourceFields(root: root, zone: nil))
    } catch {
      throw refused(error.problem)
    }
  }
  hash.update(bufferPointer: splitter.tail)
  return (splitter.position + Int64(splitter.tail.count), hexText(hash.finalize()))
}

/// An amount that may have a fraction, in millionths, half-even.
func millionths(_ text: String) -> Int64? {
  guard let number = DecimalNumber(text), !number.negative, let (value, _) = number.femtodollars(per: 1)
  else { return nil }
  let unit: Int128 = 1_000_000_000
  let (whole, rest) = value.quotientAndRemainder(dividingBy: unit)
  let isUp = rest * 2 > unit || rest * 2 == unit && whole % 2 == 1
  let rounded = whole + (isUp ? 1 : 0)
  return rounded <= Int128(RawLogFormat.countMax) ? Int64(rounded) : nil
}
