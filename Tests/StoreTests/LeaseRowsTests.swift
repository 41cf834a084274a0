import Ledger
import Store
import TestKit
import Testing

/// Shares of budgets that several proxies take.
@Suite struct LeaseRowsTests {
  private let bucket = LeaseBucket(holder: "key:k_1", budget: "day@UTC", bucket: 7)

  @Test("all shares together are never more than the budget", arguments: Backing.allCases)
  func shares(in backing: Backing) throws {
    let test = try TestStore(backing)
    let stores = [try test.open(), try test.open()]
    func ask(_ proxy: Int, _ atLeast: Int64, _ wanted: Int64, restart: Int64? = nil) throws -> Int64 {
      try stores[proxy].lease(
        bucket, to: "p\(proxy)",
        LeaseDemand(amount: 100, firstBucket: 7, atLeast: atLeast, wanted: wanted, restart: restart))
    }
    #expect(try ask(0, 10, 40) == 40)
    #expect(try ask(1, 10, 50) == 50)
    #expect(try ask(0, 5, 40) == 10, "what is left")
    #expect(try ask(1, 1, 1) == 0)
    try stores[0].giveBack(30, of: bucket, from: "p0")
    #expect(try ask(1, 31, 31) == 0, "less is of no use")
    #expect(try ask(1, 30, 31) == 30)
    // p0 was killed and knows that it had used 5 of its 20.
    #expect(try ask(0, 1, 10, restart: 5) == 10)
    #expect(try stores[1].leased("key:k_1", "day@UTC", from: 7) == 95)
    #expect(try stores[1].leased("key:k_1", "day@UTC", from: 8) == 0)
  }

  @Test("a rolling budget counts every bucket from the first that matters", arguments: Backing.allCases)
  func buckets(in backing: Backing) throws {
    let test = try TestStore(backing)
    defer { withExtendedLifetime(test) {} }
    let store = try test.open()
    func ask(_ number: Int64, first: Int64, _ amount: Int64) throws -> Int64 {
      try store.lease(
        LeaseBucket(holder: "team:t", budget: "rolling-1h", bucket: number), to: "p",
        LeaseDemand(amount: 10, firstBucket: first, atLeast: amount, wanted: amount))
    }
    #expect(try ask(1, first: -3, 6) == 6)
    #expect(try ask(2, first: -2, 4) == 4)
    #expect(try ask(2, first: -2, 1) == 0)
    #expect(try ask(6, first: 2, 6) == 6)
    #expect(try ask(6, first: 2, 1) == 0)
  }
}
