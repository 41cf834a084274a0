import Foundation
import Ledger
import Store
import TestKit
import Testing

/// Opening, transactions, locks.
@Suite struct StoreLawsTests {

  private struct Stop: Error {}

  @Test("a transaction that fails leaves no trace, in the file or in memory", arguments: Backing.allCases)
  func rollback(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.testSegment()
    #expect(try store.insert(fullUsage(0), segment: segment))
    for _ in 0..<3 {
      #expect(throws: Stop.self) {
        try store.transaction {
          _ = try store.insert(fullUsage(1), segment: segment)
          try store.save([TakenRange(first: 1, last: 2, firstTime: 3, lastTime: 4)], writer: "w")
          var row = SegmentRow(name: "other")
          row.lines = 7
          _ = try store.save(row)
          throw Stop()
        }
      }
    }
    #expect(try store.usages().map(described) == [described(fullUsage(0))])
    #expect(try store.taken(writer: "w") == [])
    #expect(try store.segment(named: "other") == nil)
    // Facts and names that were given numbers inside are given new ones now, and none is another's.
    let later = try store.transaction {
      try [3, 1, 2, 0].map { n in
        var usage = fullUsage(n)
        usage.meteredID = nil
        // Of another line: a line is a row once.
        usage.place.line += 100
        return try store.insert(usage, segment: segment)
      }
    }
    #expect(later == [true, true, true, true])
    for reader in [store, try test.open()] {
      let found = try reader.usages()
      #expect(found.count == 5)
      for usage in found {
        let n = Int(usage.time - 1_790_812_800_000_000)
        #expect(usage.facts == fullUsage(n).facts)
        #expect(usage.user == fullUsage(n).user)
        #expect(usage.errorType == fullUsage(n).errorType)
      }
    }
  }

  @Test(
    "a transaction gives what its body gives, and the store goes on after a failure",
    arguments: Backing.allCases)
  func transactionResult(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    #expect(try store.transaction { 7 } == 7)
    #expect(throws: Stop.self) { try store.transaction { throw Stop() } }
    #expect(try store.transaction { "again" } == "again")
  }

  @Test(
    "another connection sees what was committed, and is told that keys changed",
    arguments: Backing.allCases)
  func twoConnections(in backing: Backing) throws {
    let test = try TestStore(backing)
    let one = try test.open()
    let two = try test.open()
    let before = try two.keysVersion()
    #expect(try two.keysVersion() == before)
    let segment = try one.testSegment()
    #expect(try one.insert(fullUsage(1), segment: segment))
    try one.add(ClientKey(id: "k_1", name: "one", created: 1), sha256: "11", by: testMark)
    let added = try two.keysVersion()
    #expect(added != before)
    #expect(try one.revokeKey("one", by: testMark))
    #expect(try two.keysVersion() != added)
    #expect(try two.usages().map(described) == [described(fullUsage(1))])
    // The second one has its own memory of facts, and gives no number twice.
    #expect(try two.insert(fullUsage(2), segment: segment))
    #expect(try one.insert(fullUsage(3), segment: segment))
    #expect(try one.usages().map(described) == [1, 2, 3].map { described(fullUsage($0)) })
    #expect(try two.usages().map(described) == [1, 2, 3].map { described(fullUsage($0)) })
  }

  @Test("a file that a newer program wrote is refused, not touched")
  func newerSchema() throws {
    let test = try TestStore(.sqlite)
    do {
      let store = try test.open()
      _ = try store.testSegment()
    }
    // SQLite's header keeps `user_version` as a big-endian number at byte 60 (SQLite file format, 1.3.12).
    var bytes = try test.folder.read("tollbook.db")
    #expect(Array(bytes[60..<63]) == [0, 0, 0])
    bytes[63] = 99
    try test.folder.write(bytes, to: "tollbook.db")
    let error = #expect(throws: StoreError.self) { try test.open() }
    #expect(error?.problem.contains("99") == true)
    #expect(error?.problem.contains("tollbook.db") == true)
    #expect(try test.folder.read("tollbook.db")[63] == 99)
  }

  @Test("a schema that a newer program made in PostgreSQL is refused, not touched")
  func newerPostgresSchema() throws {
    let test = try TestStore(.postgres)
    _ = try test.open()
    try test.sql("UPDATE tollbook.schema_version SET version = 99")
    let error = #expect(throws: StoreError.self) { try test.open() }
    #expect(error?.problem.contains("99") == true)
  }

  @Test("two programs that open an empty database at once make its schema once")
  func schemaAtOnce() async throws {
    let test = try TestStore(.postgres)
    let location = test.location
    try await withThrowingTaskGroup { group in
      for n in 0..<8 {
        group.addTask {
          var row = SegmentRow(name: "segment \(n)")
          row.lines = 1
          _ = try Store(location).save(row)
        }
      }
      try await group.waitForAll()
    }
    #expect(try test.open().segments(from: 0, to: 1, withoutTime: { _ in true }).count == 8)
  }

  @Test("rows are read some at a time, and other queries may run in between", arguments: Backing.allCases)
  func manyRows(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.testSegment()
    let count = 4_100
    try store.transaction {
      for n in 0..<count {
        var usage = fullUsage(n % 10)
        usage.id = "\(n)"
        usage.time = Int64(n)
        usage.meteredID = nil
        _ = try store.insert(usage, segment: segment)
      }
    }
    for isInside in [false, true] {
      var seen = 0
      var inner = 0
      func read() throws {
        try store.forEachRequest(.init()) { _ throws(StoreError) in
          if seen % 1000 == 0 {
            var filter = Store.RequestFilter()
            filter.begin = Int64(seen)
            filter.end = Int64(seen) + 10
            try store.forEachRequest(filter) { _ in inner += 1 }
            _ = try store.segment(named: "x")
          }
          seen += 1
        }
      }
      if isInside { try store.transaction { try read() } } else { try read() }
      #expect((seen, inner) == (count, 50))
    }
    // One that stops on the way leaves the store as it was.
    #expect(throws: StoreError.self) {
      try store.forEachRequest(.init()) { _ throws(StoreError) in throw StoreError("enough") }
    }
    #expect(try store.transaction { try store.save(SegmentRow(name: "x")) } > 0)
  }

  @Test(
    "a connection that is lost in a transaction is told, and nothing of it is written; the next one goes on")
  func lostConnection() throws {
    let test = try TestStore(.postgres)
    let store = try test.open()
    let segment = try store.testSegment()
    let error = #expect(throws: StoreError.self) {
      try store.transaction {
        _ = try store.insert(fullUsage(1), segment: segment)
        try test.sql(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        _ = try store.insert(fullUsage(2), segment: segment)
      }
    }
    #expect(error?.problem.contains("the connection was lost") == true)
    #expect(error?.problem.contains("run it again") == true)
    #expect(throws: StoreError.self) { _ = try store.keys() }
    #expect(try test.open().usages().isEmpty)
    #expect(try test.open().insert(fullUsage(1), segment: segment))
  }

  @Test("opening again and again changes nothing", arguments: Backing.allCases)
  func reopening(in backing: Backing) throws {
    let test = try TestStore(backing)
    _ = try test.open().testSegment()
    for _ in 0..<3 { #expect(try test.open().segment(named: "2026/10/01/00-w-1.jsonl") != nil) }
  }

  @Test(
    "a location that is not understood is refused, and no password gets into the error",
    arguments: [
      "", "sqlite:", "tollbook.db", "mysql://u:hunter2@h", "mysql:u:hunter2@h", "hunter2:",
      "postgres://tollbook:hunter2@db.example:80x/x", "postgres://tollbook:pa/hunter2@db.example/x",
      "postgres://tollbook:%hunter2@db.example/x", "postgres://u:hunter2@/x?nosuchsetting=hunter2",
      "postgresql://u@[hunter2/x?password=hunter2",
    ])
  func locations(location: String) {
    let error = #expect(throws: StoreError.self) { try Store(location, waitSecondsMax: 0) }
    #expect(
      error?.problem.contains("hunter2") == (location == "hunter2:"), "what is no location has no password")
    #expect(error?.problem.contains("postgres://") == true)
  }

  @Test("a server that cannot be reached, or does not let in, is named without the password")
  func unreachable() throws {
    let nowhere = "postgres://tollbook:hunter2@127.0.0.1:1/x?password=hunter3"
    for attempt in [
      { _ = try Store(nowhere, waitSecondsMax: 0) },
      { _ = try RunLock(nowhere, holder: "x", waitSecondsMax: 0) },
    ] {
      let error = #expect(throws: StoreError.self) { try attempt() }
      #expect(error?.problem.hasPrefix("postgres://tollbook@127.0.0.1:1/x: cannot be reached: ") == true)
      #expect(error?.problem.contains("hunter") == false)
    }
    let there = try TestStore(.postgres)
    let error = #expect(throws: StoreError.self) {
      try Store(there.location + "&dbname=not_there&password=hunter2")
    }
    #expect(error?.problem.contains("\"not_there\" does not exist") == true)
    #expect(try Store.name(of: "postgres://me:hunter2@h:5/d?sslpassword=hunter3") == "postgres://me@h:5/d")
    #expect(try Store.name(of: "sqlite:a/b.db") == "a/b.db")
  }

  @Test("a file that cannot be opened is named")
  func nowhere() {
    let missing = #expect(throws: StoreError.self) { try Store("sqlite:/nowhere/at/all/x.db") }
    #expect(missing?.problem.contains("/nowhere/at/all/x.db") == true)
  }

  @Test("a file that is no database is refused")
  func notADatabase() throws {
    let test = try TestStore(.sqlite)
    try test.folder.write(String(repeating: "not a database ", count: 100), to: "tollbook.db")
    #expect(throws: StoreError.self) { try test.open() }
  }

  @Test(
    "a second run is told who holds the store, and gets it when that one is done", arguments: Backing.allCases
  )
  func runLock(in backing: Backing) throws {
    let test = try TestStore(backing)
    do {
      let held = try RunLock(test.location, holder: "process 4711, tollbook run --period 2026-10")
      let error = #expect(throws: StoreError.self) { try RunLock(test.location, holder: "another") }
      #expect(error?.problem.contains("process 4711, tollbook run --period 2026-10") == true)
      withExtendedLifetime(held) {}
    }
    do {
      let next = try RunLock(test.location, holder: "b")
      let error = #expect(throws: StoreError.self) { try RunLock(test.location, holder: "c") }
      // A shorter name leaves nothing of the longer one before it.
      #expect(error?.problem.contains("4711") == false)
      withExtendedLifetime(next) {}
    }
  }
}
