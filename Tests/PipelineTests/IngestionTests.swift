import Attribute
import Foundation
import Ingest
import Ledger
import Pipeline
import Report
import Sample
import Store
import TestKit
import Testing

/// Every line is read once, and is exactly one of usage, duplicate, rejected and control.
@Suite struct IngestionTests {
  @Test(
    "a month's lines are what its writer says it wrote, and nothing is lost in any file",
    arguments: [1, 2, 3] as [UInt64], Backing.allCases)
  func nothingIsLost(seed: UInt64, in backing: Backing) throws {
    let desk = try Desk(backing)
    let wrote = try sampleMonth(seed: seed).write(to: desk.logs)
    let read = try desk.ingest()
    #expect(read.problems == [])
    #expect(read.files == wrote.files)
    #expect(read.lines == Int64(wrote.lines))
    #expect(read.usages == Int64(wrote.usages))
    #expect(read.duplicates == Int64(wrote.duplicates))
    #expect(read.rejected == Int64(wrote.bad))
    #expect(read.control == Int64(wrote.control))
    #expect(read.interrupted == wrote.interrupted)
    let rows = try desk.segments()
    #expect(rows.count == read.files)
    for row in rows {
      #expect(row.lines == row.usages + row.duplicates + row.rejected + row.control, "\(row.name)")
      let file = try desk.folder.read("raw-logs/" + row.name)
      let feeds = file.count { $0 == 0x0A } + (file.last == 0x0A ? 0 : 1)
      #expect(row.lines == Int64(feeds), "\(row.name)")
      #expect(row.bytes == Int64(file.count), "\(row.name)")
    }
    let usages = try desk.usages()
    #expect(usages.count == wrote.usages + wrote.interrupted)
    #expect(usages.count { $0.final } == wrote.requests)
  }

  @Test("a second run reads nothing and changes nothing", arguments: Backing.allCases)
  func secondRun(in backing: Backing) throws {
    let desk = try Desk(backing)
    _ = try sampleMonth(seed: 4).write(to: desk.logs)
    let first = try desk.ingest()
    let contents = try desk.contents()
    let second = try desk.ingest()
    #expect((second.files, second.lines, second.usages) == (0, 0, 0))
    #expect(second.interrupted == first.interrupted)
    #expect(try desk.contents() == contents)
  }

  @Test("files in any order bring the same requests", arguments: [5, 6, 7] as [UInt64], Backing.allCases)
  func anyOrder(seed: UInt64, in backing: Backing) throws {
    let desk = try Desk(backing)
    let shuffled = try Desk(backing)
    let wrote = try sampleMonth(seed: seed).write(to: desk.logs)
    _ = try sampleMonth(seed: seed).write(to: shuffled.logs)
    let first = try desk.ingest()
    var random = SeededRandom(seed: seed)
    let second = try shuffled.ingest { $0.shuffled(using: &random) }
    #expect(first == second)
    #expect(second.interrupted == wrote.interrupted)
    func described(_ desk: Desk) throws -> [String] {
      try desk.usages().map {
        // A line that stands in two files counts in the one that is read first.
        var usage = $0
        usage.place = .init(file: "", line: 0)
        usage.factsNumber = 0
        return String(reflecting: usage)
      }.sorted()
    }
    #expect(try described(desk) == described(shuffled))
  }

