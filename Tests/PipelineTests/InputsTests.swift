import Attribute
import Ledger
import Pipeline
import Report
import Store
import TestKit
import Testing

/// Which files are a period's inputs, and what the period says of them.
@Suite struct InputsTests {
  @Test(
    "a file is an input of each period that one of its lines falls in, and is counted whole in each",
    arguments: Backing.allCases)
  func overlapping(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    try desk.write(
      writer.end("sep", at: "2026-09-30T14:59:59.999999Z") + writer.end("oct", at: "2026-09-30T15:00:00Z")
        + "torn",
      to: "2026/09/30/14-w-1.jsonl")
    try desk.write(writer.end("nov", at: "2026-10-31T15:00:00Z"), to: "2026/10/31/15-w-2.jsonl")
    _ = try desk.ingest()
    #expect(try desk.inputs("2026-09") == ["2026/09/30/14-w-1.jsonl"])
    #expect(try desk.inputs("2026-10") == ["2026/09/30/14-w-1.jsonl"])
    #expect(try desk.inputs("2026-11") == ["2026/10/31/15-w-2.jsonl"])
    #expect(try desk.inputs("2026-12") == [])
    for period in ["2026-09", "2026-10"] {
      let books = try desk.books(period, rules: .none)
      #expect((books.linesRead, books.usagesRead, books.rejectedRead) == (3, 2, 1))
      #expect(books.whole(books.totalCounts.requests) == 1)
      #expect(books.rejections.map(\.place) == [.init(file: "2026/09/30/14-w-1.jsonl", line: 3)])
      #expect(!books.isComplete)
    }
    // In another zone the same instants are of other days.
    #expect(try desk.inputs("2026-10", zone: "UTC") == ["2026/10/31/15-w-2.jsonl"])
  }

  @Test(
    "a start, a control line and a rejected line whose time can be read belong to their time as well",
    arguments: Backing.allCases)
  func everyKind(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    try desk.write(writer.line("open", at: "2026-10-02T00:00:00Z"), to: "open.jsonl")
    try desk.write(writer.start("a", at: "2026-10-03T00:00:00Z"), to: "start.jsonl")
    try desk.write(writer.end("b", at: "2026-10-04T00:00:00Z", input: -1), to: "rejected.jsonl")
    _ = try desk.ingest()
    #expect(try desk.inputs("2026-10-02") == ["open.jsonl"])
    #expect(try desk.inputs("2026-10-03") == ["start.jsonl"])
    #expect(try desk.inputs("2026-10-04") == ["rejected.jsonl"])
    #expect(try desk.inputs("2026-10") == ["open.jsonl", "rejected.jsonl", "start.jsonl"])
    #expect(try desk.inputs("2026-11") == [])
  }

  @Test(
    "a file in which no time can be read belongs to the hour in its path, and without one to every period",
    arguments: Backing.allCases)
  func withoutTime(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.write("torn\n", to: "2026/09/30/15-w-1.jsonl")
    try desk.write("torn\n", to: "shipped/2026/10/31/14-w-1.jsonl")
    try desk.write("torn\n", to: "anything.jsonl")
    try desk.write("torn\n", to: "2026/13/99/77-w-1.jsonl")
    _ = try desk.ingest()
    let everywhere = ["2026/13/99/77-w-1.jsonl", "anything.jsonl"]
    #expect(
      try desk.inputs("2026-10").sorted()
        == (everywhere + ["2026/09/30/15-w-1.jsonl", "shipped/2026/10/31/14-w-1.jsonl"]).sorted())
    #expect(try desk.inputs("2026-09").sorted() == everywhere)
    #expect(try desk.inputs("2026-11").sorted() == everywhere)
  }

  @Test(
    "an interrupted request is a request of its time and of unknown cost: the books are not complete",
    arguments: Backing.allCases)
  func interrupted(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    try desk.write(
      writer.end("a", at: "2026-10-05T00:00:00Z") + writer.start("b", at: "2026-10-06T00:00:00Z"),
      to: "a.jsonl")
    _ = try desk.ingest()
    let books = try desk.books("2026-10", rules: .none)
    #expect(books.whole(books.totalCounts.requests) == 2)
    #expect(books.whole(books.totalCounts.interruptedRequests) == 1)
    #expect(!books.isComplete)
    #expect(try desk.books("2026-10-05", rules: .none).isComplete)
    let alone = try desk.books("2026-10-06", rules: .none)
    #expect(alone.rows.map(\.state) == [.unpriced])
    #expect(try desk.books("2026-10-05", rules: .none).rows.map(\.state) == [.exact])
  }
}

extension Desk {
  fileprivate func inputs(_ period: String, zone: String = "Asia/Tokyo") throws -> [String] {
    try books(period, rules: .none, zone: zone).inputs.map(\.name)
  }
}
