internal import Ledger

/// On what else a price depends: facts of the request, and hours of the week.
///
/// Written as terms between semicolons: `inference_geo=us`, `region!=global`, `utc=16:30-24:00+00:00-00:30`,
/// `days=sat+sun`. All of them must hold. Hours are UTC, half-open, and do not go past midnight; days are
/// the UTC day of the instant.
public struct PriceCondition: Hashable, Sendable {
  struct Term: Hashable, Sendable {
    var name: String
    var isNot: Bool
    var value: String
    var text: String { name + (isNot ? "!=" : "=") + value }
  }

  struct Hours: Hashable, Sendable {
    var begin: Int
    var end: Int
    var text: String { "\(Self.clock(begin))-\(Self.clock(end))" }
    static func clock(_ minute: Int) -> String {
      let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
      return (hour < 10 ? "0" : "") + "\(hour):" + (rest < 10 ? "0" : "") + "\(rest)"
    }
  }

  private(set) var terms: [Term] = []
  /// Minutes of the day; empty: all of it.
  private(set) var hours: [Hours] = []
  /// Bit 0 is Monday; 0: every day.
  private(set) var days: UInt8 = 0

  public init() {}

  static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
  private static let microsecondsPerMinute: Int64 = 60_000_000
  private static let minutesPerDay: Int64 = 1440

  public var isEmpty: Bool { terms.isEmpty && !dependsOnTime }
  var dependsOnTime: Bool { !hours.isEmpty || days != 0 }
  /// How much it asks for: the more particular condition goes first.
  var weight: Int { terms.count + (hours.isEmpty ? 0 : 1) + (days == 0 ? 0 : 1) }

  /// - Throws: nothing; nil for a text that is not a condition.
  public init?(_ text: some StringProtocol) {
    guard !text.isEmpty else { return }
    for part in text.split(separator: ";", omittingEmptySubsequences: false) {
      guard let equals = part.firstIndex(of: "="), equals > part.startIndex else { return nil }
      let isNot = part[part.index(before: equals)] == "!"
      let name = String(part[..<(isNot ? part.index(before: equals) : equals)])
      let value = String(part[part.index(after: equals)...])
      guard !name.isEmpty, !value.isEmpty, name.utf8.allSatisfy(Self.isWordByte) else { return nil }
      switch (name, isNot) {
      case ("utc", false):
        guard hours.isEmpty, let found = Self.hours(value) else { return nil }
        hours = found
      case ("days", false):
        guard days == 0, let found = Self.days(value) else { return nil }
        days = found
      case ("utc", true), ("days", true): return nil
      default:
        guard !terms.contains(where: { $0.name == name && $0.isNot == isNot }) else { return nil }
        terms.append(Term(name: name, isNot: isNot, value: value))
      }
    }
    terms.sort { $0.text < $1.text }
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (97...122).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "_")
  }

  private static func hours(_ text: String) -> [Hours]? {
    var result: [Hours] = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false)
      guard ends.count == 2, let begin = minute(ends[0]), let end = minute(ends[1]), begin < end else {
        return nil
      }
      result.append(Hours(begin: begin, end: end))
    }
    return result.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
  }

  private static func minute(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.count == 2, parts[1].utf8.count == 2, let hour = Int(parts[0]),
      let minute = Int(parts[1]), (0...24).contains(hour), (0...59).contains(minute),
      hour < 24 || minute == 0
    else { return nil }
    return hour * 60 + minute
  }

  private static func days(_ text: String) -> UInt8? {
    var result: UInt8 = 0
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      guard let day = dayNames.firstIndex(of: String(part)) else { return nil }
      result |= 1 << UInt8(day)
    }
    return result
  }

  // MARK: - Whether it holds

  /// - Parameter fact: a fact of the request by name.
  func holds(at time: Int64, _ fact: (String) -> String?) -> Bool {
    for term in terms {
      let value = fact(term.name)
      guard let value, (value == term.value) != term.isNot else { return false }
    }
    guard dependsOnTime else { return true }
    let (day, minute) = Self.dayAndMinute(time)
    // 1970-01-01 was a Thursday.
    let weekday = UInt8(((day + 3) % 7 + 7) % 7)
    if days != 0, days & (1 << weekday) == 0 { return false }
    return hours.isEmpty || hours.contains { $0.begin <= minute && minute < $0.end }
  }

  /// The instants around `time` between which the hours and days say the same.
  func span(around time: Int64) -> Range<Int64> {
    guard dependsOnTime else { return Int64.min..<Int64.max }
    let (day, minute) = Self.dayAndMinute(time)
    var begin = 0
    var end = Int(Self.minutesPerDay)
    for edge in hours.flatMap({ [$0.begin, $0.end] }) {
      if edge <= minute { begin = max(begin, edge) } else { end = min(end, edge) }
    }
    let midnight = day * Self.minutesPerDay
    return (midnight + Int64(begin)) * Self.microsecondsPerMinute..<(midnight + Int64(end))
      * Self.microsecondsPerMinute
  }

  private static func dayAndMinute(_ time: Int64) -> (day: Int64, minute: Int) {
    var minutes = time / microsecondsPerMinute
    if time < 0, time % microsecondsPerMinute != 0 { minutes -= 1 }
    var day = minutes / minutesPerDay
    var minute = minutes % minutesPerDay
    if minute < 0 {
      day -= 1
      minute += minutesPerDay
    }
    return (day, Int(minute))
  }
}

extension PriceCondition: CustomStringConvertible {
  public var description: String {
    var parts = terms.map(\.text)
    if !hours.isEmpty { parts.append("utc=" + hours.map(\.text).joined(separator: "+")) }
    if days != 0 {
      let names = Self.dayNames.enumerated().filter { days & (1 << UInt8($0.offset)) != 0 }.map(\.element)
      parts.append("days=" + names.joined(separator: "+"))
    }
    return parts.joined(separator: ";")
  }
}
