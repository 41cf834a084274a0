import Ledger
import Store
import TestKit
import Testing

/// Request rows over months, in batches, and what is added up of them.
@Suite struct PartitionsTests {
  private struct Opened {
    let test: TestStore
    let store: Store
    let segment: Int64
    init(_ backing: Backing) throws {
      test = try TestStore(backing)
      store = try test.open()
      segment = try store.testSegment()
    }
  }

  private static let october: Int64 = 1_790_812_800_000_000  // 2026-10-01T00:00:00Z
  private static let day: Int64 = 86_400_000_000

  /// A version 7 UUID (RFC 9562: 48 bits of milliseconds, the version, random bits).
  private func uuid(_ time: Int64, _ random: inout SeededRandom) -> String {
    func hex(_ value: UInt64, _ digits: Int) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: digits - text.count) + text
    }
    let noise = random.next()
    let made = hex(UInt64(time / 1000), 12)
    return "\(made.prefix(8))-\(made.suffix(4))-7\(hex(noise & 0xFFF, 3))-8\(hex(noise >> 12 & 0xFFF, 3))-"
      + hex(noise >> 16, 12)
  }

  /// Usages of three months, whatever their order, with all that is added up.
  private func randomUsages(_ count: Int, _ random: inout SeededRandom) -> [Usage] {
    (0..<count).map { n in
      let time = Self.october + Int64.random(in: -40 * Self.day..<40 * Self.day, using: &random)
      let id =
        switch n % 4 {
        case 0: uuid(time, &random)
        case 1: uuid(time + 3_600_000_000, &random)  // made by a clock that is wrong
        case 2: "chatcmpl-\(random.next())"
        default: uuid(time, &random).uppercased()
        }
      var usage = Usage(
        id: id, attempt: n % 3 + 1, final: n % 3 != 0, time: time,
        place: .init(file: "2026/10/01/00-w-1.jsonl", line: Int64(n + 1)),
        facts: RequestFacts(
          modelReturned: "m-\(n % 2)", keyName: "key-\(n % 5)", agent: n % 2 == 0 ? nil : "a-\(n % 7)"),
        outcome: [.ok, .vendorError, .refused][n % 3])
      usage.user = n % 6 == 0 ? nil : "u-\(n % 6)"
      usage.session = n % 4 == 0 ? nil : "s-\(n / 3)"
      usage.status = n % 5 == 0 ? nil : 200 + n % 3
      usage.errorType = n % 50 == 0 ? "overloaded" : nil
      usage.durationMicroseconds = n % 8 == 0 ? nil : Int64(n)
      usage.firstByteMicroseconds = n % 9 == 0 ? nil : Int64(n / 2)
      for meter in [.input, .cacheRead, .cacheWrite5m, .cacheWrite1h, .cacheWrite12h, .output] as [Meter] {
        usage.counts[meter] = Int64.random(in: 0..<1 << 40, using: &random)
      }
      if n % 3 == 0 { usage.counts[.webSearch] = Int64(n) }
      usage.counts.reasoning = Int64(n)
      if n % 10 == 0 {
        usage.otherModels = [.init(model: "advisor", counts: TokenCounts([.input: 7, .page: 2]))]
      }
      return usage
    }
  }

  @Test(
    "rows of any month and order are read back in the order of time, and against it",
    arguments: Backing.allCases, 1...3 as ClosedRange<UInt64>)
  func order(backing: Backing, seed: UInt64) throws {
    let opened = try Opened(backing)
    let (test, store, segment) = (opened.test, opened.store, opened.segment)
    var random = SeededRandom(seed: seed)
    let usages = randomUsages(500, &random)
    for part in stride(from: 0, to: 500, by: 70) {
      try store.transaction {
        var batch = RequestBatch()
        for usage in usages[part..<min(part + 70, 500)] {
          try store.append(usage, segment: segment, to: &batch)
        }
        #expect(try store.insert(&batch) == batch.rows.count)
      }
    }
    var found: [Usage] = []
    let other = try test.open()
    try other.forEachRequest(.init()) { found.append($0) }
    let expected = usages.sorted { ($0.time, $0.place.line) < ($1.time, $1.place.line) }
    #expect(found.map(described) == expected.map(described))

    var filter = Store.RequestFilter()
    filter.newestFirst = true
    var pages: [Usage] = []
    // Page by page, each from where the one before it ended, rows arriving in between.
    while true {
      var page: [(Usage, Store.RequestPlace)] = []
      try store.visitRequests(filter) { usage, place in
        page.append((usage, place))
        return page.count < 37
      }
      guard let last = page.last else { break }
      pages += page.map(\.0)
      filter.after = last.1
      var newer = fullUsage(pages.count + 1000)
      newer.time = Self.october + 60 * Self.day
      newer.outcome = .ok
      #expect(try store.insert(newer, segment: segment))
    }
    #expect(pages.map(\.id) == expected.reversed().map(\.id))
  }

  @Test(
    "an attempt's end is found whatever its id is, over all months", arguments: Backing.allCases,
    1...3 as ClosedRange<UInt64>)
  func ended(backing: Backing, seed: UInt64) throws {
    let opened = try Opened(backing)
    let (test, store, segment) = (opened.test, opened.store, opened.segment)
    var random = SeededRandom(seed: seed)
    let usages = randomUsages(300, &random)
    for usage in usages { #expect(try store.insert(usage, segment: segment)) }
    let there = usages.map { Attempt(id: $0.id, attempt: $0.attempt) }
    let absent =
      there.map { Attempt(id: $0.id, attempt: $0.attempt + 1) }
      + (0..<50).map { _ in Attempt(id: uuid(Self.october, &random), attempt: 1) }
    #expect(try test.open().ended(among: there + absent) == Set(there))
    #expect(try store.ended(among: []) == [])
    for usage in usages.prefix(20) {
      var filter = Store.RequestFilter()
      filter.anyID = usage.id
      #expect(try store.usages(filter).map(described) == [described(usage)])
    }
  }

  @Test(
    "ids are given back as they came: UUIDs, and texts of any length", arguments: Backing.allCases,
    [
      "", "a", "exactly-15-long", "exactly-16-longs", "0199a1b2-0000-7000-8000-000000000001",
      "0199A1B2-0000-7000-8000-000000000001", "0199a1b2-0000-4000-8000-000000000001",
      "0199a1b2000070008000000000000001", "レビュー", "0199a1b2-0000-7000-8000-00000000000g",
    ])
  func ids(backing: Backing, id: String) throws {
    let opened = try Opened(backing)
    let (store, segment) = (opened.store, opened.segment)
    var usage = fullUsage(0)
    usage.id = id
    #expect(try store.insert(usage, segment: segment))
    #expect(try store.usages().map(\.id) == [id])
    #expect(try store.ended(among: [Attempt(id: id, attempt: usage.attempt)]).count == 1)
  }

  @Test(
    "what is added up equals the sum of the rows, however they were split", arguments: Backing.allCases,
    1...3 as ClosedRange<UInt64>)
  func totals(backing: Backing, seed: UInt64) throws {
    let opened = try Opened(backing)
    let (test, store, segment) = (opened.test, opened.store, opened.segment)
    var random = SeededRandom(seed: seed)
    let usages = randomUsages(400, &random)
    var at = 0
    while at < usages.count {
      let end = min(usages.count, at + Int.random(in: 1...90, using: &random))
      try store.transaction {
        for usage in usages[at..<end] { _ = try store.insert(usage, segment: segment) }
      }
      // What fails leaves nothing in the totals.
      struct Stop: Error {}
      #expect(throws: Stop.self) {
        try store.transaction {
          for n in 2000..<2003 { _ = try store.insert(fullUsage(n), segment: segment) }
          throw Stop()
        }
      }
      at = end
    }
    var expected: [String: [Int64]] = [:]
    func add(_ key: String, _ values: [Int64]) {
      expected[key] = zip(expected[key] ?? values.map { _ in 0 }, values).map { $0 + $1 }
    }
    func numbers(_ counts: TokenCounts) -> [Int64] { Meter.allCases.map { counts[$0] } + [counts.reasoning] }
    for usage in usages {
      let key = { (model: String?) in
        "\(usage.time / 900_000_000) \(usage.facts.keyName ?? "") \(model ?? "") \(usage.outcome) \(usage.status ?? 0)"
      }
      add(
        key(usage.facts.modelReturned),
        [
          1, usage.final ? 1 : 0, usage.durationMicroseconds ?? 0, usage.durationMicroseconds == nil ? 0 : 1,
          usage.firstByteMicroseconds ?? 0, usage.firstByteMicroseconds == nil ? 0 : 1,
        ] + numbers(usage.counts))
      for other in usage.otherModels { add(key(other.model), [0, 0, 0, 0, 0, 0] + numbers(other.counts)) }
    }
    var found: [String: [Int64]] = [:]
    let begin = Self.october - 41 * Self.day
    try test.open().forEachUsageTotal(from: begin, to: begin + 82 * Self.day) { total in
      #expect(total.facts.agent == nil)
      let key =
        "\(total.slot) \(total.facts.keyName ?? "") \(total.facts.model ?? "") \(total.outcome) \(total.status ?? 0)"
      #expect(found[key] == nil)
      found[key] =
        [
          total.requests, total.finalRequests, total.durationMicroseconds, total.durations,
          total.firstByteMicroseconds, total.firstBytes,
        ] + numbers(total.counts)
    }
    #expect(found == expected)
  }

  @Test(
    "counts beyond any vendor's stop no reading: a quarter's sum stays a number", arguments: Backing.allCases)
  func hostileCounts(backing: Backing) throws {
    let opened = try Opened(backing)
    let (store, segment) = (opened.store, opened.segment)
    for n in 0..<3000 {
      var usage = fullUsage(0)
      usage.place.line = Int64(n)
      usage.meteredID = nil
      usage.counts[.input] = 1 << 53
      usage.durationMicroseconds = .max
      if n == 0 || n == 2999 { #expect(try store.insert(usage, segment: segment)) }
    }
    var sums: [Int64] = []
    try store.forEachUsageTotal(from: Self.october, to: Self.october + Self.day) { total in
      if total.requests > 0 { sums.append(total.counts[.input]) }
    }
    #expect(sums == [2 << 43])
  }

  @Test("a batch says which of its rows are duplicates, and puts the others", arguments: Backing.allCases)
  func duplicates(backing: Backing) throws {
    let opened = try Opened(backing)
    let (store, segment) = (opened.store, opened.segment)
    try store.transaction {
      var batch = RequestBatch()
      for (n, metered) in ["a", nil, "b", "a", nil, "b", "c"].enumerated() {
        var usage = fullUsage(n)
        usage.meteredID = metered
        usage.outcome = .ok
        try store.append(usage, segment: segment, to: &batch)
      }
      #expect(try store.insert(&batch) == 5)
      #expect(batch.duplicates == [3, 5])
    }
    #expect(try store.usages().map { $0.place.line } == [1, 2, 3, 5, 7])
    var again = RequestBatch()
    try store.transaction {
      var usage = fullUsage(9)
      usage.meteredID = "c"
      usage.time += 70 * Self.day
      try store.append(usage, segment: segment, to: &again)
      #expect(try store.insert(&again) == 0)
    }
    #expect(again.duplicates == [0])
  }

  @Test("times that no calendar means are kept, and make no tables without end", arguments: Backing.allCases)
  func hostileTimes(backing: Backing) throws {
    let opened = try Opened(backing)
    let (store, segment) = (opened.store, opened.segment)
    let times = [Int64.min / 2, -1, 0, 4_102_444_800_000_000, Int64.max / 2]
    for (n, time) in times.enumerated() {
      var usage = fullUsage(n)
      usage.time = time
      usage.outcome = .ok
      #expect(try store.insert(usage, segment: segment))
    }
    #expect(try store.usages().map(\.time) == times)
  }
}
