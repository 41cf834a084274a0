import Ledger
import Store
import TestKit
import Testing

/// Request rows: what goes in comes out.
@Suite struct RequestRowsTests {
  private let test: TestStore
  init() throws { test = try TestStore() }

  @Test("every field of a usage is read back as it was put, by this and by another connection")
  func roundTrip() throws {
    let store = try test.open()
    let segment = try store.testSegment()
    let usages = (0..<20).map { fullUsage($0) }
    for usage in usages { #expect(try store.insert(usage, segment: segment)) }
    #expect(try store.usages().map(described) == usages.map(described))
    #expect(try test.open().usages().map(described) == usages.map(described))
  }

  @Test("absent facts stay absent: no empty text, no zero")
  func absent() throws {
    let store = try test.open()
    let usage = Usage(
      id: "r", attempt: 1, final: true, time: 0, place: .init(file: "2026/10/01/00-w-1.jsonl", line: 1),
      facts: RequestFacts(), outcome: .ok)
    #expect(try store.insert(usage, segment: store.testSegment()))
    #expect(try store.usages().map(described) == [described(usage)])
  }

  @Test("hostile texts are texts")
  func hostile() throws {
    let texts = [
      "'; DROP TABLE requests; --", "\"quoted\"", "nul\u{0}inside", "😀 レビュー \u{202E}", "\u{1}\n\r\t\\",
      "%s %n ? ?1 :a @b", String(repeating: "long ", count: 20_000), "{\"json\":[1]}", " ", "\u{FEFF}",
      "NULL",
    ]
    let store = try test.open()
    let segment = try store.testSegment()
    let usages = texts.enumerated().map { fullUsage($0.offset, text: $0.element) }
    for usage in usages { #expect(try store.insert(usage, segment: segment)) }
    #expect(try test.open().usages().map(described) == usages.map(described))
    for usage in usages {
      var filter = Store.RequestFilter()
      filter.user = usage.user
      filter.session = usage.session
      #expect(try store.usages(filter).map(described) == [described(usage)])
    }
  }

  @Test("facts and names that requests share are told apart from those that differ in one fact alone")
  func sharedFacts() throws {
    let store = try test.open()
    let segment = try store.testSegment()
    let plain = fullUsage(0).facts
    var all: [RequestFacts] = [plain]
    let fields: [WritableKeyPath<RequestFacts, String?>] = [
      \.endpoint, \.provider, \.upstream, \.region, \.modelRequested, \.modelRouted, \.modelReturned, \.keyID,
      \.keyName, \.team, \.inferenceProfile, \.agent, \.serviceTier,
    ]
    for field in fields {
      for value in [nil, "", "other"] {
        var facts = plain
        facts[keyPath: field] = value
        all.append(facts)
      }
    }
    for tags in [[], [.init(name: "a", value: "b")], [.init(name: "a", value: "b\",\"c\":\"d")]]
      as [[RequestFacts.Tag]]
    {
      var facts = plain
      facts.tags = tags
      all.append(facts)
    }
    all += all
    for (n, facts) in all.enumerated() {
      var usage = fullUsage(n)
      usage.facts = facts
      #expect(try store.insert(usage, segment: segment))
    }
    #expect(try store.usages().map(\.facts) == all)
    #expect(try test.open().usages().map(\.facts) == all)
  }

  @Test("a second row of one metered_id is a duplicate; rows without one never are")
  func metered() throws {
    let store = try test.open()
    let segment = try store.testSegment()
    var first = fullUsage(1)
    first.meteredID = "batch_1/item-1"
    var second = fullUsage(2)
    second.meteredID = "batch_1/item-1"
    #expect(try store.insert(first, segment: segment))
    #expect(try !store.insert(second, segment: segment))
    #expect(try store.usages().map(\.id) == [first.id])
    for n in 3...4 {
      var plain = fullUsage(n)
      plain.meteredID = nil
      #expect(try store.insert(plain, segment: segment))
    }
    #expect(try store.usages().count == 3)
  }

  @Test("an interrupted attempt is found, and taken away when its end has come; other attempts stay")
  func interrupted() throws {
    let store = try test.open()
    let segment = try store.testSegment()
    for (n, outcome) in [(0, Outcome.interrupted), (1, .interrupted), (2, .ok)] {
      var usage = fullUsage(n)
      usage.id = "same"
      usage.attempt = n + 1
      usage.outcome = outcome
      #expect(try store.insert(usage, segment: segment))
    }
    #expect(
      try store.interruptedAttempts() == [.init(id: "same", attempt: 1), .init(id: "same", attempt: 2)])
    try store.removeInterrupted(id: "same", attempt: 1)
    try store.removeInterrupted(id: "same", attempt: 3)
    try store.removeInterrupted(id: "other", attempt: 2)
    #expect(try store.interruptedAttempts() == [.init(id: "same", attempt: 2)])
    #expect(try store.usages().map(\.attempt) == [2, 3])
    #expect(try store.hasRequest(id: "same", attempt: 3))
    #expect(try !store.hasRequest(id: "same", attempt: 1))
  }

  @Test("a filter's conditions must all hold")
  func filters() throws {
    let store = try test.open()
    let segment = try store.testSegment()
    for n in 0..<30 {
      var usage = fullUsage(n)
      usage.facts.keyName = n % 2 == 0 ? "ticket-prod" : "review-prod"
      usage.user = "u-\(n % 3)"
      usage.session = "s-\(n % 5)"
      usage.status = n % 2 == 0 ? 200 : 500
      usage.facts.modelReturned = n % 4 == 0 ? nil : "m-returned"
      usage.facts.modelRequested = "m-asked"
      #expect(try store.insert(usage, segment: segment))
    }
    func found(_ set: (inout Store.RequestFilter) -> Void) throws -> [Int64] {
      var filter = Store.RequestFilter()
      set(&filter)
      return try store.usages(filter).map { $0.time - 1_790_812_800_000_000 }
    }
    let all = (0..<30).map(Int64.init)
    #expect(try found { _ in } == all)
    #expect(try found { $0.key = "ticket-*" } == all.filter { $0 % 2 == 0 })
    #expect(try found { $0.user = "u-1" } == all.filter { $0 % 3 == 1 })
    #expect(try found { $0.session = "s-4" } == all.filter { $0 % 5 == 4 })
    #expect(try found { $0.status = 500 } == all.filter { $0 % 2 == 1 })
    #expect(try found { $0.outcome = .refused } == all.filter { Outcome.allCases[Int($0) % 7] == .refused })
    #expect(try found { $0.model = "m-returned" } == all.filter { $0 % 4 != 0 })
    #expect(try found { $0.model = "*asked" } == all.filter { $0 % 4 == 0 })
    #expect(
      try found {
        $0.key = "ticket-prod"
        $0.user = "u-1"
        $0.session = "s-4"
        $0.model = "m-*"
      } == all.filter { $0 % 2 == 0 && $0 % 3 == 1 && $0 % 5 == 4 })
    #expect(
      try found {
        $0.begin = 1_790_812_800_000_005
        $0.end = 1_790_812_800_000_009
      } == [5, 6, 7, 8])
    for id in ["id-x-7", "response-x-7", "vendor-x-7"] { #expect(try found { $0.anyID = id } == [7]) }
    #expect(
      try found {
        $0.anyID = "id-x-7"
        $0.key = "ticket-*"
      } == [])
    #expect(
      try found {
        $0.newestFirst = true
        $0.limit = 3
      } == [27, 28, 29])
  }
}
