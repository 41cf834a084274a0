internal import JSON
internal import Ledger

/// The map's cheaper hours: `{"input_cost_per_token": …, "windows": [{"hours_utc": "16:30-00:30",
/// "weekdays": [1, 5]}]}` becomes prices with conditions on the UTC hour and the UTC day.
extension LiteLLMField {
  static func offPeakPrices(_ value: JSONValue) -> [LiteLLMPrice]? {
    var conditions: [String] = []
    if let hours = value.present("hours_utc") {
      guard let spans = spans(hours) else { return nil }
      conditions += Self.conditions(spans, days: [], dayBeginsAt: 0)
    }
    guard let dayBeginsAt = dayBegin(value.present("weekday_timezone")?.string) else { return nil }
    for window in value.present("windows")?.elements ?? [] {
      guard let hours = window.present("hours_utc"), let spans = spans(hours) else { return nil }
      var days: [Int] = []
      for day in window.present("weekdays")?.elements ?? [] {
        guard let number = day.wholeNumber, (1...7).contains(number) else { return nil }
        days.append(Int(number) - 1)
      }
      conditions += Self.conditions(spans, days: days, dayBeginsAt: dayBeginsAt)
    }
    var result: [LiteLLMPrice] = []
    for (name, price) in value.members {
      guard let name = name.string, let text = price.numberText else { continue }
      guard let plain = Self.price(name, text) else { return nil }
      for condition in conditions {
        var price = plain
        price.when = condition
        price.field = "off_peak_pricing." + name
        result.append(price)
      }
    }
    return result
  }

  private static let minutesPerDay = 1440
  private static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

  /// The minute of the UTC day from which on it is tomorrow there. Zones without summer time only.
  private static func dayBegin(_ zone: String?) -> Int? {
    switch zone {
    case nil, "UTC": minutesPerDay
    case "Asia/Shanghai": minutesPerDay - 8 * 60
    default: nil
    }
  }

  /// `16:30-00:30` goes past midnight and is two spans of a day; `00:00-00:00` is all of it.
  private static func spans(_ hours: JSONValue) -> [Range<Int>]? {
    var result: [Range<Int>] = []
    for text in hours.string.map({ [$0] }) ?? hours.elements.compactMap(\.string) {
      let ends = text.split(separator: "-").map { minute($0) }
      guard ends.count == 2, let begin = ends[0], let end = ends[1] else { return nil }
      if begin < end {
        result.append(begin..<end)
      } else {
        result.append(begin..<minutesPerDay)
        if end > 0, begin != end { result.append(0..<end) }
        if begin == end, begin > 0 { result.append(0..<begin) }
      }
    }
    return result.isEmpty ? nil : result
  }

  private static func minute(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":").map { Int($0) }
    guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0...23).contains(hour),
      (0...59).contains(minute)
    else { return nil }
    return hour * 60 + minute
  }

  /// Spans on days, as conditions: what lies after the day's end there is of the UTC day before.
  private static func conditions(_ spans: [Range<Int>], days: [Int], dayBeginsAt: Int) -> [String] {
    func condition(_ spans: [Range<Int>], _ days: [Int]) -> String? {
      guard !spans.isEmpty else { return nil }
      var terms: [String] = []
      if spans != [0..<minutesPerDay] {
        let texts = spans.sorted { $0.lowerBound < $1.lowerBound }.map {
          "\(clock($0.lowerBound))-\(clock($0.upperBound))"
        }
        terms.append("utc=" + texts.joined(separator: "+"))
      }
      if !days.isEmpty, Set(days).count < 7 {
        terms.append("days=" + Set(days).sorted().map { dayNames[$0] }.joined(separator: "+"))
      }
      return terms.joined(separator: ";")
    }
    guard !days.isEmpty, dayBeginsAt < minutesPerDay else {
      return [condition(spans, days)].compactMap { $0 }
    }
    let today = spans.map { $0.clamped(to: 0..<dayBeginsAt) }.filter { !$0.isEmpty }
    let tomorrow = spans.map { $0.clamped(to: dayBeginsAt..<minutesPerDay) }.filter { !$0.isEmpty }
    return [condition(today, days), condition(tomorrow, days.map { ($0 + 6) % 7 })].compactMap { $0 }
  }

  private static func clock(_ minute: Int) -> String {
    let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
    return (hour < 10 ? "0" : "") + "\(hour):" + (rest < 10 ? "0" : "") + "\(rest)"
  }
}
