import Foundation
import Pipeline
import Store
import TestKit
import Testing

/// What is noted of a post decides whether it is made: at most once by itself.
@Suite struct PostingTests {
  private let clock = ManualClock()

  /// Nobody may ever be reached at this address, and no wait may be made for it.
  private let nowhere = PostTarget(name: "chat", url: "ftp://chat.example/hooks/secret")

  private func post(_ desk: Desk, _ state: Delivery.State?, again: Bool = false) async throws -> PostResult {
    if let state {
      try desk.store.save(
        Delivery(
          period: "2026-10", target: "chat", state: state, payloadSHA256: "x", detail: "why", updated: 1))
    }
    return try await Posting(store: desk.store, now: clock.now, notice: { _ in })
      .post(Array("{}".utf8), period: "2026-10", to: nowhere, again: again)
  }

  @Test("what was sent is not sent again", arguments: Backing.allCases)
  func sent(in backing: Backing) async throws {
    let desk = try Desk(backing)
    #expect(try await post(desk, .sent) == .alreadySent)
    #expect(try desk.noted()?.updated == 1)
  }

  @Test("where nobody knows whether it arrived, it is not repeated by itself", arguments: Backing.allCases)
  func unknown(in backing: Backing) async throws {
    let desk = try Desk(backing)
    guard case .unknown = try await post(desk, .unknown) else {
      Issue.record("a delivery that nobody knows of was repeated")
      return
    }
    #expect(try desk.noted()?.state == .unknown)
    #expect(try desk.noted()?.updated == 1)
  }

  @Test(
    "a failed one is tried by the next run, and the outcome is noted with the payload's digest and the time",
    arguments: Backing.allCases)
  func failed(in backing: Backing) async throws {
    let desk = try Desk(backing)
    for state in [Delivery.State.failed, nil] {
      guard case .failed(let detail) = try await post(desk, state) else {
        Issue.record("an address that is no http(s) URL was posted to")
        return
      }
      // The address is a secret: whoever has it can post.
      #expect(!detail.contains("secret"))
      let found = try desk.noted()
      let delivery = try #require(found)
      #expect(delivery.state == .failed)
      // printf '{}' | sha256sum
      #expect(delivery.payloadSHA256 == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
      #expect(delivery.updated == clock.microseconds)
      #expect(!delivery.detail.contains("secret"))
    }
  }

  @Test(
    "who asks for it again gets it again, whatever is noted", arguments: [Delivery.State.sent, .unknown],
    Backing.allCases)
  func again(state: Delivery.State, in backing: Backing) async throws {
    let desk = try Desk(backing)
    guard case .failed = try await post(desk, state, again: true) else {
      Issue.record("it was not tried")
      return
    }
  }
}

extension Desk {
  fileprivate func noted() throws -> Delivery? { try store.delivery(period: "2026-10", target: "chat") }
}
