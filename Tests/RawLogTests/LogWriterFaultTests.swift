import Glibc
import JSON
import Ledger
import RawLog
import Synchronization
import TestKit
import Testing

@Suite struct LogWriterFaultTests {
  @Test(
    "a write that fails, cleanly or torn, leaves neither bytes nor a number behind",
    arguments: [0, 1, 7, 60, 10_000])
  func fullDisk(tornBytes: Int) throws {
    let folder = TemporaryFolder()
    let files = FaultyFiles()
    let log = makeWriter(folder, clock: ManualClock(microseconds: october), files: files)
    try log.append(.start, time: october, members: note("a"))
    let before = contents(folder.files()[0])
    files.plan.withLock {
      $0.writesLeft = 0
      $0.tornBytes = tornBytes
    }
    #expect(throws: LogError.self) { try log.append(.start, time: october, members: note("b")) }
    #expect(contents(folder.files()[0]) == before)
    files.plan.withLock { $0.writesLeft = nil }
    #expect(try log.append(.start, time: october, members: note("c")) == 3)
    try log.close()
    #expect(readLines(folder.files()).map(\.note) == [nil, "a", "c", nil])
    #expect(readLines(folder.files()).map(\.seq) == [1, 2, 3, 4])
  }

  @Test("a disk that is full from the first line on leaves the writer ready for a better day")
  func fullFromTheStart() throws {
    let folder = TemporaryFolder()
    let files = FaultyFiles()
    files.plan.withLock { $0.writesLeft = 0 }
    let log = makeWriter(folder, clock: ManualClock(microseconds: october), files: files)
    for _ in 0..<3 {
      #expect(throws: LogError.self) { try log.append(.start, time: october, members: note("a")) }
    }
    files.plan.withLock { $0.writesLeft = 1 }
    // `open` goes through, the line behind it does not.
    #expect(throws: LogError.self) { try log.append(.start, time: october, members: note("a")) }
    files.plan.withLock { $0.writesLeft = nil }
    #expect(try log.append(.start, time: october, members: note("b")) == 2)
    try log.close()
    #expect(readLines(folder.files()).map(\.kind) == ["open", "start", "close"])
  }

  @Test("a torn line that cannot be cut away is left behind in its segment, and a new one follows")
  func abandonedSegment() throws {
    let folder = TemporaryFolder()
    let files = FaultyFiles()
    let notices = Mutex<[String]>([])
    let log = makeWriter(
      folder, clock: ManualClock(microseconds: october), files: files,
      notices: { text in notices.withLock { $0.append(text) } })
    try log.append(.start, time: october, members: note("a"))
    files.plan.withLock {
      $0.writesLeft = 0
      $0.tornBytes = 30
      $0.truncateFails = true
    }
    #expect(throws: LogError.self) { try log.append(.start, time: october, members: note("b")) }
    files.plan.withLock { $0.writesLeft = nil }
    #expect(try log.append(.start, time: october, members: note("c")) == 3)
    try log.close()
    #expect(folder.files().count == 2)
    #expect(contents(folder.files()[0]).last != 0x0A, "the torn line is the first segment's last")
    #expect(contents(folder.files()[1]).last == 0x0A)
    #expect(readLines(folder.files()).map(\.seq) == [1, 2, 3, 4])
    #expect(readLines(folder.files()).map(\.note) == [nil, "a", "c", nil])
    #expect(notices.withLock { $0.count } == 1)
  }

  @Test("what waits for the disk is called back after a sync that began behind its line")
  func durable() async throws {
    let folder = TemporaryFolder()
    let files = FaultyFiles()
    let log = makeWriter(folder, clock: ManualClock(microseconds: october), files: files, fsync: .always)
    for n in 0..<20 {
      try log.append(.end, time: october, members: note("\(n)"))
      let failure = await withCheckedContinuation { continuation in
        log.whenDurable { continuation.resume(returning: $0) }
      }
      #expect(failure == nil)
      let calls = files.plan.withLock { $0.calls }
      #expect(calls.last == "sync")
    }
    try log.close()
  }

  @Test("a line whose segment was sealed meanwhile is durable when called back")
  func durableAcrossSegments() async throws {
    let folder = TemporaryFolder()
    let clock = ManualClock(microseconds: october + 3_599_999_999)
    let log = makeWriter(folder, clock: clock, fsync: .always)
    try log.append(.end, time: october, members: note("a"))
    clock.advance(microseconds: 1)
    try log.append(.end, time: october, members: note("b"))
    let failure = await withCheckedContinuation { continuation in
      log.whenDurable { continuation.resume(returning: $0) }
    }
    #expect(failure == nil)
    // Sealing stands before the sync, so the first hour has its final name by now.
    #expect(folder.files().first?.hasSuffix("00-w-8f3a1c02-1.jsonl") == true)
    try log.close()
  }

  @Test("after a failed sync nothing more is trusted to that segment") func failedSync() async throws {
    let folder = TemporaryFolder()
    let files = FaultyFiles()
    let log = makeWriter(folder, clock: ManualClock(microseconds: october), files: files, fsync: .always)
    try log.append(.end, time: october, members: note("a"))
    files.plan.withLock { $0.syncFails = true }
    let failure = await withCheckedContinuation { continuation in
      log.whenDurable { continuation.resume(returning: $0) }
    }
    #expect(failure != nil)
    files.plan.withLock { $0.syncFails = false }
    #expect(try log.append(.end, time: october, members: note("b")) == 3)
    try log.close()
    #expect(folder.files().count == 2)
    #expect(readLines(folder.files()).map(\.seq) == [1, 2, 3, 4])
  }

  @Test("a line whose append has returned survives kill -9") func killed() async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let path = "/tmp/tollbook-killed-\(getppid())"
      let log = LogWriter(
        .init(folder: path, fsync: .never, program: "t", host: "h"), clock: { 1_790_812_800_000_000 },
        random: { 1 }, notice: { _ in })
      for n in 0..<100 { try log.append(.start, time: 0, members: Array(#"{"note":"\#(n)"}"#.utf8)) }
      kill(getpid(), SIGKILL)
    }
    let root = "/tmp/tollbook-killed-\(getpid())"
    let path = "\(root)/2026/10/01/00-w-00000001-1.jsonl"
    #expect(sealAbandonedSegments(in: root) == [])
    #expect(readLines([path]).map(\.seq) == Array(1...101))
    removeTree(root)
  }
}
