/// A half-open range of time, cut in a named zone, and the days it consists of.
public struct Period: Hashable, Sendable {
  public struct Day: Hashable, Sendable {
    /// `2026-10-01`, in the period's zone.
    public var label: String
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var begin: Int64
    public init(label: String, begin: Int64) {
      self.label = label
      self.begin = begin
    }
  }

  /// As a person writes it: `2026-10`, `2026-10-05`, `2026-W41`, `FY2026`, `2026-10-01..2026-10-15`.
  public var label: String
  public var zone: String
  /// First instant, microseconds since 1970-01-01T00:00:00Z.
  public var begin: Int64
  /// First instant after it.
  public var end: Int64
  /// In order; the first begins at `begin`.
  public var days: [Day]

  public init(label: String, zone: String, begin: Int64, end: Int64, days: [Day]) {
    precondition(begin < end && days.first?.begin == begin, "a period has a first day and an end after it")
    self.label = label
    self.zone = zone
    self.begin = begin
    self.end = end
    self.days = days
  }

  public func contains(_ time: Int64) -> Bool { begin <= time && time < end }

  /// The index of the day that holds `time`; nil outside the period.
  public func day(of time: Int64) -> Int? {
    guard contains(time) else { return nil }
    var low = 0
    var high = days.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if days[middle].begin <= time { low = middle } else { high = middle }
    }
    return low
  }
}
