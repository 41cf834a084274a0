internal import ArgumentParser
internal import JSON
internal import Ledger
internal import Pipeline
internal import Price
internal import Store

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Why does this request cost that, and why is it on that product?")
  @OptionGroup var common: CommonOptions
  @Option(help: "Price with this version of the price book, not the last published one.")
  var pricesVersion: String?
  @Option(help: "Price with what was published by then, such as 2026-10-31T00:00:00Z.")
  var knownAt: String?
  @Argument(help: "The request's id (x-tollbook-request-id), the vendor's request id, or the answer's id.")
  var requestID: String

  mutating func run() throws {
    let settings = try Settings(common)
    let found = try ClosedBooks(
      store: try settings.openStore(), priceFolder: PriceFolder(path: settings.prices),
      programVersion: Program.name
    ).explain(
      id: requestID, prices: try settings.priceBook(version: pricesVersion, knownAt: knownAt),
      rules: try settings.rules().rules, isPinned: pricesVersion != nil || knownAt != nil)
    guard !found.isEmpty else {
      throw RunError(problems: ["no request \(requestID) is in the store; was its log ingested?"])
    }
    if common.json {
      var writer = JSONWriter(indent: 2)
      writer.array { writer in
        for explanation in found { explanation.writeJSON(&writer) }
      }
      Terminal.print(writer.text)
    } else {
      Terminal.print(found.map(\.text).joined(separator: "\n\n"))
    }
  }
}
