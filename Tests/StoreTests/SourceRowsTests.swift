import Ledger
import Store
import TestKit
import Testing

/// Requests that other sources bring are taken once, many at a time as one by one.
@Suite struct SourceRowsTests {
  /// Ids from small pools, so that most rows share one with another.
  private func usages(_ random: inout SeededRandom) -> [Usage] {
    func some(_ name: String, of count: Int, _ random: inout SeededRandom) -> String? {
      let number = Int.random(in: 0..<count, using: &random)
      // Texts that are equal to Swift, and not to a database.
      return number == 0
        ? nil : number == 1 ? "\(name)-\u{E9}" : number == 2 ? "\(name)-e\u{301}" : "\(name)-\(number)"
    }
    return (0..<300).map { number in
      var usage = fullUsage(number)
      usage.id = some("id", of: 250, &random) ?? "nul\u{0}"
      usage.responseID = some("response", of: 400, &random)
      usage.vendorRequestID =
        Int.random(in: 0..<2, using: &random) == 0 ? some("request", of: 300, &random) : nil
      usage.meteredID = Int.random(in: 0..<6, using: &random) == 0 ? some("metered", of: 20, &random) : nil
      usage.outcome = number % 50 == 7 ? .interrupted : .ok
      return usage
    }
  }

  /// Which of them are taken, by the rule itself.
  private func taken(_ usages: [Usage]) -> [Int64] {
    func bytes(_ text: String?) -> [UInt8]? { text.map { Array($0.utf8) } }
    var taken: [Usage] = []
    var ids: Set<[UInt8]> = []
    for usage in usages {
      let rows = taken.filter { $0.outcome != .interrupted }
      func isKnown(_ field: KeyPath<Usage, String?>) -> Bool {
        bytes(usage[keyPath: field]).map { id in rows.contains { bytes($0[keyPath: field]) == id } } ?? false
      }
      if isKnown(\.responseID) || isKnown(\.vendorRequestID) { continue }
      guard ids.insert(Array(usage.id.utf8)).inserted else { continue }
      if usage.outcome != .interrupted, isKnown(\.meteredID) { continue }
      taken.append(usage)
    }
    return taken.map(\.time).sorted()
  }

  @Test(
    "in parts of any size, rows that another row's ids name are left out", arguments: Backing.allCases,
    1...4 as ClosedRange<UInt64>)
  func parts(in backing: Backing, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let usages = usages(&random)
    let expected = taken(usages)
    #expect(expected.count > 30 && expected.count < usages.count - 30)
    for partMax in [1, 70, 300] {
      let test = try TestStore(backing)
      let store = try test.open()
      try store.prepareForSources()
      let segment = try store.testSegment()
      var rest = usages[...]
      var added = 0
      while !rest.isEmpty {
        let part = rest.prefix(Int.random(in: 1...partMax, using: &random))
        added += try store.insertFromSource(Array(part), segment: segment)
        rest = rest.dropFirst(part.count)
      }
      let found = try store.usages().map(\.time)
      var open: [Int64] = []
      try store.forEachOpenRequest(.init()) { usage in open.append(usage.time) }
      #expect(Set(found + open).sorted() == expected, "parts of up to \(partMax)")
      #expect(added == expected.count)
    }
  }
}
