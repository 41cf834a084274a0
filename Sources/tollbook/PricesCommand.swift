internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline
internal import Price

struct PricesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prices", abstract: "The price books: immutable versions, and what was published when.",
    subcommands: [Import.self, List.self, Show.self, QuoteCommand.self])

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a version from a file and publish it.")
    @OptionGroup var common: CommonOptions
    @Option(help: "LiteLLM's price map, model_prices_and_context_window.json.")
    var litellm: String?
    @Option(help: "A price book in tollbook's own format.")
    var file: String?
    @Option(
      help: "From when the prices of an undated source hold, such as 2026-10-01T00:00:00Z (default: ever).")
    var effectiveFrom: String?
    @Option(help: "Words for where the prices come from (default: the file's name and digest).")
    var source: String?

    mutating func run() throws {
      let settings = try Settings(common)
      guard (litellm == nil) != (file == nil) else {
        throw UsageError("give one of --litellm FILE and --file FILE")
      }
      var from: Int64?
      if let effectiveFrom {
        guard let time = Timestamp.parse(effectiveFrom.utf8) else {
          throw UsageError("--effective-from \(effectiveFrom): write a time such as 2026-10-01T00:00:00Z")
        }
        from = time
      }
      let path = litellm ?? file ?? ""
      guard let data = FileManager.default.contents(atPath: path) else {
        throw UsageError("\(path): cannot be read")
      }
      var made = PriceImport()
      var comments: [String] = []
      if litellm != nil {
        made = try importLiteLLM(Array(data), name: path, effectiveFrom: from)
      } else {
        let (rows, kept) = try PriceFile.read(String(decoding: data, as: UTF8.self), name: path)
        made.rows = rows
        made.models = Set(rows.map { [$0.provider, $0.model, $0.region] }).count
        comments = kept
      }
      try publish(made, comments, path, settings)
    }

    private func publish(
      _ made: PriceImport, _ kept: [String], _ path: String, _ settings: Settings
    ) throws {
      let name = (path as NSString).lastPathComponent
      var comments = kept.filter { !$0.hasPrefix("source: ") || source == nil }
      if !comments.contains(where: { $0.hasPrefix("source: ") }) {
        comments.insert("source: " + (source ?? name), at: 0)
      }
      comments += made.rounded.map {
        "rounded to 1e-15 USD: \($0.model) \($0.field) \($0.text) is \($0.rate)"
      }
      let (version, isNew) = try PriceFolder(path: settings.prices).publish(
        made.rows, comments: comments, at: Settings.now())
      if common.json {
        var writer = JSONWriter()
        writer.object { writer in
          writer.member("version", version)
          writer.member("published", isNew)
          writer.member("models", made.models)
          writer.member("prices", made.rows.count)
          writer.member("rounded", made.rounded.count)
          writer.member("skipped_models", made.skippedModels.count)
          writer.member("skipped_fields", made.skippedFields.count)
        }
        Terminal.print(writer.text)
        return
      }
      Terminal.print(
        isNew ? "published version \(version)" : "version \(version) is the last published already")
      Terminal.print("\(made.models) models, \(made.rows.count) prices")
      if !made.rounded.isEmpty {
        Terminal.print(
          "\(made.rounded.count) prices are finer than 1e-15 USD and were rounded half-even; the file lists them"
        )
      }
      if !made.skippedFields.isEmpty {
        let list = made.skippedFields.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
          "\($0.key) (\($0.value))"
        }
        Terminal.say("not imported, no meter for them yet: \(list.joined(separator: ", "))")
      }
      if !made.skippedModels.isEmpty {
        Terminal.say("left out: \(made.skippedModels.joined(separator: ", "))")
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List what was published, and when.")
    @OptionGroup var common: CommonOptions

    mutating func run() throws {
      for publication in try PriceFolder(path: try Settings(common).prices).publications() {
        Terminal.print("\(Timestamp.text(publication.publishedAt))  \(publication.version)")
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the prices of a model.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "The model; * is any run of characters.")
    var model: String
    @Option(help: "Of this version, not the last published one.")
    var pricesVersion: String?

    mutating func run() throws {
      let settings = try Settings(common)
      let stored = try settings.priceBook(version: pricesVersion, knownAt: nil)
      let pattern = Pattern(model)
      let rows = stored.rows.filter { pattern.matches($0.model) }
      guard !rows.isEmpty else {
        throw RunError(problems: ["no model \(model) in version \(stored.book.version)"])
      }
      Terminal.print(PriceFile.heading)
      for line in PriceFile.lines(rows) { Terminal.print(line) }
    }
  }
}
