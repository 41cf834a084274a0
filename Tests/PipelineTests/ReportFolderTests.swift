import Attribute
import Foundation
import Glibc
import Ingest
import Ledger
import Pipeline
import Report
import Sample
import Store
import RawLog
import TestKit
import Testing

/// Report files: the same from the same inputs, and each one whole.
@Suite struct ReportFolderTests {
  private static let rules = """
    products: [{id: auto-approval, name: レビュー自動承認}, {id: ticket-generator}, {id: chrome-assistant}]
    rules:
      - {product: auto-approval, when: {tags: {product: auto-approval}}}
      - {split: {auto-approval: 60, ticket-generator: 40}, when: {key: "*batch*"}}
      - {product: ticket-generator, when: {key: "ticket-generator-*"}}
    """

  /// All files below a folder, by name.
  private func files(_ folder: String) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      var isFolder: ObjCBool = false
      let path = folder + "/" + name
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
        continue
      }
      found[name] = try Data(contentsOf: URL(fileURLWithPath: path))
    }
    return found
  }

  private func report(_ desk: Desk) throws -> [String: Data] {
    let books = try desk.books("2026-10", rules: tokyoRules(Self.rules))
    let folder = ReportFolder(reports: desk.folder.file("reports"), period: "2026-10")
    let written = try folder.write(books, formats: Set(ReportFormat.allCases))
    let found = try files(folder.path)
    #expect(Set(written) == Set(found.keys), "what it says it wrote is what is there")
    #expect(written.last == "run.json", "a folder with a run.json is a complete one")
    return found
  }

  @Test(
    "the same inputs give the same bytes, from another store, in another folder, read in other steps",
    arguments: Backing.allCases)
  func sameBytes(in backing: Backing) throws {
    let one = try Desk(backing)
    let two = try Desk(backing)
    for desk in [one, two] { _ = try sampleMonth(seed: 21).write(to: desk.logs) }
    _ = try one.ingest()
    // The second desk reads its files in two runs, some of them compressed.
    let segments = try findSegments(in: two.logs)
    for segment in segments.enumerated().filter({ $0.offset % 3 == 0 }).map(\.element) {
      try Tool.zstd(segment.path)
      try FileManager.default.removeItem(atPath: segment.path)
    }
    _ = try two.ingest { Array($0.prefix($0.count / 2)) }
    _ = try two.ingest()
    let first = try report(one)
    let second = try report(two)
    #expect(first.keys.sorted() == second.keys.sorted())
    #expect(first.keys.contains("chargeback.xlsx"))
    for name in first.keys.sorted() { #expect(first[name] == second[name], "\(name)") }
    // And again over the old ones, from a store that is opened anew.
    #expect(try report(one) == first)
  }

  @Test(
    "a file is replaced as a whole: who has the old one open reads the old one to its end",
    arguments: Backing.allCases)
  func replaced(in backing: Backing) throws {
    let desk = try Desk(backing)
    _ = try sampleMonth(seed: 22, requests: 50).write(to: desk.logs)
    _ = try desk.ingest()
    let before = try report(desk)
    let csv = desk.folder.file("reports/2026-10/chargeback.csv")
    let kept = desk.folder.file("kept.csv")
    #expect(link(csv, kept) == 0)
    var writer = HandWriter("late")
    try desk.write(writer.end("late", at: "2026-10-20T00:00:00Z", input: 1_000_000), to: "late.jsonl")
    _ = try desk.ingest()
    let after = try report(desk)
    #expect(after["chargeback.csv"] != before["chargeback.csv"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == before["chargeback.csv"])
    #expect(after.keys.sorted() == before.keys.sorted(), "no half-written file is left")
  }

  @Test("only what is asked for is written, and run.json always", arguments: Backing.allCases)
  func formats(in backing: Backing) throws {
    let desk = try Desk(backing)
    let books = try desk.books("2026-10", rules: .none)
    let folder = ReportFolder(reports: desk.folder.file("reports"), period: "2026-10")
    #expect(try folder.write(books, formats: [.csv]) == ["chargeback.csv", "run.json"])
    #expect(try files(folder.path).keys.sorted() == ["chargeback.csv", "run.json"])
  }

  @Test("where nothing can be written, the error names the place", arguments: Backing.allCases)
  func cannotWrite(in backing: Backing) throws {
    let desk = try Desk(backing)
    try desk.folder.write("a file", to: "reports")
    let books = try desk.books("2026-10", rules: .none)
    let folder = ReportFolder(reports: desk.folder.file("reports"), period: "2026-10")
    let error = #expect(throws: FolderError.self) { try folder.write(books, formats: [.csv]) }
    #expect(error?.path.hasPrefix(desk.folder.file("reports")) == true)
  }
}
