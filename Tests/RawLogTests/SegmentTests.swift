import RawLog
import TestKit
import Testing

/// The lines of a segment, however it is compressed and wherever it is cut. The command-line tools `gzip` and `zstd`
/// made the compressed files.
@Suite struct SegmentTests {
  enum Line: Hashable {
    case whole([UInt8])
    case overlong
    case unterminated([UInt8])
  }

  private let temporary: TestFolder
  init() throws { temporary = try TestFolder() }

  /// All lines of a file, and the bytes that were told as consumed.
  private func lines(
    _ name: String, _ compression: SegmentFile.Compression = .none
  ) throws -> (lines: [Line], consumed: [UInt8], position: Int64) {
    let splitter = LineSplitter(try SegmentFile(path: temporary.file(name), compression: compression))
    var consumed: [UInt8] = []
    var found: [Line] = []
    while let line = try splitter.next(consumed: { consumed.append(contentsOf: $0) }) {
      switch line {
      case .whole(let bytes): found.append(.whole(Array(bytes)))
      case .overlong, .overlongUnterminated: found.append(.overlong)
      case .unterminated(let bytes): found.append(.unterminated(Array(bytes)))
      }
    }
    return (found, consumed, splitter.position)
  }

  private func randomLines(_ seed: UInt64, count: Int, longest: Int) -> [[UInt8]] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { n in
      // Letters that compress, but not to nothing; no line feed among them.
      let length =
        n % 40 == 0 ? Int.random(in: 0...longest, using: &random) : Int.random(in: 0...300, using: &random)
      return random.bytes(length).map { 0x20 + $0 % 64 }
    }
  }

  private func text(_ lines: [[UInt8]]) -> [UInt8] { lines.flatMap { $0 + [0x0A] } }

  @Test("lines come back whole over all chunks, and every byte is told once", arguments: ["", ".gz", ".zst"])
  func wholeLines(suffix: String) throws {
    // Longer than a chunk, so that lines lie across the edges of reads.
    let expected = randomLines(7, count: 2_000, longest: 900_000)
    let bytes = text(expected)
    #expect(bytes.count > 4 * SegmentLimit.chunkBytes)
    let file = try temporary.write(bytes, to: "a.jsonl")
    if suffix == ".gz" { try Tool.gzip(file) }
    if suffix == ".zst" { try Tool.zstd(file) }
    let found = try lines("a.jsonl" + suffix, suffix == ".gz" ? .gzip : suffix == ".zst" ? .zstd : .none)
    #expect(found.lines == expected.map(Line.whole))
    #expect(found.consumed == bytes)
    #expect(found.position == Int64(bytes.count))
  }

  @Test(
    "several gzip members, or zstd frames, one behind the other are one text", arguments: [".gz", ".zst"])
  func concatenated(suffix: String) throws {
    let expected = randomLines(8, count: 300, longest: 2000)
    let bytes = text(expected)
    var joined: [UInt8] = []
    // Cut without regard to lines; one part is empty.
    for (n, part) in [bytes[..<1000], bytes[1000..<1000], bytes[1000..<20_001], bytes[20_001...]].enumerated()
    {
      let file = try temporary.write(part, to: "part\(n)")
      if suffix == ".gz" { try Tool.gzip(file) } else { try Tool.zstd(file) }
      joined += try temporary.read("part\(n)\(suffix)")
    }
    try temporary.write(joined, to: "all\(suffix)")
    let found = try lines("all\(suffix)", suffix == ".gz" ? .gzip : .zstd)
    #expect(found.lines == expected.map(Line.whole))
    #expect(found.consumed == bytes)
  }

  @Test(
    "a compressed file that is cut anywhere is refused, not read as a shorter one",
    arguments: [".gz", ".zst"])
  func truncated(suffix: String) throws {
    let file = try temporary.write(text(randomLines(9, count: 40, longest: 200)), to: "a")
    if suffix == ".gz" { try Tool.gzip(file) } else { try Tool.zstd(file) }
    let whole = try temporary.read("a\(suffix)")
    for length in Array(1...40) + Array(stride(from: 41, to: whole.count, by: 97)) + [
      whole.count - 4, whole.count - 1,
    ] {
      try temporary.write(whole.prefix(length), to: "cut")
      let error = #expect(throws: SegmentError.self, "\(length) of \(whole.count)") {
        try lines("cut", suffix == ".gz" ? .gzip : .zstd)
      }
      #expect(error?.path == temporary.file("cut"))
    }
  }

  @Test("a damaged byte is refused, or changed nothing that counts", arguments: [".gz", ".zst"])
  func damaged(suffix: String) throws {
    let expected = randomLines(10, count: 40, longest: 200).map(Line.whole)
    let file = try temporary.write(text(randomLines(10, count: 40, longest: 200)), to: "a")
    if suffix == ".gz" { try Tool.gzip(file) } else { try Tool.zstd(file) }
    let whole = try temporary.read("a\(suffix)")
    var refused = 0
    for place in Array(0..<30) + Array(stride(from: 30, to: whole.count, by: 61)) + [whole.count - 1] {
      var bytes = whole
      bytes[place] ^= 0x10
      try temporary.write(bytes, to: "bad")
      do {
        let found = try lines("bad", suffix == ".gz" ? .gzip : .zstd)
        #expect(found.lines == expected, "byte \(place)")
      } catch is SegmentError {
        refused += 1
      }
    }
    #expect(refused > 20)
  }

  @Test(
    "what is not compressed at all is refused under a compressed name",
    arguments: [SegmentFile.Compression.gzip, .zstd])
  func notCompressed(compression: SegmentFile.Compression) throws {
    try temporary.write("{\"v\":1}\n", to: "a")
    #expect(throws: SegmentError.self) { try lines("a", compression) }
  }

  @Test("a file that is not there is refused, naming it")
  func missing() {
    let error = #expect(throws: SegmentError.self) { try lines("nowhere.jsonl") }
    #expect(error?.path.hasSuffix("nowhere.jsonl") == true)
  }

  @Test(
    "a line of exactly 1 MiB is taken; one byte more, and it is passed over once, with its neighbours whole")
  func longLines() throws {
    let before = Array("before".utf8)
    let after = Array("after".utf8)
    for excess in [-1, 0, 1, 2, 300_000, 5_000_000] {
      let long = [UInt8](repeating: 0x78, count: (1 << 20) + excess)
      let bytes = text([before, long, after])
      try temporary.write(bytes, to: "a")
      let found = try lines("a")
      #expect(
        found.lines == [.whole(before), excess > 0 ? .overlong : .whole(long), .whole(after)], "\(excess)")
      #expect(found.consumed == bytes, "\(excess)")
      #expect(found.position == Int64(bytes.count), "\(excess)")
    }
  }

  @Test("two over-long lines in a row are two")
  func longLinesInARow() throws {
    let long = [UInt8](repeating: 0x78, count: 3 << 20)
    try temporary.write(text([long, long, [0x79]]), to: "a")
    #expect(try lines("a").lines == [.overlong, .overlong, .whole([0x79])])
  }

  @Test("a last line without a line feed is told apart, and is not counted as read until it is taken")
  func unterminated() throws {
    try temporary.write("one\ntwo", to: "a")
    let splitter = LineSplitter(try SegmentFile(path: temporary.file("a"), compression: .none))
    var consumed: [UInt8] = []
    _ = try splitter.next(consumed: { consumed.append(contentsOf: $0) })
    #expect(splitter.position == 4)
    guard case .unterminated(let bytes)? = try splitter.next(consumed: { consumed.append(contentsOf: $0) })
    else {
      Issue.record("the torn line was not told apart")
      return
    }
    #expect(Array(bytes) == Array("two".utf8))
    #expect(splitter.position == 4)
    splitter.takeUnterminated(bytes, consumed: { consumed.append(contentsOf: $0) })
    #expect(splitter.position == 7)
    #expect(consumed == Array("one\ntwo".utf8))
    #expect(try splitter.next(consumed: { _ in }) == nil)
  }

  @Test("an empty file has no line, an empty line is one, CR stays in its line")
  func smallFiles() throws {
    try temporary.write("", to: "a")
    #expect(try lines("a").lines == [])
    try temporary.write("\n", to: "a")
    #expect(try lines("a").lines == [.whole([])])
    try temporary.write("x\r\n\n", to: "a")
    #expect(try lines("a").lines == [.whole([0x78, 0x0D]), .whole([])])
    for (tool, compression) in [(Tool.gzip, SegmentFile.Compression.gzip), (Tool.zstd, .zstd)] {
      try tool(temporary.write("", to: "e"))
      #expect(try lines(compression == .gzip ? "e.gz" : "e.zst", compression).lines == [])
    }
  }

  @Test("a reading goes on behind what was taken before, and tells where the file is shorter than that")
  func skipping() throws {
    let expected = randomLines(11, count: 500, longest: 800_000)
    let bytes = text(expected)
    let file = try temporary.write(bytes, to: "a")
    try Tool.gzip(file)
    for count in [0, 1, 250, 499, 500] {
      let start = text(Array(expected[..<count])).count
      let splitter = LineSplitter(try SegmentFile(path: file + ".gz", compression: .gzip))
      var skipped: [UInt8] = []
      #expect(try splitter.skip(Int64(start), consumed: { skipped.append(contentsOf: $0) }))
      #expect(skipped == Array(bytes[..<start]))
      var next: Line?
      if case .whole(let line)? = try splitter.next(consumed: { _ in }) { next = .whole(Array(line)) }
      #expect(next == (count < 500 ? .whole(expected[count]) : nil))
    }
    let splitter = LineSplitter(try SegmentFile(path: file, compression: .none))
    #expect(try !splitter.skip(Int64(bytes.count + 1), consumed: { _ in }))
  }
}
