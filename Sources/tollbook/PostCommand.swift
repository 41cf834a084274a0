internal import ArgumentParser
internal import JSON
internal import Ledger
internal import Pipeline
internal import Report
internal import Store

struct PostCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "post", abstract: "Post one period's summary to a chat, once; or list what was posted.")
  @OptionGroup var common: CommonOptions
  @OptionGroup var books: BookOptions
  @Option(help: "The post's name in the configuration.")
  var to: String?
  @Flag(help: "Post even if it was posted before, or nobody knows.")
  var again = false
  @Flag(help: "Print what would be posted, and post nothing.")
  var dryRun = false
  @Flag(help: "List what was posted, what failed, and what nobody knows of.")
  var list = false

  mutating func run() async throws {
    let settings = try Settings(common)
    if list { return try show(try settings.openStore().deliveries()) }
    let post = try chosen(settings)
    let lock = try settings.lock("post")
    defer { withExtendedLifetime(lock) {} }
    let run = try books.run(settings, posts: [])
    let period = try books.wantedPeriod(settings)
    let closed = try run.closedBooks.closed(period)
    let made = closed == nil ? try run.books(period) : nil
    if dryRun {
      let payload =
        made.map { run.payload($0, for: post.service) } ?? closed.map { run.payload($0, for: post.service) }
      return Terminal.print((payload ?? []) + [0x0A])
    }
    guard let target = try settings.postTargets().first(where: { $0.name == post.name }) else { return }
    var result: PostResult?
    if let made { result = try await run.post(made, to: target, again: again) }
    if let closed { result = try await run.post(closed, to: target, again: again) }
    guard let result else { return }
    Show.post(post.name, period.label, result)
    if result.isFailure { throw ExitCode(1) }
  }

  private func chosen(_ settings: Settings) throws -> ConfigurationFile.Post {
    let known = settings.file.posts.map(\.name).joined(separator: ", ")
    guard let to else { throw UsageError("say which with --to; the configuration has: \(known)") }
    guard let post = settings.file.posts.first(where: { $0.name == to }) else {
      throw UsageError("no post is named \"\(to)\"; the configuration has: \(known)")
    }
    return post
  }

  private func show(_ deliveries: [Delivery]) throws {
    if common.json {
      var writer = JSONWriter(indent: 2)
      writer.array { writer in
        for one in deliveries {
          writer.object { writer in
            writer.member("period", one.period)
            writer.member("to", one.target)
            writer.member("state", one.state.rawValue)
            writer.member("at", Timestamp.text(one.updated))
            writer.member("detail", one.detail)
            writer.member("payload_sha256", one.payloadSHA256)
          }
        }
      }
      return Terminal.print(writer.text + "\n")
    }
    guard !deliveries.isEmpty else { return Terminal.print("nothing was posted yet") }
    let table = Table(
      columns: [
        .init("period", .text), .init("to", .text), .init("state", .text), .init("at", .text),
        .init("detail", .text),
      ],
      rows: deliveries.map {
        [
          .text($0.period), .text($0.target), .text($0.state.rawValue),
          .text(String(Timestamp.text($0.updated).prefix(19)) + "Z"), .text($0.detail),
        ]
      })
    Terminal.print(TerminalTable.text(table, color: Terminal.color))
  }
}
