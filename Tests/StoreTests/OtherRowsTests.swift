import Ledger
import Store
import TestKit
import Testing

/// Segments, writers, keys and deliveries.
@Suite struct OtherRowsTests {

  private func segmentRow(_ name: String, _ n: Int64) -> SegmentRow {
    var row = SegmentRow(name: name)
    (row.fileBytes, row.fileModifiedNanoseconds, row.fileSuffix) = (n, n + 1, ".zst")
    (row.bytes, row.lines, row.sha256) = (n + 2, n + 3, "ab\(n)")
    (row.usages, row.duplicates, row.rejected, row.control) = (n + 4, n + 5, n + 6, n + 7)
    return row
  }

  @Test(
    "a segment's row is renewed in place: its number stays, its facts are the new ones",
    arguments: Backing.allCases)
  func segments(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    #expect(try store.segment(named: "a") == nil)
    let first = try store.save(segmentRow("a", 10))
    let other = try store.save(segmentRow("b", 20))
    #expect(first != other)
    #expect(try store.save(segmentRow("a", 30)) == first)
    let row = try store.segment(named: "a")
    let found = try #require(row)
    #expect(found.id == first)
    #expect(String(reflecting: found.row) == String(reflecting: segmentRow("a", 30)))
  }

  @Test(
    "a segment belongs to every range of time that one of its lines falls in, to the quarter of an hour",
    arguments: Backing.allCases)
  func slots(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let minute: Int64 = 60_000_000
    let day = 1_790_812_800_000_000 as Int64
    let a = try store.save(SegmentRow(name: "a"))
    let b = try store.save(SegmentRow(name: "b"))
    _ = try store.save(SegmentRow(name: "c"))
    try store.addSlots([timeSlot(of: day - 1), timeSlot(of: day + 60 * minute)], segment: a)
    try store.addSlots([timeSlot(of: day + 60 * minute)], segment: a)
    try store.addSlots([timeSlot(of: day + 30 * minute)], segment: b)
    func names(_ begin: Int64, _ end: Int64, _ withoutTime: Bool = false) throws -> [String] {
      try store.segments(from: begin, to: end, withoutTime: { _ in withoutTime }).map(\.row.name)
    }
    #expect(try names(day - 15 * minute, day) == ["a"])
    #expect(try names(day, day + 30 * minute) == [])
    #expect(try names(day + 30 * minute, day + 45 * minute) == ["b"])
    #expect(try names(day, day + 120 * minute) == ["a", "b"])
    #expect(try names(day, day + 120 * minute, true) == ["a", "b", "c"])
    #expect(timeSlot(of: -1) == -1)
    #expect(timeSlot(of: 899_999_999) == 0)
    #expect(timeSlot(of: 900_000_000) == 1)
  }

  @Test("rejections are read back in the order of their lines", arguments: Backing.allCases)
  func rejections(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.save(SegmentRow(name: "a"))
    let rejections = [9, 2, 30].map {
      Rejection(place: .init(file: "a", line: $0), reason: "why \($0) '\"", excerpt: "{\"v\":\($0)")
    }
    for rejection in rejections { try store.add(rejection, segment: segment) }
    #expect(
      try store.rejections(segment: segment, file: "a") == [rejections[1], rejections[0], rejections[2]])
    #expect(try store.rejections(segment: segment + 1, file: "a") == [])
  }

  @Test("a writer's ranges are replaced as a whole", arguments: Backing.allCases)
  func taken(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let ranges = [
      TakenRange(first: 1, last: 5, firstTime: 10, lastTime: 50),
      TakenRange(first: 8, last: 8, firstTime: 80, lastTime: 80),
    ]
    try store.save(ranges, writer: "w")
    try store.save([ranges[1]], writer: "a")
    #expect(try store.taken(writer: "w") == ranges)
    try store.save([ranges[0]], writer: "w")
    #expect(try store.taken(writer: "w") == [ranges[0]])
    #expect(try store.writers() == ["a", "w"])
    #expect(try store.taken(writer: "nobody") == [])
  }

  private func key(_ n: Int, name: String) -> ClientKey {
    ClientKey(
      id: "k_\(n)", name: name, team: "t'\(n)", tags: [.init(name: "product", value: "a\"b")],
      models: ["m-*", "o"],
      expires: Int64(n) * 10, created: Int64(n))
  }

  @Test("keys are read back with every field, in the order they were made", arguments: Backing.allCases)
  func keys(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let bare = ClientKey(id: "k_0", name: "bare", created: 0)
    try store.add(key(2, name: "two"), sha256: "22", by: testMark)
    try store.add(bare, sha256: "00", by: testMark)
    let found = try test.open().keys()
    #expect(found.map(\.key) == [bare, key(2, name: "two")])
    #expect(found.map(\.sha256) == ["00", "22"])
  }

  @Test("a name in use is taken; once its key is revoked it is free again", arguments: Backing.allCases)
  func keyNames(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    try store.add(key(1, name: "prod"), sha256: "11", by: testMark)
    let error = #expect(throws: StoreError.self) {
      try store.add(key(2, name: "prod"), sha256: "22", by: testMark)
    }
    #expect(error?.problem.contains("\"prod\"") == true)
    #expect(try store.keys().count == 1)
    #expect(try store.revokeKey("prod", by: testMark))
    try store.add(key(3, name: "prod"), sha256: "33", by: testMark)
    #expect(try store.keys().map(\.key.revoked) == [true, false])
    #expect(try store.revokeKey("k_3", by: testMark))
    #expect(try !store.revokeKey("k_3", by: testMark))
    #expect(try !store.revokeKey("prod", by: testMark))
    #expect(try !store.revokeKey("nobody", by: testMark))
    #expect(try store.keys().map(\.key.revoked) == [true, true])
  }

  @Test("the same secret, or the same id, is never kept twice", arguments: Backing.allCases)
  func sameKey(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    try store.add(key(1, name: "a"), sha256: "11", by: testMark)
    #expect(throws: StoreError.self) { try store.add(key(2, name: "b"), sha256: "11", by: testMark) }
    #expect(throws: StoreError.self) { try store.add(key(1, name: "c"), sha256: "33", by: testMark) }
    #expect(try store.keys().count == 1)
  }

  @Test(
    "there is one delivery for each period and target, and it is what was noted last",
    arguments: Backing.allCases)
  func deliveries(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    func delivery(_ period: String, _ target: String, _ state: Delivery.State, _ updated: Int64) -> Delivery {
      Delivery(
        period: period, target: target, state: state, payloadSHA256: "\(updated)",
        detail: "it's \"\(updated)\"",
        updated: updated)
    }
    #expect(try store.delivery(period: "2026-10", target: "chat") == nil)
    try store.save(delivery("2026-10", "chat", .unknown, 1))
    try store.save(delivery("2026-10", "other", .failed, 2))
    try store.save(delivery("2026-11", "chat", .sent, 3))
    try store.save(delivery("2026-10", "chat", .sent, 4))
    #expect(try store.delivery(period: "2026-10", target: "chat") == delivery("2026-10", "chat", .sent, 4))
    #expect(
      try store.delivery(period: "2026-10", target: "other") == delivery("2026-10", "other", .failed, 2))
    #expect(
      try test.open().delivery(period: "2026-11", target: "chat") == delivery("2026-11", "chat", .sent, 3))
    #expect(try store.delivery(period: "2026-12", target: "chat") == nil)
  }
}
