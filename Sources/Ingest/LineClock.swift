internal import Ledger

/// Reads the times of lines that follow one another: mostly the same day, in one form.
struct LineClock {
  private var day: (text: UInt64, rest: UInt16, start: Int64) = (0, 0, 0)

  /// `YYYY-MM-DDThh:mm:ss.ffffffZ` in microseconds since 1970; any other form as `Timestamp` reads it.
  mutating func time(_ text: UnsafeBufferPointer<UInt8>?) -> Int64? {
    guard let text, let base = text.baseAddress else { return nil }
    guard text.count == 27, base[10] == UInt8(ascii: "T"), base[13] == UInt8(ascii: ":"),
      base[16] == UInt8(ascii: ":"), base[19] == UInt8(ascii: "."), base[26] == UInt8(ascii: "Z")
    else { return Timestamp.parse(text) }
    let raw = UnsafeRawPointer(base)
    let first = raw.loadUnaligned(as: UInt64.self)
    let rest = raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
    if first != day.text || rest != day.rest {
      guard let start = Timestamp.parse(Array(text.prefix(10)) + Array("T00:00:00Z".utf8)) else { return nil }
      day = (first, rest, start)
    }
    guard let hour = digits(base + 11, 2), let minute = digits(base + 14, 2),
      let second = digits(base + 17, 2),
      let fraction = digits(base + 20, 6), hour < 24, minute < 60, second < 60
    else { return nil }
    return day.start + ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
  }

  @inline(__always) private func digits(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
    var value: Int64 = 0
    for index in 0..<count {
      let digit = start[index] &- 48
      if digit > 9 { return nil }
      value = value &* 10 &+ Int64(digit)
    }
    return value
  }
}
