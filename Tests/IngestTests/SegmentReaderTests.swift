import Ingest
import Ledger
import RawLog
import TestKit
import Testing

/// Reading a segment in parts, and going on where an earlier reading stopped.
@Suite struct SegmentReaderTests {
  private let folder: TestFolder
  init() throws { folder = try TestFolder() }

  private func line(_ n: Int) -> String {
    #"{"v":1,"kind":"close","writer":"w","seq":\#(n),"time":"2026-10-01T00:00:00Z"}"# + "\n"
  }

  private func segment(_ suffix: String = "") -> Segment {
    Segment(
      name: "a.jsonl", path: folder.file("a.jsonl" + suffix),
      compression: suffix == ".gz" ? .gzip : suffix == ".zst" ? .zstd : .none, isOpen: suffix == ".open")
  }

  /// What the chunks of a segment bring together.
  private struct Whole {
    struct Line {
      var head: (seq: Int64, number: Int64)
    }
    var taken: [Line] = []
    var rejected: [Rejection] = []
    var rejectedTimes: [Int64] = []
    var position = SegmentPosition()
    var chunks = 0
  }

  private func readAll(
    _ segment: Segment, from start: SegmentPosition = SegmentPosition()
  ) throws -> Whole {
    let reader = try SegmentReader(segment, from: start)
    var parser = LineParser()
    let chunk = LineChunk()
    var whole = Whole()
    repeat {
      try reader.fill(chunk)
      let batch = parser.parse(chunk)
      #expect(batch.rows.count + batch.rejected.count == chunk.lineCount)
      whole.taken += batch.rows.map { .init(head: ($0.seq, $0.line)) }
      whole.rejected += batch.rejected
      whole.rejectedTimes += batch.rejectedTimes
      whole.position = chunk.position
      whole.chunks += 1
    } while !chunk.isLast
    return whole
  }

  @Test(
    "the digest is that of the uncompressed bytes, as sha256sum makes it", arguments: ["", ".gz", ".zst"])
  func digest(suffix: String) throws {
    let file = try folder.write("one\ntwo\n", to: "a.jsonl")
    if suffix == ".gz" { try Tool.gzip(file) }
    if suffix == ".zst" { try Tool.zstd(file) }
    let part = try readAll(segment(suffix))
    #expect(part.position.sha256 == "c3f9c8c283a2b1f2f1896f27a01cbe3cddc0c9d93f752e4639035a0f5b36f6e8")
    #expect((part.position.bytes, part.position.lines) == (8, 2))
    #expect(part.rejected.map(\.place.line) == [1, 2])
  }

  @Test("a segment of several chunks: every line once, in order, numbered as it stands in the file")
  func chunks() throws {
    let bad = "bad\n"
    let text = (1...20_000).map(line).joined() + bad + line(20_001)
    let file = try folder.write(text, to: "a.jsonl")
    let whole = try readAll(segment())
    #expect(whole.chunks > 2)
    #expect(whole.taken.map(\.head.seq) == (1...20_001).map(Int64.init))
    #expect(whole.taken.map(\.head.number) == (1...20_000).map(Int64.init) + [20_002])
    #expect(whole.rejected.map(\.place) == [.init(file: "a.jsonl", line: 20_001)])
    #expect((whole.position.lines, whole.position.bytes) == (20_002, Int64(text.utf8.count)))
    #expect(whole.position.sha256 == (try Tool.sha256(file)))
  }

  @Test("the digest counts what no chunk holds: an over-long line between others")
  func digestOfOverlong() throws {
    let text = line(1) + "x" + String(repeating: "y", count: 3 << 20) + "\n" + line(2)
    let file = try folder.write(text, to: "a.jsonl")
    let whole = try readAll(segment())
    #expect(whole.position.sha256 == (try Tool.sha256(file)))
    #expect(whole.taken.map(\.head.number) == [1, 3])
  }

  @Test("a file that has grown is read on from where it was, sealed and compressed or not")
  func grown() throws {
    try folder.write(line(1) + line(2) + "{\"v\":1,\"ki", to: "a.jsonl.open")
    let first = try readAll(segment(".open"))
    #expect(first.taken.map(\.head.seq) == [1, 2])
    #expect(first.rejected.isEmpty, "the line that is being written is left alone")
    #expect(first.position.lines == 2)

    let file = try folder.write(line(1) + line(2) + line(3) + line(4), to: "a.jsonl")
    try Tool.gzip(file)
    try Tool.zstd(file)
    for suffix in ["", ".gz", ".zst"] {
      let rest = try readAll(segment(suffix), from: first.position)
      #expect(rest.taken.map(\.head.seq) == [3, 4])
      #expect(rest.taken.map(\.head.number) == [3, 4])
      #expect(rest.position == (try readAll(segment())).position)
    }
  }

