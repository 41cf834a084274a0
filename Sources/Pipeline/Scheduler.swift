internal import Ledger
internal import Report
internal import Store

/// Does what is due, one thing at a time, under the store's lock: what was done is in the store, so that a restart, a
/// second scheduler or a run by hand never makes it happen twice.
public final class Scheduler {
  enum Limit {
    /// A clock may be set, and a machine may sleep: the time is looked at this often.
    static let pollMilliseconds = 30_000
    /// How long somebody else's run is waited for before it counts as a failure.
    static let busyMinutesMax: Int64 = 360
    static let busyMilliseconds = 60_000
    /// What a failure says of its reason.
    static let detailCharactersMax = 400
  }

  private let schedule: Schedule
  private let world: World
  /// As last read from the store; another scheduler may have done more.
  private var rows: [JobRow] = []
  private var busySince: Int64?
  /// Failures that could not be noted, because the store itself is out of reach: told once.
  private var toldWithoutStore: Set<String> = []
  private var lastTrouble = ""
  private var withoutStore: [ScheduledJob: JobRow] = [:]

  public init(_ schedule: Schedule, _ world: World) {
    self.schedule = schedule
    self.world = world
  }

  /// Runs until it is cancelled. A post that has begun is finished first.
  public func run() async {
    world.log(.init("started", [("next", nextText())]))
    while !Task.isCancelled {
      let outcome = await runDue()
      do {
        try await world.wait(outcome == .busy ? Limit.busyMilliseconds : waitMilliseconds())
      } catch {
        break
      }
    }
    world.log(.init("stopped"))
  }

  public enum Outcome: Hashable, Sendable {
    case nothing, done, failed, busy
  }

  /// Does everything that is due now.
  public func runDue() async -> Outcome {
    noteFirst()
    var result = Outcome.nothing
    for job in ScheduledJob.allCases {
      // Months that were missed follow each other.
      while !Task.isCancelled, isDue(job) {
        switch await attempt(job) {
        case .nothing: break
        case .done:
          if result == .nothing { result = .done }
          continue
        case .failed: result = .failed
        case .busy: return .busy
        }
        break
      }
    }
    return result
  }

  /// Jobs of which nothing is known begin now: under the lock, and where that cannot be had, the next time.
  private func noteFirst() {
    if rows.isEmpty { readRows() }
    let unknown = ScheduledJob.allCases.filter {
      row($0) == nil && schedule.before($0, at: world.now()) != nil
    }
    guard !unknown.isEmpty else { return }
    do {
      let lock = try world.lock("first run")
      defer { withExtendedLifetime(lock) {} }
      let store = try world.store()
      rows = try store.jobs()
      for job in unknown where row(job) == nil {
        guard let occurrence = schedule.before(job, at: world.now()) else { continue }
        try store.save(.before(occurrence, at: world.now()))
      }
      rows = try store.jobs()
    } catch {
      // The same trouble is said once.
      if "\(error)" != lastTrouble { notice("\(error)") }
      lastTrouble = "\(error)"
    }
  }

  private func isDue(_ job: ScheduledJob) -> Bool {
    if rows.isEmpty { readRows() }
    return schedule.due(job, at: world.now(), row(job)) != nil
  }

  private func row(_ job: ScheduledJob) -> JobRow? {
    withoutStore[job] ?? rows.first { $0.job == job.rawValue }
  }

  private func readRows() {
    do {
      rows = try world.store().jobs()
    } catch {
      // The attempt itself will say so.
      rows = []
    }
  }

  private func waitMilliseconds() -> Int {
    let rows = ScheduledJob.allCases.compactMap { row($0) }
    guard let next = schedule.next(at: world.now(), rows) else { return Limit.pollMilliseconds }
    return min(Limit.pollMilliseconds, max(1, Int((next - world.now()) / 1000) + 1))
  }

  private func nextText() -> String {
    readRows()
    return schedule.next(at: world.now(), rows).map(schedule.calendar.clockText) ?? "never"
  }

  // MARK: - One attempt

  private func attempt(_ job: ScheduledJob) async -> Outcome {
    let lock: RunLock
    do {
      lock = try world.lock(job.rawValue)
      busySince = nil
    } catch {
      guard (error as? StoreError)?.isHeld == true else { return await failWithoutStore(job, "\(error)") }
      let since = busySince ?? world.now()
      busySince = since
      guard world.now() - since >= Limit.busyMinutesMax * 60_000_000 else {
        world.log(.init("waiting", [("job", job.rawValue), ("why", "\(error)")]))
        return .busy
      }
      busySince = nil
      return await failWithoutStore(job, "\(error)")
    }
    defer { withExtendedLifetime(lock) {} }
    do {
      let store = try world.store()
      rows = try store.jobs()
      withoutStore[job] = nil
      // Another may have done it since.
      guard let due = schedule.due(job, at: world.now(), row(job)) else { return .nothing }
      let begun = JobRow.begun(due, row(job), at: world.now())
      try store.save(begun)
      world.log(event("begun", begun))
      let outcome = await perform(due)
      let ended = begun.ended(outcome, at: world.now())
      try store.save(ended)
      rows = try store.jobs()
      world.log(event(ended.state.rawValue, ended))
      guard case .failed(let problem) = outcome else { return outcome == .stopped ? .nothing : .done }
      if ended.attempts == 1 || ended.state == .givenUp { try await tell(ended, problem, store) }
      return .failed
    } catch {
      return await failWithoutStore(job, "\(error)")
    }
  }

