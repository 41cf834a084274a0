internal import ArgumentParser
internal import Foundation
internal import Ingest
internal import Pipeline
internal import Price
internal import RawLog

struct RollupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollup",
    abstract: "Add up raw logs straight from their files, by any columns, as CSV on stdout.",
    discussion: """
      Every line once, priced and attributed as in the books, of one period. Nothing is kept: no store is read or \
      written, so it answers a question about any folder of raw logs, and checks the books from another side.
      """)
  @OptionGroup var common: CommonOptions
  @Option(help: "2026-10, 2026-10-05, 2026-W41, FY2026 or A..B (default: the last finished month).")
  var period: String?
  @Option(
    help: """
      The columns to group by, with commas between them: day, product, provider, model, service_tier, endpoint, \
      team, key, user.
      """)
  var by = "day,product,model,user"
  @Option(help: "Price with this version of the price book, not the last published one.")
  var pricesVersion: String?
  @Option(help: "Price with what was published by then, such as 2026-10-31T00:00:00Z.")
  var knownAt: String?
  @Option(help: "How many threads parse (default: one for each core).")
  var threads: Int?

  mutating func run() throws {
    guard !common.json else { throw UsageError("rollup writes CSV, and no JSON") }
    let settings = try Settings(common)
    let columns = try by.split(separator: ",").map { name in
      guard let column = Rollup.Column(rawValue: String(name)) else {
        throw UsageError(
          "--by \(name): not known; there are "
            + Rollup.Column.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return column
    }
    guard !columns.isEmpty, Set(columns).count == columns.count else {
      throw UsageError("--by \(by): name each column once")
    }
    let period = try settings.period(period)
    var rollup = try Rollup(
      .init(
        columns: columns, period: period, rules: try settings.rules().rules,
        prices: try settings.priceBook(version: pricesVersion, knownAt: knownAt).book,
        threads: threads ?? Program.threads))
    let progress = ProgressLine()
    let segments = try findSegments(in: settings.rawLogs).filter { $0.mayHold(period) }
    try rollup.add(segments, progress: progress.show)
    progress.end()
    let out = FileHandle.standardOutput
    try rollup.csv { try out.write(contentsOf: $0) }
    Show.ingested(rollup.summary)
    if rollup.summary.rejected > 0 { throw ExitCode(3) }
  }
}
