internal import Foundation
internal import Ledger
internal import ProxyServer
internal import Store

/// A proxy's place at its store, held for as long as it runs: its name on a server that several share, the only one on SQLite.
struct ProxyPlace {
  /// Where budgets are shared with other proxies; nil: this one is alone.
  let bank: (any BudgetBank)?
  /// Since when it spends under its name there.
  let nameSince: Int64?
  private let lock: ProxyLock?

  /// - Throws: where another proxy has the place, and budgets could not hold.
  init(_ settings: Settings, _ keys: LiveKeys, _ log: OperatorLog) throws {
    if keys.isShared {
      let identity = try ProxyIdentity(name: settings.file.proxy.name, rawLogs: settings.rawLogs)
      let bank = StoreBank(store: settings.store, proxy: identity.owner) { log.say(.warning, $0) }
      try bank.begin()
      (self.bank, nameSince, lock) = (bank, identity.since, nil)
      return
    }
    nameSince = nil
    let process = ProcessInfo.processInfo
    do throws(StoreError) {
      lock = try ProxyLock(
        settings.store, holder: "process \(process.processIdentifier) on \(process.hostName)")
      bank = nil
    } catch {
      guard error.isHeld else { throw error }
      let advice =
        "On SQLite no proxy knows what another one spends; put the store on PostgreSQL "
        + "(`store: postgres://…`) to let several proxies share budgets."
      guard !keys.access.hasBudgets else {
        throw ConfigurationError("\(error), and there are budgets, which would not hold. \(advice)")
      }
      log.say(
        .warning,
        "\(error). This one serves keys without budgets; where one gets a budget, it answers 503. \(advice)")
      (bank, lock) = (ClosedBank(), nil)
    }
  }
}

extension Access {
  fileprivate var hasBudgets: Bool {
    keys.contains { !$0.revoked && !$0.policy.budgets.isEmpty }
      || holders.contains { !$0.policy.budgets.isEmpty }
  }
}
