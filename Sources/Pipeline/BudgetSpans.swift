internal import Ledger

extension BookCalendar {
  /// From the first instant of one day in the zone to that of another.
  public func bounds(_ days: Range<Int64>) -> Range<Int64> {
    begin(day: days.lowerBound)..<begin(day: days.upperBound)
  }
}
