/// RFC 3339 UTC timestamps as microseconds since 1970-01-01T00:00:00Z, without a calendar library.
public enum Timestamp {
  /// Days since 1970-01-01 of a Gregorian date (H. Hinnant's civil-from-days arithmetic).
  public static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  public static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let m = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * m + 2) / 5 + 1
    let month = m < 10 ? m + 3 : m - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// `2026-10-01T00:00:00.123456Z`: always six digits of fraction.
  public static func text(_ microseconds: Int64) -> String {
    var text: [UInt8] = []
    append(microseconds, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// As `text`, behind what is there.
  public static func append(_ microseconds: Int64, to text: inout [UInt8]) {
    var (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    if fraction < 0 {
      seconds -= 1
      fraction += 1_000_000
    }
    var day = seconds / 86_400
    var second = seconds % 86_400
    if second < 0 {
      day -= 1
      second += 86_400
    }
    let (year, month, dayOfMonth) = date(days: day)
    text.reserveCapacity(text.count + 27)
    func put(_ value: Int64, _ divisor: Int64) {
      var divisor = divisor
      while divisor > 0 {
        text.append(UInt8(48 + value / divisor % 10))
        divisor /= 10
      }
    }
    put(year, 1000)
    text.append(UInt8(ascii: "-"))
    put(month, 10)
    text.append(UInt8(ascii: "-"))
    put(dayOfMonth, 10)
    text.append(UInt8(ascii: "T"))
    put(second / 3600, 10)
    text.append(UInt8(ascii: ":"))
    put(second / 60 % 60, 10)
    text.append(UInt8(ascii: ":"))
    put(second % 60, 10)
    text.append(UInt8(ascii: "."))
    put(fraction, 100_000)
    text.append(UInt8(ascii: "Z"))
  }

  /// Reads `YYYY-MM-DDThh:mm:ss[.f…](Z|±hh:mm)`; digits behind the sixth are cut. Nil for anything else,
  /// dates that do not exist included.
  public static func parse(_ text: some Collection<UInt8>) -> Int64? {
    Array(text).withUnsafeBufferPointer { parse($0) }
  }

  public static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    var at = 0
    func digits(_ count: Int) -> Int64? {
      guard text.count - at >= count else { return nil }
      var value: Int64 = 0
      for offset in at..<at + count {
        let byte = text[offset]
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int64(byte - 48)
      }
      at += count
      return value
    }
    func take(_ wanted: UInt8) -> Bool {
      guard at < text.count, text[at] == wanted else { return false }
      at += 1
      return true
    }
    guard let year = digits(4), take(UInt8(ascii: "-")), let month = digits(2),
      take(UInt8(ascii: "-")), let day = digits(2),
      take(UInt8(ascii: "T")) || take(UInt8(ascii: "t")),
      let hour = digits(2), take(UInt8(ascii: ":")), let minute = digits(2),
      take(UInt8(ascii: ":")), let second = digits(2),
      (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60
    else { return nil }
    let dayNumber = days(year: year, month: month, day: day)
    guard date(days: dayNumber).day == day else { return nil }
    var fraction: Int64 = 0
    if take(UInt8(ascii: ".")) {
      var count = 0
      while let digit = digits(1) {
        if count < 6 { fraction = fraction * 10 + digit }
        count += 1
      }
      guard count > 0 else { return nil }
      while count < 6 {
        fraction *= 10
        count += 1
      }
    }
    var offset: Int64 = 0
    if !(take(UInt8(ascii: "Z")) || take(UInt8(ascii: "z"))) {
      let east = take(UInt8(ascii: "+"))
      guard east || take(UInt8(ascii: "-")), let hours = digits(2), take(UInt8(ascii: ":")),
        let minutes = digits(2), hours < 24, minutes < 60
      else { return nil }
      offset = (hours * 3600 + minutes * 60) * (east ? 1 : -1)
    }
    guard at == text.count else { return nil }
    let seconds = dayNumber * 86_400 + hour * 3600 + minute * 60 + second - offset
    return seconds * 1_000_000 + fraction
  }
}
