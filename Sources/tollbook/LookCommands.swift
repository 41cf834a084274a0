internal import ArgumentParser
internal import JSON
internal import Ledger
internal import Pipeline
internal import Price
internal import Report
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

struct RequestsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "requests", abstract: "List requests, the newest first.")
  @OptionGroup var common: CommonOptions
  @Option(help: "Only of this period: 2026-10, 2026-10-05, 2026-W41, FY2026 or A..B.")
  var period: String?
  @Option(help: "Only of the key with this name; * is any run of characters.")
  var key: String?
  @Option(help: "Only of this user.")
  var user: String?
  @Option(help: "Only of this session.")
  var session: String?
  @Option(help: "Only with this HTTP status.")
  var status: Int?
  @Option(
    help:
      "Only with this outcome: ok, vendor_error, client_error, refused, client_gone, stream_broken, interrupted."
  )
  var outcome: String?
  @Option(help: "Only of this model; * is any run of characters.")
  var model: String?
  @Option(help: "At most so many.")
  var limit: Int = 50

  mutating func run() throws {
    let settings = try Settings(common)
    var filter = Store.RequestFilter()
    if let period {
      let range = try settings.period(period)
      filter.begin = range.begin
      filter.end = range.end
    }
    filter.key = key
    filter.user = user
    filter.session = session
    filter.status = status.map { $0...$0 }
    filter.model = model
    if let outcome {
      guard let known = Outcome(rawValue: outcome) else {
        throw UsageError("outcome \"\(outcome)\" is not known")
      }
      filter.outcome = known
    }
    filter.newestFirst = true
    let prices = try settings.priceBook(version: nil, knownAt: nil)
    if common.json {
      try printJSON(try settings.openStore(), filter, prices.book)
    } else {
      try printTable(try settings.openStore(), filter, prices.book)
    }
  }

  private func printTable(_ store: Store, _ filter: Store.RequestFilter, _ book: PriceBook) throws {
    var table = Table(columns: [
      .init("time", .text), .init("request", .text), .init("key", .text), .init("user", .text),
      .init("model", .text), .init("status", .text), .init("outcome", .text), .init("input", .count),
      .init("output", .count), .init("cost USD", .money),
    ])
    let pricer = Pricer(book: book)
    try store.visitRequests(filter) { usage, _ in
      guard table.rows.count < limit else { return false }
      let charges = pricer.charges(usage)
      table.rows.append([
        .text(String(Timestamp.text(usage.time).prefix(19)) + "Z"), .text(usage.id),
        .text(usage.facts.keyName ?? ""), .text(usage.user ?? ""), .text(usage.facts.model ?? ""),
        .text(usage.status.map(String.init) ?? ""),
        .text([usage.outcome.rawValue, usage.errorType].compactMap { $0 }.joined(separator: ": ")),
        .count(usage.counts.totalInput), .count(usage.counts[.output]), cost(charges, usage),
      ])
      return true
    }
    Terminal.print(TerminalTable.text(table, color: Terminal.color))
    if table.rows.count == limit { Terminal.say("the newest \(limit); more with --limit") }
  }

  /// Unknown is an empty cell, never a zero.
  private func cost(_ charges: [Charge], _ usage: Usage) -> Table.Cell {
    guard usage.outcome != .interrupted,
      charges.contains(where: \.hasPricedMeter) || !charges.contains(where: \.isUnpriced)
    else { return .empty }
    return .money(charges.reduce(Money.zero) { $0 + $1.total })
  }

  private func printJSON(_ store: Store, _ filter: Store.RequestFilter, _ book: PriceBook) throws {
    let pricer = Pricer(book: book)
    var count = 0
    try store.visitRequests(filter) { usage, _ in
      guard count < limit else { return false }
      count += 1
      let charges = pricer.charges(usage)
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
        if case .money(let money) = cost(charges, usage) {
          writer.member("cost_usd", money.description)
        } else {
          writer.name("cost_usd")
          writer.null()
        }
        writer.member("file", usage.place.file)
        writer.member("line", usage.place.line)
      }
      Terminal.print(writer.text)
      return true
    }
  }
}
