internal import ArgumentParser
internal import Ingest
internal import JSON
internal import Ledger
internal import Pipeline
internal import Report
internal import Store
internal import RawLog

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Ingest, price, attribute, report and post one period: what a scheduler calls.")
  @OptionGroup var common: CommonOptions
  @OptionGroup var books: BookOptions

  mutating func run() async throws {
    let settings = try Settings(common)
    let lock = try settings.lock("run")
    defer { withExtendedLifetime(lock) {} }
    let progress = ProgressLine()
    // A part of a month is for whoever asked for it.
    let posts = books.toDate ? [] : try settings.postTargets()
    let outcome = try await books.run(settings, posts: posts).run(
      try books.wantedPeriod(settings), formats: try books.formats(), progress: progress.show)
    progress.end()
    let result: RunResult
    switch outcome {
    case .closed(let ingested, let status, let posts):
      Show.ingested(ingested)
      for (target, outcome) in posts { Show.post(target, status.closed.label, outcome) }
      try Show.closed(status, json: common.json)
      if posts.contains(where: \.result.isFailure) { throw ExitCode(1) }
      return
    case .made(let made): result = made
    }
    Show.ingested(result.ingested)
    for (target, outcome) in result.posts { Show.post(target, result.books.period.label, outcome) }
    if common.json {
      Terminal.print(Reports.runJSON(result.books))
    } else {
      Show.books(result.books, folder: result.folder, files: result.files)
    }
    if result.posts.contains(where: \.result.isFailure) { throw ExitCode(1) }
    if !result.books.isComplete { throw ExitCode(3) }
  }
}

struct BookOptions: ParsableArguments {
  @Option(help: "2026-10, 2026-10-05, 2026-W41, FY2026 or A..B (default: the last finished month).")
  var period: String?
  @Flag(
    help: "Only the days of the period that have ended: its beginning..yesterday (default: of this month).")
  var toDate = false
  @Option(help: "Which files to write: csv, xlsx, md, focus (default: all).")
  var format: String?
  @Option(help: "Price with this version of the price book, not the last published one.")
  var pricesVersion: String?
  @Option(help: "Price with what was published by then, such as 2026-10-31T00:00:00Z.")
  var knownAt: String?

  func wantedPeriod(_ settings: Settings) throws -> Period {
    guard toDate else { return try settings.period(period) }
    let now = Settings.now()
    let whole = try period.map { try settings.calendar.period($0) } ?? settings.calendar.month(of: now)
    return try settings.calendar.endedDays(of: whole, now: now)
  }

  func formats() throws -> Set<ReportFormat> { try ReportFormat.named(format) }

  func run(_ settings: Settings, posts: [PostTarget]) throws -> Run {
    try settings.makeRun(pricesVersion: pricesVersion, knownAt: knownAt, posts: posts)
  }
}

extension ReportFormat {
  /// `csv,md`; all where nothing is said.
  static func named(_ list: String?) throws -> Set<ReportFormat> {
    guard let list else { return Set(allCases) }
    return Set(
      try list.split(separator: ",").map { name in
        guard let known = ReportFormat(rawValue: String(name)) else {
          throw UsageError("format \"\(name)\" is not known; there are csv, xlsx, md and focus")
        }
        return known
      })
  }
}

struct IngestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Read what is new in the raw logs and the other sources into the store, every request once.")
  @OptionGroup var common: CommonOptions
  @Argument(help: "Segments to read, below the raw logs' folder (default: all).")
  var files: [String] = []
  @Option(help: "Read this file or folder of another source, and nothing else (see docs/sources.md).")
  var from: String?
  @Option(help: "The source's format (see docs/sources.md; default: recognised by what stands in the file).")
  var format: String?
  @Option(help: "The zone of the source's times that name none: UTC or an offset such as +09:00.")
  var zone: String?

  mutating func run() throws {
    let settings = try Settings(common)
    let source = try self.source(settings)
    let lock = try settings.lock("ingest")
    defer { withExtendedLifetime(lock) {} }
    let store = try settings.openStore()
    let progress = ProgressLine()
    var summary = IngestSummary()
    if source == nil {
      let ingestion = Ingestion(store: store, threads: Program.threads)
      summary = try ingestion.run(try segments(settings), progress: progress.show)
    }
    let sources = source.map { [$0] } ?? (files.isEmpty ? settings.sources : [])
    summary += try SourceIngestion(store: store).run(sources, progress: progress.show)
    progress.end()
    if common.json {
      Terminal.print(Show.json(summary) + "\n")
    } else {
      Show.ingested(summary)
    }
    guard summary.problems.isEmpty else { throw RunError(problems: summary.problems) }
    if summary.rejected > 0 { throw ExitCode(3) }
  }

  /// The source that the flags name; nil without `--from`.
  private func source(_ settings: Settings) throws -> Source? {
    guard let from else {
      guard format == nil, zone == nil else { throw UsageError("--format and --zone belong to --from FILE") }
      return nil
    }
    guard files.isEmpty else { throw UsageError("give segments of the raw log, or --from, not both") }
    // What the configuration says of this very path holds, where no flag says otherwise.
    var source = settings.sources.first { $0.path == from } ?? Source(path: from)
    if source.profiles.isEmpty { source.profiles = settings.sources.flatMap(\.profiles) }
    if let format {
      guard let known = SourceFormat(rawValue: format) else {
        throw UsageError(SourceWords.unknownFormat(format))
      }
      source.format = known
    }
    if let zone {
      guard let known = SourceZone(zone) else { throw UsageError(SourceWords.unknownZone(zone)) }
      source.zone = known
    }
    return source
  }

  private func segments(_ settings: Settings) throws -> [Segment] {
    var segments = try findSegments(in: settings.rawLogs)
    if !files.isEmpty {
      let wanted = try files.map { path in
        guard
          let found = segments.first(where: {
            $0.path == path || path.hasSuffix("/" + $0.name) || $0.name == path
          })
        else {
          throw UsageError("\(path): no segment (.jsonl, .jsonl.open, .gz, .zst) below \(settings.rawLogs)")
        }
        return found
      }
      segments = wanted
    }
    return segments
  }
}

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write one period's reports from what is in the store.")
  @OptionGroup var common: CommonOptions
  @OptionGroup var books: BookOptions

  mutating func run() throws {
    let settings = try Settings(common)
    let lock = try settings.lock("report")
    defer { withExtendedLifetime(lock) {} }
    let run = try books.run(settings, posts: [])
    let period = try books.wantedPeriod(settings)
    if let status = try run.closedStatus(of: period) { return try Show.closed(status, json: common.json) }
    let made = try run.books(period)
    let files = try run.report(made, try books.formats())
    if common.json {
      Terminal.print(Reports.runJSON(made))
    } else {
      Show.books(made, folder: settings.reports + "/" + made.period.label, files: files)
    }
    if !made.isComplete { throw ExitCode(3) }
  }
}
