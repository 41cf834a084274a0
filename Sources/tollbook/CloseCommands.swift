internal import ArgumentParser
internal import JSON
internal import Ledger
internal import Pipeline
internal import Report
internal import Store

struct CloseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "close",
    abstract: "Freeze a period's books: what changes later becomes an adjustment in the next open period.")
  @OptionGroup var common: CommonOptions
  @Option(
    help: "A month, week, day or fiscal year: 2026-10, 2026-W41, 2026-10-05, FY2026 (default: last month).")
  var period: String?
  @Option(help: "Price with this version of the price book, not the last published one.")
  var pricesVersion: String?
  @Option(help: "Price with what was published by then, such as 2026-10-31T00:00:00Z.")
  var knownAt: String?
  @Flag(help: "Close although a cost in it is unknown: no price, interrupted, rejected or missing lines.")
  var acceptIncomplete = false
  @Flag(help: "List what is closed, and close nothing.")
  var list = false

  mutating func run() throws {
    let settings = try Settings(common)
    if list { return try PeriodsCommand.show(settings, json: common.json) }
    let lock = try settings.lock("close")
    defer { withExtendedLifetime(lock) {} }
    let run = try settings.makeRun(pricesVersion: pricesVersion, knownAt: knownAt, posts: [])
    let wanted = try settings.period(period)
    switch try run.close(wanted, acceptIncomplete: acceptIncomplete) {
    case .already(let status):
      if !common.json { Terminal.print("\(wanted.label) is closed already; nothing was written") }
      try Show.closed(status, json: common.json)
    case .closed(let books, let folder, let files):
      guard let status = try run.closedStatus(of: wanted) else { return }
      if common.json { return try Show.closed(status, json: true) }
      Show.books(books, folder: folder, files: files)
      Terminal.print("\(wanted.label) is closed; what changes it later is booked in \(status.openPeriod)")
    }
  }
}

