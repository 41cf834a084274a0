import Ledger
import Store
import TestKit
import Testing

/// A store's copy in another is the store.
@Suite struct StoreCopyTests {
  /// Something in every kind of row.
  private func fill(_ store: Store) throws {
    let segment = try store.testSegment()
    try store.prepareForSources()
    for n in 0..<30 { _ = try store.insert(fullUsage(n, text: "日本 '\(n)\\"), segment: segment) }
    var brought = fullUsage(40)
    brought.time += 90 * 86_400_000_000
    #expect(try store.insertFromSource(brought, segment: segment))
    try store.add(
      Rejection(place: .init(file: "x", line: 3), reason: "why", excerpt: "{\n\t\"é\\"), segment: segment)
    try store.addSlots([1, 2], segment: segment)
    try store.save([TakenRange(first: 1, last: 5, firstTime: .min, lastTime: .max)], writer: "w\t1")
    try store.save(SourceFileRow(rows: 1, bytes: 2, sha256: "aa"), segment: segment)
    try store.add(ClientKey(id: "k_1", name: "", created: 0), sha256: "11", by: testMark)
    try store.save(
      Delivery(period: "2026-10", target: "t", state: .sent, payloadSHA256: "a", detail: "b", updated: 1))
    let period = Period(label: "2026-10", zone: "UTC", begin: 0, end: 1, days: [.init(label: "d", begin: 0)])
    let id = try store.add(
      ClosedPeriod(period, closedAt: 1, isIncomplete: true, weightDenominator: 1 << 70, post: "p"),
      files: [.init(name: "a", sha256: "b")], inputs: [.init(name: "a", lines: 1, sha256: "b")], rows: [])
    try store.add(
      Decision(decidedAt: 1, pricesVersion: "p", rulesVersion: "r", reason: "because"), for: id)
    try store.saveRules(version: "v", name: "n", text: "t")
  }

  private func contents(_ store: Store) throws -> [String] {
    try store.usages().map { String(reflecting: $0) }
      + store.segments(from: 0, to: .max / 2, withoutTime: { _ in true }).map { String(reflecting: $0) }
      + store.keys().map { String(reflecting: $0) } + store.closedPeriods().map { String(reflecting: $0) }
      + store.closedPeriods().flatMap { try store.decisions(forClosed: $0.id) }.map { String(reflecting: $0) }
      + store.writers().map { String(reflecting: try store.taken(writer: $0)) }
      + store.rejections(segment: 1, file: "x").map { String(reflecting: $0) }
      + [
        String(reflecting: try store.sourceFile(segment: 1)),
        String(reflecting: try store.rules(version: "v")),
      ]
  }

  @Test(
    "a copy has every row with its number, in both directions and twice over, and goes on from there",
    arguments: Backing.allCases, Backing.allCases)
  func copy(from: Backing, to: Backing) throws {
    let source = try TestStore(from)
    let target = try TestStore(to)
    let store = try source.open()
    try fill(store)
    let copy = try target.open()
    let rows = try store.copy(to: copy)
    #expect(rows > 45)
    #expect(try contents(copy) == contents(store))
    #expect(try contents(target.open()) == contents(store))
    let third = try TestStore(from)
    let again = try third.open()
    #expect(try copy.copy(to: again) == rows)
    #expect(try contents(again) == contents(store))
    // New rows get numbers of their own.
    let next = try copy.save(SegmentRow(name: "next"))
    #expect(try next == store.save(SegmentRow(name: "next")))
    var usage = fullUsage(50)
    usage.facts.endpoint = "new"
    #expect(try copy.insert(usage, segment: next))
    #expect(try copy.usages().last { $0.facts.endpoint == "new" }?.facts == usage.facts)
    #expect(try !copy.insert(fullUsage(3, text: "日本 '3\\"), segment: next), "its id was metered before")
  }

  @Test("a store that has anything is not written over", arguments: Backing.allCases)
  func notEmpty(in backing: Backing) throws {
    let tests = try (TestStore(backing), TestStore(backing))
    let (store, other) = try (tests.0.open(), tests.1.open())
    try fill(store)
    _ = try other.testSegment()
    let error = #expect(throws: StoreError.self) { try store.copy(to: other) }
    #expect(error?.problem.contains("segments") == true)
    #expect(error?.problem.contains("empty") == true)
    #expect(try other.usages().isEmpty)
    #expect(try other.keys().isEmpty)
  }
}
