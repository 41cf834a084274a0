internal import ArgumentParser
internal import JSON
internal import Ledger
internal import Pipeline
internal import Price
internal import Report
internal import Store

struct RequestsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "requests", abstract: "List requests, the newest first, page by page.",
    discussion: """
      All conditions must hold; in patterns * is any run of characters. Costs are of the price book of today, so \
      what a closed period booked may differ (tollbook explain). A page ends with the words for the next one, \
      which goes on where it ended while new requests arrive; with --json they are the last line on stderr.
      """)
  @OptionGroup var common: CommonOptions
  @Option(help: "Only of this period: 2026-10, 2026-10-05, 2026-W41, FY2026 or A..B.")
  var period: String?
  @Option(help: "Only from then on: 2026-10-05 in the books' zone, or 2026-10-05T12:00:00Z.")
  var from: String?
  @Option(help: "Only until then, which is not included: a day or a time, as in --from.")
  var until: String?
  @Option(help: "Only of keys with this name; a pattern.")
  var key: String?
  @Option(help: "Only of this user; a pattern.")
  var user: String?
  @Option(help: "Only of this session; a pattern.")
  var session: String?
  @Option(help: "Only of this model, as returned, else as requested; a pattern.")
  var model: String?
  @Option(help: "Only with this HTTP status: 404, or 5xx for all that begin so.")
  var status: String?
  @Option(
    help:
      "Only with this outcome: ok, vendor_error, client_error, refused, client_gone, stream_broken, interrupted."
  )
  var outcome: String?
  @Option(help: "Only with this type of error; a pattern.")
  var errorType: String?
  @Option(help: "Only what cost at least so many USD.")
  var minCost: String?
  @Option(help: "Only what cost at most so many USD.")
  var maxCost: String?
  @Option(help: "At most so many.")
  var limit: Int = 50
  @Option(help: "The next page, as the page before named it.")
  var after: String?

  mutating func run() throws {
    let settings = try Settings(common)
    var log = RequestLog()
    try setTimes(&log.filter, settings)
    log.filter.key = key
    log.filter.user = user
    log.filter.session = session
    log.filter.model = model
    log.filter.errorType = errorType
    log.filter.status = try status.map(statuses)
    log.filter.outcome = try outcome.map { text in
      guard let known = Outcome(rawValue: text) else { throw UsageError("outcome \"\(text)\" is not known") }
      return known
    }
    log.filter.after = try after.map(Store.RequestPlace.init(cursor:))
    log.costMin = try minCost.map { try cost($0, "--min-cost") }
    log.costMax = try maxCost.map { try cost($0, "--max-cost") }
    guard limit > 0 else { throw UsageError("--limit \(limit): at least 1 is shown") }
    log.limit = limit
    let book = try settings.priceBook(version: nil, knownAt: nil).book
    let store = try settings.openStore()
    let next = common.json ? try printJSON(log, store, book) : try printTable(log, store, book)
    if let next { Terminal.say("more: add --after \(next.cursor)") }
  }

  private func setTimes(_ filter: inout Store.RequestFilter, _ settings: Settings) throws {
    if let period {
      guard from == nil, until == nil else { throw UsageError("give --period, or --from and --until") }
      let range = try settings.period(period)
      filter.begin = range.begin
      filter.end = range.end
    }
    if let from { filter.begin = try time(from, "--from", settings) }
    if let until { filter.end = try time(until, "--until", settings) }
    if let begin = filter.begin, let end = filter.end, begin >= end {
      throw UsageError("--until \(until ?? "") is not behind --from \(from ?? "")")
    }
  }

  private func time(_ text: String, _ option: String, _ settings: Settings) throws -> Int64 {
    guard let time = settings.calendar.begin(dayText: text) ?? Timestamp.parse(text.utf8) else {
      throw UsageError(
        "\(option) \(text): write a day such as 2026-10-05, or a time such as 2026-10-05T12:00:00Z")
    }
    return time
  }

  private func statuses(_ text: String) throws -> ClosedRange<Int> {
    let digits = text.lowercased()
    if let number = Int(digits), number >= 0 { return number...number }
    if digits.utf8.count == 3, digits.hasSuffix("xx"), let first = Int(digits.prefix(1)) {
      return first * 100...first * 100 + 99
    }
    throw UsageError("--status \(text): write a number such as 404, or 5xx")
  }

  private func cost(_ text: String, _ option: String) throws -> Money {
    guard let value = DecimalNumber(text)?.femtodollars(per: 1)?.value else {
      throw UsageError("\(option) \(text): write an amount of USD such as 0.25")
    }
    return Money(femtodollars: value)
  }

  private func printTable(
    _ log: RequestLog, _ store: Store, _ book: PriceBook
  ) throws -> Store.RequestPlace? {
    var table = Table(columns: [
      .init("time", .text), .init("request", .text), .init("key", .text), .init("user", .text),
      .init("model", .text), .init("status", .text), .init("outcome", .text), .init("input", .count),
      .init("output", .count), .init("cost USD", .money), .init("seconds", .text),
    ])
    let next = try log.visit(store, book) { entry in
      let usage = entry.usage
      table.rows.append([
        .text(String(Timestamp.text(usage.time).prefix(19)) + "Z"), .text(usage.id),
        .text(usage.facts.keyName ?? ""), .text(usage.user ?? ""), .text(usage.facts.model ?? ""),
        .text(usage.status.map(String.init) ?? ""),
        .text([usage.outcome.rawValue, usage.errorType].compactMap { $0 }.joined(separator: ": ")),
        .count(usage.counts.totalInput), .count(usage.counts[.output]),
        entry.cost.map { .money($0) } ?? .empty, .text(seconds(usage.durationMicroseconds)),
      ])
    }
    Terminal.print(TerminalTable.text(table, color: Terminal.color))
    return next
  }

  private func seconds(_ microseconds: Int64?) -> String {
    microseconds.map { decimalText(Int128($0) / 1000, fractionDigits: 3, trimmed: false) } ?? ""
  }

  private func printJSON(
    _ log: RequestLog, _ store: Store, _ book: PriceBook
  ) throws -> Store.RequestPlace? {
    try log.visit(store, book) { entry in
      let usage = entry.usage
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("time", Timestamp.text(usage.time))
        writer.member("id", usage.id)
        writer.member("attempt", usage.attempt)
        writer.member("key", usage.facts.keyName)
        writer.member("team", usage.facts.team)
        writer.member("user", usage.user)
        writer.member("session", usage.session)
        writer.member("provider", usage.facts.provider)
        writer.member("model", usage.facts.model)
        writer.member("status", usage.status)
        writer.member("outcome", usage.outcome.rawValue)
        writer.member("error_type", usage.errorType)
        writer.member("duration_us", usage.durationMicroseconds)
        writer.member("input_tokens", usage.counts[.input])
        writer.member("cache_read_tokens", usage.counts[.cacheRead])
        writer.member("cache_write_tokens", usage.counts.cacheWrite)
        writer.member("output_tokens", usage.counts[.output])
        if let cost = entry.cost {
          writer.member("cost_usd", cost.description)
        } else {
          writer.name("cost_usd")
          writer.null()
        }
        writer.member("file", usage.place.file)
        writer.member("line", usage.place.line)
      }
      Terminal.print(writer.text)
    }
  }
}
