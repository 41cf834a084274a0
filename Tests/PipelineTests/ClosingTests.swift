import Foundation
import Ledger
import Pipeline
import Price
import Report
import Store
import TestKit
import Testing

/// What a close refuses, and what it leaves alone.
@Suite struct ClosingTests {
  @Test("a period that has not ended is not closed, one that has just ended is", arguments: Backing.allCases)
  func notEnded(in backing: Backing) throws {
    let (desk, july) = try ClosingDesk.withJuly(in: backing)
    desk.now = july.end - 1
    #expect(desk.refusal(july).contains("has not ended yet"))
    desk.now = july.end
    #expect(desk.refusal(july) == "")
  }

  @Test(
    "a segment that was not read, or grew since, keeps its period open; one of a later hour does not",
    arguments: Backing.allCases)
  func unread(in backing: Backing) throws {
    let (desk, july) = try ClosingDesk.withJuly(in: backing)
    var writer = HandWriter("v")
    let line = writer.end("late", at: "2026-07-06T01:00:00Z")
    try desk.desk.write(line, to: "2026/07/06/01-v-1.jsonl")
    #expect(desk.refusal(july).contains("2026/07/06/01-v-1.jsonl"))
    _ = try desk.desk.ingest()
    try desk.desk.write(line + writer.end("later", at: "2026-07-06T01:30:00Z"), to: "2026/07/06/01-v-1.jsonl")
    #expect(desk.refusal(july).contains("tollbook ingest"))
    _ = try desk.desk.ingest()
    try desk.desk.write(writer.end("august", at: "2026-08-06T01:00:00Z"), to: "2026/08/06/01-v-2.jsonl")
    #expect(desk.refusal(july) == "")
  }

  @Test(
    "a request whose end was written behind the period's midnight keeps it open until that is read",
    arguments: Backing.allCases)
  func overMidnight(in backing: Backing) throws {
    let (desk, july) = try ClosingDesk.withJuly(in: backing)
    // July of Tokyo ends at 15:00 in UTC.
    var writer = HandWriter("v")
    try desk.desk.write(writer.start("late", at: "2026-07-31T14:59:00Z"), to: "2026/07/31/14-v-1.jsonl")
    _ = try desk.desk.ingest()
    // It ends at 15:01, and its line says when it began.
    let end = writer.end("late", at: "2026-07-31T14:59:00Z")
    try desk.desk.write(end, to: "2026/07/31/15-v-2.jsonl.open")
    #expect(desk.refusal(july, accept: true).contains("2026/07/31/15-v-2.jsonl"))
    _ = try desk.desk.ingest()
    #expect(desk.refusal(july) == "")
  }

  @Test(
    "a request that may have ended hours later is named with the segments that may say so, and can be accepted",
    arguments: Backing.allCases)
  func longAfterMidnight(in backing: Backing) throws {
    for isRead in [false, true] {
      let (desk, july) = try ClosingDesk.withJuly(in: backing)
      var writer = HandWriter("v")
      try desk.desk.write(writer.start("long", at: "2026-07-31T14:59:00Z"), to: "2026/07/31/14-v-1.jsonl")
      _ = try desk.desk.ingest()
      #expect(!desk.refusal(july).contains("not read yet"))
      try desk.desk.write(writer.end("long", at: "2026-07-31T14:59:00Z"), to: "2026/07/31/17-v-2.jsonl")
      let words = desk.refusal(july)
      #expect(words.contains("1 requests were interrupted"))
      #expect(words.contains("not read yet (tollbook ingest): 2026/07/31/17-v-2.jsonl"))
      if isRead { _ = try desk.desk.ingest() }
      #expect(desk.refusal(july, accept: !isRead) == "")
    }
  }

  @Test("what overlaps a closed period is not closed; what lies beside it is", arguments: Backing.allCases)
  func overlap(in backing: Backing) throws {
    let (desk, july) = try ClosingDesk.withJuly(in: backing)
    #expect(desk.refusal(july) == "")
    for label in ["2026-07-31", "FY2026", "2026-W31"] {
      #expect(desk.refusal(try desk.period(label), accept: true).contains("overlaps 2026-07"), "\(label)")
    }
    #expect(desk.refusal(try desk.period("2026-08-01"), accept: true) == "")
    #expect(desk.refusal(try desk.period("2026-06"), accept: true) == "")
  }

