internal import ArgumentParser
internal import Foundation
internal import Ledger
internal import Pipeline
internal import Report
internal import Store

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "The keys that the proxy gives to clients, and what they may do.",
    subcommands: [
      Create.self, List.self, Show.self, Update.self, Rotate.self, Revoke.self, Import.self, Policy.self,
      Leases.self, Audit.self,
    ])
}

/// What the subcommands share.
struct KeysDesk {
  let settings: Settings
  let now = Settings.now()

  init(_ common: CommonOptions) throws { settings = try Settings(common) }

  func making() throws -> KeyMaking {
    KeyMaking(store: try settings.openStore(), zone: settings.calendar.zone, mark: mark)
  }

  func secret(aws: Bool) throws -> ClientSecret {
    aws ? ClientSecret(try AWSPair(settings)) : ClientSecret()
  }

  var mark: ChangeMark {
    ChangeMark(actor: "cli:\(NSUserName())@\(ProcessInfo.processInfo.hostName)", time: now)
  }

  static func notFound(_ name: String) -> RunError { RunError(problems: ["no key is called \"\(name)\""]) }
}

extension ClientSecret {
  fileprivate func show() {
    if let accessKeyID { Terminal.print(accessKeyID) }
    Terminal.print(text)
  }
}

/// The limits that keys, teams and users have alike.
struct PolicyOptions: ParsableArguments {
  @Option(
    help:
      "Models that may be asked for, * being any run of characters; separated by commas; none for all of them."
  )
  var models: String?
  @Option(
    help:
      "Dollars for a span, such as 100/month, 10/day@Asia/Tokyo, 300/quarter, 5/rolling-24h, 1000/total; may be repeated; none for none."
  )
  var budget: [String] = []
  @Option(help: "Requests in any minute, or none.")
  var requestsPerMinute: String?
  @Option(help: "Tokens in any minute, or none.")
  var tokensPerMinute: String?
  @Option(help: "Requests at the same time, or none.")
  var parallelRequests: String?

  func take(into change: inout KeyChange) {
    if let models { change.take(.models, models == "none" ? [] : commaSeparated(models)) }
    if !budget.isEmpty { change.take(.budgets, budget == ["none"] ? [] : budget) }
    change.take(.requestsPerMinute, requestsPerMinute)
    change.take(.tokensPerMinute, tokensPerMinute)
    change.take(.parallelRequests, parallelRequests)
  }
}

/// What only a key has.
struct KeyOptions: ParsableArguments {
  @Option(help: "The team that uses it, whose limits hold too.")
  var team: String?
  @Option(help: "The user it is for, whose limits hold too.")
  var user: String?
  @Option(help: "The product it is for: the same as --tag product=….")
  var product: String?
  @Option(
    help: "A tag on all its requests, such as env=prod; may be repeated, and beats the request's own.")
  var tag: [String] = []
  @Option(help: "Networks it may be used from, such as 10.0.0.0/8,2001:db8::/32; none for all.")
  var networks: String?
  @Option(help: "When it ends: 30d, 12h, a time such as 2027-03-31T00:00:00Z, or none.")
  var expires: String?
  @Flag(
    inversion: .prefixedNo,
    help: "Whether what is asked and answered with it is kept in the proxy's content log, for audits.")
  var contentLog: Bool?
  @Flag(
    inversion: .prefixedNo,
    help: "Whether answers to it say in OpenAI's usage object what they cost, for clients that show it.")
  var costInUsage: Bool?

  func take(into change: inout KeyChange) {
    if let costInUsage { change.take(.costInUsage, [costInUsage ? "true" : "false"]) }
    change.take(.team, team)
    change.take(.user, user)
    let tags = tag + (product.map { ["product=\($0)"] } ?? [])
    if !tags.isEmpty { change.take(.tags, tags == ["none"] ? [] : tags) }
    if let networks { change.take(.networks, networks == "none" ? [] : commaSeparated(networks)) }
    change.take(.expires, expires)
    if let contentLog { change.take(.contentLog, [contentLog ? "true" : "false"]) }
  }
}

private func commaSeparated(_ text: String) -> [String] {
  text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
}

extension KeysCommand {
  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a key and show it, once: only its SHA-256 is kept.")
    @OptionGroup var common: CommonOptions
    @Option(help: "What reports and rules call the key.")
    var name: String
    @Flag(help: "Make an AWS access key id and secret, for SDKs that sign their requests to Bedrock.")
    var aws = false
    @OptionGroup var key: KeyOptions
    @OptionGroup var policy: PolicyOptions

