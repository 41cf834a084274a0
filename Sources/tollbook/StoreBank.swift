internal import Foundation
internal import ProxyServer
internal import Store
internal import Synchronization

/// Shares of budgets out of a PostgreSQL store, on a thread of its own with a connection of its own.
///
/// No other proxy has its name, so whenever it is connected it makes the store say what it knows to have.
final class StoreBank: BudgetBank {
  private enum Limit {
    /// Requests that wait for an answer; more are told at once that there is none.
    static let waitingMax = 4096
    /// A server that is silent for longer is asked again over another connection.
    static let answerMillisecondsMax = 1500
    /// A server that was lost is looked for again after this.
    static let secondsBetweenAttempts: TimeInterval = 1
    /// Rows in one transaction.
    static let rowsMax = 200
    /// A server notices a moment later that a program was killed, and so holds its lock a moment longer.
    static let lockAttempts = 10
    static let microsecondsBetweenLocks: UInt32 = 100_000
  }

  private let location: String
  /// What the store calls this proxy, the same after a restart.
  private let proxy: String
  private let notice: @Sendable (String) -> Void
  private let waiting = Atomic<Int>(0)
  private let queue = DispatchQueue(label: "tollbook.budgets")
  private let state = Mutex(State())
  private let connection = Mutex<Connected?>(nil)

  private struct State {
    var shares = HeldShares()
    var lastFailure = Date.distantPast
    var lastNotice = ""
  }

  init(store location: String, proxy: String, notice: @escaping @Sendable (String) -> Void) {
    self.location = location
    self.proxy = proxy
    self.notice = notice
  }

  /// Takes the proxy's name, before anything is served.
  /// - Throws: where another proxy has it, or the server cannot be asked.
  func begin() throws { try queue.sync { _ = try connect(attempts: Limit.lockAttempts) } }

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
    var answers = [BankAnswer](repeating: .notAsked, count: shares.count)
    do {
      guard let store = try open() else { return answers }
      let told = shares.indices.filter { !shares[$0].isAskedFor }
      for begin in stride(from: 0, to: told.count, by: Limit.rowsMax) {
        let part = told[begin..<min(begin + Limit.rowsMax, told.count)]
        try tell(part.map { shares[$0] }, store) {
          for (index, answer) in zip(part, $0) { answers[index] = answer }
        }
      }
      for index in shares.indices where shares[index].isAskedFor {
        answers[index] = .done(more: try take(shares[index], store))
      }
      state.withLock { $0.lastNotice = "" }
    } catch {
      lost(error)
    }
    return answers
  }

  // MARK: - What it has

  /// - Parameter done: gets the answers where it was done, or may have been: then the next connection does it again.
  private func tell(_ shares: [BudgetShare], _ store: Store, _ done: ([BankAnswer]) -> Void) throws {
    let changes = state.withLock { $0.shares.changes(shares) }
    var doubt: StoreError?
    do throws(StoreError) { try write(changes.written, store) } catch {
      guard error.isInDoubt else { throw error }
      doubt = error
    }
    state.withLock { $0.shares.note(changes) }
    done(changes.answers)
    if let doubt { throw doubt }
  }

  /// What a lost answer may have granted is given back with the next connection, or taken over when the book tells again.
  private func take(_ share: BudgetShare, _ store: Store) throws -> Int64 {
    guard case .take(let atLeast, let wanted, let restart) = share.wish else { return 0 }
    let isKnown = state.withLock { $0.shares.isKnown(share.place) }
    let more = try store.lease(
      LeaseBucket(share.place), to: proxy,
      LeaseDemand(
        amount: share.amount, firstBucket: share.firstBucket, atLeast: atLeast, wanted: wanted,
        restart: isKnown ? nil : restart))
    return state.withLock { $0.shares.take(share, more: more) }
  }

  private func write(_ amounts: [HeldShares.Place: Int64], _ store: Store) throws(StoreError) {
    guard !amounts.isEmpty else { return }
    try store.hold(
      Dictionary(uniqueKeysWithValues: amounts.map { (LeaseBucket($0.key), $0.value) }), by: proxy)
  }

  // MARK: - The connection

  /// A `Store` may be handed from thread to thread as long as one uses it at a time: the queue sees to that.
  private struct Connected: @unchecked Sendable { let store: Store }

  /// - Returns: nil so shortly after a failure that trying again would only make requests wait.
  private func open() throws -> Store? {
    if let known = connection.withLock({ $0 }) { return known.store }
    let since = Date().timeIntervalSince(state.withLock { $0.lastFailure })
    guard since >= Limit.secondsBetweenAttempts else { return nil }
    return try connect(attempts: 1)
  }

  private func connect(attempts: Int) throws -> Store {
    let store = try Store(location, waitSecondsMax: 0, answerMillisecondsMax: Limit.answerMillisecondsMax)
    try takeName(store, attempts)
    let books = try store.leases(of: proxy).map { (HeldShares.Place($0.bucket), $0.granted) }
    let differing = state.withLock { $0.shares.compare(with: Dictionary(uniqueKeysWithValues: books)) }
    let places = Array(differing)
    for begin in stride(from: 0, to: places.count, by: Limit.rowsMax) {
      let part = places[begin..<min(begin + Limit.rowsMax, places.count)]
      try write(Dictionary(uniqueKeysWithValues: part.map { ($0.key, $0.value) }), store)
    }
    let connected = Connected(store: store)
    connection.withLock { $0 = connected }
    return store
  }

  /// Under a name that two proxies have, one would lower what the other one was given.
  private func takeName(_ store: Store, _ attempts: Int) throws {
    for attempt in 0..<attempts {
      if attempt > 0 { usleep(Limit.microsecondsBetweenLocks) }
      if try store.lockProxy(proxy) { return }
    }
    throw StoreError(
      "another connection to this store holds the name of the proxy \(proxy). If another proxy runs under it, give each one "
        + "a name (`proxy: {name: …}`) and a raw-log folder of its own")
  }

  private func lost(_ error: any Error) {
    connection.withLock { $0 = nil }
    let isNew = state.withLock { state in
      state.lastFailure = Date()
      defer { state.lastNotice = "\(error)" }
      return state.lastNotice != "\(error)"
    }
    if isNew { notice("Budgets that several proxies share cannot be asked: \(error)") }
  }
}

extension LeaseBucket {
  fileprivate init(_ place: HeldShares.Place) {
    self.init(holder: place.holder, budget: place.budget, bucket: place.bucket)
  }
}

extension HeldShares.Place {
  fileprivate init(_ bucket: LeaseBucket) {
    self.init(holder: bucket.holder, budget: bucket.budget, bucket: bucket.bucket)
  }
}

/// A second proxy on an SQLite store: it does not know what the first one spends, so no budget is spent here.
struct ClosedBank: BudgetBank {
  func ask(_ shares: [BudgetShare], _ answer: @escaping @Sendable ([BankAnswer]) -> Void) {
    answer(shares.map { _ in .notAsked })
  }
}
