import Ledger
import Store
import TestKit

/// A store of its own: in a folder, or in a database of the tests' server.
struct TestStore {
  let folder: TestFolder
  let location: String

  init(_ backing: Backing) throws {
    folder = try TestFolder()
    location = try backing.location(in: folder)
  }

  func open() throws -> Store { try Store(location) }

  /// Runs SQL behind the store's back.
  func sql(_ text: String) throws {
    let database = location.split(separator: "/")[1].prefix { $0 != "?" }
    try PostgresServer.shared().run(text, in: String(database))
  }
}

/// A usage in which every field says something, and different things for different numbers.
func fullUsage(_ n: Int, text: String = "x") -> Usage {
  func named(_ what: String) -> String { "\(what)-\(text)-\(n)" }
  var usage = Usage(
    id: named("id"), attempt: n % 3 + 1, final: n % 2 == 0, time: 1_790_812_800_000_000 + Int64(n),
    place: .init(file: "2026/10/01/00-w-1.jsonl", line: Int64(n + 1)),
    facts: RequestFacts(
      endpoint: named("endpoint"), provider: named("provider"), upstream: named("upstream"),
      region: named("region"),
      modelRequested: named("requested"), modelRouted: named("routed"), modelReturned: named("returned"),
      keyID: named("k"), keyName: named("key"), team: named("team"),
      tags: [.init(name: named("a"), value: named("b")), .init(name: named("c"), value: "")],
      inferenceProfile: named("profile"), agent: named("agent"), serviceTier: named("tier")),
    outcome: Outcome.allCases[n % Outcome.allCases.count])
  usage.user = named("user")
  usage.session = named("session")
  usage.ip = named("ip")
  usage.responseID = named("response")
  usage.vendorRequestID = named("vendor")
  usage.meteredID = named("metered")
  usage.stream = n % 2 == 1
  usage.status = 200 + n
  usage.durationMicroseconds = Int64(n) * 7
  usage.firstByteMicroseconds = 0
  usage.errorType = named("error")
  for (index, meter) in Meter.allCases.enumerated() { usage.counts[meter] = 1 << 53 - Int64(index + n) }
  usage.counts.reasoning = 12
  var other = TokenCounts([.input: 5, .outputAudio: 6])
  other.reasoning = 2
  usage.otherModels = [.init(model: named("other"), counts: other), .init(model: "", counts: TokenCounts())]
  usage.flags = [.estimated, .notBilled]
  return usage
}

/// Everything a usage says, as a text to compare.
/// Everything but the store's own number for the facts.
func described(_ usage: Usage) -> String {
  var usage = usage
  usage.factsNumber = 0
  return String(reflecting: usage)
}

extension Store {
  /// The segment that the usages of these tests stand in.
  func testSegment() throws -> Int64 { try save(SegmentRow(name: "2026/10/01/00-w-1.jsonl")) }

  func usages(_ filter: RequestFilter = RequestFilter()) throws -> [Usage] {
    var found: [Usage] = []
    try forEachRequest(filter) { usage in found.append(usage) }
    return found.sorted { $0.time < $1.time }
  }
}

/// Who changes keys in these tests.
let testMark = ChangeMark(actor: "test", time: 1_790_812_800_000_000)
