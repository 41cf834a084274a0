internal import Foundation
internal import Ledger
internal import Pipeline
internal import ProxyServer
internal import Synchronization

/// The days, weeks, months and quarters that budgets are for, in the zones of the IANA database.
final class ZoneCalendar: BudgetCalendar {
  private let zones = Mutex<[String: BookCalendar]>([:])

  func bounds(of span: Budget.Span, zone: String, around time: Int64) -> Range<Int64> {
    // A budget's zone was looked up when it was made; if the database has lost it since, UTC's midnight must do.
    guard let calendar = calendar(zone) else {
      return UTCCalendar().bounds(of: span, zone: zone, around: time)
    }
    return calendar.bounds(budgetDays(span, day: calendar.day(of: time)))
  }

  private func calendar(_ zone: String) -> BookCalendar? {
    zones.withLock { zones in
      if let known = zones[zone] { return known }
      do {
        let made = try BookCalendar(zone: zone)
        zones[zone] = made
        return made
      } catch {
        return nil
      }
    }
  }
}
