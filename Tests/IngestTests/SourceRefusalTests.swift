import Ingest
import Ledger
import RawLog
import TestKit
import Testing

/// What is refused as a whole, and with which words.
@Suite struct SourceRefusalTests {
  private let fixture: SourceFixture
  init() throws { fixture = try SourceFixture() }

  @Test("a renamed column is named, and what stands there in its place")
  func renamed() throws {
    let text = spendLog().replacing(
      #""prompt_tokens":1000,"completion_tokens":500,"startTime""#,
      with: #""input_tokens":1000,"completion_tokens":500,"startTime""#)
    let problem = try fixture.refusal(text + "\n")
    #expect(problem.contains("export.json: read as litellm, but without `prompt_tokens`"))
    #expect(problem.contains("unknown here: input_tokens"))
    #expect(problem.contains("Export these under their own names"))
  }

  @Test("a missing time zone names its row and what to do")
  func noZone() throws {
    let bad = spendLog(2).replacing(".250000Z", with: "")
    let problem = try fixture.refusal(spendLog(1) + "\n" + bad + "\n")
    #expect(problem.contains("row 2: `startTime` has no time zone"))
    #expect(problem.contains("--zone UTC"))
  }

  @Test("a cut gzip file, a cut last row and a cut CSV are refused")
  func cut() throws {
    let rows = (1...500).map { spendLog($0) }.joined(separator: "\n") + "\n"
    let path = try fixture.folder.write(rows, to: "cut.jsonl")
    try Tool.gzip(path)
    let whole = try fixture.folder.read("cut.jsonl.gz")
    #expect(try fixture.refusal(bytes: Array(whole.dropLast(20)), name: "cut.jsonl.gz").contains("cut off"))
    #expect(try fixture.refusal(String(rows.dropLast(30))).contains("row 500: the last row is cut off"))
    let csv =
      "schemaType,timestamp,requestId,operation,modelId\nModelInvocationLog,2026-10-03T04:05:06Z,a,Converse,m"
    #expect(try fixture.refusal(csv).contains("row 2: the last row has no line end"))
  }

  @Test("a JSON row that is whole needs no line end")
  func wholeWithoutLineEnd() throws {
    #expect(try fixture.read(spendLog(1) + "\n" + spendLog(2)).usages.count == 2)
  }

  @Test("a file of another kind is refused with the names it has, made harmless")
  func strange() throws {
    let problem = try fixture.refusal("date,=cmd|'x',cost\n1,2,3\n")
    #expect(
      problem.contains("its first names are: …cmd…x…, cost, date"))
    #expect(try fixture.refusal("hello\n").contains("recognised as none"))
    #expect(
      try fixture.refusal("date,cost\n1,2\n", format: .litellm).contains(
        "read as litellm, but without `request_id`"))
  }

  @Test("UTF-16 is named for what it is")
  func utf16() throws {
    #expect(
      try fixture.refusal(bytes: [0xFF, 0xFE, 0x5B, 0x00]).contains("is UTF-16 text; save it as UTF-8"))
  }

  @Test("a column that is there twice is refused, since nobody knows which one counts")
  func twice() throws {
    let csv = "schemaType,timestamp,requestId,operation,modelId,modelId\n"
    #expect(try fixture.refusal(csv).contains("the column `modelId` is there twice"))
  }

  @Test("a file without any row is nothing to refuse", arguments: ["", "\n\n", "[]", " [ ] \n"])
  func empty(text: String) throws {
    let reading = try fixture.read(text)
    #expect(reading.usages.isEmpty)
  }

  @Test("CSV rows with fields too many, wild quotes or no UTF-8 are rejected one by one")
  func badCSVRows() throws {
    let header = "schemaType,timestamp,requestId,operation,modelId\n"
    func row(_ id: String) -> String { "ModelInvocationLog,2026-10-03T04:05:06Z,\(id),Converse,m\n" }
    let rows = [
      header, row("a"), row("b,c"), row("\"b\"c"), row("d"), "x\n",
    ].joined().utf8
    let bytes =
      Array(rows) + Array(row("e").replacing("e,", with: "").utf8.dropLast()) + [0xFF, 0x0A]
      + Array(row("f\u{0}").utf8) + Array(row("g").utf8)
    let reading = try fixture.read(bytes: bytes, name: "rows.csv")
    #expect(reading.usages.map(\.id) == ["a", "d", "g"])
    #expect(reading.rejected.map(\.place.line) == [3, 4, 6, 7, 8])
    #expect(reading.rejected.first?.reason == "6 fields, where the header names 5")
    #expect(reading.rejected.last?.reason == "`requestId` is not UTF-8 text")
  }

  @Test("a file that has grown is read on; one that changed is refused with both digests")
  func grownAndChanged() throws {
    for (first, second) in [
      (spendLog(1) + "\n", spendLog(1) + "\n" + spendLog(2) + "\n"),
      ("[\(spendLog(1))\n]", "[\(spendLog(1)),\n\(spendLog(2))\n]"),
      (spendLog(1), spendLog(1) + "\n" + spendLog(2) + "\n"),
    ] {
      let before = try fixture.read(first)
      let after = try fixture.read(bytes: Array(second.utf8), from: before.position)
      #expect(after.usages.map(\.id) == ["chatcmpl-2"])
      #expect(after.usages.map(\.place.line) == [2])
      #expect(after.wholeBytes == Int64(second.utf8.count))
      #expect(after.wholeSHA256 == (try fixture.read(second)).wholeSHA256)
      let changed = second.replacing("chatcmpl-1", with: "chatcmpl-7")
      let error = #expect(throws: SegmentError.self) {
        try fixture.read(bytes: Array(changed.utf8), from: before.position)
      }
      #expect(error?.problem.contains(before.position.sha256) == true)
      #expect(error?.problem.contains("are now") == true)
    }
  }

  @Test("the whole file's digest is sha256sum's")
  func digest() throws {
    // printf '[]\n' | sha256sum ; printf '{"a":1}\n' | sha256sum
    let reading = try fixture.read(
      #"{"schemaType":"x","timestamp":"","requestId":"","operation":"","modelId":""}"# + "\n")
    let path = fixture.folder.file("export.json")
    try Tool.run(
      "/usr/bin/env", "sh", "-c", "test \(reading.wholeSHA256) = $(sha256sum < \(path) | cut -d' ' -f1)")
  }

  @Test("a folder's files are found in order, plain before packed, without what is hidden or a prompt's body")
  func folder() throws {
    let row = Array((spendLog(1) + "\n").utf8)
    for name in [
      "in/b.json", "in/a/x.json", "in/.hidden", "in/data/r1_input.json.gz", "in/2026/data/r1_output.json",
      "in/amazon-bedrock-logs-permission-check",
    ] {
      try fixture.folder.write(row, to: name)
    }
    try Tool.gzip(fixture.folder.file("in/b.json"))
    let found = try findSourceFiles(at: fixture.folder.file("in"))
    #expect(found.map(\.name) == ["in/a/x.json", "in/b.json"])
    #expect(found.map(\.compression) == [.none, .none])
    let packed = try findSourceFiles(at: fixture.folder.file("in/b.json.gz"))
    #expect(packed.map(\.name) == ["b.json"])
    #expect(packed.map(\.compression) == [.gzip])
    let error = #expect(throws: SegmentError.self) { try findSourceFiles(at: fixture.folder.file("nowhere")) }
    #expect(error?.description.contains("nowhere: no such source") == true)
  }
}
