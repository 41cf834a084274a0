import RawLog
import TestKit
import Testing

/// Which files of a folder are segments.
@Suite struct SegmentFolderTests {
  @Test("segments are found in all folders, in the order of their names, however they are compressed")
  func finds() throws {
    let folder = try TestFolder()
    for name in [
      "2026/10/02/00-w-1.jsonl", "2026/10/01/23-w-1.jsonl.zst", "2026/10/01/22-w-1.jsonl.gz",
      "2026/10/02/01-w-2.jsonl.open",
      "top.jsonl", "2026/10/01/notes.txt", "2026/10/01/.hidden.jsonl", ".git/x.jsonl", "a.json", "b.zst",
      "c.jsonl.bak",
    ] {
      try folder.write("", to: name)
    }
    let found = try findSegments(in: folder.path)
    #expect(
      found == [
        Segment(
          name: "2026/10/01/22-w-1.jsonl", path: folder.file("2026/10/01/22-w-1.jsonl.gz"),
          compression: .gzip,
          isOpen: false),
        Segment(
          name: "2026/10/01/23-w-1.jsonl", path: folder.file("2026/10/01/23-w-1.jsonl.zst"),
          compression: .zstd,
          isOpen: false),
        Segment(
          name: "2026/10/02/00-w-1.jsonl", path: folder.file("2026/10/02/00-w-1.jsonl"), compression: .none,
          isOpen: false),
        Segment(
          name: "2026/10/02/01-w-2.jsonl", path: folder.file("2026/10/02/01-w-2.jsonl.open"),
          compression: .none,
          isOpen: true),
        Segment(name: "top.jsonl", path: folder.file("top.jsonl"), compression: .none, isOpen: false),
      ])
  }

  @Test("a segment that lies there in several forms is read once")
  func severalForms() throws {
    let folder = try TestFolder()
    for suffix in ["", ".zst", ".gz", ".open"] { try folder.write("", to: "a.jsonl" + suffix) }
    for suffix in [".zst", ".open"] { try folder.write("", to: "b.jsonl" + suffix) }
    let found = try findSegments(in: folder.path)
    #expect(found.map(\.path) == [folder.file("a.jsonl"), folder.file("b.jsonl.zst")])
  }

  @Test("an empty folder has none, a missing one is refused by name")
  func none() throws {
    let folder = try TestFolder()
    #expect(try findSegments(in: folder.path) == [])
    let error = #expect(throws: SegmentError.self) { try findSegments(in: folder.file("nowhere")) }
    #expect(error?.description.contains("nowhere") == true)
  }
}
