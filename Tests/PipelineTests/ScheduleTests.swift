import Foundation
import Ledger
import Pipeline
import Store
import TestKit
import Testing

@Suite("The schedule")
struct ScheduleTests {
  static let zones = [
    "Asia/Tokyo", "America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Santiago", "UTC",
  ]

  private static func time(_ text: String) -> Int64 {
    guard let time = Timestamp.parse(text.utf8) else { preconditionFailure(text) }
    return time
  }

  private func schedule(_ zone: String, _ times: ScheduleTimes = .usual) throws -> Schedule {
    Schedule(times, try BookCalendar(zone: zone))
  }

  @Test(
    "a time that clocks skip is as much later as they went forward; one that comes twice is the first",
    arguments: [
      ("America/New_York", "2026-03-08", 2 * 3600 + 1800, "2026-03-08T07:30:00Z"),
      ("America/New_York", "2026-11-01", 1 * 3600 + 1800, "2026-11-01T05:30:00Z"),
      ("Europe/London", "2026-03-29", 1 * 3600 + 1800, "2026-03-29T01:30:00Z"),
      ("Europe/London", "2026-10-25", 1 * 3600 + 1800, "2026-10-25T00:30:00Z"),
      ("Australia/Lord_Howe", "2026-10-04", 2 * 3600 + 900, "2026-10-03T15:45:00Z"),
      ("Asia/Tokyo", "2026-11-01", 6 * 3600, "2026-10-31T21:00:00Z"),
    ])
  func skippedAndRepeated(zone: String, day: String, seconds: Int, instant: String) throws {
    let number = Self.time(day + "T00:00:00Z") / 86_400_000_000
    #expect(try BookCalendar(zone: zone).instant(day: number, seconds: Int64(seconds)) == Self.time(instant))
  }

  @Test("a year without faults has each day, month and week once, at the clock's time", arguments: zones)
  func quietYear(zone: String) throws {
    let schedule = try schedule(zone)
    var clock = Calendar(identifier: .gregorian)
    clock.timeZone = try #require(TimeZone(identifier: zone))
    for (job, count) in [(ScheduledJob.ingest, 365), (.month, 12), (.week, 52)] {
      var now = Self.time("2026-01-01T12:00:00Z")
      let end = Self.time("2027-01-01T12:00:00Z")
      var labels: [String] = []
      while let next = schedule.next(job, at: now), next.at <= end {
        #expect(schedule.last(job, at: next.at) == next && schedule.last(job, at: next.at - 1) != next)
        labels.append(next.label)
        let shown = clock.dateComponents([.hour, .minute, .weekday, .day], from: Self.date(next.at))
        switch job {
        // At 02:00 clocks go forward in some of these zones.
        case .ingest: #expect(shown.hour == 2 || shown.hour == 3)
        case .month: #expect(shown.hour == 6 && shown.minute == 0 && shown.day == 1)
        case .week: #expect(shown.hour == 9 && shown.minute == 0 && shown.weekday == 2)
        }
        now = next.at
      }
      #expect(labels.count == count && Set(labels).count == count && labels == labels.sorted())
    }
  }

  private static func date(_ time: Int64) -> Date { Date(timeIntervalSince1970: Double(time) / 1_000_000) }

  /// One attempt as the simulation saw it.
  private struct Attempt {
    var due: Schedule.Occurrence
    var at: Int64
    var state: JobRow.State
    var start: Int
  }

