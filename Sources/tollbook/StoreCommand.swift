internal import ArgumentParser
internal import Foundation
internal import Pipeline
internal import Store

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "The ledger's file.", subcommands: [Backup.self])

  struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a checked copy of the store, while others may go on using it.",
      discussion: "To restore, stop what writes, and put the copy in the store's place: docs/operations.md.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "The file to write; one that is there already is never written over.")
    var file: String

    mutating func run() throws {
      let settings = try Settings(common)
      guard FileManager.default.fileExists(atPath: settings.storeFile) else {
        throw UsageError("\(settings.storeFile): there is no store to copy")
      }
      try settings.openStore().backUp(to: file)
      let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
      Terminal.say("\(file): \(size) bytes, checked")
    }
  }
}