    mutating func run() throws {
      var change = KeyChange()
      change.take(.name, [name])
      key.take(into: &change)
      policy.take(into: &change)
      let desk = try KeysDesk(common)
      let secret = try desk.secret(aws: aws)
      let made = try desk.making().create(change, secret)
      if common.json {
        Terminal.print(
          PolicyText.object(
            PolicyText.members(made).filter { ["id", "name", "expires"].contains($0.name) } + secret.members))
      } else {
        secret.show()
        Terminal.say(
          "key \(made.id) \"\(made.name)\"; it is shown this once, only its SHA-256 is kept")
      }
    }
  }

  struct Update: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Change what a key may do; running proxies follow within a second.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's id or name.")
    var key: String
    @Option(help: "Another name.")
    var name: String?
    @OptionGroup var options: KeyOptions
    @OptionGroup var policy: PolicyOptions
    @Flag(inversion: .prefixedEnableDisable, help: "Whether it may be used at all.")
    var use: Bool?

    mutating func run() throws {
      var change = KeyChange()
      if let name { change.take(.name, [name]) }
      options.take(into: &change)
      policy.take(into: &change)
      if let use { change.take(.disabled, [use ? "false" : "true"]) }
      guard !change.isEmpty else {
        throw UsageError("say what is to be changed; see tollbook keys update --help")
      }
      guard let changed = try KeysDesk(common).making().update(key, change) else {
        throw KeysDesk.notFound(key)
      }
      if common.json { Terminal.print(PolicyText.object(PolicyText.members(changed))) }
      Terminal.say("changed \(changed.id) \"\(changed.name)\"; running proxies follow within a second")
    }
  }

  struct Rotate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a key a new secret and show it, once; the old one opens until the grace is over.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's id or name.")
    var key: String
    @Option(help: "How long the old secret opens: 7d, 12h, or until a time (default: not any more).")
    var grace: String?
    @Flag(help: "Give it an AWS access key id and secret, for SDKs that sign their requests to Bedrock.")
    var aws = false

    mutating func run() throws {
      let desk = try KeysDesk(common)
      let secret = try desk.secret(aws: aws)
      guard let made = try desk.making().rotate(key, to: secret, grace: grace) else {
        throw KeysDesk.notFound(key)
      }
      let until = Timestamp.text(made.until)
      if common.json {
        Terminal.print(
          PolicyText.object(
            [("id", PolicyText.quoted(made.key.id)), ("name", PolicyText.quoted(made.key.name))]
              + secret.members + [("former_secret_until", PolicyText.quoted(until))]))
      } else {
        secret.show()
        Terminal.say("key \(made.key.id) \"\(made.key.name)\"; its former secret opens until \(until)")
      }
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a key invalid at once and for ever.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "The key's id or name.")
    var key: String

    mutating func run() throws {
      let desk = try KeysDesk(common)
      guard try desk.settings.openStore().revokeKey(key, by: desk.mark) else {
        throw RunError(problems: ["no key in use is called \"\(key)\""])
      }
      Terminal.say("revoked \(key); running proxies refuse it within a second")
    }
  }

  struct Policy: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show or change what a team or a user may do, over all of its keys.")
    @OptionGroup var common: CommonOptions
    @Option(help: "The team.")
    var team: String?
    @Option(help: "The user.")
    var user: String?
    @OptionGroup var policy: PolicyOptions
    @Flag(inversion: .prefixedEnableDisable, help: "Whether any of its keys may be used.")
    var use: Bool?

    mutating func run() throws {
      let desk = try KeysDesk(common)
      var change = KeyChange()
      policy.take(into: &change)
      if let use { change.take(.disabled, [use ? "false" : "true"]) }
      let holders: [PolicyHolder]
      if change.isEmpty {
        holders = try desk.settings.openStore().policyHolders().filter {
          $0.kind == .team
            ? user == nil && (team ?? $0.name) == $0.name : team == nil && (user ?? $0.name) == $0.name
        }
      } else {
        guard (team == nil) != (user == nil) else { throw UsageError("name one: --team NAME or --user NAME") }
        let kind: PolicyHolder.Kind = team == nil ? .user : .team
        let name = team ?? user ?? ""
        let policy = try desk.making().updatePolicy(of: kind, name, change)
        holders = [PolicyHolder(kind: kind, name: name, policy: policy)]
      }
      Terminal.print(KeysTable.holders(holders, json: common.json))
    }
  }
}