  @Test(
    "whatever is killed, stopped, failed or switched off: nothing is early, nothing is done twice, no month is left out",
    arguments: zones, 1...20 as ClosedRange<UInt64>)
  func anyYear(zone: String, seed: UInt64) throws {
    let schedule = try schedule(
      zone,
      ScheduleTimes(
        ingest: Int64(seed % 24) * 3600 + 1800, month: .init(day: Int64(seed % 28) + 1, seconds: 7200),
        week: .init(weekday: Int64(seed % 7), seconds: 5400)))
    let attempts = simulate(schedule, SeededRandom(seed: seed))
    for job in ScheduledJob.allCases {
      let mine = attempts.filter { $0.due.job == job }
      #expect(mine.allSatisfy { $0.due.at <= $0.at }, "early")
      let over = mine.filter { $0.state == .done || $0.state == .givenUp }.map(\.due.label)
      #expect(Set(over).count == over.count, "twice")
      #expect(over == over.sorted(), "out of order")
      for label in Set(mine.map(\.due.label)) {
        let ofLabel = mine.filter { $0.due.label == label }
        if let end = ofLabel.firstIndex(where: { $0.state == .done || $0.state == .givenUp }) {
          #expect(end == ofLabel.count - 1, "again after its end")
        }
        #expect(Int64(ofLabel.count { $0.state != .stopped }) <= ScheduleLimit.attemptsMax)
      }
      // What was missed while it was off is made up for once a start, except months, which each have their books.
      if job != .month {
        for (start, list) in Dictionary(grouping: mine, by: \.start) {
          let atOnce = Set(list.filter { $0.at == list[0].at }.map(\.due.label))
          #expect(atOnce.count == 1, "start \(start)")
        }
      }
    }
    // Attempts that were all cut end with the fifth, like those that failed.
    let months = Set(attempts.filter { $0.due.job == .month }.map(\.due.label)).sorted()
    var expected = try #require(months.first)
    for month in months {
      #expect(month == expected)
      expected = try #require(try schedule.calendar.next(after: expected))
    }
    // Wherever the year ends, what was due some days before the last day it ran was begun.
    let ran = try #require(attempts.last { $0.due.job == .ingest && $0.state == .done }?.at)
    let due = try #require(schedule.last(.month, at: ran - 3 * 86_400_000_000))
    #expect(try #require(months.last) >= due.label)
  }

  private func simulate(_ schedule: Schedule, _ seeded: SeededRandom) -> [Attempt] {
    var random = seeded
    var now = Self.time("2026-01-10T00:00:00Z")
    let end = now + 400 * 86_400_000_000
    var rows: [ScheduledJob: JobRow] = [:]
    var attempts: [Attempt] = []
    var start = 0
    while now < end {
      start += 1
      var isUp = true
      for job in ScheduledJob.allCases where rows[job] == nil {
        guard let before = schedule.before(job, at: now) else { continue }
        rows[job] = JobRow.begun(before, nil, at: now).ended(.done(""), at: now)
      }
      let upUntil = now + Int64.random(in: 1...40 * 86_400, using: &random) * 1_000_000
      while isUp, now < min(end, upUntil) {
        for job in ScheduledJob.allCases {
          while isUp, let due = schedule.due(job, at: now, rows[job]) {
            var row = JobRow.begun(due, rows[job], at: now)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: isUp = false  // killed
            case 1:
              row = row.ended(.stopped, at: now)
              isUp = false
            case 2, 3: row = row.ended(.failed("x"), at: now)
            default: row = row.ended(.done(""), at: now)
            }
            rows[job] = row
            attempts.append(Attempt(due: due, at: now, state: row.state, start: start))
          }
        }
        guard isUp, let next = schedule.next(at: now, Array(rows.values)) else { break }
        #expect(next > now)
        now = next
      }
      // Off for minutes, or for weeks.
      let secondsMax: Int64 = [600, 86_400, 70 * 86_400].randomElement(using: &random) ?? 600
      now += Int64.random(in: 1...secondsMax, using: &random) * 1_000_000
    }
    return attempts
  }

  @Test("what was due before the first start is none of its business, unless it was in the last day")
  func first()
    throws
  {
    let schedule = try schedule("Asia/Tokyo")
    #expect(schedule.due(.month, at: Self.time("2026-11-01T20:00:00Z"), nil)?.label == "2026-10")
    #expect(schedule.due(.month, at: Self.time("2026-11-01T21:00:01Z"), nil) == nil)
    #expect(schedule.before(.month, at: Self.time("2026-11-01T21:00:01Z"))?.label == "2026-10")
  }

  @Test("of a year that was missed, the last twelve months are made, the oldest first") func missed() throws {
    let schedule = try schedule("UTC")
    var row = JobRow.begun(
      try #require(schedule.last(.month, at: Self.time("2024-03-01T06:00:00Z"))), nil, at: 0
    ).ended(.done(""), at: 0)
    let now = Self.time("2026-11-05T00:00:00Z")
    var made: [String] = []
    while let due = schedule.due(.month, at: now, row) {
      made.append(due.label)
      row = JobRow.begun(due, row, at: now).ended(.done(""), at: now)
    }
    #expect(made.first == "2025-11" && made.last == "2026-10" && made.count == 12)
  }

  @Test("nothing is scheduled that is off") func off() throws {
    let schedule = try schedule("UTC", ScheduleTimes(ingest: nil, month: nil, week: nil))
    #expect(schedule.next(at: 0, []) == nil)
    #expect(ScheduledJob.allCases.allSatisfy { schedule.due($0, at: 1_000_000_000_000_000, nil) == nil })
  }
}
