internal import Crypto
public import Ingest
public import Ledger
public import Price
public import Report
public import Store
internal import RawLog

/// What a run is told. Nothing here is read from the environment.
public struct RunSettings: Sendable {
  public var rawLogs: String
  /// Other histories of requests, read behind the raw logs: what both have is kept as the raw log has it.
  public var sources: [Source]
  public var store: String
  public var reports: String
  public var posts: [PostTarget]
  /// Where the reports can be opened, for the post; nil for none.
  public var link: String?
  /// What the reports are written in.
  public var language: Language
  /// Files beside the logs that figures are made from, and settings that they depend on: named in `run.json`.
  public var otherInputs: [Books.OtherInput] = []
  public var bookSettings: [Books.Setting] = []
  /// Whether each product gets a workbook of its own, and a sheet in the one of all.
  public var productFiles: Bool
  public var productSheets: Bool
  public var programVersion: String
  /// What a review is made from beside the books.
  public var reviewFiles: ReviewFiles

  public init(
    rawLogs: String, sources: [Source] = [], store: String, reports: String, posts: [PostTarget] = [],
    link: String? = nil, language: Language = .en, productFiles: Bool = false, productSheets: Bool = false,
    programVersion: String, reviewFiles: ReviewFiles = ReviewFiles()
  ) {
    self.rawLogs = rawLogs
    self.sources = sources
    self.store = store
    self.reports = reports
    self.posts = posts
    self.link = link
    self.language = language
    self.productFiles = productFiles
    self.productSheets = productSheets
    self.programVersion = programVersion
    self.reviewFiles = reviewFiles
  }
}

/// What a run brought: books made, or, of a closed period, that its files are as they were.
public enum RunOutcome: Sendable {
  case made(RunResult)
  case closed(IngestSummary, ClosedStatus, posts: [(target: String, result: PostResult)])
}

/// What a run of an open period brought.
public struct RunResult: Sendable {
  public var ingested: IngestSummary
  public var books: Books
  /// The folder of the reports, and the files in it.
  public var folder: String
  public var files: [String]
  public var posts: [(target: String, result: PostResult)]

}

/// A run that cannot end well: files that could not be taken.
public struct RunError: Error, CustomStringConvertible, Sendable {
  public var problems: [String]
  public init(problems: [String]) { self.problems = problems }
  public var description: String { problems.joined(separator: "\n") }
}

/// The whole way of one period, in its order. What a scheduler calls.
public struct Run {
  let settings: RunSettings
  let store: Store
  let prices: PriceFolder.Stored
  let rules: RulesSource
  let costs: CostsSource
  /// What figures are printed in beside dollars, and all that is known of its rates; nil for dollars alone.
  let currency: (code: String, rates: ExchangeRates)?
  let now: @Sendable () -> Int64
  private let notice: (String) -> Void
  public let closedBooks: ClosedBooks

  public init(
    settings: RunSettings, store: Store, priceFolder: PriceFolder, prices: PriceFolder.Stored,
    rules: RulesSource, costs: CostsSource = .none, currency: (code: String, rates: ExchangeRates)? = nil,
    now: @escaping @Sendable () -> Int64, notice: @escaping (String) -> Void
  ) {
    self.costs = costs
    self.currency = currency
    self.settings = settings
    self.store = store
    self.prices = prices
    self.rules = rules
    closedBooks = ClosedBooks(store: store, priceFolder: priceFolder, programVersion: settings.programVersion)
    self.now = now
    self.notice = notice
  }

  /// - Throws: `StoreError`, `SegmentError`, `RunError`, `FolderError`, `ReportError`, `CancellationError`.
  public func run(
    _ period: Period, formats: Set<ReportFormat>, progress: (IngestProgress) -> Void
  ) async throws -> RunOutcome {
    let ingested = try ingest(progress)
    if let status = try closedStatus(of: period) {
      let posts = status.problems.isEmpty ? try await post(status.closed) : []
      return .closed(ingested, status, posts: posts)
    }
    // Whoever is told to stop stops between two steps.
    try Task.checkCancellation()
    let books = try books(period)
    let files = try report(books, formats)
    try Task.checkCancellation()
    let posts = try await post(books)
    return .made(
      RunResult(
        ingested: ingested, books: books, folder: folder(period).path, files: files, posts: posts))
  }

