import Ledger
import Testing

/// A period's months, and a month's cost cut to its days.
@Suite struct PeriodMonthsTests {
  private func period(_ labels: [String]) -> Period {
    Period(
      label: "p", zone: "UTC", begin: 0, end: 100,
      days: labels.enumerated().map { .init(label: $1, begin: Int64($0)) })
  }

  @Test("a week over the end of a month lies in both, each with its own length")
  func twoMonths() {
    let slices = period(["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]).monthSlices
    #expect(slices.map(\.month) == ["2026-02", "2026-03"])
    #expect(slices.map(\.days) == [26..<28, 0..<2])
    #expect(slices.map(\.daysInMonth) == [28, 31])
    #expect(slices.map(\.periodDays) == [0..<2, 2..<4])
    #expect(slices.map(\.firstDay) == ["2026-02-27", "2026-03-01"])
    #expect(period(["2028-02-29"]).monthSlices[0].daysInMonth == 29)
    #expect(period(["2026-12-31"]).monthSlices[0].daysInMonth == 31)
  }

  @Test("days share a month equally, the earlier ones the units left over")
  func parts() {
    let days = (1...28).map { "2026-02-" + ($0 < 10 ? "0\($0)" : "\($0)") }
    let each = days.map { period([$0]).monthSlices[0].part(of: 59) }
    #expect(each == [3, 3, 3] + Array(repeating: 2, count: 25))
    #expect(period(days).monthSlices[0].part(of: 59) == 59)
    #expect(period([days[0]]).monthSlices[0].part(of: -59) == -3)
  }
}
