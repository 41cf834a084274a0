import Foundation
import Ledger
import Pipeline
import TestKit
import Testing

/// Periods in the books' time zone. The instants come from Python's zoneinfo.
@Suite struct BookCalendarTests {
  private func instant(_ text: String) throws -> Int64 { try #require(Timestamp.parse(text.utf8)) }

  @Test(
    "a period is cut in its zone",
    arguments: [
      ("Asia/Tokyo", "2026-10", "2026-09-30T15:00:00Z", "2026-10-31T15:00:00Z", 31),
      ("UTC", "2026-10", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", 31),
      ("UTC", "2024-02", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", 29),
      ("UTC", "2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z", 31),
      ("Asia/Tokyo", "2026-10-05", "2026-10-04T15:00:00Z", "2026-10-05T15:00:00Z", 1),
      ("Asia/Kathmandu", "2026-10-01", "2026-09-30T18:15:00Z", "2026-10-01T18:15:00Z", 1),
      // Weeks are ISO 8601's: 2026-01-01 is a Thursday, so 2026 has a week 53.
      ("UTC", "2026-W41", "2026-10-05T00:00:00Z", "2026-10-12T00:00:00Z", 7),
      ("UTC", "2026-W01", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z", 7),
      ("UTC", "2026-W53", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z", 7),
      ("UTC", "2027-W01", "2027-01-04T00:00:00Z", "2027-01-11T00:00:00Z", 7),
      ("Asia/Tokyo", "FY2026", "2026-03-31T15:00:00Z", "2027-03-31T15:00:00Z", 365),
      ("UTC", "FY2027", "2027-04-01T00:00:00Z", "2028-04-01T00:00:00Z", 366),
      ("Asia/Tokyo", "2026-10-01..2026-10-15", "2026-09-30T15:00:00Z", "2026-10-15T15:00:00Z", 15),
      ("UTC", "2026-10..2026-12", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z", 92),
      ("UTC", "2026-W41..2026-10-31", "2026-10-05T00:00:00Z", "2026-11-01T00:00:00Z", 27),
      ("UTC", "2026-10-05..2026-10-05", "2026-10-05T00:00:00Z", "2026-10-06T00:00:00Z", 1),
      // Where clocks go forward at midnight, the day begins at one o'clock and has 23 hours.
      ("America/Sao_Paulo", "2018-11-03", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", 1),
      ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z", 1),
      ("Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00Z", "2022-03-27T21:00:00Z", 1),
      // Where they go back at midnight, the day before has 25.
      ("Asia/Beirut", "2022-10-29", "2022-10-28T21:00:00Z", "2022-10-29T22:00:00Z", 1),
      ("Europe/London", "2026-03-29", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z", 1),
      ("Europe/London", "2026-10-25", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z", 1),
      // Midnight comes twice: the first begins the day.
      ("America/Havana", "2024-11-03", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z", 1),
      ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z", 1),
    ] as [(String, String, String, String, Int)])
  func periods(zone: String, text: String, begin: String, end: String, days: Int) throws {
    let period = try BookCalendar(zone: zone).period(text)
    #expect(try period.begin == instant(begin), "begins \(Timestamp.text(period.begin))")
    #expect(try period.end == instant(end), "ends \(Timestamp.text(period.end))")
    #expect(period.days.count == days)
    #expect(period.label == text)
    #expect(period.zone == zone)
  }

  @Test(
    "what is no period is refused, and the error says what is",
    arguments: [
      "", "2026", "2026-13", "2026-00", "2026-1", "26-10", "2026-10-32", "2026-02-29", "2026-10-5",
      "2026-W54", "2026-W00",
      "2026-W1", "2025-W53", "FY26", "FY", "fy2026", "October", "2026/10", "2026-10..", "..2026-10", "..",
      "2026-10-05T00:00:00Z", " 2026-10", "2026-10 ", "2026-10..2026-09", "2026-10-05..2026-10-04", "A..B",
      "２０２６-10",
      "2026-10..2026-11..2026-12", "2026-10-05-06", "-2026-10", "2026-w41", "2026-10-01...2026-10-02",
    ])
  func refused(text: String) throws {
    let calendar = try BookCalendar(zone: "Asia/Tokyo")
    let error = #expect(throws: UsageError.self) { try calendar.period(text) }
    #expect(error?.problem.isEmpty == false)
  }

  @Test(
    "a zone is one of the IANA database, or UTC: abbreviations have two meanings",
    arguments: [
      "", "JST", "EST", "PST", "Tokyo", "GMT+9", "+09:00", "Asia/Tokio", "UTC+9", "Asia/Tokyo ", "/",
      "../../etc/passwd",
    ])
  func zones(zone: String) {
    let error = #expect(throws: UsageError.self) { try BookCalendar(zone: zone) }
    #expect(error?.problem.contains("Asia/Tokyo") == true)
  }

  @Test("the last finished month is over: at its last instant it is not finished yet")
  func lastFinishedMonth() throws {
    let tokyo = try BookCalendar(zone: "Asia/Tokyo")
    for (now, label) in [
      ("2026-10-31T14:59:59.999999Z", "2026-09"), ("2026-10-31T15:00:00Z", "2026-10"),
      ("2026-12-31T14:59:59Z", "2026-11"), ("2026-12-31T15:00:00Z", "2026-12"),
      ("2027-01-20T00:00:00Z", "2026-12"),
    ] {
      let month = tokyo.lastFinishedMonth(now: try instant(now))
      #expect(month.label == label, "\(now)")
      #expect(month == (try tokyo.period(label)))
    }
  }

  @Test(
    "days follow each other without a gap, and begin where Foundation's calendar says",
    arguments: [
      "Asia/Tokyo", "America/Sao_Paulo", "Asia/Beirut", "Europe/London", "America/Havana", "Africa/Cairo",
      "Asia/Kathmandu",
      "America/New_York", "Australia/Lord_Howe", "America/Asuncion", "UTC",
    ])
  func daysOfAllYears(zone: String) throws {
    let books = try BookCalendar(zone: zone)
    var foundation = Calendar(identifier: .gregorian)
    foundation.timeZone = try #require(TimeZone(identifier: zone))
    let year = try books.period("2016-01-01..2027-12-31")
    #expect(year.days.first?.begin == year.begin)
    var off: [String] = []
    for (index, day) in year.days.enumerated() {
      let end = index + 1 < year.days.count ? year.days[index + 1].begin : year.end
      #expect((22...26).contains((end - day.begin) / 3_600_000_000), "\(day.label)")
      let noon = Date(timeIntervalSince1970: TimeInterval(day.begin / 1_000_000 + 12 * 3600))
      let start = Int64(foundation.startOfDay(for: noon).timeIntervalSince1970) * 1_000_000
      if start != day.begin {
        off.append("\(day.label) \(Timestamp.text(day.begin)) \(Timestamp.text(start))")
      }
      // Both ends of the day are the day's.
      #expect(books.day(of: day.begin) == books.day(of: end - 1), "\(day.label)")
      #expect(books.begin(day: books.day(of: day.begin)) == day.begin)
      #expect(books.begin(dayText: day.label) == day.begin)
    }
    #expect(off == [])
  }

  @Test(
    "what is no day has no first instant",
    arguments: ["2026-02-29", "2026-10", "10-01", "", "tomorrow", "2026-10-01T00:00:00Z"])
  func noDay(text: String) throws {
    #expect(try BookCalendar(zone: "UTC").begin(dayText: text) == nil)
  }

  @Test("to date are the days that have ended in the books' zone")
  func toDate() throws {
    let calendar = try BookCalendar(zone: "Asia/Tokyo")
    // The 16th has begun in Tokyo, and it is still the 15th in UTC.
    let now = try #require(Timestamp.parse("2026-10-15T15:00:00Z".utf8))
    #expect(calendar.month(of: now).label == "2026-10")
    let ended = try calendar.endedDays(of: calendar.month(of: now), now: now)
    #expect(ended.label == "2026-10-01..2026-10-15" && ended.end == now)
    let first = try #require(Timestamp.parse("2026-10-02T00:00:00+09:00".utf8))
    #expect(try calendar.endedDays(of: calendar.month(of: first), now: first).label == "2026-10-01")
    let september = try calendar.period("2026-09")
    #expect(try calendar.endedDays(of: september, now: now) == september)
    #expect(throws: UsageError.self) { try calendar.endedDays(of: calendar.period("2026-11"), now: now) }
    #expect(
      try calendar.endedDays(of: calendar.period("FY2026"), now: now).days.count == 30 + 31 + 30 + 31 + 31
        + 30 + 15)
  }
}
