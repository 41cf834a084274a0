internal import Ledger
public import Store

/// What is done by itself.
public enum ScheduledJob: String, CaseIterable, Sendable {
  /// Reads what is new, every day.
  case ingest
  /// The whole way of the month that ended, with its post.
  case month
  /// The same of the week that ended.
  case week
}

/// When, in the books' zone. Nil: never.
public struct ScheduleTimes: Hashable, Sendable {
  /// Seconds since midnight.
  public var ingest: Int64?
  public var month: Month?
  public var week: Week?

  public struct Month: Hashable, Sendable {
    /// 1 to 28, which each month has.
    public var day: Int64
    public var seconds: Int64
    public init(day: Int64, seconds: Int64) {
      self.day = day
      self.seconds = seconds
    }
  }

  public struct Week: Hashable, Sendable {
    /// 0 is Monday.
    public var weekday: Int64
    public var seconds: Int64
    public init(weekday: Int64, seconds: Int64) {
      self.weekday = weekday
      self.seconds = seconds
    }
  }

  public init(ingest: Int64?, month: Month?, week: Week?) {
    self.ingest = ingest
    self.month = month
    self.week = week
  }

  /// Ingest at 02:00, the month at 06:00 on the 1st, the week on Monday at 09:00.
  public static let usual = ScheduleTimes(
    ingest: 2 * 3600, month: Month(day: 1, seconds: 6 * 3600), week: Week(weekday: 0, seconds: 9 * 3600))
}

public enum ScheduleLimit {
  /// A run that fails five times needs a person.
  public static let attemptsMax: Int64 = 5
  /// From one attempt to the next; the last one holds for all that follow.
  static let retryMinutes: [Int64] = [1, 5, 15, 60]
  /// What was due longer ago than this before the schedule first ran is none of its business.
  static let firstHours: Int64 = 24
  /// Months that were missed are made up for, each with its books; older ones are a decision of a person.
  static let missedMonthsMax = 12
}

/// When what is due: a pure function of the time and of what was done.
public struct Schedule: Sendable {
  public let times: ScheduleTimes
  public let calendar: BookCalendar

  public init(_ times: ScheduleTimes, _ calendar: BookCalendar) {
    self.times = times
    self.calendar = calendar
  }

  /// One time that a job is to be done.
  public struct Occurrence: Hashable, Sendable {
    public var job: ScheduledJob
    /// What it is of: `2026-11-01`, `2026-10`, `2026-W44`. For month and week, the period.
    public var label: String
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var at: Int64
  }

  /// What is to be done now of a job; nil for nothing.
  ///
  /// What was missed is made up for once: a day's ingest reads everything, and of weeks only the last is news; each
  /// month has its own books, so each one is made.
  public func due(_ job: ScheduledJob, at now: Int64, _ row: JobRow?) -> Occurrence? {
    guard let last = last(job, at: now) else { return nil }
    guard let row else { return isBeforeFirst(last, at: now) ? nil : last }
    if !row.isOver, job == .month || row.occurrence == last.label {
      return now >= retryTime(row) ? Occurrence(job: job, label: row.occurrence, at: row.due) : nil
    }
    guard last.label > row.occurrence else { return nil }
    guard job == .month else { return last }
    let missed = (0..<Int64(ScheduleLimit.missedMonthsMax)).compactMap { back in
      index(job, at: last.at).flatMap { occurrence(job, $0 - back) }
    }
    return missed.last { $0.label > row.occurrence } ?? last
  }

  /// Where nothing was noted of a job yet: what it is noted to have done, so that what comes after counts. Nil where
  /// its last occurrence is recent enough to be due.
  public func before(_ job: ScheduledJob, at now: Int64) -> Occurrence? {
    last(job, at: now).flatMap { isBeforeFirst($0, at: now) ? $0 : nil }
  }

  private func isBeforeFirst(_ last: Occurrence, at now: Int64) -> Bool {
    now - last.at > ScheduleLimit.firstHours * 3_600_000_000
  }

  /// The first time behind `now` at which something may be due; nil where nothing is scheduled.
  public func next(at now: Int64, _ rows: [JobRow]) -> Int64? {
    ScheduledJob.allCases.compactMap { job -> Int64? in
      let row = rows.first { $0.job == job.rawValue }
      let retry = row.flatMap { $0.isOver ? nil : retryTime($0) }
      return [next(job, at: now)?.at, retry].compactMap(\.self).filter { $0 > now }.min()
    }.min()
  }

