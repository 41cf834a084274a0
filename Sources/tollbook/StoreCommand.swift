internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Pipeline
internal import Store

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "The ledger's file or database.",
    subcommands: [Backup.self, Copy.self, Prune.self])

  struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a checked copy of the store, while others may go on using it.",
      discussion: "To restore, stop what writes, and put the copy in the store's place: docs/operations.md.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "The file to write; one that is there already is never written over.")
    var file: String

    mutating func run() throws {
      let settings = try Settings(common)
      guard try settings.storeIsThere() else {
        throw UsageError("\(try settings.storeName()): there is no store to copy")
      }
      try settings.openStore().backUp(to: file)
      let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
      Terminal.say("\(file): \(size) bytes, checked")
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Drop the request rows of old months, whole months at a time.",
      discussion: """
        Only months whose every request is in a closed period are dropped; reports, closed books and what was added \
        up of each quarter of an hour stay (tollbook usage). What is dropped can be made again only from the raw \
        logs, in another store.
        """)
    @OptionGroup var common: CommonOptions
    @Option(
      help: "How many months stay, the current one included, in UTC (default: retention-months of the file).")
    var keepMonths: Int?
    @Flag(help: "Only say what would be dropped.")
    var dryRun = false

    mutating func run() throws {
      let settings = try Settings(common)
      guard let months = try keepMonths ?? settings.retentionMonths() else {
        throw UsageError("say how many months stay: --keep-months, or retention-months in tollbook.yaml")
      }
      guard try settings.storeIsThere() else {
        throw UsageError("\(try settings.storeName()): there is no store")
      }
      let lock = try settings.lock("store prune")
      defer { withExtendedLifetime(lock) {} }
      let store = try settings.openStore()
      let retention = try Retention(store: store, keepMonths: months, now: Settings.now())
      if !dryRun {
        for month in retention.months { try store.drop(month, at: Settings.now()) }
      }
      show(retention)
      guard retention.kept.isEmpty else { throw RunError(problems: retention.kept) }
    }

    private func show(_ retention: Retention) {
      guard common.json else {
        let verb = dryRun ? "would be dropped" : "dropped"
        for month in retention.months { Terminal.say("\(month.name): \(verb)") }
        if retention.months.isEmpty { Terminal.say("no month to drop") }
        return
      }
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("dry_run", dryRun)
        writer.member(
          "months", array: { writer in for month in retention.months { writer.string(month.name) } })
        writer.member("kept", array: { writer in for reason in retention.kept { writer.string(reason) } })
      }
      Terminal.print(writer.text)
    }
  }

  struct Copy: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write everything that a store has to an empty one, of the same kind or the other.",
      discussion:
        "FROM and TO are sqlite:FILE or postgres://USER@HOST:PORT/DATABASE. All is copied, with its numbers, or nothing."
    )
    @Argument(help: "The store to read.")
    var from: String
    @Argument(help: "The store to write; one that has anything is never written over.")
    var to: String

    mutating func run() throws {
      guard try Store.isThere(from) else {
        throw UsageError("\(try Store.name(of: from)): there is no store to copy")
      }
      let holder = "tollbook store copy, process \(getpid())"
      let locks = try [from, to].map { try RunLock($0, holder: holder) }
      defer { withExtendedLifetime(locks) {} }
      let rows = try Store(from).copy(to: Store(to))
      Terminal.say("\(try Store.name(of: to)): \(rows) rows, counted on both sides")
    }
  }
}