  @Test(
    "however the files grow between runs, the same lines are taken once", arguments: [8, 9] as [UInt64],
    Backing.allCases)
  func growing(seed: UInt64, in backing: Backing) throws {
    let whole = try Desk(backing)
    _ = try sampleMonth(seed: seed, requests: 500).write(to: whole.logs)
    _ = try whole.ingest()
    let growing = try Desk(backing)
    var random = SeededRandom(seed: seed)
    let rows = try whole.segments()
    for step in 1...5 {
      for row in rows {
        let bytes = try whole.folder.read("raw-logs/" + row.name)
        let most = step == 5 ? bytes.count : Int.random(in: 0...bytes.count * step / 5, using: &random)
        let name = "raw-logs/" + row.name
        let open = growing.folder.file(name + ".open")
        let before =
          FileManager.default.fileExists(atPath: open) ? try growing.folder.read(name + ".open").count : 0
        if step < 5 {
          try growing.folder.write(bytes.prefix(max(before, most)), to: name + ".open")
        } else {
          try growing.folder.write(bytes, to: name)
          if before > 0 { try FileManager.default.removeItem(atPath: open) }
        }
      }
      _ = try growing.ingest()
    }
    for (a, b) in zip(try whole.segments(), try growing.segments()) {
      #expect((a.name, a.bytes, a.lines, a.sha256) == (b.name, b.bytes, b.lines, b.sha256))
      #expect(b.lines == b.usages + b.duplicates + b.rejected + b.control)
      #expect(
        (a.rejected, a.control + a.usages + a.duplicates) == (b.rejected, b.control + b.usages + b.duplicates)
      )
    }
    let ids = { (desk: Desk) in
      try desk.usages().map { "\($0.id) \($0.attempt) \($0.outcome) \($0.counts)" }.sorted()
    }
    #expect(try ids(whole) == ids(growing))
    #expect(try whole.segments().count == growing.segments().count)
  }

  @Test("a file that is open, then sealed, then compressed, counts once", arguments: Backing.allCases)
  func sealedAndCompressed(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    let text = writer.line("open") + writer.end("a") + writer.end("b")
    try desk.write(text, to: "a.jsonl.open")
    #expect(try desk.ingest().usages == 2)
    let files = FileManager.default
    try files.moveItem(atPath: desk.logs + "/a.jsonl.open", toPath: desk.logs + "/a.jsonl")
    #expect(try desk.ingest().lines == 0)
    try Tool.zstd(desk.logs + "/a.jsonl")
    #expect(try desk.ingest().lines == 0)
    try files.removeItem(atPath: desk.logs + "/a.jsonl")
    #expect(try desk.ingest().lines == 0)
    let rows = try desk.segments()
    #expect(rows.map(\.name) == ["a.jsonl"])
    #expect(rows.map(\.lines) == [3])
    #expect(try desk.usages().count == 2)
  }

  @Test("the same lines under another name are duplicates, every one", arguments: Backing.allCases)
  func copied(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    let text = writer.line("open") + writer.start("a") + writer.end("a") + writer.start("b") + "bad\n"
    try desk.write(text, to: "a.jsonl")
    try desk.write(text, to: "copy.jsonl")
    let read = try desk.ingest()
    #expect((read.lines, read.usages, read.duplicates, read.rejected, read.control) == (10, 1, 4, 2, 3))
    #expect(read.interrupted == 1)
    #expect(try desk.usages().map(\.id) == ["a", "b"])
  }

  @Test(
    "a file that changed after it was read is refused with both digests, and the others are read",
    arguments: Backing.allCases)
  func changed(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    let text = writer.line("open") + writer.end("a", input: 10)
    try desk.write(text, to: "a.jsonl")
    _ = try desk.ingest()
    let contents = try desk.usages().map { String(reflecting: $0) }
    let digest = try desk.segments()[0].sha256
    try desk.write(
      text.replacing(#""input_tokens":10"#, with: #""input_tokens":99"#) + writer.end("c"), to: "a.jsonl")
    try desk.write(writer.end("b"), to: "b.jsonl")
    let read = try desk.ingest()
    #expect(read.problems.count == 1)
    let problem = read.problems.first ?? ""
    #expect(problem.contains("a.jsonl"))
    #expect(problem.contains(digest))
    let digests = Set(problem.split { !$0.isHexDigit }.filter { $0.utf8.count == 64 })
    #expect(digests.count == 2)
    #expect(read.usages == 1)
    #expect(try desk.usages().filter { $0.id != "b" }.map { String(reflecting: $0) } == contents)
    #expect(try desk.ingest().problems.count == 1, "it is told every time, until somebody acts")
  }

  @Test("a request begun and not ended is interrupted, until its end is read", arguments: Backing.allCases)
  func interrupted(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    let first = writer.line("open") + writer.start("a") + writer.start("b") + writer.end("b")
    try desk.write(first, to: "1.jsonl.open")
    #expect(try desk.ingest().interrupted == 1)
    #expect(try desk.usages().map(\.outcome) == [.interrupted, .ok])
    try desk.write(first + writer.end("a"), to: "1.jsonl.open")
    let second = try desk.ingest()
    #expect((second.lines, second.usages, second.interrupted) == (1, 1, 0))
    #expect(try desk.usages().map { "\($0.id) \($0.outcome)" } == ["a ok", "b ok"])
  }

  @Test(
    "an end that is read before its start, from another file or an earlier run, is no interruption",
    arguments: Backing.allCases)
  func endBeforeStart(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    let start = writer.start("a") + writer.start("c")
    let end = writer.end("a")
    try desk.write(end, to: "1.jsonl")
    try desk.write(start, to: "2.jsonl")
    #expect(try desk.ingest().interrupted == 1)
    let other = try Desk(backing)
    try other.write(end, to: "1.jsonl")
    _ = try other.ingest()
    try other.write(start, to: "2.jsonl")
    #expect(try other.ingest().interrupted == 1)
    for desk in [desk, other] {
      #expect(try desk.usages().map { "\($0.id) \($0.outcome)" } == ["a ok", "c interrupted"])
    }
  }

  @Test(
    "a file of more lines than one transaction takes is read once, and an end finds its start in an earlier one",
    arguments: Backing.allCases)
  func longFile(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    let between = IngestLimit.linesPerTransaction + IngestLimit.linesPerPart / 2
    let start = writer.start("a")
    let text =
      start + (0..<between).map { _ in writer.line("open") }.joined() + writer.end("a") + writer.start("b")
    try desk.write(text, to: "1.jsonl")
    try desk.write(start + writer.end("c"), to: "2.jsonl")
    let read = try desk.ingest()
    #expect((read.files, read.lines) == (2, Int64(between + 5)))
    #expect((read.usages, read.duplicates, read.rejected) == (2, 1, 0))
    #expect(read.control == Int64(between + 2))
    #expect(read.interrupted == 1)
    #expect(try desk.usages().map { "\($0.id) \($0.outcome)" } == ["a ok", "b interrupted", "c ok"])
    #expect(try desk.books("2026-10", rules: .none).holes == [])
    #expect(try desk.ingest().lines == 0)
  }

  @Test("attempts of one request end each for itself", arguments: Backing.allCases)
  func attempts(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    try desk.write(
      writer.start("a") + writer.end("a", more: #","final":false"#) + writer.start("a", attempt: 2),
      to: "1.jsonl")
    #expect(try desk.ingest().interrupted == 1)
    #expect(
      try desk.usages().map { "\($0.attempt) \($0.outcome) \($0.final)" } == [
        "1 ok false", "2 interrupted true",
      ])
  }

  @Test(
    "an end whose line cannot be taken leaves its request interrupted: its cost is unknown, not nothing",
    arguments: Backing.allCases)
  func rejectedEnd(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    try desk.write(writer.start("a") + writer.end("a", input: -5), to: "1.jsonl")
    let read = try desk.ingest()
    #expect((read.rejected, read.interrupted, read.usages) == (1, 1, 0))
  }

  @Test(
    "work that is metered when it is fetched counts once, whichever writer fetched it again",
    arguments: Backing.allCases)
  func metered(in backing: Backing) throws {
    let desk = try Desk(backing)
    var one = HandWriter("one")
    var two = HandWriter("two")
    let item = #","metered_id":"batch_1/item-1""#
    try desk.write(one.end("a", more: item) + one.end("b", more: item), to: "1.jsonl")
    try desk.write(two.end("c", more: item), to: "2.jsonl")
    let read = try desk.ingest()
    #expect((read.usages, read.duplicates) == (1, 2))
    #expect(try desk.usages().map(\.id) == ["a"])
  }

  @Test("a cut archive is a problem with its name, and what is whole is read", arguments: Backing.allCases)
  func cutArchive(in backing: Backing) throws {
    let desk = try Desk(backing)
    var writer = HandWriter("w")
    try desk.write((1...500).map { writer.end("a\($0)") }.joined(), to: "a.jsonl")
    try Tool.gzip(desk.logs + "/a.jsonl")
    let whole = try desk.folder.read("raw-logs/a.jsonl.gz")
    try FileManager.default.removeItem(atPath: desk.logs + "/a.jsonl")
    try desk.folder.write(whole.prefix(whole.count / 2), to: "raw-logs/a.jsonl.gz")
    var other = HandWriter("o")
    try desk.write(other.end("b"), to: "b.jsonl")
    let read = try desk.ingest()
    #expect(read.problems.count == 1)
    #expect(read.problems.first?.contains("a.jsonl.gz") == true)
    #expect(try desk.usages().contains { $0.id == "b" })
    // Fetched again, it is read to its end, and nothing of it twice.
    try desk.folder.write(whole, to: "raw-logs/a.jsonl.gz")
    #expect(try desk.ingest().problems == [])
    #expect(try desk.usages().count == 501)
    for row in try desk.segments() {
      #expect(row.lines == row.usages + row.duplicates + row.rejected + row.control)
    }
  }
}
