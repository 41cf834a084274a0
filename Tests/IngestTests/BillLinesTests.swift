import Foundation
import Ingest
import Ledger
import RawLog
import TestKit
import Testing

/// AWS's Cost and Usage Report 2.0: Bedrock's lines as statements.
@Suite struct BillLinesTests {
  private let folder: TestFolder
  init() throws { folder = try TestFolder() }

  private let heading =
    "identity_line_item_id,bill_billing_period_start_date,line_item_line_item_type,line_item_usage_start_date,"
    + "line_item_product_code,line_item_usage_type,line_item_resource_id,line_item_usage_amount,"
    + "line_item_unblended_cost,line_item_currency_code,pricing_unit,product\n"

  private static let profile =
    "arn:aws:bedrock:ap-northeast-1:111122223333:application-inference-profile/ab12cd34"

  private func line(
    _ cost: String = "1.77297747", day: Int = 5, kind: String = "Usage", product: String = "AmazonBedrock",
    usage: String = "APN1-DemoModel-input-tokens", resource: String = "", currency: String = "USD"
  ) -> String {
    "id,2026-10-01T00:00:00.000Z,\(kind),2026-10-0\(day)T03:00:00.000Z,\(product),\(usage),\(resource),5372.659,"
      + "\(cost),\(currency),1K tokens,\"{\"\"region\"\":\"\"apn1\"\"}\"\n"
  }

  private func read(_ name: String = "cur.csv") throws -> StatementFile {
    let file = try #require(try findSourceFiles(at: folder.file(name)).first)
    let shape = try #require(try probe(file, named: nil))
    #expect(shape.format == .cur)
    return try readStatements(file, shape, segment: "s:cur")
  }

  private func refusal(_ text: String, _ name: String = "cur.csv") throws -> String {
    try folder.write(text, to: name)
    do {
      return "not refused: \(try read(name).statements.count)"
    } catch let error as SegmentError {
      return error.description
    }
  }

  @Test(
    "hours add up to days by usage type and profile; credits and taxes keep their word, other services are left"
  )
  func lines() throws {
    try folder.write(
      heading + line() + line("0.5") + line("2", resource: Self.profile) + line("-1", kind: "Credit")
        + line("9", product: "AmazonEC2") + line("3e-3", day: 7, product: "AmazonBedrockService"),
      to: "cur.csv")
    let file = try read()
    #expect(file.provider == "bedrock")
    #expect(file.kinds == ["bill"])
    #expect(
      file.statements.map {
        "\($0.day - 20_727) \($0.model) \($0.profile.suffix(8)) \($0.amount?.description ?? "")"
      }
        == [
          "4 APN1-DemoModel-input-tokens  2.27297747", "4 Credit  -1",
          "4 APN1-DemoModel-input-tokens ab12cd34 2",
          "6 APN1-DemoModel-input-tokens  0.003",
        ])
    #expect(file.days == [20_731, 20_732, 20_733], "a day between without Bedrock is stated too: nothing")
  }

  @Test("a report in parts is read whole from its first part, packed or not; the manifest is no part")
  func parts() throws {
    let first = try folder.write(heading + line(), to: "data/BILLING_PERIOD=2026-10/e-00001.csv")
    try Tool.gzip(first)
    try FileManager.default.removeItem(atPath: first)
    try folder.write(heading + line("1"), to: "data/BILLING_PERIOD=2026-10/e-00002.csv")
    try folder.write(
      #"{"dataFiles":["s3://b/data/e-00001.csv.gz","s3://b/data/e-00002.csv.gz"]}"#,
      to: "metadata/BILLING_PERIOD=2026-10/e-Manifest.json")
    let files = try findSourceFiles(at: folder.file("."))
    #expect(files.count == 2)
    let shapes = try files.map { try #require(try probe($0, named: nil)) }
    #expect(zip(files, shapes).map { isLaterPart($0, $1) } == [false, true])
    let whole = try readStatements(files[0], shapes[0], segment: "s")
    #expect(whole.statements.map(\.amount?.description) == ["2.77297747"])
    try FileManager.default.removeItem(atPath: folder.file("data/BILLING_PERIOD=2026-10/e-00002.csv"))
    let error = #expect(throws: SegmentError.self) { try readStatements(files[0], shapes[0], segment: "s") }
    #expect(error?.problem == "the report's part e-00002.csv is not beside it; fetch all parts of the month")
  }

  @Test(
    "what is not understood refuses the report with its row",
    arguments: [
      ("USD", "EUR", "row 2: a cost is in \"EUR\", not in US dollars"),
      ("1.77297747", "1,77", "fields, where the header names 12"),
      ("1.77297747", "n/a", "row 2: `line_item_unblended_cost` is not a number of dollars"),
      ("2026-10-05T03", "05.10.2026T03", "`line_item_usage_start_date` is not a time"),
      (
        "line_item_unblended_cost", "cost",
        "read as cur, but without `line_item_unblended_cost`; unknown here: "
      ),
      ("\"\n", "\"", "the last row has no line end"),
    ])
  func refusals(old: String, new: String, words: String) throws {
    let text = heading + line()
    let problem = try refusal(old == "\"\n" ? String(text.dropLast()) : text.replacing(old, with: new))
    #expect(problem.contains(words), "\(problem)")
  }

  @Test("it is never added")
  func role() {
    var source = Source(path: "x")
    source.role = .add
    #expect(source.problem(with: .cur)?.contains("cur states money") == true)
  }
}
