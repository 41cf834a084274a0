import JSON
import Ledger
import RawLog
import Synchronization
import TestKit
import Testing

/// Lines that go to the log together.
@Suite struct LogLinesTests {
  private let folder = TemporaryFolder()
  private let files = FaultyFiles()

  private func writer() -> LogWriter {
    makeWriter(folder, clock: ManualClock(microseconds: october), files: files)
  }

  private func lines(_ notes: [String]) -> LogLines {
    var lines = LogLines()
    for note in notes { lines.add(.start, time: october) { $0.raw(RawLogTests.note(note)) } }
    return lines
  }

  private var notes: [String?] { readLines(folder.files()).filter { $0.kind == "start" }.map(\.note) }
  private var seqs: [Int64] { readLines(folder.files()).map(\.seq) }

  @Test("they stand in the file as if each had been appended alone, and take one write") func together()
    throws
  {
    let log = writer()
    try log.append(.start, time: october, members: note("a"))
    let before = files.plan.withLock { $0.calls.count }
    let (next, fault) = log.append(lines(["b", "c", "d"]))
    #expect(next == 3 && fault == nil)
    #expect(files.plan.withLock { $0.calls.count } == before + 1)
    let other = TemporaryFolder()
    let alone = makeWriter(other, clock: ManualClock(microseconds: october))
    for name in ["a", "b", "c", "d"] { try alone.append(.start, time: october, members: note(name)) }
    try log.close()
    try alone.close()
    #expect(contents(folder.files()[0]) == contents(other.files()[0]))
  }

  @Test("the first lines of a writer open its log") func opening() throws {
    let log = writer()
    #expect(log.append(lines(["a", "b"])).next == 2)
    try log.close()
    #expect(readLines(folder.files()).map(\.kind) == ["open", "start", "start", "close"])
    #expect(seqs == [1, 2, 3, 4])
  }

  @Test(
    "wherever the disk is full, whole lines stay, the torn one is cut, and no number is lost or used twice")
  func tornAnywhere() throws {
    let log = writer()
    // Numbers of three digits, so that all lines are of one length.
    #expect(log.append(lines((0..<100).map { "\($0)" })).next == 100)
    let batch = lines(["a", "b", "c"])
    let expected: [String?] = ["a", "b", "c"]
    let bytesBefore = contents(folder.files()[0]).count
    #expect(log.append(batch).next == 3)
    let lineBytes = (contents(folder.files()[0]).count - bytesBefore) / 3
    for torn in stride(from: 0, through: 3 * lineBytes - 1, by: 7) {
      files.plan.withLock {
        $0.writesLeft = 0
        $0.tornBytes = torn
      }
      let before = notes
      let (next, fault) = log.append(batch)
      #expect(fault != nil)
      #expect(next == torn / lineBytes, "of \(torn) bytes")
      #expect(notes == before + expected.prefix(next))
      files.plan.withLock { $0.writesLeft = nil }
      // What was not written may be tried again from there.
      #expect(log.append(batch, from: next).next == 3)
      #expect(notes == before + expected)
    }
    try log.close()
    #expect(seqs == Array(1...Int64(seqs.count)))
  }

  @Test("a torn line that cannot be cut is left behind in its segment, with whole ones before it")
  func abandoned() throws {
    let log = writer()
    let batch = lines(["a", "b", "c"])
    #expect(log.append(batch).next == 3)
    let lineBytes = contents(folder.files()[0]).split(separator: 0x0A).last?.count ?? 0
    files.plan.withLock {
      $0.writesLeft = 0
      $0.tornBytes = lineBytes + 10
      $0.truncateFails = true
    }
    #expect(log.append(batch).next == 1)
    files.plan.withLock { $0.writesLeft = nil }
    #expect(log.append(batch, from: 1).next == 3)
    try log.close()
    #expect(folder.files().count == 2)
    #expect(notes == ["a", "b", "c", "a", "b", "c"])
    #expect(seqs == Array(1...Int64(seqs.count)))
  }

  @Test("one that is too long is refused alone") func tooLong() throws {
    let log = writer()
    let batch = lines(["a", String(repeating: "x", count: RawLogFormat.lineBytesMax), "c"])
    let (next, fault) = log.append(batch)
    #expect(next == 1 && fault != nil)
    #expect(log.append(batch, from: 2).next == 3)
    try log.close()
    #expect(notes == ["a", "c"])
    #expect(seqs == [1, 2, 3, 4])
  }

  @Test("a closed log takes none") func closed() throws {
    let log = writer()
    try log.close()
    let (next, fault) = log.append(lines(["a"]))
    #expect(next == 0 && fault != nil)
  }
}
