internal import Crypto
internal import JSON
public import Ledger
public import RawLog

/// What a file of statements brought: all of it, since one wrong amount makes its whole day wrong.
public struct StatementFile: Sendable {
  public var statements: [CostStatement] = []
  /// Each day that the file speaks of, those without any amount included.
  public var days: Set<Int64> = []
  public var bytes: Int64 = 0
  /// Of all its bytes.
  public var sha256 = ""
}

/// Reads the pages of a vendor's cost report, one behind the other: OpenAI's `GET /v1/organization/costs`, Anthropic's
/// `GET /v1/organizations/cost_report`. Buckets are days in UTC, amounts are US dollars.
/// - Throws: `SegmentError` for a file of which anything is not understood.
public func readStatements(
  _ file: SourceFile, _ shape: SourceShape, segment: String
) throws(SegmentError) -> StatementFile {
  let splitter = RecordSplitter(
    path: file.path, file: try SegmentFile(path: file.path, compression: file.compression),
    framing: shape.framing)
  let tape = JSONTape()
  var hash = SHA256()
  var pages = CostPages(format: shape.format, segment: segment)
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
    do throws(SourceFault) {
      try pages.read(root)
    } catch {
      switch error {
      case .row(let problem), .file(let problem): throw refused(problem)
      }
    }
  }
  hash.update(bufferPointer: splitter.tail)
  var result = pages.result
  result.bytes = splitter.position + Int64(splitter.tail.count)
  result.sha256 = hexText(hash.finalize())
  return result
}

private struct CostPages {
  let format: SourceFormat
  let segment: String
  var result = StatementFile()

  init(format: SourceFormat, segment: String) {
    self.format = format
    self.segment = segment
  }

  mutating func read(_ page: JSONValue) throws(SourceFault) {
    guard let buckets = page.present("data"), buckets.kind == .array else {
      throw .file("`data` is not a list")
    }
    for bucket in buckets.elements {
      let day = try day(bucket)
      guard result.days.insert(day).inserted else {
        throw .file("\(dayText(day)) is there twice; fetch the report again, once")
      }
      guard let rows = bucket.present("results"), rows.kind == .array else {
        throw .file("\(dayText(day)): `results` is not a list")
      }
      for row in rows.elements {
        let amount = try amount(row, day)
        let place = Usage.Place(file: segment, line: Int64(result.statements.count + 1))
        result.statements.append(
          CostStatement(provider: provider, day: day, model: model(row), amount: amount, place: place))
      }
    }
  }

  private var provider: String { format == .openaiCosts ? "openai" : "anthropic" }

  private func day(_ bucket: JSONValue) throws(SourceFault) -> Int64 {
    let begin: Int64?
    let end: Int64?
    if format == .openaiCosts {
      begin = bucket["start_time"]?.wholeNumber.flatMap(microseconds)
      end = bucket["end_time"]?.wholeNumber.flatMap(microseconds)
    } else {
      begin = bucket["starting_at"]?.string.flatMap { Timestamp.parse($0.utf8) }
      end = bucket["ending_at"]?.string.flatMap { Timestamp.parse($0.utf8) }
    }
    guard let begin, let end, begin % CostStatement.dayMicroseconds == 0,
      end - begin == CostStatement.dayMicroseconds
    else { throw .file("a bucket is not one day in UTC; fetch the report with bucket_width=1d") }
    return CostStatement.day(of: begin)
  }

  private func microseconds(_ seconds: Int64) -> Int64? {
    let (value, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? nil : value
  }

  /// OpenAI writes dollars as a number, Anthropic cents as a decimal text.
  private func amount(_ row: JSONValue, _ day: Int64) throws(SourceFault) -> Money {
    let holder = format == .openaiCosts ? row.present("amount") : row
    let currency = holder?.present("currency")?.string ?? ""
    guard currency.lowercased() == "usd" else {
      throw .file("\(dayText(day)): an amount is in \"\(printable(currency))\", not in US dollars")
    }
    let value = holder?.present(format == .openaiCosts ? "value" : "amount")
    guard let text = format == .openaiCosts ? value?.numberText ?? value?.string : value?.string,
      let number = DecimalNumber(text),
      let (femtodollars, _) = number.femtodollars(per: format == .openaiCosts ? 1 : 100)
    else {
      throw .file(
        "\(dayText(day)): an amount is not "
          + (format == .openaiCosts ? "a number of dollars" : "a decimal text of cents"))
    }
    return Money(femtodollars: femtodollars)
  }

  /// `gpt-5.4-2026-03-05, input` is a line of a model; anything else keeps the vendor's word.
  private func model(_ row: JSONValue) -> String {
    guard format == .openaiCosts else {
      return shown(row.present("model")?.string ?? row.present("cost_type")?.string)
    }
    let item = row.present("line_item")?.string
    return shown(item.map { String($0.prefix { $0 != "," }) })
  }

  private func shown(_ name: String?) -> String {
    let name = name ?? ""
    return name.isEmpty
      ? "not said"
      : String(String.UnicodeScalarView(name.unicodeScalars.prefix(LogRecordLimit.textCharactersMax)))
  }

  private func dayText(_ day: Int64) -> String {
    String(Timestamp.text(day * CostStatement.dayMicroseconds).prefix(10))
  }
}

/// The names of a page of buckets: those of its rows stand behind `results.`.
func pageNames(of page: JSONValue) -> [String] {
  var names: [String] = []
  for bucket in page.present("data")?.elements ?? [] {
    for row in bucket.present("results")?.elements ?? [] {
      names += row.members.compactMap { $0.name.string.map { "results." + $0 } }
    }
  }
  return names
}
