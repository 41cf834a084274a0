internal import Crypto
internal import JSON
public import Ledger
internal import Normalize
public import RawLog

/// What a file of statements brought: all of it, since one wrong amount makes its whole day wrong.
public struct StatementFile: Sendable {
  public var provider = ""
  public var statements: [VendorStatement] = []
  /// Of the vendor's reports, those that the file holds; see `VendorStatement.kind`.
  public var kinds: Set<String> = []
  /// Each day that the file speaks of, those without any row included.
  public var days: Set<Int64> = []
  /// Names that no rule reads and that hold a count, and in how many rows.
  public var notRead: [String: Int64] = [:]
  public var bytes: Int64 = 0
  /// Of all its bytes.
  public var sha256 = ""
}

/// Whether another file of the source, a report's first part, brings this one's rows.
public func isLaterPart(_ file: SourceFile, _ shape: SourceShape) -> Bool {
  shape.format == .cur && BillLines.isLaterPart(file)
}

/// Reads a vendor's report, page behind page or row by row, as statements of days in UTC.
/// - Throws: `SegmentError` for a file of which anything is not understood.
public func readStatements(
  _ file: SourceFile, _ shape: SourceShape, segment: String
) throws(SegmentError) -> StatementFile {
  if shape.format == .cur { return try BillLines.read(file, segment: segment) }
  var result = StatementFile()
  result.provider = shape.format.provider
  if let kind = shape.format.statementKind { result.kinds = [kind] }
  let read = try readPages(file, shape) { page throws(SourceFault) in
    for bucket in try bucketsOf(page, shape.format) {
      let day = try wholeDay(bucket)
      guard result.days.insert(day).inserted else {
        throw .file("\(bucket.text) is there twice; fetch the report again, once")
      }
      for row in bucket.rows {
        let place = Usage.Place(file: segment, line: Int64(result.statements.count + 1))
        let one: VendorStatement
        do throws(SourceFault) {
          one = try statement(row, shape.format, day, place, &result.notRead)
        } catch {
          throw .file("\(bucket.text): \(error.problem)")
        }
        result.kinds.insert(one.kind)
        result.statements.append(one)
      }
    }
  }
  (result.bytes, result.sha256) = (read.bytes, read.sha256)
  return result
}

private func statement(
  _ row: JSONValue, _ format: SourceFormat, _ day: Int64, _ place: Usage.Place,
  _ notRead: inout [String: Int64]
) throws(SourceFault) -> VendorStatement {
  switch format {
  case .openaiUsage, .anthropicUsage:
    let read = try UsageRows.read(row, format)
    for name in read.used.unknownFields where notRead.count < SourceLimit.namesMax {
      notRead[name, default: 0] += 1
    }
    return UsageRows.statement(read, format, day, place)
  default: return try CostRows.statement(row, format, day, place)
  }
}

private func wholeDay(_ bucket: Bucket) throws(SourceFault) -> Int64 {
  guard bucket.begin % VendorStatement.dayMicroseconds == 0,
    bucket.end - bucket.begin == VendorStatement.dayMicroseconds
  else { throw .file("a bucket is not one day in UTC; fetch the report with bucket_width=1d") }
  return VendorStatement.day(of: bucket.begin)
}

/// Reads JSON pages, one behind the other, and tells how long the file is and its digest.
/// - Throws: `SegmentError` with the page's number for what `body` refuses.
func readPages(
  _ file: SourceFile, _ shape: SourceShape, _ body: (JSONValue) throws(SourceFault) -> Void
) throws(SegmentError) -> (bytes: Int64, sha256: String) {
  let splitter = RecordSplitter(
    path: file.path, file: try SegmentFile(path: file.path, compression: file.compression),
    framing: shape.framing)
  let tape = JSONTape()
  var hash = SHA256()
  var page = 0
  while let record = try splitter.next(consumed: { hash.update(bufferPointer: $0) }) {
    page += 1
    func refused(_ problem: String) -> SegmentError {
      SegmentError(path: file.path, problem: "page \(page): \(problem)")
    }
    guard let bytes = record.bytes else {
      throw refused("longer than \(RecordLimit.recordBytesMax) bytes; fetch it with a smaller `limit`")
    }
    let root: JSONValue
    do throws(JSONError) { root = try tape.parse(bytes) } catch { throw refused("not JSON: \(error)") }
    do throws(SourceFault) { try body(root) } catch { throw refused(error.problem) }
  }
  hash.update(bufferPointer: splitter.tail)
  return (splitter.position + Int64(splitter.tail.count), hexText(hash.finalize()))
}

extension SourceFormat {
  /// The kind of all its statements; nil where each row says its own.
  var statementKind: String? {
    switch self {
    case .openaiCosts, .anthropicCosts: "costs"
    case .anthropicUsage: "usage.messages"
    default: nil
    }
  }
}

/// A span of time of a vendor's page, and what the vendor says of it.
struct Bucket {
  /// Microseconds since 1970-01-01T00:00:00Z; the end is exclusive.
  var begin: Int64
  var end: Int64
  var rows: [JSONValue]

  /// `2026-10-05`, or `2026-10-05T03:00:00Z` where it is no day.
  var text: String {
    begin % VendorStatement.dayMicroseconds == 0
      && end - begin == VendorStatement.dayMicroseconds
      ? VendorStatement.dayText(VendorStatement.day(of: begin)) : Timestamp.text(begin)
  }
}

/// OpenAI's and Anthropic's pages alike: a list of buckets, each with its rows.
func bucketsOf(_ page: JSONValue, _ format: SourceFormat) throws(SourceFault) -> [Bucket] {
  guard let list = page.present("data"), list.kind == .array else { throw .file("`data` is not a list") }
  var buckets: [Bucket] = []
  for element in list.elements {
    let begin: Int64?
    let end: Int64?
    if format.provider == "openai" {
      begin = element.present("start_time")?.wholeNumber.flatMap(microseconds)
      end = element.present("end_time")?.wholeNumber.flatMap(microseconds)
    } else {
      begin = element.present("starting_at")?.string.flatMap { Timestamp.parse($0.utf8) }
      end = element.present("ending_at")?.string.flatMap { Timestamp.parse($0.utf8) }
    }
    guard let begin, let end, begin < end else {
      throw .file("a bucket does not say when it begins and ends; export the vendor's answer as it came")
    }
    guard let rows = element.present("results"), rows.kind == .array else {
      throw .file("\(Timestamp.text(begin)): `results` is not a list")
    }
    buckets.append(Bucket(begin: begin, end: end, rows: rows.elements))
  }
  return buckets
}

private func microseconds(_ seconds: Int64) -> Int64? {
  let (value, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
  return overflow ? nil : value
}

/// What stands around the buckets of a page.
let pageNames = ["object", "has_more", "next_page"]

/// The names of a page of buckets: those of its rows stand behind `results.`.
func bucketNames(of page: JSONValue) -> [String] {
  var names: [String] = []
  for bucket in page.present("data")?.elements ?? [] {
    for row in bucket.present("results")?.elements ?? [] {
      names += row.members.compactMap { $0.name.string.map { "results." + $0 } }
    }
  }
  return names
}

/// A vendor's name for something, bounded.
func statedName(_ name: String?) -> String {
  let name = name ?? ""
  return name.isEmpty
    ? "not said"
    : String(String.UnicodeScalarView(name.unicodeScalars.prefix(LogRecordLimit.textCharactersMax)))
}
