internal import ArgumentParser
internal import JSON
internal import Ledger
internal import Pipeline
internal import Report
internal import Store

struct UsageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "usage",
    abstract: "Requests and tokens by any columns, also of months whose rows were dropped.",
    discussion: """
      Read from what the store adds up of each quarter of an hour and keeps for ever. There is no money here: a \
      price may depend on one request's size, and what a period cost is what its books say (tollbook report).
      """)
  @OptionGroup var common: CommonOptions
  @Option(help: "2026-10, 2026-10-05, 2026-W41, FY2026 or A..B (default: the last finished month).")
  var period: String?
  @Option(
    help: """
      The columns to group by, with commas between them: day, provider, model, endpoint, key, team, outcome, \
      status, service_tier.
      """)
  var by = "day,model"
  @Flag(help: "Print CSV.")
  var csv = false

  mutating func run() throws {
    guard !(csv && common.json) else { throw UsageError("give --csv or --json") }
    let settings = try Settings(common)
    let columns = try by.split(separator: ",").map { name in
      guard let column = UsageTable.Column(rawValue: String(name)) else {
        throw UsageError(
          "--by \(name): not known; there are "
            + UsageTable.Column.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return column
    }
    guard !columns.isEmpty, Set(columns).count == columns.count else {
      throw UsageError("--by \(by): name each column once")
    }
    let usage = try UsageTable(
      store: try settings.openStore(), columns: columns, period: try settings.period(period))
    if csv {
      printCSV(usage)
    } else if common.json {
      for row in usage.rows { Terminal.print(json(row, columns)) }
    } else {
      printTable(usage)
    }
  }

  private static let figures = [
    "requests", "attempts", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens",
  ]

  private func figures(_ row: UsageTable.Row) -> [Int64] {
    [
      row.requests, row.attempts, row.counts[.input], row.counts[.cacheRead], row.counts.cacheWrite,
      row.counts[.output],
    ]
  }

  private func printTable(_ usage: UsageTable) {
    var table = Table(
      columns: usage.columns.map { .init($0.rawValue, .text) } + Self.figures.map { .init($0, .count) })
    var total = [Int64](repeating: 0, count: Self.figures.count)
    for row in usage.rows {
      let figures = figures(row)
      for index in figures.indices { total[index] += figures[index] }
      table.rows.append(row.names.map { .text($0) } + figures.map { .count($0) })
    }
    table.total = usage.columns.indices.map { .text($0 == 0 ? "Total" : "") } + total.map { .count($0) }
    Terminal.print(TerminalTable.text(table, color: Terminal.color))
  }

  private func printCSV(_ usage: UsageTable) {
    var writer = CSVWriter(byteOrderMark: false)
    for column in usage.columns { writer.text(column.rawValue) }
    for figure in Self.figures { writer.text(figure) }
    writer.endLine()
    for row in usage.rows {
      for name in row.names { writer.text(name) }
      for figure in figures(row) { writer.number(figure) }
      writer.endLine()
    }
    Terminal.print(writer.take())
  }

  private func json(_ row: UsageTable.Row, _ columns: [UsageTable.Column]) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      for (column, name) in zip(columns, row.names) {
        writer.member(column.rawValue, name.isEmpty ? nil : name)
      }
      for (figure, value) in zip(Self.figures, figures(row)) { writer.member(figure, value) }
      writer.member("reasoning_tokens", row.counts.reasoning)
      writer.member(
        "meters",
        object: { writer in
          for (meter, count) in row.counts.used { writer.member(meter.name, count) }
        })
    }
    return writer.text
  }
}
