internal import Foundation
public import Ledger

/// A setting or an argument that is not understood, and what would be.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
  public var problem: String
  public init(_ problem: String) { self.problem = problem }
  public var description: String { problem }
}

/// Cuts periods in the books' time zone.
public struct BookCalendar: Sendable {
  public let zone: String
  private let timeZone: TimeZone

  /// - Parameter zone: an IANA name such as `Asia/Tokyo`.
  public init(zone: String) throws(UsageError) {
    // Foundation takes abbreviations too, some with two meanings: only names of the IANA database, and UTC.
    guard let timeZone = TimeZone(identifier: zone), zone == "UTC" || zone.contains("/") else {
      throw UsageError(
        "\"\(zone)\" is no time zone of the IANA database; write one such as Asia/Tokyo, or UTC")
    }
    self.zone = zone
    self.timeZone = timeZone
  }

  /// The first instant of a day in the zone, microseconds since 1970-01-01T00:00:00Z.
  public func begin(day: Int64) -> Int64 { instant(day: day, seconds: 0) }

  /// The instant at which a clock in the zone shows so many seconds since midnight of a day.
  public func instant(day: Int64, seconds: Int64) -> Int64 {
    let local = day * 86_400 + seconds
    func offset(_ seconds: Int64) -> Int64 {
      Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds))))
    }
    let before = offset(local - 86_400)
    let after = offset(local + 86_400)
    // A time happens twice where clocks go back over it: the first one counts. It never happens where they go
    // forward over it: it is then as much later as they went forward, and a day begins at the change.
    let candidates = [local - before, local - after].sorted()
    return (candidates.first { $0 + offset($0) == local } ?? local - before) * 1_000_000
  }

  /// The day (since 1970-01-01) that an instant falls in.
  public func day(of time: Int64) -> Int64 {
    let seconds = (Double(time) / 1_000_000).rounded(.down)
    let local = Int64(seconds) + Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds)))
    return local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
  }

  /// What a clock in the zone shows: `2026-11-01 06:00`.
  public func clockText(_ time: Int64) -> String {
    let seconds = (Double(time) / 1_000_000).rounded(.down)
    let offset = Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds)))
    return String(Timestamp.text(time + offset * 1_000_000).prefix(16)).replacingOccurrences(
      of: "T", with: " ")
  }

  /// `2026-10-01` → its first instant; nil for what is no day.
  public func begin(dayText: String) -> Int64? { dayNumber(dayText).map(begin(day:)) }

  /// The day that an instant falls in: `2026-10-01`.
  public func dayText(of time: Int64) -> String { dayText(day(of: time)) }

  /// Reads `2026-10`, `2026-10-05`, `2026-W41`, `FY2026` (April to March) or `A..B`, both included.
  public func period(_ text: String) throws(UsageError) -> Period {
    if let dots = text.firstRange(of: "..") {
      let first = try span(String(text[..<dots.lowerBound]))
      let last = try span(String(text[dots.upperBound...]))
      guard first.lowerBound < last.upperBound else {
        throw UsageError("period \"\(text)\" ends before it begins")
      }
      return period(label: text, first.lowerBound..<last.upperBound)
    }
    return period(label: text, try span(text))
  }

  /// The period of the same kind that begins where this one ends: `2026-12` → `2027-01`. Nil for what is no month,
  /// week, day or fiscal year.
  public func next(after label: String) throws(UsageError) -> String? {
    if label.contains("..") { return nil }
    let end = try span(label).upperBound
    let (year, month, _) = Timestamp.date(days: end)
    if label.hasPrefix("FY") { return "FY\(year)" }
    if label.contains("W") { return weekText(monday: end) }
    if label.utf8.count == 7 { return "\(year)-" + twoDigits(month) }
    return dayText(end)
  }

  /// The period of the same kind that ends where this one begins: `2026-01` → `2025-12`. Nil for what is no month, week,
  /// day or fiscal year.
  public func previous(before label: String) throws(UsageError) -> String? {
    if label.contains("..") { return nil }
    let begin = try span(label).lowerBound
    let (year, month, _) = Timestamp.date(days: begin - 1)
    if label.hasPrefix("FY") { return "FY\(year - 1)" }
    if label.contains("W") { return weekText(monday: begin - 7) }
    if label.utf8.count == 7 { return "\(year)-" + twoDigits(month) }
    return dayText(begin - 1)
  }

  /// The same month a year before; nil for what is no month.
  public func yearBefore(_ label: String) throws(UsageError) -> String? {
    guard isMonth(label) else { return nil }
    let (year, month, _) = Timestamp.date(days: try span(label).lowerBound)
    return "\(year - 1)-" + twoDigits(month)
  }

  /// The fiscal year that a month lies in: its label, its months before that one, and the days behind it. Nil for what
  /// is no month.
  public func fiscalYear(of label: String) throws(UsageError) -> (
    label: String, monthsBefore: [String], daysBehind: Int
  )? {
    guard isMonth(label) else { return nil }
    let days = try span(label)
    let (year, month, _) = Timestamp.date(days: days.lowerBound)
    let first = month >= 4 ? year : year - 1
    let count = (month + 8) % 12
    let months = (0..<count).map { index in
      let number = 3 + index
      return "\(first + number / 12)-" + twoDigits(number % 12 + 1)
    }
    let end = Timestamp.days(year: first + 1, month: 4, day: 1)
    return ("FY\(first)", months, Int(end - days.upperBound))
  }

  public func isMonth(_ label: String) -> Bool { label.utf8.count == 7 && !label.contains("W") }

  /// From 0 for Monday.
  public func weekday(_ day: Period.Day) -> Int { Int(((self.day(of: day.begin) + 3) % 7 + 7) % 7) }

  /// ISO 8601: a week belongs to the year that its Thursday is in.
  func weekText(monday: Int64) -> String {
    let year = Timestamp.date(days: monday + 3).year
    let fourth = Timestamp.days(year: year, month: 1, day: 4)
    let first = fourth - (fourth + 3) % 7
    return "\(year)-W" + twoDigits((monday - first) / 7 + 1)
  }

  func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// The last month that has ended at `now`.
  public func lastFinishedMonth(now: Int64) -> Period {
    let (year, month, _) = Timestamp.date(days: day(of: now))
    let (lastYear, lastMonth) = month == 1 ? (year - 1, 12) : (year, month - 1)
    let label = "\(lastYear)-" + twoDigits(lastMonth)
    return period(label: label, monthDays(lastYear, lastMonth))
  }

  /// The month that `now` lies in.
  public func month(of now: Int64) -> Period {
    let (year, month, _) = Timestamp.date(days: day(of: now))
    return period(label: "\(year)-" + twoDigits(month), monthDays(year, month))
  }

  /// Of a period that runs the days that have ended, `2026-10-01..2026-10-15`; one that has ended is itself.
  /// - Throws: `UsageError` where not one day of it has ended.
  public func endedDays(of whole: Period, now: Int64) throws(UsageError) -> Period {
    guard now < whole.end else { return whole }
    let today = day(of: now)
    let ended = whole.days.filter { $0.begin < begin(day: today) }
    guard let first = ended.first, let last = ended.last else {
      throw UsageError("no day of \(whole.label) has ended yet")
    }
    return try period(first == last ? first.label : "\(first.label)..\(last.label)")
  }

  // MARK: -

  private func period(label: String, _ days: Range<Int64>) -> Period {
    Period(
      label: label, zone: zone, begin: begin(day: days.lowerBound), end: begin(day: days.upperBound),
      days: days.map { Period.Day(label: dayText($0), begin: begin(day: $0)) })
  }

  /// Days since 1970-01-01.
  private func span(_ text: String) throws(UsageError) -> Range<Int64> {
    let fault = UsageError(
      "period \"\(text)\" is not understood; write 2026-10, 2026-10-05, 2026-W41, FY2026 or A..B")
    if text.hasPrefix("FY") {
      guard let year = number(text.dropFirst(2), 4) else { throw fault }
      return Timestamp.days(year: year, month: 4, day: 1)..<Timestamp.days(year: year + 1, month: 4, day: 1)
    }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard let year = number(parts[0], 4) else { throw fault }
    if parts.count == 2, parts[1].hasPrefix("W") {
      guard let week = number(parts[1].dropFirst(), 2), (1...53).contains(week) else { throw fault }
      // ISO 8601: week 1 holds January 4th, weeks begin on Monday.
      let fourth = Timestamp.days(year: year, month: 1, day: 4)
      let monday = fourth - (fourth + 3) % 7 + (week - 1) * 7
      let nextFourth = Timestamp.days(year: year + 1, month: 1, day: 4)
      guard monday < nextFourth - (nextFourth + 3) % 7 else { throw fault }
      return monday..<monday + 7
    }
    if parts.count == 2 {
      guard let month = number(parts[1], 2), (1...12).contains(month) else { throw fault }
      return monthDays(year, month)
    }
    guard let day = dayNumber(text) else { throw fault }
    return day..<day + 1
  }

  private func monthDays(_ year: Int64, _ month: Int64) -> Range<Int64> {
    let next = month == 12 ? (year + 1, Int64(1)) : (year, month + 1)
    return Timestamp.days(
      year: year, month: month, day: 1)..<Timestamp.days(year: next.0, month: next.1, day: 1)
  }

  private func dayNumber(_ text: String) -> Int64? {
    Timestamp.parse((text + "T00:00:00Z").utf8).map { $0 / 86_400_000_000 }
  }

  func dayText(_ day: Int64) -> String {
    String(Timestamp.text(day * 86_400_000_000).prefix(10))
  }

  private func number(_ text: some StringProtocol, _ digits: Int) -> Int64? {
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int64(text)
  }
}
