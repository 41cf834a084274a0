internal import ArgumentParser
internal import JSON
internal import Ledger
internal import Pipeline
internal import Report
internal import Store

extension KeysCommand {
  struct Leases: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Show what each proxy on a shared store holds of each budget, or free what one holds that is gone.")
    @OptionGroup var common: CommonOptions
    @Option(
      help: """
        Free all shares of this proxy, as the list names it. It must not run any more; what it had spent of them counts no \
        longer, so rather start it again with its raw-log folder where that is there.
        """)
    var release: String?

    mutating func run() throws {
      let desk = try KeysDesk(common)
      let store = try desk.settings.openStore()
      guard let release else {
        return Terminal.print(KeysTable.leases(try store.leases(), json: common.json))
      }
      // A proxy holds its name as long as it is there; so long none begins under it either.
      guard try store.lockProxy(release) else {
        throw RunError(problems: [
          "the proxy \(release) is running: stop it first, and it gives back its shares itself"
        ])
      }
      let found = try store.releaseLeases(of: release, by: desk.mark)
      try store.unlockProxy(release)
      guard found.count > 0 else {
        throw RunError(
          problems: ["no proxy called \(release) holds a share; see tollbook keys leases for their names"])
      }
      let amount = Money(nanodollars: found.nanodollars)
      if common.json {
        var writer = JSONWriter()
        writer.object { writer in
          writer.member("proxy", release)
          writer.member("shares", found.count)
          writer.member("released_usd", amount.description)
        }
        Terminal.print(writer.text)
      }
      Terminal.say("released \(found.count) shares of \(release), $\(amount) together")
    }
  }
}

extension KeysTable {
  static func leases(_ leases: [Lease], json: Bool) -> String {
    if json { return "[" + leases.map(\.json).joined(separator: ",\n ") + "]" }
    var table = Table(columns: ["holder", "budget", "from", "proxy", "granted"].map { .init($0, .text) })
    for lease in leases {
      table.rows.append([
        .text(lease.bucket.holder), .text(lease.bucket.budget), .text(lease.from), .text(lease.proxy),
        .text("$\(Money(nanodollars: lease.granted))"),
      ])
    }
    return TerminalTable.text(table, color: Terminal.color)
  }
}

extension Money {
  fileprivate init(nanodollars: Int64) { self.init(femtodollars: Int128(nanodollars) * 1_000_000) }
}

extension Lease {
  /// A bucket is known by its first quarter of an hour; that of a budget for ever has none.
  fileprivate var from: String {
    bucket.budget == "total" ? "" : Timestamp.text(bucket.bucket * 900_000_000)
  }

  fileprivate var json: String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("holder", bucket.holder)
      writer.member("budget", bucket.budget)
      writer.member("from", from)
      writer.member("proxy", proxy)
      writer.member("granted_usd", Money(nanodollars: granted).description)
    }
    return writer.text
  }
}
