internal import ArgumentParser
internal import Crypto
internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline
internal import Report
internal import Store

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "The keys that the proxy gives to clients.",
    subcommands: [Create.self, List.self, Revoke.self])

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a key and show it, once: only its SHA-256 is kept.")
    @OptionGroup var common: CommonOptions
    @Option(help: "What reports and rules call the key.")
    var name: String
    @Flag(help: "Make an AWS access key id and secret, for SDKs that sign their requests to Bedrock.")
    var aws = false
    @Option(help: "The team that uses it.")
    var team: String?
    @Option(
      help:
        "A tag on all its requests, such as product=auto-approval; may be repeated, and beats the request's own."
    )
    var tag: [String] = []
    @Option(help: "Models it may ask for, * being any run of characters; separated by commas (default: all).")
    var models: String?
    @Option(help: "When it ends: 30d, 12h, or a time such as 2027-03-31T00:00:00Z (default: never).")
    var expires: String?

    mutating func run() throws {
      let settings = try Settings(common)
      guard !name.isEmpty, name.utf8.count <= 128 else { throw UsageError("a name has 1 to 128 bytes") }
      var tags: [RequestFacts.Tag] = []
      for text in tag {
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { throw UsageError("--tag \(text): write name=value") }
        tags.removeAll { $0.name == parts[0] }
        tags.append(.init(name: String(parts[0]), value: String(parts[1])))
      }
      tags.sort { $0.name < $1.name }
      let now = Settings.now()
      // 256 bits from the system's generator.
      let pair = aws ? try AWSPair(settings) : nil
      let secret = pair?.secret ?? "sk-tb-" + hexText((0..<32).map { _ in UInt8.random(in: 0...255) })
      let digest = pair?.digest ?? hexText(SHA256.hash(data: Array(secret.utf8)))
      let key = ClientKey(
        id: "k_" + digest.prefix(16), name: name, team: team, tags: tags,
        models: models?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? [],
        expires: try expires.map { try instant($0, now) }, created: now)
      try settings.openStore().add(key, sha256: digest)
      if common.json {
        var writer = JSONWriter()
        writer.object { writer in
          writer.member("id", key.id)
          writer.member("name", key.name)
          if let pair { writer.member("access_key_id", pair.id) }
          writer.member("key", secret)
          writer.member("expires", key.expires.map(Timestamp.text))
        }
        Terminal.print(writer.text)
      } else {
        if let pair { Terminal.print(pair.id) }
        Terminal.print(secret)
        Terminal.say("key \(key.id) \"\(key.name)\"; it is shown this once, only its SHA-256 is kept")
      }
    }

    private func instant(_ text: String, _ now: Int64) throws -> Int64 {
      if let time = Timestamp.parse(text.utf8) { return time }
      let seconds: [Character: Int64] = ["d": 86_400, "h": 3600, "m": 60, "s": 1]
      guard let unit = text.last.flatMap({ seconds[$0] }), let count = Int64(text.dropLast()),
        (1...100_000).contains(count)
      else {
        throw UsageError("--expires \(text): write 30d, 12h, or a time such as 2027-03-31T00:00:00Z")
      }
      return now + count * unit * 1_000_000
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List all keys; never their secrets.")
    @OptionGroup var common: CommonOptions

    mutating func run() throws {
      let keys = try Settings(common).openStore().keys().map(\.key)
      let now = Settings.now()
      func state(_ key: ClientKey) -> String {
        if key.revoked { return "revoked" }
        if let expires = key.expires, expires <= now { return "expired" }
        return "valid"
      }
      if common.json {
        var writer = JSONWriter(indent: 2)
        writer.array { writer in
          for key in keys {
            writer.object { writer in
              writer.member("id", key.id)
              writer.member("name", key.name)
              writer.member("team", key.team)
              writer.name("tags")
              writer.object { writer in for tag in key.tags { writer.member(tag.name, tag.value) } }
              writer.name("models")
              writer.array { writer in for model in key.models { writer.string(model) } }
              writer.member("expires", key.expires.map(Timestamp.text))
              writer.member("state", state(key))
              writer.member("created", Timestamp.text(key.created))
            }
          }
        }
        Terminal.print(writer.text)
        return
      }
      var table = Table(columns: [
        .init("id", .text), .init("name", .text), .init("team", .text), .init("tags", .text),
        .init("models", .text), .init("expires", .text), .init("state", .text),
      ])
      for key in keys {
        table.rows.append([
          .text(key.id), .text(key.name), .text(key.team ?? ""),
          .text(key.tags.map { "\($0.name)=\($0.value)" }.joined(separator: ",")),
          .text(key.models.isEmpty ? "all" : key.models.joined(separator: ",")),
          .text(key.expires.map { String(Timestamp.text($0).prefix(10)) } ?? "never"), .text(state(key)),
        ])
      }
      Terminal.print(TerminalTable.text(table, color: Terminal.color))
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a key invalid at once.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's id or name.")
    var key: String

    mutating func run() throws {
      guard try Settings(common).openStore().revokeKey(key) else {
        throw RunError(problems: ["no key in use is called \"\(key)\""])
      }
      Terminal.say("revoked \(key); running proxies refuse it within a second")
    }
  }
}
