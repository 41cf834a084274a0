/// What is known of a scheduled job: its last occurrence, and what became of it.
public struct JobRow: Hashable, Sendable {
  public enum State: String, Sendable {
    /// Begun, and not ended: found under the run's lock, it means that the run was cut.
    case running
    /// The program was told to stop, and stopped at a safe place.
    case stopped
    case failed
    case done
    /// Failed as often as is tried.
    case givenUp = "given_up"
  }

  public var job: String
  /// Which one, by what it is of: a day, a month, a week. Later ones come behind in the order of text.
  public var occurrence: String
  /// Times are microseconds since 1970-01-01T00:00:00Z.
  public var due: Int64
  public var state: State
  public var attempts: Int64
  public var started: Int64
  public var ended: Int64
  public var detail: String

  public init(
    job: String, occurrence: String, due: Int64, state: State, attempts: Int64, started: Int64, ended: Int64,
    detail: String
  ) {
    self.job = job
    self.occurrence = occurrence
    self.due = due
    self.state = state
    self.attempts = attempts
    self.started = started
    self.ended = ended
    self.detail = detail
  }
}

extension Store {
  public func jobs() throws(StoreError) -> [JobRow] {
    let select = try statement(
      "SELECT job, occurrence, due, state, attempts, started, ended, detail FROM jobs ORDER BY job")
    var result: [JobRow] = []
    while try select.next() {
      guard let state = JobRow.State(rawValue: select.text(3) ?? "") else {
        throw StoreError("a job's state is unknown: the store is damaged")
      }
      result.append(
        JobRow(
          job: select.text(0) ?? "", occurrence: select.text(1) ?? "", due: select.integer(2), state: state,
          attempts: select.integer(4), started: select.integer(5), ended: select.integer(6),
          detail: select.text(7) ?? ""))
    }
    return result
  }

  public func save(_ job: JobRow) throws(StoreError) {
    try statement(
      """
      INSERT INTO jobs VALUES(?,?,?,?,?,?,?,?) ON CONFLICT(job) DO UPDATE SET
        occurrence = excluded.occurrence, due = excluded.due, state = excluded.state,
        attempts = excluded.attempts, started = excluded.started, ended = excluded.ended,
        detail = excluded.detail
      """
    ).bind(job.job).bind(job.occurrence).bind(job.due).bind(job.state.rawValue).bind(job.attempts)
      .bind(job.started).bind(job.ended).bind(job.detail).run()
  }
}
