/// The part of a period that lies in one calendar month.
public struct MonthSlice: Hashable, Sendable {
  /// `2026-10`.
  public var month: String
  /// The first of its days that lies in the period: `2026-10-05`.
  public var firstDay: String
  /// Its days in the period, from 0: all of `0..<daysInMonth` for a whole month.
  public var days: Range<Int>
  public var daysInMonth: Int
  /// The same days as indices of the period's days.
  public var periodDays: Range<Int>

  public var isWhole: Bool { days.count == daysInMonth }

  /// The slice's part of what a whole month costs: each day bears an equal part, by largest remainder with ties to
  /// the earlier day, so that the days of a month add up to the month.
  public func part(of monthAmount: Int128) -> Int128 {
    isWhole
      ? monthAmount
      : apportion(monthAmount, by: Array(repeating: 1, count: daysInMonth))[days].reduce(0, +)
  }
}

extension Period {
  /// The months that its days lie in, in order.
  public var monthSlices: [MonthSlice] {
    var result: [MonthSlice] = []
    for (index, day) in days.enumerated() {
      let month = String(day.label.prefix(7))
      guard let number = Int(day.label.suffix(2)) else {
        preconditionFailure("a day's label ends with its day")
      }
      if result.last?.month == month {
        let last = result.count - 1
        result[last].days = result[last].days.lowerBound..<number
        result[last].periodDays = result[last].periodDays.lowerBound..<index + 1
      } else {
        result.append(
          MonthSlice(
            month: month, firstDay: day.label, days: number - 1..<number,
            daysInMonth: Self.daysInMonth(month),
            periodDays: index..<index + 1))
      }
    }
    return result
  }

  /// Of `2026-10`.
  private static func daysInMonth(_ month: String) -> Int {
    guard let year = Int64(month.prefix(4)), let number = Int64(month.suffix(2)) else {
      preconditionFailure("a month's label is 2026-10")
    }
    let next = number == 12 ? (year + 1, Int64(1)) : (year, number + 1)
    return Int(
      Timestamp.days(year: next.0, month: next.1, day: 1) - Timestamp.days(year: year, month: number, day: 1))
  }
}