  @Test("a range that has no next one is not closed", arguments: Backing.allCases)
  func range(in backing: Backing) throws {
    let (desk, _) = try ClosingDesk.withJuly(in: backing)
    #expect(desk.refusal(try desk.period("2026-07-01..2026-07-31")).contains("cannot be closed"))
  }

  @Test("a cost that is unknown is named, and closed only when that is accepted", arguments: Backing.allCases)
  func incomplete(in backing: Backing) throws {
    let (desk, july) = try ClosingDesk.withJuly(in: backing)
    var writer = HandWriter("v")
    try desk.desk.write(
      writer.start("open", at: "2026-07-06T01:00:00Z")
        + writer.line(
          "end", at: "2026-07-06T01:00:00Z",
          #","id":"x","attempt":1,"endpoint":"anthropic.messages","provider":"anthropic","outcome":"ok","model":{"returned":"no-such-model"},"usage":{"input_tokens":1},"usage_source":"vendor""#
        ),
      to: "b.jsonl")
    _ = try desk.desk.ingest()
    let words = desk.refusal(july)
    #expect(words.contains("1 requests used something that has no price"))
    #expect(words.contains("1 requests were interrupted"))
    #expect(!words.contains("holes"), "no number of these writers is missing")
    #expect(words.contains("--accept-incomplete"))
    #expect(desk.refusal(try desk.period("2026-06")).contains("no line of the period was ever read"))
    #expect(desk.refusal(july, accept: true) == "")
    #expect(try desk.desk.store.closedPeriods().map(\.isIncomplete) == [true])
  }

  @Test(
    "reports that are missing or of other figures are made; files that somebody changed are named",
    arguments: Backing.allCases)
  func files(in backing: Backing) throws {
    let (desk, july) = try ClosingDesk.withJuly(in: backing)
    let run = desk.run()
    _ = try run.report(run.books(july), [.csv])
    #expect(desk.refusal(july) == "")
    let closed = try desk.written()
    #expect(closed["chargeback.xlsx"] != nil && closed["summary.md"] != nil)
    let status = try #require(try run.closedStatus(of: july))
    #expect(Set(status.files.map(\.name)).isSubset(of: Set(closed.keys)))
  }

  @Test("a report that is not what the program writes keeps the period open", arguments: Backing.allCases)
  func changed(in backing: Backing) throws {
    let (desk, july) = try ClosingDesk.withJuly(in: backing)
    let run = desk.run()
    _ = try run.report(run.books(july), Set(ReportFormat.allCases))
    try desk.desk.folder.write("mine", to: "reports/2026-07/chargeback.csv")
    #expect(desk.refusal(july).contains("reports/2026-07/chargeback.csv: is not what this program writes"))
    // Of other figures altogether: made anew.
    try desk.desk.folder.write("{}", to: "reports/2026-07/run.json")
    #expect(desk.refusal(july) == "")
  }

  @Test(
    "closing again writes nothing; neither do reports of a closed period, with whatever prices",
    arguments: Backing.allCases)
  func again(in backing: Backing) throws {
    let (desk, july) = try ClosingDesk.withJuly(in: backing)
    #expect(desk.refusal(july) == "")
    let before = try desk.written()
    guard case .already(let status) = try desk.run(prices: 1).close(july, acceptIncomplete: false) else {
      Issue.record("it was closed twice")
      return
    }
    #expect(status.problems == [] && status.correction.list == [])
    let other = desk.run(prices: 1)
    #expect(throws: RunError.self) { try other.report(other.books(july), [.csv]) }
    #expect(try desk.written() == before)
  }

  @Test(
    "a closed file that was changed, or is gone, is named with the digest to look for",
    arguments: Backing.allCases)
  func altered(in backing: Backing) throws {
    let (desk, july) = try ClosingDesk.withJuly(in: backing)
    #expect(desk.refusal(july) == "")
    try desk.desk.folder.write("mine", to: "reports/2026-07/summary.md")
    try FileManager.default.removeItem(atPath: desk.desk.folder.file("reports/2026-07/focus.csv"))
    let status = try #require(try desk.run().closedStatus(of: july))
    #expect(status.problems.count == 2)
    #expect(status.problems.contains { $0.contains("focus.csv: is missing") })
    #expect(status.problems.contains { $0.contains("summary.md: was changed") })
    for file in status.files where ["summary.md", "focus.csv"].contains(file.name) {
      #expect(status.problems.contains { $0.contains(file.sha256) })
    }
  }

