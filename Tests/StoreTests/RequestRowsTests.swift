import Ledger
import Store
import TestKit
import Testing

/// Request rows: what goes in comes out.
@Suite struct RequestRowsTests {

  @Test(
    "every field of a usage is read back as it was put, by this and by another connection",
    arguments: Backing.allCases)
  func roundTrip(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.testSegment()
    let usages = (0..<20).map { fullUsage($0) }
    for usage in usages { #expect(try store.insert(usage, segment: segment)) }
    #expect(try store.usages().map(described) == usages.map(described))
    #expect(try test.open().usages().map(described) == usages.map(described))
  }

  @Test("absent facts stay absent: no empty text, no zero", arguments: Backing.allCases)
  func absent(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let usage = Usage(
      id: "r", attempt: 1, final: true, time: 0, place: .init(file: "2026/10/01/00-w-1.jsonl", line: 1),
      facts: RequestFacts(), outcome: .ok)
    #expect(try store.insert(usage, segment: store.testSegment()))
    #expect(try store.usages().map(described) == [described(usage)])
  }

  @Test("hostile texts are texts", arguments: Backing.allCases)
  func hostile(in backing: Backing) throws {
    let test = try TestStore(backing)
    var random = SeededRandom(seed: 1)
    // Too long, and too little alike, for an ordered index of PostgreSQL's.
    let noise = random.bytes(100_000).map { String($0, radix: 36) }.joined()
    let texts = [
      noise, "'; DROP TABLE requests; --", "\"quoted\"", "😀 レビュー \u{202E}", "\u{1}\n\r\t\\",
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

  @Test(
    "a NUL inside a text becomes U+FFFD, for who wrote it and for who reads it later",
    arguments: Backing.allCases)
  func nul(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    let segment = try store.testSegment()
    var written = fullUsage(1)
    var expected = fullUsage(1)
    for (index, text) in ["a\u{0}b\u{0}", "a\u{FFFD}b\u{FFFD}"].enumerated() {
      var usage = fullUsage(1)
      usage.id = text
      usage.user = text + "u"
      usage.session = text
      usage.meteredID = text
      usage.errorType = text
      usage.facts.modelReturned = text
      usage.facts.keyName = text
      usage.otherModels = [.init(model: text, counts: TokenCounts([.input: 1]))]
      if index == 0 { written = usage } else { expected = usage }
    }
    #expect(try store.insert(written, segment: segment))
    #expect(try store.usages().map(described) == [described(expected)])
    #expect(try test.open().usages().map(described) == [described(expected)])
    let attempt = Attempt(id: "a\u{0}b\u{0}", attempt: written.attempt)
    #expect(try store.ended(among: [attempt]) == [attempt])
    var second = fullUsage(2)
    second.meteredID = written.meteredID
    #expect(try !store.insert(second, segment: segment), "the same id is the same")
    second.meteredID = nil
    second.facts = written.facts
    #expect(try store.insert(second, segment: segment))
    #expect(Set(try store.usages().map(\.factsNumber)).count == 1, "the same facts are kept once")
    try store.save([TakenRange(first: 1, last: 2, firstTime: 3, lastTime: 4)], writer: "w\u{0}")
    #expect(try store.taken(writer: "w\u{0}").count == 1)
  }

  @Test(
    "facts and names that requests share are told apart from those that differ in one fact alone",
    arguments: Backing.allCases)
  func sharedFacts(in backing: Backing) throws {
    let test = try TestStore(backing)
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

  @Test(
    "a second row of one metered_id is a duplicate; rows without one never are", arguments: Backing.allCases)
  func metered(in backing: Backing) throws {
    let test = try TestStore(backing)
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

  @Test(
    "an interrupted attempt is found, and taken away when its end has come; other attempts stay",
    arguments: Backing.allCases)
  func interrupted(in backing: Backing) throws {
    let test = try TestStore(backing)
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
      try store.openAttempts() == [.init(id: "same", attempt: 1), .init(id: "same", attempt: 2)])
    try store.removeOpen([.init(id: "same", attempt: 1)])
    try store.removeOpen([.init(id: "same", attempt: 3), .init(id: "other", attempt: 2)])
    #expect(try store.openAttempts() == [.init(id: "same", attempt: 2)])
    #expect(try store.usages().map(\.attempt) == [2, 3])
    let asked = (1...4).map { Attempt(id: "same", attempt: $0) } + [Attempt(id: "other", attempt: 3)]
    #expect(try store.ended(among: asked) == [.init(id: "same", attempt: 3)])
  }

  @Test("a filter's conditions must all hold", arguments: Backing.allCases)
  func filters(in backing: Backing) throws {
    let test = try TestStore(backing)
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
    #expect(try found { $0.status = 500...599 } == all.filter { $0 % 2 == 1 })
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
        $0.after = .init(time: 1_790_812_800_000_000 + 3, segment: segment, line: 4)
      } == [0, 1, 2])
  }
}