  @Test("a torn last line of a sealed segment is rejected, once")
  func torn() throws {
    try folder.write(line(1) + "{\"v\":1,\"kind\"", to: "a.jsonl")
    let part = try readAll(segment())
    #expect(part.taken.count == 1)
    #expect(part.rejected.map(\.place.line) == [2])
    #expect(part.rejected[0].reason.contains("torn"))
    let again = try readAll(segment(), from: part.position)
    #expect(again.taken.isEmpty)
    #expect(again.rejected.isEmpty)
    #expect(again.position == part.position)
  }

  @Test("even a whole line is torn without its line feed: the next byte could have changed it")
  func tornWhole() throws {
    try folder.write(line(1) + line(2).dropLast(), to: "a.jsonl")
    let part = try readAll(segment())
    #expect(part.taken.map(\.head.seq) == [1])
    #expect(part.rejected.count == 1)
  }

  @Test("a file that changed in what was taken is refused, with both digests; so is one that became shorter")
  func changed() throws {
    try folder.write("one\n", to: "a.jsonl")
    let first = try readAll(segment()).position
    let before = "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806"
    #expect(first.sha256 == before)
    try folder.write("two\nmore\n", to: "a.jsonl")
    let error = #expect(throws: SegmentError.self) { try readAll(segment(), from: first) }
    // printf 'two\n' | sha256sum
    let now = "27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a"
    #expect(error?.problem.contains(before) == true)
    #expect(error?.problem.contains(now) == true, "\(error?.problem ?? "")")
    try folder.write("on", to: "a.jsonl")
    let shorter = #expect(throws: SegmentError.self) { try readAll(segment(), from: first) }
    #expect(shorter?.problem.contains("shorter") == true)
  }

  @Test("a line over 1 MiB is rejected once, and its neighbours are taken")
  func overlong() throws {
    let long = #"{"pad":""# + String(repeating: "x", count: 3 << 20) + "\"}\n"
    try folder.write(line(1) + long + line(2), to: "a.jsonl")
    let part = try readAll(segment())
    #expect(part.taken.map(\.head.number) == [1, 3])
    #expect(part.rejected.map(\.place.line) == [2])
    #expect(part.position.bytes == Int64((line(1) + long + line(2)).utf8.count))
  }

  @Test("an over-long line that is still being written is one line when it is done, not two")
  func overlongGrowing() throws {
    let long = #"{"pad":""# + String(repeating: "x", count: 2 << 20)
    try folder.write(line(1) + long, to: "a.jsonl.open")
    let first = try readAll(segment(".open"))
    try folder.write(line(1) + long + "\"}\n" + line(2), to: "a.jsonl")
    let rest = try readAll(segment(), from: first.position)
    #expect(first.rejected.count + rest.rejected.count == 1)
    #expect(rest.position.lines == 3)
    #expect(rest.taken.map(\.head.number) == [3])
    #expect(rest.position == (try readAll(segment())).position)
  }

  @Test("rejected lines tell their times where they can be read")
  func rejectedTimes() throws {
    try folder.write(
      line(1).replacing(#""v":1"#, with: #""v":2"#) + "not json\n"
        + line(3).replacing("2026-10-01T00:00:00Z", with: "yesterday"), to: "a.jsonl")
    let part = try readAll(segment())
    #expect(part.rejected.count == 3)
    #expect(part.rejectedTimes == [1_790_812_800_000_000])
  }

  @Test("what a rejected line says is not kept: it may be a prompt")
  func nothingQuoted() throws {
    try folder.write(
      "tell nobody\n" + line(1).replacing("}", with: #","id":"tell nobody","v":"tell nobody"}"#)
        + "tell nobody",
      to: "a.jsonl")
    let part = try readAll(segment())
    #expect(part.rejected.count == 3)
    #expect(!String(reflecting: part.rejected).contains("tell nobody"))
  }

  @Test("a cut archive brings an error, not a shorter month")
  func cutArchive() throws {
    let file = try folder.write((1...2000).map(line).joined(), to: "a.jsonl")
    try Tool.gzip(file)
    let whole = try folder.read("a.jsonl.gz")
    try folder.write(whole.prefix(whole.count / 2), to: "a.jsonl.gz")
    let error = #expect(throws: SegmentError.self) { try readAll(segment(".gz")) }
    #expect(error?.path == folder.file("a.jsonl.gz"))
  }
}
