internal import ArgumentParser
internal import Foundation
internal import Pipeline
internal import Store

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "The ledger's file or database.", subcommands: [Backup.self, Copy.self])

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