  /// The last occurrence that is not in the future.
  public func last(_ job: ScheduledJob, at now: Int64) -> Occurrence? {
    index(job, at: now).flatMap { index in
      (-2...2).compactMap { occurrence(job, index + $0) }.last { $0.at <= now }
    }
  }

  /// The first one that is.
  public func next(_ job: ScheduledJob, at now: Int64) -> Occurrence? {
    index(job, at: now).flatMap { index in
      (-2...2).compactMap { occurrence(job, index + $0) }.first { $0.at > now }
    }
  }

  /// When a job that was begun and is not over is tried again: what was cut or stopped at once.
  public func retryTime(_ row: JobRow) -> Int64 {
    guard row.state == .failed else { return row.due }
    let waits = ScheduleLimit.retryMinutes
    return row.ended + waits[min(waits.count - 1, max(0, Int(row.attempts) - 1))] * 60_000_000
  }

  // MARK: -

  /// Days, months or weeks since some day, of the one that an instant falls in.
  private func index(_ job: ScheduledJob, at time: Int64) -> Int64? {
    let day = calendar.day(of: time)
    switch job {
    case .ingest: return times.ingest == nil ? nil : day
    case .month:
      let (year, month, _) = Timestamp.date(days: day)
      return times.month == nil ? nil : year * 12 + month - 1
    case .week: return times.week == nil ? nil : (day + 3) / 7
    }
  }

  private func occurrence(_ job: ScheduledJob, _ index: Int64) -> Occurrence? {
    switch job {
    case .ingest:
      guard let seconds = times.ingest else { return nil }
      return Occurrence(
        job: job, label: calendar.dayText(index), at: calendar.instant(day: index, seconds: seconds))
    case .month:
      guard let time = times.month else { return nil }
      let day = Timestamp.days(year: index / 12, month: index % 12 + 1, day: 1) + time.day - 1
      let before = index - 1
      return Occurrence(
        job: job, label: "\(before / 12)-" + calendar.twoDigits(before % 12 + 1),
        at: calendar.instant(day: day, seconds: time.seconds))
    case .week:
      guard let time = times.week else { return nil }
      // Day 0 is a Thursday.
      let monday = index * 7 - 3
      return Occurrence(
        job: job, label: calendar.weekText(monday: monday - 7),
        at: calendar.instant(day: monday + time.weekday, seconds: time.seconds))
    }
  }
}

/// What became of one attempt.
public enum JobOutcome: Hashable, Sendable {
  case done(String)
  case failed(String)
  case stopped
}

extension JobRow {
  /// Nothing more is done for this occurrence.
  public var isOver: Bool {
    state == .done || state == .givenUp
      || (attempts >= ScheduleLimit.attemptsMax && state != .stopped)
  }

  /// As it is noted before the first step.
  public static func begun(_ occurrence: Schedule.Occurrence, _ before: JobRow?, at now: Int64) -> JobRow {
    let same = before?.occurrence == occurrence.label
    let counted = before?.state == .stopped ? -1 : 0
    return JobRow(
      job: occurrence.job.rawValue, occurrence: occurrence.label, due: occurrence.at, state: .running,
      attempts: (same ? (before?.attempts ?? 0) + Int64(counted) : 0) + 1, started: now, ended: now,
      detail: "cut while it ran")
  }

  /// Of an occurrence before the first start.
  static func before(_ occurrence: Schedule.Occurrence, at now: Int64) -> JobRow {
    JobRow(
      job: occurrence.job.rawValue, occurrence: occurrence.label, due: occurrence.at, state: .done,
      attempts: 0, started: now, ended: now, detail: "before the schedule was first run")
  }

  public func ended(_ outcome: JobOutcome, at now: Int64) -> JobRow {
    var row = self
    row.ended = now
    switch outcome {
    case .done(let detail): (row.state, row.detail) = (.done, detail)
    case .stopped: (row.state, row.detail) = (.stopped, "the program was told to stop")
    case .failed(let detail):
      (row.state, row.detail) = (attempts >= ScheduleLimit.attemptsMax ? .givenUp : .failed, detail)
    }
    return row
  }
}
