import Ledger
import Store
import TestKit
import Testing

/// Keys, what they may do, and the log of their changes.
@Suite struct KeyRowsTests {
  private static func fullKey() throws -> ClientKey {
    var key = ClientKey(
      id: "k_1", name: "prod", team: "t", user: "u", tags: [.init(name: "product", value: "x")],
      models: ["m-*"],
      expires: 99, created: 5)
    key.networks = ["10.0.0.0/8", "2001:db8::/32"]
    key.policy.requestsPerMinute = 60
    key.policy.tokensPerMinute = 1000
    key.policy.parallelRequests = 3
    key.policy.isDisabled = true
    key.policy.budgets = [
      try #require(Budget("100.25/month@Asia/Tokyo", zone: "UTC")),
      try #require(Budget("5/rolling-24h", zone: "UTC")),
      try #require(Budget("7/quarter", zone: "UTC")),
    ]
    return key
  }

  @Test("a key is read back with every limit", arguments: Backing.allCases)
  func everything(in backing: Backing) throws {
    let test = try TestStore(backing)
    try test.open().add(Self.fullKey(), sha256: "11", by: testMark)
    let found = try test.open().keys()
    let expected = try Self.fullKey()
    #expect(found.map(\.key) == [expected])
    #expect(found[0].former.isEmpty)
  }

  @Test(
    "a rotated key opens by its new secret, and by former ones until the grace ends",
    arguments: Backing.allCases)
  func rotation(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    try store.add(Self.fullKey(), sha256: "11", by: testMark)
    #expect(try store.rotateKey("prod", to: "22", until: 500, by: testMark)?.id == "k_1")
    #expect(try store.rotateKey("k_1", to: "33", until: 400, by: testMark)?.id == "k_1")
    let found = try #require(try store.key("prod"))
    #expect(found.sha256 == "33")
    // The first one must not outlive the second one's grace.
    #expect(found.former.map(\.sha256) == ["11", "22"])
    #expect(found.former.map(\.until) == [400, 400])
    #expect(throws: StoreError.self) { try store.rotateKey("prod", to: "11", until: 1, by: testMark) }
    #expect(try store.rotateKey("nobody", to: "44", until: 1, by: testMark) == nil)
    #expect(throws: StoreError.self) {
      try store.add(ClientKey(id: "k_9", name: "other", created: 1), sha256: "22", by: testMark)
    }
  }

  @Test(
    "every change is in the audit log, with what was and what is, and no change is not",
    arguments: Backing.allCases)
  func audit(in backing: Backing) throws {
    let test = try TestStore(backing)
    let store = try test.open()
    try store.add(ClientKey(id: "k_1", name: "a", created: 5), sha256: "11", by: testMark)
    let later = ChangeMark(actor: "api:ops", time: 7)
    #expect(try store.updateKey("a", by: later) { $0.team = "t\u{0}'\"" }?.team == "t\u{0}'\"")
    _ = try store.updateKey("a", by: later) { $0.expires = nil }
    _ = try store.rotateKey("a", to: "22", until: 0, by: later)
    #expect(try store.revokeKey("a", by: later))
    _ = try store.updatePolicy(of: .team, "t", by: later) { $0.requestsPerMinute = 5 }
    _ = try store.updatePolicy(of: .team, "t", by: later) { $0.requestsPerMinute = nil }
    _ = try store.updatePolicy(of: .team, "t", by: later) { $0.requestsPerMinute = nil }
    let log = try test.open().audit()
    #expect(log.map(\.action) == ["create", "update", "rotate", "revoke", "create", "update"])
    #expect(log.map(\.mark.actor) == ["test"] + Array(repeating: "api:ops", count: 5))
    #expect(log[3].detail == #"{"revoked":[false,true]}"#)
    #expect(log[5].detail == #"{"requests_per_minute":[5,null]}"#)
    #expect(log[0].detail.contains(#""name":[null,"a"]"#))
    #expect(!log.map(\.detail).joined().contains("22"), "no digest of a secret is in the log")
    #expect(try store.audit(after: log[3].number).map(\.number) == log[4...].map(\.number))
    #expect(try store.audit(subject: "k_1").count == 4)
  }

  @Test("a change that fails leaves no trace", arguments: Backing.allCases)
  func failedChange(in backing: Backing) throws {
    let test = try TestStore(backing)
    defer { withExtendedLifetime(test) {} }
    let store = try test.open()
    try store.add(ClientKey(id: "k_1", name: "a", created: 5), sha256: "11", by: testMark)
    try store.add(ClientKey(id: "k_2", name: "b", created: 5), sha256: "22", by: testMark)
    #expect(throws: StoreError.self) { try store.updateKey("b", by: testMark) { $0.name = "a" } }
    #expect(try store.keys().map(\.key.name) == ["a", "b"])
    #expect(try store.audit().count == 2)
    #expect(try store.updateKey("nobody", by: testMark) { $0.name = "x" } == nil)
  }

  @Test("a policy's change is seen by another connection", arguments: Backing.allCases)
  func policies(in backing: Backing) throws {
    let test = try TestStore(backing)
    let (one, two) = (try test.open(), try test.open())
    var version = try two.keysVersion()
    func changed() throws -> Bool {
      let before = version
      version = try two.keysVersion()
      return version != before
    }
    _ = try one.updatePolicy(of: .user, "u", by: testMark) { $0.models = ["a*"] }
    #expect(try changed())
    try one.add(ClientKey(id: "k_1", name: "a", created: 5), sha256: "11", by: testMark)
    #expect(try changed())
    _ = try one.rotateKey("a", to: "22", until: 9, by: testMark)
    #expect(try changed())
    #expect(try two.policyHolders().map(\.policy.models) == [["a*"]])
  }
}