  @Test("another zone is another range of time: the closed month keeps its own", arguments: Backing.allCases)
  func zone(in backing: Backing) throws {
    let (desk, july) = try ClosingDesk.withJuly(in: backing)
    #expect(desk.refusal(july) == "")
    let utc = try BookCalendar(zone: "UTC").period("2026-07")
    #expect(throws: UsageError.self) { try desk.run().closedStatus(of: utc) }
  }

  @Test(
    "a reprice needs a closed period, something to change and words; a dry run needs none and writes nothing",
    arguments: Backing.allCases)
  func reprice(in backing: Backing) throws {
    let (desk, july) = try ClosingDesk.withJuly(in: backing)
    let run = desk.run()
    let version = desk.prices[1].book.version
    func fault(_ period: Period, _ version: String?, _ reason: String) -> String {
      do {
        _ = try run.reprice(period, pricesVersion: version, rules: nil, reason: reason, dryRun: false)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(fault(july, version, "x").contains("is not closed"))
    #expect(desk.refusal(july) == "")
    #expect(fault(july, nil, "x").contains("--prices-version"))
    #expect(fault(july, version, " \n\t ").contains("--reason"))
    #expect(fault(july, version, String(repeating: "長", count: 101)).contains("longer than 100"))
    #expect(fault(july, "ffffffff", "x").contains("no version"))
    let closed = try #require(try desk.desk.store.closedPeriods().first)
    let dry = try run.reprice(july, pricesVersion: version, rules: nil, reason: "", dryRun: true)
    #expect(dry.isNew && !dry.wasWritten && dry.correction.total > .zero)
    #expect(try desk.desk.store.decisions(forClosed: closed.id) == [])
    #expect(fault(july, String(version.prefix(12)), "a \u{1B}[31mred\u{202E} word") == "")
    let made = try desk.desk.store.decisions(forClosed: closed.id)
    #expect(made.map(\.pricesVersion) == [version])
    #expect(made[0].reason.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
    let books = try run.books(desk.period("2026-08"))
    #expect(
      books.adjustments.list
        == dry.correction.list.map { one in
          var one = one
          one.words = made[0].reason
          return one
        })
  }

  @Test(
    "periods follow each other in their own calendar",
    arguments: [
      ("2026-11", "2026-12"), ("2026-12", "2027-01"), ("2026-02-28", "2026-03-01"),
      ("2028-02-28", "2028-02-29"),
      // 2026 has 53 ISO weeks, 2027 has 52; 2030-12-30 is in week 1 of 2031.
      ("2026-W41", "2026-W42"), ("2026-W52", "2026-W53"), ("2026-W53", "2027-W01"), ("2027-W52", "2028-W01"),
      ("2030-W52", "2031-W01"), ("FY2026", "FY2027"),
    ])
  func next(_ label: String, _ expected: String) throws {
    let calendar = try BookCalendar(zone: "Asia/Tokyo")
    #expect(try calendar.next(after: label) == expected)
    #expect(try calendar.period(expected).begin == calendar.period(label).end)
  }
}

extension ClosingDesk {
  /// July's three requests, read and not closed.
  fileprivate static func withJuly(in backing: Backing) throws -> (ClosingDesk, july: Period) {
    let desk = try ClosingDesk(backing)
    var writer = HandWriter("w")
    try desk.desk.write(
      (1...3).map { writer.end("r\($0)", at: "2026-07-05T01:00:00Z") }.joined(), to: "a.jsonl")
    _ = try desk.desk.ingest()
    return (desk, try desk.period("2026-07"))
  }

  /// What stands against closing the period; it is closed where nothing does.
  fileprivate func refusal(_ period: Period, accept: Bool = false) -> String {
    do {
      _ = try run().close(period, acceptIncomplete: accept)
      return ""
    } catch {
      return "\(error)"
    }
  }

  /// July's report files.
  fileprivate func written() throws -> [String: Data] {
    let folder = desk.folder.file("reports/2026-07")
    var found: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      found[name] = FileManager.default.contents(atPath: folder + "/" + name)
    }
    return found
  }
}