  private func perform(_ due: Schedule.Occurrence) async -> JobOutcome {
    do {
      let run = try world.run()
      guard due.job != .ingest else {
        let summary = try run.ingest { _ in }
        return .done("\(summary.lines) new lines, \(summary.rejected) rejected")
      }
      let period = try schedule.calendar.period(due.label)
      switch try await run.run(period, formats: Set(ReportFormat.allCases), progress: { _ in }) {
      case .closed(_, let status, let posts):
        guard status.problems.isEmpty else { return .failed(status.problems.joined(separator: "; ")) }
        return Self.outcome(posts, "closed before; its files are as they were")
      case .made(let made):
        return Self.outcome(
          made.posts, made.books.isComplete ? "reports made" : "reports made, with something to look at")
      }
    } catch is CancellationError {
      return .stopped
    } catch {
      return .failed("\(error)")
    }
  }

  /// A post that failed makes the attempt a failed one, so that it is tried again; one of which nobody knows whether it
  /// arrived is told, and not repeated.
  private static func outcome(_ posts: [(target: String, result: PostResult)], _ words: String) -> JobOutcome
  {
    var notes = [words]
    var failures: [String] = []
    for (target, result) in posts {
      switch result {
      case .sent: notes.append("posted to \(target)")
      case .alreadySent: notes.append("\(target) had it")
      case .unknown(let detail): notes.append("\(target): nobody knows whether it arrived (\(detail))")
      case .failed(let detail): failures.append("not posted to \(target): \(detail)")
      }
    }
    return failures.isEmpty ? .done(notes.joined(separator: "; ")) : .failed(failures.joined(separator: "; "))
  }

  // MARK: - Telling of failures

  private func event(_ name: String, _ row: JobRow) -> ScheduleEvent {
    var facts = [
      ("job", row.job), ("occurrence", row.occurrence), ("attempt", "\(row.attempts)"),
    ]
    if row.state != .running { facts.append(("detail", row.detail)) }
    return .init(name, facts)
  }

  private func message(_ row: JobRow, _ problem: String) -> ChatMessage {
    let language = world.language
    let label = row.occurrence
    let what =
      switch ScheduledJob(rawValue: row.job) {
      case .month?: language("the month-end run of \(label)", "\(label)の月次処理")
      case .week?: language("the weekly run of \(label)", "\(label)の週次処理")
      case .ingest?, nil: language("the ingest of \(label)", "\(label)の取り込み")
      }
    let again = schedule.calendar.clockText(schedule.retryTime(row))
    let command =
      row.job == ScheduledJob.ingest.rawValue ? "tollbook ingest" : "tollbook run --period \(label)"
    let next =
      row.state == .givenUp
      ? language(
        "It is not tried again by itself. Mend the cause, then run: \(command)",
        "自動では再試行しません。原因を取り除き、次を実行してください: \(command)")
      : language(
        "It is tried again at \(again) (\(schedule.calendar.zone)).",
        "\(again)（\(schedule.calendar.zone)）に再試行します。")
    return ChatMessage.failure(
      what, period: label, problem: String(problem.prefix(Limit.detailCharactersMax)), next: next,
      language: language)
  }

  /// Once for the first failure of an occurrence, and once where it is given up.
  private func tell(_ row: JobRow, _ problem: String, _ store: Store) async throws {
    let message = message(row, problem)
    let key = "\(row.job) \(row.occurrence) \(row.state == .givenUp ? "given up" : "failed")"
    for target in world.posts where target.kinds.contains(.failure) {
      let posting = Posting(store: store, now: world.now, notice: notice, wait: world.wait)
      let result = try await posting.post(
        target.service.payload(message), period: key, to: target, again: false)
      note(result, target)
    }
  }

  /// Where the store itself is out of reach, nothing can be noted there: this process remembers, as long as it lives.
  private func failWithoutStore(_ job: ScheduledJob, _ problem: String) async -> Outcome {
    guard let due = schedule.due(job, at: world.now(), row(job)) else { return .nothing }
    let row = JobRow.begun(due, row(job), at: world.now()).ended(.failed(problem), at: world.now())
    withoutStore[job] = row
    world.log(event(row.state.rawValue, row))
    let key = "\(row.job) \(row.occurrence) \(row.state.rawValue)"
    guard row.attempts == 1 || row.state == .givenUp, toldWithoutStore.insert(key).inserted else {
      return .failed
    }
    let sending = ChatSending(now: world.now, notice: notice, wait: world.wait)
    for target in world.posts where target.kinds.contains(.failure) {
      let payload = target.service.payload(message(row, problem))
      note(await sending.send(payload, identity: key, to: target), target)
    }
    return .failed
  }

  private func note(_ result: PostResult, _ target: PostTarget) {
    switch result {
    case .sent, .alreadySent: break
    case .unknown(let detail), .failed(let detail): notice("\(target.name) was not told: \(detail)")
    }
  }

  private func notice(_ text: String) { world.log(.init("notice", [("text", text)])) }
}
