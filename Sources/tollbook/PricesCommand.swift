internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline
internal import Price
internal import Report

struct PricesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prices", abstract: "The price books: immutable versions, and what was published when.",
    subcommands: [
      PricesImportCommand.self, List.self, Show.self, PricesDiffCommand.self, PricesCheckCommand.self,
      QuoteCommand.self,
    ])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List what was published, and when.")
    @OptionGroup var common: CommonOptions

    mutating func run() throws {
      let folder = PriceFolder(path: try Settings(common).prices)
      let publications = try folder.publications()
      var sources: [String: String] = [:]
      for version in Set(publications.map(\.version)) {
        sources[version] = try folder.source(of: version)
      }
      for publication in publications {
        let source = sources[publication.version] ?? ""
        if common.json {
          var writer = JSONWriter()
          writer.object { writer in
            writer.member("published_at", Timestamp.text(publication.publishedAt))
            writer.member("version", publication.version)
            writer.member("source", source)
          }
          Terminal.print(writer.text)
        } else {
          Terminal.print(
            "\(Timestamp.text(publication.publishedAt))  \(publication.version)  \(PlainText.oneLine(source))"
          )
        }
      }
      if publications.isEmpty {
        Terminal.say("none is published here; the one inside the program serves: tollbook prices show '*'")
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the prices of a model, as the book has them.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "The model; * is any run of characters.")
    var model: String
    @Option(help: "Only of this provider.")
    var provider: String?
    @Option(help: "Only what holds at this time, such as 2026-10-31T00:00:00Z.")
    var at: String?
    @Option(help: "Of this version, not the last published one.")
    var pricesVersion: String?
    @Option(help: "Of what was published by this time.")
    var knownAt: String?

    mutating func run() throws {
      let settings = try Settings(common)
      let stored = try settings.priceBook(version: pricesVersion, knownAt: knownAt)
      let pattern = Pattern(model)
      var rows = stored.rows.filter { row in
        pattern.matches(row.model) && (provider.map { $0 == row.provider } ?? true)
      }
      if let at {
        guard let time = Timestamp.parse(at.utf8) else {
          throw UsageError("--at \(at): write a time such as 2026-10-31T00:00:00Z")
        }
        rows = inForce(rows, at: time)
      }
      guard !rows.isEmpty else {
        throw RunError(problems: ["no price of \(model) in version \(stored.book.version)"])
      }
      Terminal.print(PriceFile.heading)
      for line in PriceFile.lines(rows) { Terminal.print(line) }
    }

    /// Of each subject the row that holds at a time.
    private func inForce(_ rows: [PriceRow], at time: Int64) -> [PriceRow] {
      var latest: [PriceRow.Subject: PriceRow] = [:]
      for row in rows where (row.effectiveFrom ?? .min) <= time {
        if let known = latest[row.subject], (known.effectiveFrom ?? .min) > (row.effectiveFrom ?? .min) {
          continue
        }
        latest[row.subject] = row
      }
      return Array(latest.values)
    }
  }
}
