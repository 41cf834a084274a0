public import Ledger

/// What a stretch of days will cost if they are like the same weekdays before them.
///
/// Each day that is not over costs the mean of the last `Limit.weekdaysMax` days of its weekday that are; the range is
/// that of those days: all remaining days as the cheapest of them, and all as the dearest.
public struct Forecast: Sendable {
  public struct Estimate: Hashable, Sendable {
    public var low: Money
    public var expected: Money
    public var high: Money

    public init(low: Money, expected: Money, high: Money) {
      self.low = low
      self.expected = expected
      self.high = high
    }

    /// The same beside what is booked already.
    func beside(_ money: Money) -> Estimate {
      Estimate(low: low + money, expected: expected + money, high: high + money)
    }
  }

  public enum Limit {
    /// Four weeks: long enough to even out a holiday, short enough to follow a change.
    public static let weekdaysMax = 4
    /// Without each weekday twice, nothing is foretold.
    public static let daysMin = 14
  }

  /// Days over, the last of which everything is known of: how many are left of the period.
  public var daysLeft: Int
  /// At the period's end; nil where the period is over.
  public var period: Estimate?
  /// By product, as in the books; the expected costs add up to the period's.
  public var products: [Estimate] = []
  /// At the end of the fiscal year (from April), and its label; nil where the months before are not known.
  public var fiscalYear: (label: String, range: Estimate)?

  public init(daysLeft: Int) { self.daysLeft = daysLeft }
}

/// Costs of days that are over, in order, without a gap.
public struct DayHistory: Sendable {
  /// The weekday of the first, from 0.
  public var firstWeekday: Int
  public var costs: [Money]

  public init(firstWeekday: Int, costs: [Money]) {
    self.firstWeekday = firstWeekday
    self.costs = costs
  }

  /// The last days of a weekday, the newest first.
  public func last(weekday: Int, max: Int) -> [Money] {
    Array(
      costs.indices.reversed().filter { (firstWeekday + $0) % 7 == weekday }.prefix(max).map { costs[$0] })
  }

  /// What the next `days` days behind these will cost; nil where too few are known.
  public func forecast(days: Int) -> Forecast.Estimate? {
    guard costs.count >= Forecast.Limit.daysMin else { return nil }
    var counts = Array(repeating: Int128(0), count: 7)
    for day in 0..<days { counts[(firstWeekday + costs.count + day) % 7] += 1 }
    var result = Forecast.Estimate(low: .zero, expected: .zero, high: .zero)
    for weekday in 0..<7 where counts[weekday] > 0 {
      let known = last(weekday: weekday, max: Forecast.Limit.weekdaysMax)
      guard let low = known.min(), let high = known.max() else { return nil }
      let sum = known.reduce(Money.zero, +)
      result.low += Money(femtodollars: low.femtodollars * counts[weekday])
      result.high += Money(femtodollars: high.femtodollars * counts[weekday])
      result.expected += Money(
        femtodollars: divideHalfEven(sum.femtodollars * counts[weekday], by: Int128(known.count)))
    }
    return result
  }
}
