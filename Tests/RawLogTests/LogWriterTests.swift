import JSON
import Ledger
import RawLog
import Synchronization
import TestKit
import Testing

/// 2026-10-01T00:00:00Z.
let october: Int64 = 1_790_812_800_000_000

func makeWriter(
  _ folder: TemporaryFolder, clock: ManualClock, files: any LogFiles = POSIXLogFiles(),
  fsync: FsyncPolicy = .never, segmentBytesMax: Int64 = LogWriterLimit.segmentBytesMax,
  notices: @escaping @Sendable (String) -> Void = { _ in }
) -> LogWriter {
  LogWriter(
    .init(
      folder: folder.path, fsync: fsync, segmentBytesMax: segmentBytesMax, program: "tollbook/test", host: "h"
    ),
    files: files, clock: clock.now, random: { 0xFFFF_0000_8F3A_1C02 }, notice: notices)
}

func note(_ text: String) -> [UInt8] { Array(#"{"note":"\#(text)"}"#.utf8) }

@Suite struct LogWriterTests {
  @Test("a segment opens with `open`, ends with `close`, counts from 1 and is sealed under its hour's name")
  func wholeLife() throws {
    let folder = TemporaryFolder()
    let clock = ManualClock(microseconds: october + 3_600_000_000 * 5 + 123_456)
    let log = makeWriter(folder, clock: clock)
    #expect(folder.files().isEmpty, "nothing is there before the first line")
    #expect(try log.append(.start, time: october + 1, members: note("a")) == 2)
    #expect(try log.append(.end, time: october + 1, members: note("a")) == 3)
    #expect(folder.files() == ["\(folder.path)/2026/10/01/05-w-8f3a1c02-1.jsonl.open"])
    try log.close()
    #expect(folder.files() == ["\(folder.path)/2026/10/01/05-w-8f3a1c02-1.jsonl"])
    let text = String(decoding: contents(folder.files()[0]), as: UTF8.self)
    let expected = [
      #"{"v":1,"kind":"open","writer":"w-8f3a1c02","seq":1,"time":"2026-10-01T05:00:00.123456Z","program":"tollbook/test","host":"h"}"#,
      #"{"v":1,"kind":"start","writer":"w-8f3a1c02","seq":2,"time":"2026-10-01T00:00:00.000001Z","note":"a"}"#,
      #"{"v":1,"kind":"end","writer":"w-8f3a1c02","seq":3,"time":"2026-10-01T00:00:00.000001Z","note":"a"}"#,
      #"{"v":1,"kind":"close","writer":"w-8f3a1c02","seq":4,"time":"2026-10-01T05:00:00.123456Z"}"#,
    ]
    #expect(text == expected.joined(separator: "\n") + "\n")
  }

  @Test("a writer that wrote nothing leaves nothing") func emptyLife() throws {
    let folder = TemporaryFolder()
    try makeWriter(folder, clock: ManualClock()).close()
    #expect(folder.files().isEmpty)
  }

  @Test("a line is in the file when append returns") func linesAreThereAtOnce() throws {
    let folder = TemporaryFolder()
    let log = makeWriter(folder, clock: ManualClock(microseconds: october))
    for n in 1...20 {
      try log.append(.start, time: october, members: note("\(n)"))
      #expect(readLines(folder.files()).last?.note == "\(n)")
    }
    try log.close()
  }

  @Test("the turn of the hour seals the segment, with or without a new line") func hourTurn() throws {
    let folder = TemporaryFolder()
    let clock = ManualClock(microseconds: october + 3_599_000_000)
    let log = makeWriter(folder, clock: clock)
    try log.append(.start, time: october, members: note("a"))
    clock.advance(seconds: 1)
    try log.append(.start, time: october, members: note("b"))
    clock.advance(seconds: 3600)
    log.tick()
    try log.close()
    let names = folder.files().map { String($0.dropFirst(folder.path.count + 1)) }
    #expect(
      names == [
        "2026/10/01/00-w-8f3a1c02-1.jsonl", "2026/10/01/01-w-8f3a1c02-2.jsonl",
        "2026/10/01/02-w-8f3a1c02-3.jsonl",
      ])
    #expect(readLines(folder.files()).map(\.kind) == ["open", "start", "start", "close"])
    #expect(readLines(folder.files()).map(\.seq) == [1, 2, 3, 4])
  }

  @Test("a full segment is followed by the next of the same hour") func sizeTurn() throws {
    let folder = TemporaryFolder()
    let log = makeWriter(folder, clock: ManualClock(microseconds: october), segmentBytesMax: 1000)
    for n in 1...20 { try log.append(.start, time: october, members: note("\(n)")) }
    try log.close()
    #expect(folder.files().count > 2)
    for file in folder.files() { #expect(contents(file).count <= 1000) }
    #expect(readLines(folder.files()).map(\.seq) == Array(1...22))
  }

  @Test("many threads share one writer without a hole, and each segment counts upwards") func threads()
    async throws
  {
    let folder = TemporaryFolder()
    let log = makeWriter(folder, clock: ManualClock(microseconds: october), segmentBytesMax: 40_000)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for thread in 0..<8 {
        group.addTask {
          for n in 0..<250 { try log.append(.start, time: october, members: note("\(thread)-\(n)")) }
        }
      }
      try await group.waitForAll()
    }
    try log.close()
    #expect(readLines(folder.files()).map(\.seq) == Array(1...2002))
    #expect(Set(readLines(folder.files()).compactMap(\.note)).count == 2000)
    for file in folder.files() {
      let seqs = contents(file).split(separator: 0x0A).compactMap { line in
        (try? JSONTape().parse(Array(line)))?["seq"]?.wholeNumber
      }
      #expect(seqs == seqs.sorted())
    }
  }

  @Test("nothing can be appended behind `close`") func afterClose() throws {
    let folder = TemporaryFolder()
    let log = makeWriter(folder, clock: ManualClock(microseconds: october))
    try log.append(.start, time: october, members: note("a"))
    try log.close()
    #expect(throws: LogError.self) { try log.append(.end, time: october, members: note("a")) }
    #expect(readLines(folder.files()).last?.kind == "close")
  }

  @Test("texts from outside cannot make a line longer than the format allows") func lineBound() throws {
    let folder = TemporaryFolder()
    let log = makeWriter(folder, clock: ManualClock(microseconds: october))
    // One "character" to Swift, 300 kB to the disk; and control characters grow sixfold when escaped.
    let cluster = "e" + String(repeating: "\u{301}", count: 150_000)
    let controls = String(repeating: "\u{1}", count: 400_000)
    var record = LogRecord(id: "id", endpoint: "openai.chat_completions")
    record.modelRequested = cluster
    record.modelReturned = controls
    record.user = controls
    record.session = cluster
    record.clientAgent = controls
    record.tags = (0..<100).map { .init(name: "\($0)" + controls, value: cluster) }
    var line = LineText()
    record.writeEnd(to: &line)
    try log.append(.end, time: october, members: line.bytes)
    try log.close()
    for line in contents(folder.files()[0]).split(separator: 0x0A) { #expect(line.count < 1 << 20) }
    #expect(readLines(folder.files()).map(\.kind) == ["open", "end", "close"])
  }
}

@Suite struct AbandonedSegmentTests {
  @Test("a segment whose writer is gone is sealed as it is, torn line included") func sealed() throws {
    let folder = TemporaryFolder()
    let files = POSIXLogFiles()
    try files.makeFolder("\(folder.path)/2026/09/30")
    let path = "\(folder.path)/2026/09/30/23-w-00000001-7.jsonl"
    let file = try files.create(path + ".open")
    let bytes = Array("{\"v\":1}\n{\"v\":1,\"ki".utf8)
    _ = try bytes.withUnsafeBytes { buffer throws(FileFault) in try files.write(file, buffer) }
    #expect(sealAbandonedSegments(in: folder.path) == [])
    #expect(folder.files() == [path + ".open"], "its writer still holds the lock")
    files.close(file)
    #expect(sealAbandonedSegments(in: folder.path) == [])
    #expect(folder.files() == [path])
    #expect(contents(path) == bytes)
  }

  @Test("a sealed segment is never overwritten by another of the same name") func neverReplaces() throws {
    let folder = TemporaryFolder()
    let files = POSIXLogFiles()
    try files.makeFolder("\(folder.path)/2026/09/30")
    let path = "\(folder.path)/2026/09/30/23-w-00000001-7.jsonl"
    for (name, text) in [(path, "sealed\n"), (path + ".open", "open\n")] {
      let file = try files.create(name)
      _ = try Array(text.utf8).withUnsafeBytes { buffer throws(FileFault) in try files.write(file, buffer) }
      files.close(file)
    }
    #expect(sealAbandonedSegments(in: folder.path).count == 1)
    #expect(contents(path) == Array("sealed\n".utf8))
    #expect(contents(path + ".open") == Array("open\n".utf8))
  }

  @Test("a folder that does not exist yet holds nothing to seal") func nothing() {
    #expect(sealAbandonedSegments(in: "/tmp/tollbook-no-such-folder") == [])
  }
}
