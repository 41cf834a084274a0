internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline
internal import Price

struct PricesImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make a version from a file, publish it, and say what changed.",
    discussion: """
      The list prices of the last version are replaced as a whole, the contracted ones stay; --contracts replaces
      the contracted ones, and the list prices stay.
      """)
  @OptionGroup var common: CommonOptions
  @Option(help: "LiteLLM's price map, model_prices_and_context_window.json.")
  var litellm: String?
  @Option(name: .customLong("genai-prices"), help: "genai-prices' data, data.json.")
  var genaiPrices: String?
  @Option(help: "A price book in tollbook's own format.")
  var file: String?
  @Option(help: "Negotiated prices and discounts: lines of basis `contracted` in tollbook's own format.")
  var contracts: String?
  @Option(
    help: "From when the prices of an undated source hold, such as 2026-10-01T00:00:00Z (default: ever).")
  var effectiveFrom: String?
  @Option(help: "Words for where the prices come from (default: the file's name).")
  var source: String?

  mutating func run() throws {
    let settings = try Settings(common)
    let given = [litellm, genaiPrices, file, contracts].compactMap { $0 }
    guard given.count == 1, let path = given.first else {
      throw UsageError("give one of --litellm, --genai-prices, --file and --contracts")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError("\(path): cannot be read")
    }
    let folder = PriceFolder(path: settings.prices)
    let last = try folder.publications().isEmpty ? nil : try folder.load()
    var (made, comments) = try read(Array(data), path)
    let kept = contracts == nil ? PriceBasis.contracted : .list
    let own = try last ?? (contracts == nil ? nil : folder.load())
    let keptRows = (own?.rows ?? []).filter { $0.basis == kept }
    if file == nil || !made.rows.contains(where: { $0.basis == kept }) { made.rows += keptRows }
    if contracts != nil {
      comments = (own?.comments ?? []).filter { !$0.hasPrefix("contracts: ") } + comments
    } else if !keptRows.isEmpty {
      comments += (own?.comments ?? []).filter { $0.hasPrefix("contracts: ") }
    }
    comments += made.notes
    comments += made.rounded.map {
      "rounded to 1e-15 USD: \($0.model) \($0.field) \($0.text) is \($0.rate)"
    }
    comments += made.notes
    let (version, isNew) = try folder.publish(made.rows, comments: comments, at: Settings.now())
    show(made, version, isNew, last)
  }

  private func read(_ data: [UInt8], _ path: String) throws -> (PriceImport, [String]) {
    let name = (path as NSString).lastPathComponent
    if litellm != nil {
      return (
        try importLiteLLM(data, name: path, effectiveFrom: try from()), ["source: " + (source ?? name)]
      )
    }
    if effectiveFrom != nil { throw UsageError("--effective-from is for sources without dates") }
    if genaiPrices != nil {
      return (try importGenAIPrices(data, name: path), ["source: " + (source ?? name)])
    }
    let (rows, kept) = try PriceFile.read(String(decoding: data, as: UTF8.self), name: path)
    var made = PriceImport()
    made.rows = rows
    made.models = Set(rows.map { [$0.provider, $0.model, $0.region] }).count
    if contracts != nil {
      if let row = rows.first(where: { $0.basis == .list }) {
        throw UsageError("\(path): a contract has lines of basis `contracted` only, not list: \(row.model)")
      }
      return (made, ["contracts: " + (source ?? name)])
    }
    var comments = kept.filter { !$0.hasPrefix("source: ") || source == nil }
    if !comments.contains(where: { $0.hasPrefix("source: ") }) {
      comments.insert("source: " + (source ?? name), at: 0)
    }
    return (made, comments)
  }

  private func from() throws -> Int64? {
    guard let effectiveFrom else { return nil }
    guard let time = Timestamp.parse(effectiveFrom.utf8) else {
      throw UsageError("--effective-from \(effectiveFrom): write a time such as 2026-10-01T00:00:00Z")
    }
    return time
  }

  private func show(
    _ made: PriceImport, _ version: String, _ isNew: Bool, _ last: PriceFolder.Stored?
  ) {
    let changes = last.map { priceChanges(from: $0.rows, to: made.rows) } ?? []
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
        if last != nil { PriceChangesText.writeCounts(changes, &writer) }
      }
      Terminal.print(writer.text)
      return
    }
    Terminal.print(
      isNew ? "published version \(version)" : "version \(version) is the last published already")
    Terminal.print("\(made.models) models, \(made.rows.count) lines")
    if !made.rounded.isEmpty {
      Terminal.print(
        "\(made.rounded.count) prices are finer than 1e-15 USD and were rounded half-even; the file lists them"
      )
    }
    if let last, !changes.isEmpty {
      Terminal.print("\nsince \(last.book.version.prefix(12)): \(PriceChangesText.summary(changes))")
      PriceChangesText.printTable(changes.filter { $0.before != nil && $0.after != nil }, limit: 20)
      Terminal.print(
        "all of it, and what it means in money: tollbook prices diff \(last.book.version.prefix(12)) "
          + "\(version.prefix(12))")
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
