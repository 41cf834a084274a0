import Foundation
import Ledger
import Store
import TestKit
import Testing

/// Opening, transactions, locks.
@Suite struct StoreLawsTests {
  private let test: TestStore
  init() throws { test = try TestStore() }

  private struct Stop: Error {}

  @Test("a transaction that fails leaves no trace, in the file or in memory")
  func rollback() throws {
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

  @Test("a transaction gives what its body gives, and the store goes on after a failure")
  func transactionResult() throws {
    let store = try test.open()
    #expect(try store.transaction { 7 } == 7)
    #expect(throws: Stop.self) { try store.transaction { throw Stop() } }
    #expect(try store.transaction { "again" } == "again")
  }

  @Test("another connection sees what was committed, and is told that something changed")
  func twoConnections() throws {
    let one = try test.open()
    let two = try test.open()
    let before = try two.dataVersion()
    #expect(try two.dataVersion() == before)
    let segment = try one.testSegment()
    #expect(try one.insert(fullUsage(1), segment: segment))
    #expect(try two.dataVersion() != before)
    #expect(try two.usages().map(described) == [described(fullUsage(1))])
    // The second one has its own memory of facts, and gives no number twice.
    #expect(try two.insert(fullUsage(2), segment: segment))
    #expect(try one.insert(fullUsage(3), segment: segment))
    #expect(try one.usages().map(described) == [1, 2, 3].map { described(fullUsage($0)) })
    #expect(try two.usages().map(described) == [1, 2, 3].map { described(fullUsage($0)) })
  }

  @Test("a file that a newer program wrote is refused, not touched")
  func newerSchema() throws {
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

  @Test("opening again and again changes nothing")
  func reopening() throws {
    _ = try test.open().testSegment()
    for _ in 0..<3 { #expect(try test.open().segment(named: "2026/10/01/00-w-1.jsonl") != nil) }
  }

  @Test("a location that is not understood is refused, and no password gets into the error")
  func locations() {
    for location in [
      "", "sqlite:", "tollbook.db", "postgres://tollbook:hunter2@db.example/x", "mysql://u:hunter2@h",
    ] {
      let error = #expect(throws: StoreError.self, "\(location)") { try Store(location) }
      #expect(error?.problem.contains("hunter2") == false)
      #expect(error?.problem.contains("sqlite:FILE") == true)
    }
    let missing = #expect(throws: StoreError.self) { try Store("sqlite:/nowhere/at/all/x.db") }
    #expect(missing?.problem.contains("/nowhere/at/all/x.db") == true)
  }

  @Test("a file that is no database is refused")
  func notADatabase() throws {
    try test.folder.write(String(repeating: "not a database ", count: 100), to: "tollbook.db")
    #expect(throws: StoreError.self) { try test.open() }
  }

  @Test("a second run is told who holds the store, and gets it when that one is done")
  func runLock() throws {
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
