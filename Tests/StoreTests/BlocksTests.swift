import Ledger
import Store
import TestKit
import Testing

/// Rows in blocks that overlap, and that are more than are read at once.
@Suite struct BlocksTests {
  private static let october: Int64 = 1_790_812_800_000_000  // 2026-10-01T00:00:00Z
  private static let hour: Int64 = 3_600_000_000

  private func usage(_ n: Int, _ time: Int64) -> Usage {
    var usage = Usage(
      id: "id-\(n)", attempt: 1, final: n % 10 != 0, time: time,
      place: .init(file: "2026/10/01/00-w-1.jsonl", line: Int64(n + 1)),
      facts: RequestFacts(modelReturned: "m-\(n % 3)", keyName: "key-\(n % 700)"), outcome: .ok)
    usage.user = "u-\(n % 900)"
    usage.session = "s-\(n / 5)"
    usage.status = n % 97 == 0 ? 529 : 200
    usage.counts[.input] = Int64(n)
    return usage
  }

  /// Rows in the order in which they are put, over many transactions: each has rows of all of the time.
  private func fill(_ store: Store, _ segment: Int64, _ random: inout SeededRandom) throws -> [Usage] {
    var all: [Usage] = []
    for transaction in 0..<6 {
      // One of them with a clock that is wrong now and then, as blocks must not grow by it.
      let usages = (0..<3_000).map { n in
        let span = 3 * Self.hour
        let stray = transaction == 2 && n % 500 == 0 ? Int64(n) * 24 * Self.hour / 100 : 0
        // Many of the same instant.
        let time = Self.october + stray + Int64.random(in: 0..<span, using: &random) / 10_000_000 * 10_000_000
        return usage(transaction * 3_000 + n, time)
      }
      try store.transaction {
        for part in [usages.prefix(7), usages.dropFirst(7)] {
          var batch = RequestBatch()
          for one in part { try store.append(one, segment: segment, to: &batch) }
          #expect(try store.insert(&batch) == part.count)
        }
      }
      all += usages
    }
    return all.sorted { ($0.time, $0.place.line) < ($1.time, $1.place.line) }
  }

  @Test("however blocks overlap, rows come in their order, in both directions", arguments: Backing.allCases)
  func order(backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.testSegment()
    var random = SeededRandom(seed: 5)
    let all = try fill(store, segment, &random)
    func check(
      _ expected: [Usage], _ comment: Comment, _ set: (inout Store.RequestFilter) -> Void
    ) throws {
      for newestFirst in [false, true] {
        var filter = Store.RequestFilter()
        set(&filter)
        filter.newestFirst = newestFirst
        var found: [Int64] = []
        try store.forEachRequest(filter) { found.append($0.place.line) }
        let lines = expected.map(\.place.line)
        #expect(found == (newestFirst ? lines.reversed() : lines), comment)
      }
    }
    try check(all, "all") { _ in }
    try check(all.filter { $0.session == "s-77" }, "a session") { $0.session = "s-77" }
    try check(all.filter { $0.user == "u-1" && $0.status == 529 }, "a user's failures") {
      $0.user = "u-1"
      $0.status = 500...599
    }
    try check(all.filter { $0.facts.keyName == "key-13" }, "a key") { $0.key = "key-13" }
    try check(all.filter { $0.facts.model == "m-2" }, "a model") { $0.model = "m-2" }
    try check(all.filter { $0.status == 529 }, "a status") { $0.status = 529...529 }
    let begin = Self.october + Self.hour
    try check(all.filter { $0.time >= begin && $0.time < begin + Self.hour / 2 }, "half an hour") {
      $0.begin = begin
      $0.end = begin + Self.hour / 2
    }
    // From any row on, also among rows of the same instant.
    for from in [0, 4_000, 17_998] {
      for newestFirst in [false, true] {
        var filter = Store.RequestFilter()
        filter.newestFirst = newestFirst
        filter.after = .init(time: all[from].time, segment: segment, line: all[from].place.line)
        var found: [Int64] = []
        try store.visitRequests(filter) { usage, _ in
          found.append(usage.place.line)
          return found.count < 50
        }
        let rest = newestFirst ? all[..<from].reversed() : Array(all[(from + 1)...])
        #expect(found == rest.prefix(50).map(\.place.line))
      }
    }
  }

  @Test("rows are counted to the instant, whatever blocks they are in", arguments: Backing.allCases)
  func counting(backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.testSegment()
    var random = SeededRandom(seed: 6)
    let all = try fill(store, segment, &random)
    for _ in 0..<20 {
      let begin = Self.october + Int64.random(in: -Self.hour..<4 * Self.hour, using: &random)
      let end = begin + Int64.random(in: 0..<4 * Self.hour, using: &random)
      let inside = all.filter { $0.time >= begin && $0.time < end }
      let tally = try store.tally(from: begin, to: end)
      #expect(tally.attempts == Int64(inside.count))
      #expect(tally.requests == Int64(inside.filter(\.final).count))
    }
  }

  @Test("what waits for a block is there for who asks in the same transaction", arguments: Backing.allCases)
  func waiting(backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.testSegment()
    try store.transaction { () throws in
      for n in 0..<10 {
        #expect(try store.insert(usage(n, Self.october + Int64(n)), segment: segment))
        #expect(try store.usages().count == n + 1)
        #expect(try store.ended(among: [Attempt(id: "id-\(n)", attempt: 1)]).count == 1)
      }
    }
    struct Stop: Error {}
    try store.transaction { () throws in
      #expect(try store.insert(usage(10, Self.october + 10), segment: segment))
      #expect(throws: Stop.self) {
        try store.nested {
          _ = try store.insert(usage(11, Self.october + 11), segment: segment)
          throw Stop()
        }
      }
      #expect(try store.insert(usage(12, Self.october + 12), segment: segment))
    }
    #expect(try test.open().usages().map(\.place.line) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13])
  }

  @Test("what a status says is kept, however large", arguments: Backing.allCases, [-1, 0, 99, 1 << 40])
  func status(backing: Backing, status: Int) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.testSegment()
    var one = usage(1, Self.october)
    one.status = status
    #expect(try store.insert(one, segment: segment))
    #expect(try store.usages().map(\.status) == [status])
    for range in [status...status, status - 5...status + 5] {
      var filter = Store.RequestFilter()
      filter.status = range
      #expect(try store.usages(filter).count == 1)
    }
  }
}
