internal import ArgumentParser
internal import Foundation
internal import Ledger
internal import Pipeline
internal import Store

extension KeysCommand {
  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take over LiteLLM's keys by their SHA-256, so that no client changes its key.",
      discussion: """
        FILE is what /key/list?return_full_object=true answers, or the table LiteLLM_VerificationToken as JSON or CSV. \
        Keys that are here already are left as they are. What they spent there does not count here.
        """)
    @OptionGroup var common: CommonOptions
    @Argument(help: "The file.")
    var file: String
    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    mutating func run() throws {
      let desk = try KeysDesk(common)
      guard let bytes = FileManager.default.contents(atPath: file) else {
        throw UsageError("\(file): cannot be read")
      }
      let rows = try LiteLLMKeys.read(
        Array(bytes), file: file, zone: desk.settings.calendar.zone, now: desk.now)
      let store = try desk.settings.openStore()
      var known = Set(try store.keys().flatMap { [$0.sha256] + $0.former.map(\.sha256) })
      var names = Set(try store.keys().filter { !$0.key.revoked }.map(\.key.name))
      var taken = 0
      for row in rows {
        guard known.insert(row.sha256).inserted else {
          Terminal.say("\(row.key.name): is here already")
          continue
        }
        var key = row.key
        if !names.insert(key.name).inserted {
          Terminal.say("\(key.name): the name is in use here; it is called \(key.name)-\(key.id)")
          key.name += "-\(key.id)"
          names.insert(key.name)
        }
        if !row.left.isEmpty {
          Terminal.say("\(key.name): not carried over: \(row.left.joined(separator: ", "))")
        }
        if !dryRun { try store.add(key, sha256: row.sha256, by: desk.mark, action: "import") }
        taken += 1
      }
      if common.json {
        Terminal.print("{\"keys\":\(rows.count),\"imported\":\(dryRun ? 0 : taken),\"new\":\(taken)}")
      }
      Terminal.say(
        "\(rows.count) keys in \(file), \(taken) of them new\(dryRun ? "; nothing was done" : " and taken over")"
      )
    }
  }
}
