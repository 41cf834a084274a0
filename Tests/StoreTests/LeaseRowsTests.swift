import Glibc
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
    try stores[0].hold([bucket: 20], by: "p0")
    #expect(try ask(1, 31, 31) == 0, "less is of no use")
    #expect(try ask(1, 30, 31) == 30)
    // p0 was killed and knows that it had used 5 of its 20.
    #expect(try ask(0, 1, 10, restart: 5) == 10)
    #expect(try stores[1].leased("key:k_1", "day@UTC", from: 7) == 95)
    #expect(try stores[1].leased("key:k_1", "day@UTC", from: 8) == 0)
    try stores[1].hold([bucket: 0], by: "p1")
    let left = try stores[0].leases()
    #expect(left.map(\.bucket) == [bucket] && left.map(\.proxy) == ["p0"] && left.map(\.granted) == [15])
  }

  @Test(
    "shares of a proxy that is gone are free again, and the audit log says who freed them",
    arguments: Backing.allCases)
  func released(in backing: Backing) throws {
    let test = try TestStore(backing)
    defer { withExtendedLifetime(test) {} }
    let store = try test.open()
    for proxy in ["gone/1", "here/2"] {
      _ = try store.lease(
        bucket, to: proxy, LeaseDemand(amount: 100, firstBucket: 7, atLeast: 1, wanted: 50))
    }
    let mark = ChangeMark(actor: "cli:test", time: 5)
    #expect(try store.releaseLeases(of: "gone", by: mark).count == 0)
    let freed = try store.releaseLeases(of: "gone/1", by: mark)
    #expect(freed.count == 1 && freed.nanodollars == 50)
    #expect(try store.leases().map(\.proxy) == ["here/2"])
    let audit = try store.audit()
    #expect(audit.map(\.action) == ["release"] && audit.map(\.name) == ["gone/1"])
    #expect(audit.map(\.mark) == [mark])
  }

  @Test("a name is one proxy's, until its connection is over") func names() throws {
    let test = try TestStore(.postgres)
    defer { withExtendedLifetime(test) {} }
    let other = try test.open()
    var first: Store? = try test.open()
    #expect(try first?.lockProxy("a/1") == true)
    #expect(try !other.lockProxy("a/1"))
    #expect(try other.lockProxy("a/2"))
    first = nil
    // The server notices a moment later.
    var isFree = false
    for _ in 0..<100 where !isFree {
      isFree = try other.lockProxy("a/1")
      if !isFree { usleep(50_000) }
    }
    #expect(isFree)
  }

  @Test("buckets that no window reaches any more are forgotten", arguments: Backing.allCases)
  func old(in backing: Backing) throws {
    let test = try TestStore(backing)
    defer { withExtendedLifetime(test) {} }
    let store = try test.open()
    func kept(_ budget: String, first: Int64, bucket: Int64) throws -> [Int64] {
      _ = try store.lease(
        LeaseBucket(holder: "team:t", budget: budget, bucket: bucket), to: "p",
        LeaseDemand(amount: 10, firstBucket: first, atLeast: 1, wanted: 1))
      return try store.leases(of: "p").filter { $0.bucket.budget == budget }.map(\.bucket.bucket)
    }
    // A clock may be a day late, which is 96 buckets.
    #expect(try kept("rolling-1h", first: -4, bucket: 0) == [0])
    #expect(try kept("rolling-1h", first: 2, bucket: 6) == [0, 6])
    #expect(try kept("rolling-1h", first: 96, bucket: 100) == [0, 6, 100])
    #expect(try kept("rolling-1h", first: 97, bucket: 101) == [6, 100, 101])
    #expect(try kept("rolling-1h", first: 198, bucket: 202) == [101, 202])
    // The month before is asked for by a clock that is a second late.
    #expect(try kept("month@UTC", first: 0, bucket: 0) == [0])
    #expect(try kept("month@UTC", first: 2976, bucket: 2976) == [0, 2976])
    #expect(try kept("month@UTC", first: 5664, bucket: 5664) == [2976, 5664])
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
