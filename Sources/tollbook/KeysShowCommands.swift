internal import ArgumentParser
internal import Foundation
internal import Ledger
internal import Pipeline
internal import Report
internal import Store

extension KeysCommand {
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List all keys; never their secrets.")
    @OptionGroup var common: CommonOptions

    mutating func run() throws {
      let desk = try KeysDesk(common)
      Terminal.print(KeysTable.keys(try desk.settings.openStore().keys(), at: desk.now, json: common.json))
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one key, and what was changed of it.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's id or name.")
    var key: String

    mutating func run() throws {
      let desk = try KeysDesk(common)
      let store = try desk.settings.openStore()
      guard let found = try store.key(key) else { throw KeysDesk.notFound(key) }
      if common.json { return Terminal.print(found.json(at: desk.now)) }
      for (name, json) in PolicyText.members(found.key) { Terminal.print("\(name): \(json)") }
      Terminal.print("state: \(found.state(at: desk.now))")
      for secret in found.former where secret.until > desk.now {
        Terminal.print("a former secret opens until \(Timestamp.text(secret.until))")
      }
      Terminal.print(KeysTable.audit(try store.audit(subject: found.key.id), json: false))
    }
  }

  struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Who changed which key, team or user, when and how; only ever added to.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "A key's id or name, or a team's or user's name (default: all).")
    var subject: String?
    @Option(help: "Only what comes after this number.")
    var after: Int64 = 0
    @Option(help: "How many at most.")
    var limit = 1000

    mutating func run() throws {
      let store = try Settings(common).openStore()
      guard limit > 0 else { throw UsageError("--limit is 1 or more") }
      Terminal.print(
        KeysTable.audit(
          try store.audit(after: after, subject: subject, limit: limit), json: common.json))
    }
  }
}

enum KeysTable {
  static func keys(_ keys: [StoredKey], at now: Int64, json: Bool) -> String {
    if json { return "[" + keys.map { $0.json(at: now) }.joined(separator: ",\n ") + "]" }
    var table = Table(
      columns: ["id", "name", "team", "user", "tags", "models", "limits", "expires", "state"].map {
        .init($0, .text)
      })
    for stored in keys {
      let key = stored.key
      table.rows.append([
        .text(key.id), .text(key.name), .text(key.team ?? ""), .text(key.user ?? ""),
        .text(key.tags.map { "\($0.name)=\($0.value)" }.joined(separator: ",")),
        .text(models(key.policy)), .text(limits(key.policy)),
        .text(key.expires.map { String(Timestamp.text($0).prefix(10)) } ?? "never"),
        .text(stored.state(at: now)),
      ])
    }
    return TerminalTable.text(table, color: Terminal.color)
  }

  static func holders(_ holders: [PolicyHolder], json: Bool) -> String {
    if json { return "[" + holders.map(\.json).joined(separator: ",\n ") + "]" }
    var table = Table(columns: ["who", "name", "models", "limits", "state"].map { .init($0, .text) })
    for holder in holders {
      table.rows.append([
        .text(holder.kind.rawValue), .text(holder.name), .text(models(holder.policy)),
        .text(limits(holder.policy)), .text(holder.policy.isDisabled ? "disabled" : "valid"),
      ])
    }
    return TerminalTable.text(table, color: Terminal.color)
  }

  static func audit(_ entries: [AuditEntry], json: Bool) -> String {
    if json { return "[" + entries.map(\.json).joined(separator: ",\n ") + "]" }
    var table = Table(
      columns: ["number", "time", "who", "what", "subject", "name", "was, is"].map { .init($0, .text) })
    for entry in entries {
      table.rows.append([
        .text(String(entry.number)), .text(Timestamp.text(entry.mark.time)), .text(entry.mark.actor),
        .text(entry.action), .text(entry.subject), .text(entry.name), .text(entry.detail),
      ])
    }
    return TerminalTable.text(table, color: Terminal.color)
  }

  private static func models(_ policy: AccessPolicy) -> String {
    policy.models.isEmpty ? "all" : policy.models.joined(separator: ",")
  }

  private static func limits(_ policy: AccessPolicy) -> String {
    var words = policy.budgets.map { "$\($0)" }
    if let limit = policy.requestsPerMinute { words.append("\(limit) requests/min") }
    if let limit = policy.tokensPerMinute { words.append("\(limit) tokens/min") }
    if let limit = policy.parallelRequests { words.append("\(limit) at once") }
    return words.isEmpty ? "none" : words.joined(separator: ", ")
  }
}
