import Ledger
import Store
import TestKit
import Testing

/// Months that are dropped, and what stays of them.
@Suite struct RetentionTests {
  private static let october: Int64 = 1_790_812_800_000_000  // 2026-10-01T00:00:00Z
  private static let day: Int64 = 86_400_000_000

  private func usage(_ n: Int, day: Int64) -> Usage {
    var usage = fullUsage(n)
    usage.time = Self.october + day * Self.day
    usage.outcome = n % 5 == 4 ? .interrupted : .ok
    usage.meteredID = "item-\(n)"
    usage.counts = TokenCounts([.input: 10, .page: 2])
    usage.otherModels = []
    return usage
  }

  @Test(
    "a dropped month's rows are gone; its totals, tally and metered ids stay, other months too",
    arguments: Backing.allCases)
  func dropping(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.testSegment()
    for n in 0..<20 { #expect(try store.insert(usage(n, day: n < 10 ? -3 : 3), segment: segment)) }
    func tally(_ store: Store) throws -> [RequestTally] {
      try [-5, 0].map {
        try store.tally(from: Self.october + $0 * Self.day, to: Self.october + ($0 + 5) * Self.day)
      }
    }
    func input(_ store: Store) throws -> Int64 {
      var sum: Int64 = 0
      try store.forEachUsageTotal(from: Self.october - 5 * Self.day, to: Self.october) { total in
        sum += total.counts[.input] + total.counts[.page]
      }
      return sum
    }
    let before = try tally(store)
    #expect(before[0].attempts == 10)
    #expect(try input(store) == 8 * 12)
    let months = try store.requestMonths()
    #expect(months.map(\.name) == ["2026-09", "2026-10"])
    #expect(try store.droppedMonths() == [])
    try store.drop(months[0], at: 7)
    for reader in [store, try test.open()] {
      #expect(try reader.requestMonths().map(\.name) == ["2026-10"])
      #expect(try reader.droppedMonths() == ["2026-09"])
      #expect(try reader.droppedMonths(from: Self.october - 1, to: Self.october) == ["2026-09"])
      #expect(try reader.droppedMonths(from: Self.october, to: Self.october + 1) == [])
      #expect(try tally(reader) == before)
      #expect(try input(reader) == 8 * 12)
      // Of the month's requests, those that never ended are in no month's table.
      #expect(
        try reader.usages().map(\.id) == (0..<20).filter { $0 >= 10 || $0 % 5 == 4 }.map { "id-x-\($0)" })
    }
    #expect(try !store.insert(usage(0, day: -3), segment: segment), "its metered id was taken")
    // A line that comes late makes the month anew, and is counted once.
    #expect(try store.insert(usage(30, day: -3), segment: segment))
    #expect(try store.tally(from: Self.october - 5 * Self.day, to: Self.october).attempts == 11)
    #expect(try store.droppedMonths() == ["2026-09"])
  }

  @Test("users, sessions, error types and statuses are found where they are", arguments: Backing.allCases)
  func filters(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.testSegment()
    var all: [Usage] = []
    for n in 0..<300 {
      var usage = fullUsage(n)
      usage.time = Self.october + Int64(n * 7919 % 300) * 5 * 3_600_000_000  // over two months
      usage.user = "u-\(n % 7)"
      usage.session = n % 11 == 0 ? nil : "s-\(n / 4)"
      usage.errorType = n % 13 == 0 ? "overloaded_error" : nil
      usage.status = n % 13 == 0 ? 529 : n % 17 == 0 ? 404 : 200
      usage.facts.keyName = "key-\(n % 3)"
      usage.meteredID = nil
      all.append(usage)
    }
    for part in stride(from: 0, to: 300, by: 50) {
      try store.transaction {
        for usage in all[part..<part + 50] { _ = try store.insert(usage, segment: segment) }
      }
    }
    all.sort { $0.time < $1.time }
    func check(_ fits: (Usage) -> Bool, _ set: (inout Store.RequestFilter) -> Void) throws {
      let expected = all.filter(fits).map(\.id)
      for newestFirst in [false, true] {
        var filter = Store.RequestFilter()
        set(&filter)
        filter.newestFirst = newestFirst
        var found: [String] = []
        try store.forEachRequest(filter) { found.append($0.id) }
        #expect(found == (newestFirst ? expected.reversed() : expected))
      }
    }
    try check({ $0.user == "u-3" }) { $0.user = "u-3" }
    try check({ $0.user == "u-3" || $0.user == "u-13" }) { $0.user = "*-*3" }
    try check({ _ in false }) { $0.user = "nobody" }
    try check({ $0.session == "s-40" }) { $0.session = "s-40" }
    try check({ $0.session?.hasPrefix("s-4") == true }) { $0.session = "s-4*" }
    try check({ $0.errorType != nil }) { $0.errorType = "overloaded_error" }
    try check({ $0.errorType != nil }) { $0.errorType = "*" }
    try check({ $0.status ?? 0 >= 500 }) { $0.status = 500...599 }
    try check({ $0.status == 404 && $0.user == "u-2" && $0.facts.keyName == "key-1" }) {
      $0.status = 404...404
      $0.user = "u-2"
      $0.key = "key-1"
    }
    let begin = Self.october + 13 * Self.day
    try check({ $0.time >= begin && $0.time < begin + 9 * Self.day && $0.outcome == .interrupted }) {
      $0.begin = begin
      $0.end = begin + 9 * Self.day
      $0.outcome = .interrupted
    }
  }
}
