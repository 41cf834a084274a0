internal import Ledger
public import Store

/// Which months of request rows may be dropped: whole months, none of them in a period that is still open.
public struct Retention: Sendable {
  /// To be dropped, in the order of time.
  public var months: [Store.RequestMonth] = []
  /// Old enough, and kept: each with the reason and what to do.
  public var kept: [String] = []

  public enum Limit {
    /// Enough for a report of the month that ended and its corrections.
    public static let monthsMin = 2
  }

  /// - Parameters:
  ///   - keepMonths: how many months stay, the current one included.
  ///   - now: microseconds since 1970-01-01T00:00:00Z.
  /// - Throws: `StoreError`, `UsageError`.
  public init(store: Store, keepMonths: Int, now: Int64) throws {
    guard keepMonths >= Limit.monthsMin else {
      throw UsageError(
        "\(keepMonths) months are too few: at least \(Limit.monthsMin) stay, the current one included")
    }
    let calendar = try BookCalendar(zone: "UTC")
    let today = Timestamp.date(days: calendar.day(of: now))
    let oldest = today.year * 12 + today.month - Int64(keepMonths)
    let begin = Timestamp.days(year: oldest / 12, month: oldest % 12 + 1, day: 1)
    let closed = try store.closedPeriods().map { $0.begin..<$0.end }
    for month in try store.requestMonths() where month.last < calendar.begin(day: begin) {
      if let open = firstOpen(from: month.first, through: month.last, closed) {
        kept.append(
          "\(month.name) stays: its requests from \(Timestamp.text(open)) on are in no closed period, and their "
            + "reports would be lost; close the period (tollbook close --period …), then prune again")
      } else {
        months.append(month)
      }
    }
  }
}

/// The first instant of a range that no closed period holds.
private func firstOpen(from first: Int64, through last: Int64, _ closed: [Range<Int64>]) -> Int64? {
  var at = first
  while at <= last {
    guard let holding = closed.first(where: { $0.contains(at) }) else { return at }
    at = holding.upperBound
  }
  return nil
}

extension Store {
  /// That every request row of a range of time is here: what is made of rows is made of all or not at all.
  /// - Throws: `StoreError` that says which months were dropped.
  func requireRows(of what: String, from begin: Int64, to end: Int64) throws(StoreError) {
    let dropped = try droppedMonths(from: begin, to: end)
    guard dropped.isEmpty else {
      throw StoreError(
        "\(what) cannot be made again: the request rows of \(dropped.joined(separator: ", ")) were dropped (retention). "
          + "Its reports are in the reports' folder; to price it anew, ingest its raw logs into another store (--store)"
      )
    }
  }
}
