internal import Foundation
internal import ProxyServer
internal import Store
internal import Synchronization

/// Shares of budgets out of a PostgreSQL store, on a thread of its own with a connection of its own.
final class StoreBank: BudgetBank {
  private enum Limit {
    /// Requests that wait for an answer; more are told at once that there is none.
    static let waitingMax = 4096
    /// Buckets that are remembered; those of last week nobody asks for.
    static let knownMax = 100_000
    /// A server that was lost is looked for again after this.
    static let secondsBetweenAttempts: TimeInterval = 1
  }

  private let location: String
  /// What the store calls this proxy, the same after a restart.
  private let proxy: String
  private let notice: @Sendable (String) -> Void
  private let waiting = Atomic<Int>(0)
  private let queue = DispatchQueue(label: "tollbook.budgets")
  private let state = Mutex(State())
  private let held = Mutex<HeldStore?>(nil)

  private struct State {
    /// Told of what this process used before it began.
    var known: Set<LeaseBucket> = []
    var lastFailure = Date.distantPast
    var lastNotice = ""
  }

  init(store location: String, proxy: String, notice: @escaping @Sendable (String) -> Void) {
    self.location = location
    self.proxy = proxy
    self.notice = notice
  }

  func ask(_ shares: [BudgetShare], _ answer: @escaping @Sendable ([BankAnswer]) -> Void) {
    guard waiting.add(1, ordering: .relaxed).newValue <= Limit.waitingMax else {
      waiting.subtract(1, ordering: .relaxed)
      return answer(shares.map { _ in .notAsked })
    }
    queue.async { [self] in
      answer(answers(shares))
      waiting.subtract(1, ordering: .relaxed)
    }
  }

  private func answers(_ shares: [BudgetShare]) -> [BankAnswer] {
    var answers: [BankAnswer] = []
    do {
      if let store = try open() {
        for share in shares { answers.append(.done(more: try serve(share, store))) }
        state.withLock { $0.lastNotice = "" }
      }
    } catch {
      if (error as? StoreError)?.isInDoubt == true { answers.append(.inDoubt) }
      lost(error)
    }
    return answers + shares.dropFirst(answers.count).map { _ in .notAsked }
  }

  private func lost(_ error: any Error) {
    held.withLock { $0 = nil }
    let isNew = state.withLock { state in
      state.lastFailure = Date()
      defer { state.lastNotice = "\(error)" }
      return state.lastNotice != "\(error)"
    }
    if isNew { notice("Budgets that several proxies share cannot be asked: \(error)") }
  }

  private func serve(_ share: BudgetShare, _ store: Store) throws -> Int64 {
    let bucket = LeaseBucket(holder: share.holder, budget: share.budget, bucket: share.bucket)
    switch share.wish {
    case .giveBack(let amount):
      try store.giveBack(amount, of: bucket, from: proxy)
      return 0
    case .take(let atLeast, let wanted, let restart):
      let isFirst = restart != nil && state.withLock { !$0.known.contains(bucket) }
      let more = try store.lease(
        bucket, to: proxy,
        LeaseDemand(
          amount: share.amount, firstBucket: share.firstBucket, atLeast: atLeast, wanted: wanted,
          restart: isFirst ? restart : nil))
      if isFirst {
        state.withLock { state in
          if state.known.count >= Limit.knownMax { state.known.removeAll() }
          state.known.insert(bucket)
        }
      }
      return more + (isFirst ? restart ?? 0 : 0)
    }
  }

  // MARK: - The connection

  /// A `Store` may be handed from thread to thread as long as one uses it at a time: the queue sees to that.
  private struct HeldStore: @unchecked Sendable { let store: Store }

  /// - Returns: nil so shortly after a failure that trying again would only make requests wait.
  private func open() throws -> Store? {
    if let known = held.withLock({ $0 }) { return known.store }
    let since = Date().timeIntervalSince(state.withLock { $0.lastFailure })
    guard since >= Limit.secondsBetweenAttempts else { return nil }
    let made = HeldStore(store: try Store(location, waitSecondsMax: 0))
    held.withLock { $0 = made }
    return made.store
  }
}