  public func ingest(_ progress: (IngestProgress) -> Void) throws -> IngestSummary {
    let segments = try findSegments(in: settings.rawLogs)
    var summary = try Ingestion(store: store).run(segments, progress: progress)
    summary += try SourceIngestion(store: store).run(settings.sources, progress: progress)
    guard summary.problems.isEmpty else { throw RunError(problems: summary.problems) }
    return summary
  }

  /// Price, attribute, add up, book what closed periods are corrected by, and say why it changed.
  public func books(_ period: Period) throws -> Books {
    let corrections = try closedBooks.corrections(in: period)
    for sentence in corrections.compactMap(\.lostSentence) { notice(sentence) }
    return try books(period, corrections)
  }

  func books(_ period: Period, _ corrections: [Correction]) throws -> Books {
    try books(period) { $0.include(corrections) }
  }

  /// - Parameter correct: books what closed periods are corrected by.
  func books(_ period: Period, correct: (inout Books) -> Void) throws -> Books {
    var books = try BookMaking(
      store: store, prices: prices, rules: rules.rules, costs: costs, programVersion: settings.programVersion
    ).books(of: period)
    books.language = settings.language
    books.productFiles = settings.productFiles
    books.productSheets = settings.productSheets
    correct(&books)
    books.otherInputs = (settings.otherInputs + settings.reviewFiles.inputs).sorted {
      ($0.use, $0.name) < ($1.use, $1.name)
    }
    books.settings = settings.bookSettings
    if books.productFiles { books.settings.append(.init("product_files", "true")) }
    if books.productSheets { books.settings.append(.init("product_sheets", "true")) }
    books.isToDate = now() < period.end
    if books.isToDate { books.asOf = try BookCalendar(zone: period.zone).dayText(of: now()) }
    books.currency = currency.map { ReportCurrency(code: $0.code, period: period, rates: $0.rates) }
    books.review = try Reviewing(run: self).review(books)
    return books
  }

  /// Writes an open period's files; those of a closed one are never written again.
  public func report(_ books: Books, _ formats: Set<ReportFormat>) throws -> [String] {
    guard try closedBooks.closed(books.period) == nil else {
      throw RunError(problems: ["\(books.period.label) is closed: its reports are not written again"])
    }
    return try folder(books.period).write(books, formats: formats)
  }

  /// Posts to every target, once the period has ended.
  public func post(_ books: Books) async throws -> [(target: String, result: PostResult)] {
    guard now() >= books.period.end else { return [] }
    var results: [(target: String, result: PostResult)] = []
    for target in settings.posts where target.kinds.contains(.report) {
      try Task.checkCancellation()
      results.append((target.name, try await post(books, to: target, again: false)))
    }
    return results
  }

  /// Posts what was closed, to every target that has not got the period yet.
  private func post(_ closed: ClosedPeriod) async throws -> [(target: String, result: PostResult)] {
    var results: [(target: String, result: PostResult)] = []
    for target in settings.posts where target.kinds.contains(.report) {
      try Task.checkCancellation()
      results.append((target.name, try await post(closed, to: target, again: false)))
    }
    return results
  }

  public func post(_ closed: ClosedPeriod, to target: PostTarget, again: Bool) async throws -> PostResult {
    try await posting.post(
      payload(closed, for: target.service), period: closed.label, to: target, again: again)
  }

  public func post(_ books: Books, to target: PostTarget, again: Bool) async throws -> PostResult {
    try await posting.post(
      payload(books, for: target.service), period: books.period.label, to: target, again: again)
  }

  /// What is posted of a closed period: the message made at its close.
  public func payload(_ closed: ClosedPeriod, for service: ChatService) -> [UInt8] {
    FrozenMessage(closed.post).payload(service)
  }

  public func payload(_ books: Books, for service: ChatService) -> [UInt8] {
    service.payload(ChatMessage.report(books, link: settings.link))
  }

  private var posting: Posting { Posting(store: store, now: now, notice: notice) }

  func folder(_ period: Period) -> ReportFolder {
    ReportFolder(reports: settings.reports, period: period.label)
  }
}
