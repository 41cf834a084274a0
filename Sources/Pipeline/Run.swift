public import Attribute
internal import Crypto
internal import Ingest
public import Ledger
public import Price
public import Report
public import Store

/// What a run is told. Nothing here is read from the environment.
public struct RunSettings: Sendable {
  public var rawLogs: String
  public var store: String
  public var reports: String
  public var posts: [PostTarget]
  /// Where the reports can be opened, for the post; nil for none.
  public var link: String?
  public var programVersion: String

  public init(
    rawLogs: String, store: String, reports: String, posts: [PostTarget] = [], link: String? = nil,
    programVersion: String
  ) {
    self.rawLogs = rawLogs
    self.store = store
    self.reports = reports
    self.posts = posts
    self.link = link
    self.programVersion = programVersion
  }
}

/// What a run brought.
public struct RunResult: Sendable {
  public var ingested: IngestSummary
  public var books: Books
  /// The folder of the reports, and the files in it.
  public var folder: String
  public var files: [String]
  public var posts: [(target: String, result: PostResult)]

  /// A post that was to be made was not.
  public var postFailed: Bool {
    posts.contains { post in
      switch post.result {
      case .sent, .alreadySent: false
      case .unknown, .failed: true
      }
    }
  }
}

/// A run that cannot end well: files that could not be taken.
public struct RunError: Error, CustomStringConvertible, Sendable {
  public var problems: [String]
  public init(problems: [String]) { self.problems = problems }
  public var description: String { problems.joined(separator: "\n") }
}

/// The whole way of one period, in its order. What a scheduler calls.
public struct Run {
  private let settings: RunSettings
  private let store: Store
  private let prices: PriceFolder.Stored
  private let rules: Rules
  private let now: @Sendable () -> Int64
  private let notice: (String) -> Void

  public init(
    settings: RunSettings, store: Store, prices: PriceFolder.Stored, rules: Rules,
    now: @escaping @Sendable () -> Int64, notice: @escaping (String) -> Void
  ) {
    self.settings = settings
    self.store = store
    self.prices = prices
    self.rules = rules
    self.now = now
    self.notice = notice
  }

  /// - Throws: `StoreError`, `SegmentError`, `RunError`, `FolderError`, `ReportError`.
  public func run(
    _ period: Period, formats: Set<ReportFormat>, progress: (IngestProgress) -> Void
  ) async throws -> RunResult {
    let ingested = try ingest(progress)
    let books = try books(period)
    let files = try report(books, formats)
    let posts = try await post(books)
    return RunResult(
      ingested: ingested, books: books, folder: folder(period).path, files: files, posts: posts)
  }

  public func ingest(_ progress: (IngestProgress) -> Void) throws -> IngestSummary {
    let segments = try findSegments(in: settings.rawLogs)
    let summary = try Ingestion(store: store).run(segments, progress: progress)
    guard summary.problems.isEmpty else { throw RunError(problems: summary.problems) }
    return summary
  }

  /// Price, attribute, add up.
  public func books(_ period: Period) throws -> Books {
    try BookMaking(
      store: store, prices: prices, rules: rules, programVersion: settings.programVersion
    ).books(of: period)
  }

  public func report(_ books: Books, _ formats: Set<ReportFormat>) throws -> [String] {
    try folder(books.period).write(books, formats: formats)
  }

  /// Posts to every target, once the period has ended.
  public func post(_ books: Books) async throws -> [(target: String, result: PostResult)] {
    guard now() >= books.period.end else { return [] }
    var results: [(target: String, result: PostResult)] = []
    for target in settings.posts {
      results.append((target.name, try await post(books, to: target, again: false)))
    }
    return results
  }

  public func post(_ books: Books, to target: PostTarget, again: Bool) async throws -> PostResult {
    try await Posting(store: store, now: now, notice: notice).post(
      Reports.slackPayload(books, link: settings.link), period: books.period.label, to: target,
      again: again)
  }

  private func folder(_ period: Period) -> ReportFolder {
    ReportFolder(reports: settings.reports, period: period.label)
  }
}
