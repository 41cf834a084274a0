import Foundation
import Ledger
import TestKit
import Testing

/// RFC 3339 texts and microseconds since 1970. `date -u -d … +%s` gave the seconds.
@Suite struct TimestampTests {
  @Test(
    "a timestamp is the number of microseconds since 1970",
    arguments: [
      ("1970-01-01T00:00:00Z", 0),
      ("2026-10-01T00:00:00.123456Z", 1_790_812_800_123_456),
      ("2026-10-01t00:00:00.123456z", 1_790_812_800_123_456),
      ("2026-10-01T00:00:00+09:00", 1_790_780_400_000_000),
      ("2026-09-30T19:00:00-05:00", 1_790_812_800_000_000),
      ("2000-02-29T12:00:00Z", 951_825_600_000_000),
      ("2024-02-29T23:59:59.999999Z", 1_709_251_199_999_999),
      ("1969-12-31T23:59:59.999999Z", -1),
      ("1900-03-01T00:00:00Z", -2_203_891_200_000_000),
      ("2026-10-01T00:00:00.5Z", 1_790_812_800_500_000),
      ("2026-10-01T00:00:00.1234569Z", 1_790_812_800_123_456),
    ] as [(String, Int64)])
  func reads(text: String, microseconds: Int64) {
    #expect(Timestamp.parse(text.utf8) == microseconds)
  }

  @Test(
    "what is no timestamp, or names a day that does not exist, is refused",
    arguments: [
      "", "yesterday", "2026-10-01", "2026-10-01T00:00:00", "2026-10-01T00:00Z", "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z", "2026-10-00T00:00:00Z", "2026-10-32T00:00:00Z", "2026-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-10-01T24:00:00Z",
      "2026-10-01T00:60:00Z", "2026-10-01T00:00:61Z", "2026-10-01T00:00:00.Z", "2026-10-01T00:00:00Zx",
      " 2026-10-01T00:00:00Z", "2026-10-01T00:00:00+0900", "2026-10-01T00:00:00+24:00",
      "2026-10-01T00:00:00+09:60",
      "26-10-01T00:00:00Z", "2026-1-1T00:00:00Z", "-026-10-01T00:00:00Z", "２０２６-10-01T00:00:00Z",
      "2026-10-01T00:00:00,5Z", "1790812800",
    ])
  func refuses(text: String) {
    #expect(Timestamp.parse(text.utf8) == nil)
  }

  @Test("a timestamp's text always has six digits of fraction, and reads back as itself")
  func roundTrip() {
    var random = SeededRandom(seed: 0x71E)
    // From year 0 to year 9999.
    for _ in 0..<20_000 {
      let time = Int64.random(in: -62_167_219_200_000_000...253_402_300_799_999_999, using: &random)
      let text = Timestamp.text(time)
      #expect(text.utf8.count == "2026-10-01T00:00:00.123456Z".utf8.count)
      #expect(Timestamp.parse(text.utf8) == time, "\(text)")
    }
    #expect(Timestamp.text(-1) == "1969-12-31T23:59:59.999999Z")
    #expect(Timestamp.text(1_790_812_800_000_000) == "2026-10-01T00:00:00.000000Z")
  }

  @Test("days are those of Foundation's calendar, leap days of every century included")
  func sameAsFoundation() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
    // Foundation changes to the Julian calendar before 1582-10-15, RFC 3339 does not.
    let first = Timestamp.days(year: 1600, month: 1, day: 1)
    let last = Timestamp.days(year: 2400, month: 12, day: 31)
    for day in stride(from: first, through: last, by: 13) {
      let (year, month, dayOfMonth) = Timestamp.date(days: day)
      #expect(Timestamp.days(year: year, month: month, day: dayOfMonth) == day)
      let parts = calendar.dateComponents(
        [.year, .month, .day], from: Date(timeIntervalSince1970: TimeInterval(day * 86_400)))
      #expect([parts.year, parts.month, parts.day] == [Int(year), Int(month), Int(dayOfMonth)])
    }
    for (year, exists) in [
      (1600, true), (1700, false), (1900, false), (2000, true), (2028, true), (2100, false),
    ] {
      #expect((Timestamp.parse("\(year)-02-29T00:00:00Z".utf8) != nil) == exists, "\(year)")
    }
  }
}
