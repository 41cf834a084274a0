internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline
internal import Price
internal import Report

struct PricesCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract:
      "What to know before signing: age, models without a price, retired ones, and other sources' prices.",
    discussion: "Exit code 3 when there is something to look at.")
  @OptionGroup var common: CommonOptions
  @Option(help: "Whose requests say what is in use (default: the last finished month and what came since).")
  var period: String?
  @Option(help: "Compare with LiteLLM's price map.")
  var litellm: String?
  @Option(name: .customLong("genai-prices"), help: "Compare with genai-prices' data.")
  var genaiPrices: String?
  @Option(help: "Compare with another version.")
  var against: String?

  mutating func run() throws {
    let settings = try Settings(common)
    let now = Settings.now()
    let stored = try settings.priceBook(version: nil, knownAt: nil)
    var inUse = try settings.period(period)
    if period == nil { inUse.end = max(inUse.end, now) }
    guard try settings.storeIsThere() else {
      throw UsageError("\(try settings.storeName()): nothing was ingested yet; begin with: tollbook ingest")
    }
    let check = try PriceCheck(
      try settings.openStore(), inUse, prices: stored, other: try otherBook(settings), now: now)
    if common.json { printJSON(check, stored) } else { printText(check, stored) }
    if !check.isFine { throw ExitCode(3) }
  }

  private func otherBook(_ settings: Settings) throws -> PriceBook? {
    guard [litellm, genaiPrices, against].compactMap({ $0 }).count <= 1 else {
      throw UsageError("give one of --litellm, --genai-prices and --against")
    }
    if let against { return try settings.priceBook(version: against, knownAt: nil).book }
    guard let path = litellm ?? genaiPrices else { return nil }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError("\(path): cannot be read")
    }
    let made =
      litellm == nil
      ? try importGenAIPrices(Array(data), name: path) : try importLiteLLM(Array(data), name: path)
    return PriceBook(version: "", rows: made.rows)
  }

  private func printText(_ check: PriceCheck, _ stored: PriceFolder.Stored) {
    Terminal.print(
      "version \(stored.book.version.prefix(12)), published \(Timestamp.text(check.publishedAt)), "
        + "\(check.ageDays) days ago" + (check.isOld ? ": old, import a newer one" : ""))
    Terminal.print("source: \(PlainText.oneLine(stored.source))")
    Terminal.print("\(check.requests) requests say what is in use\n")
    section(
      "without a price, or not for all of it", ["provider", "model", "why", "requests"],
      check.unpriced.map { [$0.provider, $0.model, $0.reason, String($0.requests)] })
    section(
      "retired by the vendor", ["provider", "model", "from", "requests"],
      check.retired.map {
        [$0.provider, $0.model, String(Timestamp.text($0.at).prefix(10)), String($0.requests)]
      })
    section(
      "priced otherwise by the other source", ["provider", "model", "price of", "here", "there"],
      check.disagreements.map {
        [
          $0.provider, $0.model, $0.meter.name, "\($0.ours * $0.meter.publishedPer)",
          "\($0.theirs * $0.meter.publishedPer)",
        ]
      })
    if check.compared > 0 {
      Terminal.print("\(check.compared) models in use are priced by both sources")
    }
    if check.isFine { Terminal.print("nothing to look at") }
  }

  private func section(_ title: String, _ columns: [String], _ rows: [[String]]) {
    guard !rows.isEmpty else { return }
    var table = Table(columns: columns.map { .init($0, .text) })
    table.rows = rows.map { $0.map { .text($0) } }
    Terminal.print("\(rows.count) \(title):")
    Terminal.print(TerminalTable.text(table, color: Terminal.color))
  }

  private func printJSON(_ check: PriceCheck, _ stored: PriceFolder.Stored) {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", stored.book.version)
      writer.member("published_at", Timestamp.text(check.publishedAt))
      writer.member("age_days", check.ageDays)
      writer.member("is_old", check.isOld)
      writer.member("requests", check.requests)
      writer.member(
        "unpriced",
        array: { writer in
          for item in check.unpriced {
            writer.object { writer in
              writer.member("provider", item.provider)
              writer.member("model", item.model)
              writer.member("reason", item.reason)
              writer.member("requests", item.requests)
            }
          }
        })
      writer.member(
        "retired",
        array: { writer in
          for item in check.retired {
            writer.object { writer in
              writer.member("provider", item.provider)
              writer.member("model", item.model)
              writer.member("from", Timestamp.text(item.at))
              writer.member("requests", item.requests)
            }
          }
        })
      writer.member("compared", check.compared)
      writer.member(
        "disagreements",
        array: { writer in
          for item in check.disagreements {
            writer.object { writer in
              writer.member("provider", item.provider)
              writer.member("model", item.model)
              writer.member("meter", item.meter.name)
              writer.member("ours_usd", item.ours.description)
              writer.member("theirs_usd", item.theirs.description)
            }
          }
        })
    }
    Terminal.print(writer.text)
  }
}