struct RepriceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reprice",
    abstract: "Decide that a closed period is priced, or attributed, by others from now on.",
    discussion: """
      The closed files stay as they are; the difference is booked as adjustments in the open period. \
      --prices may name a version too, by its hexadecimal digits; a folder is still a folder.
      """)
  @OptionGroup var common: CommonOptions
  @Option(help: "The closed period.")
  var period: String
  @Option(help: "The version of the price book (its beginning is enough).")
  var pricesVersion: String?
  @Option(help: "Why, in at most \(RepriceLimit.reasonCharactersMax) characters: shown in the reports.")
  var reason: String?
  @Flag(help: "Show the difference by product, model and day, and write nothing.")
  var dryRun = false

  mutating func run() throws {
    var version = pricesVersion
    if let given = common.prices, version == nil, Self.isVersion(given) {
      version = given
      common.prices = nil
    }
    let settings = try Settings(common)
    let lock = try settings.lock("reprice")
    defer { withExtendedLifetime(lock) {} }
    let run = try settings.makeRun(pricesVersion: nil, knownAt: nil, posts: [])
    // Only rules and costs that are named here are a decision; those of the configuration are for open periods.
    let result = try run.reprice(
      try settings.period(period), pricesVersion: version,
      rules: common.attribution == nil ? nil : try settings.rules(),
      costs: common.costs == nil ? nil : try settings.costs(try settings.rules().rules), reason: reason ?? "",
      dryRun: dryRun)
    if common.json {
      Terminal.print(Self.json(result))
    } else {
      show(result)
    }
  }

  /// Digits of a digest, and no folder's usual name.
  private static func isVersion(_ text: String) -> Bool {
    (8...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  private func show(_ result: Repricing) {
    let correction = result.correction
    Terminal.print("\(correction.closed.label), as booked and as it would be:\n")
    for table in result.tables { Terminal.print(TerminalTable.text(table, color: Terminal.color)) }
    for reason in Adjustment.Reason.allCases {
      let list = correction.list.filter { $0.reason == reason }
      guard !list.isEmpty else { continue }
      let total = list.reduce(Money.zero) { $0 + $1.difference }
      Terminal.print("of it for \(reason.rawValue): \(total) USD in \(list.count) places")
    }
    if !result.isNew {
      Terminal.print("it is priced and attributed by these already; nothing was written")
    } else if result.wasWritten {
      Terminal.print(
        "decided; \(correction.total) USD are booked in \(result.openPeriod): "
          + "see it with tollbook run --period \(result.openPeriod)")
    } else {
      Terminal.print(
        "dry run: nothing was written; \(correction.total) USD would be booked in \(result.openPeriod)")
    }
  }

  private static func json(_ result: Repricing) -> String {
    var writer = JSONWriter(indent: 2)
    let correction = result.correction
    writer.object { writer in
      writer.member("period", correction.closed.label)
      writer.member("booked_in", result.openPeriod)
      writer.member("new", result.isNew)
      writer.member("written", result.wasWritten)
      writer.member("prices_version", correction.now.pricesVersion)
      writer.member("rules_version", correction.now.rulesVersion)
      writer.member("costs_version", correction.now.costsVersion)
      writer.member("difference_usd", correction.total.description)
      writer.name("differences")
      writer.array { writer in
        for one in correction.list {
          writer.object { writer in
            writer.member("day", one.place.day)
            writer.member("product", one.place.product)
            writer.member("provider", one.place.provider)
            writer.member("model", one.place.model)
            writer.member("service_tier", one.place.serviceTier)
            writer.member("entry", one.place.entry.rawValue)
            writer.member("reason", one.reason.rawValue)
            writer.member("was_usd", one.was?.state == .unpriced ? nil : (one.was?.cost ?? .zero).description)
            writer.member("is_usd", one.now?.state == .unpriced ? nil : (one.now?.cost ?? .zero).description)
            writer.member("difference_usd", one.difference.description)
          }
        }
      }
    }
    return writer.text
  }
}

struct PeriodsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "periods",
    abstract: "List what is closed: when, by which versions, and adjusted by how much.")
  @OptionGroup var common: CommonOptions

  mutating func run() throws { try Self.show(try Settings(common), json: common.json) }

  static func show(_ settings: Settings, json: Bool) throws {
    let statuses = try settings.makeRun(pricesVersion: nil, knownAt: nil, posts: []).closedStatuses()
    if json {
      var writer = JSONWriter(indent: 2)
      writer.array { writer in
        for status in statuses { status.writeJSON(&writer) }
      }
      Terminal.print(writer.text)
      return
    }
    guard !statuses.isEmpty else { return Terminal.print("no period is closed") }
    var table = Table(columns: [
      .init("period", .text), .init("closed at", .text), .init("prices", .text), .init("rules", .text),
      .init("at the close USD", .money), .init("adjusted USD", .money), .init("open USD", .money),
      .init("open in", .text), .init("now USD", .money), .init("files", .text),
    ])
    for status in statuses {
      table.rows.append([
        .text(status.closed.label), .text(String(Timestamp.text(status.closed.closedAt).prefix(19)) + "Z"),
        .text(String(status.first.pricesVersion.prefix(12))),
        .text(String(status.first.rulesVersion.prefix(12))),
        .money(status.closedCost), .money(status.frozenTotal), .money(status.correction.total),
        .text(status.openPeriod), .money(status.costNow),
        .text(status.problems.isEmpty ? "as closed" : "\(status.problems.count) changed"),
      ])
    }
    Terminal.print(TerminalTable.text(table, color: Terminal.color))
    let problems = statuses.flatMap(\.problems)
    guard problems.isEmpty else { throw RunError(problems: problems) }
  }
}

extension Show {
  /// A closed period whose files are as they were; where one is not, that is a failure.
  static func closed(_ status: ClosedStatus, json: Bool) throws {
    if json {
      var writer = JSONWriter(indent: 2)
      status.writeJSON(&writer)
      Terminal.print(writer.text)
    } else if status.problems.isEmpty {
      let when = String(Timestamp.text(status.closed.closedAt).prefix(19)) + "Z"
      Terminal.print(
        "\(status.closed.label) was closed at \(when); its \(status.files.count) files in \(status.folder) are as "
          + "they were")
      for sentence in status.sentences { Terminal.print("- " + sentence) }
    }
    guard status.problems.isEmpty else { throw RunError(problems: status.problems) }
  }
}
