internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline
internal import Price
internal import Report

struct PricesDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "What two versions have differently, line by line and in money.",
    discussion: """
      The money is what a period's requests would have cost by each of them: the last finished month, unless
      --period says otherwise. Without A and B, the last two publications are compared.
      """)
  @OptionGroup var common: CommonOptions
  @Argument(help: "A version; its beginning is enough.")
  var a: String?
  @Argument(help: "Another version (default: the last published).")
  var b: String?
  @Option(help: "2026-10, 2026-10-05, 2026-W41, FY2026 or A..B (default: the last finished month).")
  var period: String?
  @Flag(help: "Show every line that differs, not the first 40.")
  var all = false

  mutating func run() throws {
    let settings = try Settings(common)
    let folder = PriceFolder(path: settings.prices)
    let versions = try folder.publications().map(\.version)
    guard let first = a ?? versions.dropLast().last else {
      throw UsageError("there are no two publications to compare yet")
    }
    let before = try folder.load(version: first)
    let after = try folder.load(version: b ?? versions.last)
    let period = try settings.period(period)
    let changes = priceChanges(from: before.rows, to: after.rows)
    let comparison =
      try settings.storeIsThere()
      ? try PriceComparison(
        try settings.openStore(), period, from: before.book, to: after.book) : nil
    if common.json {
      printJSON(before, after, changes, comparison, period)
      return
    }
    Terminal.print("\(before.book.version.prefix(12)) \(PlainText.oneLine(before.source))")
    Terminal.print("\(after.book.version.prefix(12)) \(PlainText.oneLine(after.source))\n")
    Terminal.print(changes.isEmpty ? "no difference" : PriceChangesText.summary(changes))
    PriceChangesText.printTable(changes, limit: all ? Int.max : 40)
    if let comparison { printMoney(comparison, period) }
  }

  private func printMoney(_ comparison: PriceComparison, _ period: Period) {
    let difference = comparison.becomes - comparison.was
    Terminal.print(
      "\n\(period.label) (\(period.zone)): \(comparison.requests) requests cost "
        + "\(comparison.was.dollars(fractionDigits: 2)) USD by the first and "
        + "\(comparison.becomes.dollars(fractionDigits: 2)) USD by the second: "
        + PriceChangesText.signed(difference))
    let different = comparison.rows.filter { !$0.isSame }
    guard !different.isEmpty else { return }
    var table = Table(columns: [
      .init("provider", .text), .init("model", .text), .init("requests", .count), .init("was USD", .text),
      .init("becomes USD", .text), .init("difference USD", .text), .init("unpriced requests", .text),
    ])
    for row in different {
      table.rows.append([
        .text(row.provider), .text(row.model), .count(Int64(row.requests)),
        .text(row.was.dollars(fractionDigits: 2)), .text(row.becomes.dollars(fractionDigits: 2)),
        .text(PriceChangesText.signed(row.becomes - row.was)),
        .text(row.wasUnpriced == row.becomesUnpriced ? "" : "\(row.wasUnpriced) → \(row.becomesUnpriced)"),
      ])
    }
    Terminal.print(TerminalTable.text(table, color: Terminal.color))
  }

  private func printJSON(
    _ before: PriceFolder.Stored, _ after: PriceFolder.Stored, _ changes: [PriceChange],
    _ comparison: PriceComparison?, _ period: Period
  ) {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("from", before.book.version)
      writer.member("to", after.book.version)
      PriceChangesText.writeCounts(changes, &writer)
      writer.member(
        "changes",
        array: { writer in
          for change in changes {
            writer.object { writer in
              writer.member("kind", change.kind.rawValue)
              writer.member("provider", change.provider)
              writer.member("model", change.model)
              writer.member("subject", change.subject)
              writer.member("was", change.before.map(PriceChange.amount))
              writer.member("becomes", change.after.map(PriceChange.amount))
            }
          }
        })
      guard let comparison else { return }
      writer.member("period", period.label)
      writer.member("requests", comparison.requests)
      writer.member("was_usd", comparison.was.description)
      writer.member("becomes_usd", comparison.becomes.description)
      writer.member(
        "models",
        array: { writer in
          for row in comparison.rows where !row.isSame {
            writer.object { writer in
              writer.member("provider", row.provider)
              writer.member("model", row.model)
              writer.member("requests", row.requests)
              writer.member("was_usd", row.was.description)
              writer.member("becomes_usd", row.becomes.description)
              writer.member("was_unpriced_requests", row.wasUnpriced)
              writer.member("becomes_unpriced_requests", row.becomesUnpriced)
            }
          }
        })
    }
    Terminal.print(writer.text)
  }
}

/// How changes of prices are said.
enum PriceChangesText {
  static func summary(_ changes: [PriceChange]) -> String {
    let counts = PriceChange.Kind.allCases.compactMap { kind -> String? in
      let count = changes.count { $0.kind == kind }
      return count == 0 ? nil : "\(count) \(kind.rawValue)"
    }
    let models = Set(changes.map { [$0.provider, $0.model] }).count
    return "\(counts.joined(separator: ", ")), of \(models) models"
  }

  static func writeCounts(_ changes: [PriceChange], _ writer: inout JSONWriter) {
    for kind in PriceChange.Kind.allCases {
      writer.member(kind.rawValue, changes.count { $0.kind == kind })
    }
  }

  static func printTable(_ changes: [PriceChange], limit: Int) {
    guard !changes.isEmpty else { return }
    var table = Table(columns: [
      .init("provider", .text), .init("model", .text), .init("price of", .text), .init("was", .text),
      .init("becomes", .text), .init("by", .text),
    ])
    // Prices that moved say more than lines that came or went.
    let moved = changes.filter { $0.before != nil && $0.after != nil }
    let others = changes.filter { $0.before == nil || $0.after == nil }
    for change in (moved + others).prefix(limit) {
      let sign = (change.permille ?? 0) > 0 ? "+" : ""
      table.rows.append([
        .text(change.provider), .text(change.model), .text(change.subject),
        .text(PriceChange.amount(change.before)), .text(PriceChange.amount(change.after)),
        .text(change.permille.map { sign + decimalText($0, fractionDigits: 1, trimmed: false) + " %" } ?? ""),
      ])
    }
    Terminal.print(TerminalTable.text(table, color: Terminal.color))
    if changes.count > limit { Terminal.print("… and \(changes.count - limit) more lines") }
  }

  static func signed(_ money: Money) -> String {
    (money > .zero ? "+" : "") + money.dollars(fractionDigits: 2)
  }
}
