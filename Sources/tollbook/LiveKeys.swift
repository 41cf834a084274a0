internal import Foundation
internal import Ledger
internal import ProxyServer
internal import Store
internal import Synchronization

/// The store's keys in memory.
final class LiveKeys: KeyDirectory {
  private struct State {
    var bySHA256: [String: ClientKey] = [:]
    var access = Access()
  }

  private let state: Mutex<State>
  let location: String
  /// Other proxies may use the store too.
  let isShared: Bool

  init(store location: String) throws {
    self.location = location
    isShared = location.hasPrefix("postgres://") || location.hasPrefix("postgresql://")
    state = Mutex(try Self.read(try Store(location)))
  }

  func key(sha256Hex: String) -> ClientKey? { state.withLock { $0.bySHA256[sha256Hex] } }

  var access: Access { state.withLock { $0.access } }

  /// Reads them again.
  /// - Parameter before: gets who there is now, before any new key opens.
  func refresh(_ store: Store, before: (Access) -> Void) throws {
    let fresh = try Self.read(store)
    before(fresh.access)
    // What was there before is let go outside the lock that every request takes.
    _ = state.withLock { state in
      let before = state
      state = fresh
      return before
    }
  }

  private static func read(_ store: Store) throws -> State {
    var result = State()
    for stored in try store.keys() {
      result.access.keys.append(stored.key)
      result.bySHA256[stored.sha256] = stored.key
      for former in stored.former {
        var key = stored.key
        key.expires = min(key.expires ?? former.until, former.until)
        result.bySHA256[former.sha256] = key
      }
    }
    result.access.holders = try store.policyHolders()
    return result
  }
}

/// A thread that looks every second whether another process changed keys or prices, and gives back shares of budgets.
final class Follower: Sendable {
  private let keys: LiveKeys
  private let prices: LivePrices
  private let proxy: ProxyServer
  private let log: OperatorLog
  private let stopped = Atomic<Bool>(false)

  private static let secondsBetweenLooks: UInt32 = 1
  /// Of a server; one that is silent is asked again over another connection.
  private static let answerMillisecondsMax = 10_000

  init(keys: LiveKeys, prices: LivePrices, proxy: ProxyServer, log: OperatorLog) {
    self.keys = keys
    self.prices = prices
    self.proxy = proxy
    self.log = log
  }

  func stop() { stopped.store(true, ordering: .relaxed) }

  func start() {
    let thread = Thread { [self] in follow() }
    thread.name = "tollbook-follow"
    thread.start()
  }

  private func follow() {
    var store: Store?
    var version: Int64?
    var lastNotice = ""
    while !stopped.load(ordering: .relaxed) {
      do {
        let open = try store ?? Store(keys.location, answerMillisecondsMax: Self.answerMillisecondsMax)
        store = open
        let found = try open.keysVersion()
        if found != version {
          try keys.refresh(open) { proxy.configure($0) }
          version = found
        }
        lastNotice = ""
      } catch {
        // The keys last read stay valid; the same trouble is said once.
        store = nil
        version = nil
        if "\(error)" != lastNotice {
          lastNotice = "\(error)"
          log.say(.warning, "keys cannot be read again: \(lastNotice)")
        }
      }
      prices.refresh(proxy, log)
      proxy.returnShares()
      sleep(Self.secondsBetweenLooks)
    }
  }
}
