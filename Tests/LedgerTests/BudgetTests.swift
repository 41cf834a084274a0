import Ledger
import Testing

/// Budgets as people write them.
@Suite struct BudgetTests {
  @Test(
    "a budget's text is read and written back",
    arguments: [
      ("100/month@Asia/Tokyo", "100/month@Asia/Tokyo", 100_000),
      ("10.50/day", "10.5/day@Europe/Berlin", 10_500),
      ("1e2/week", "100/week@Europe/Berlin", 100_000), ("0/total", "0/total", 0),
      ("3/quarter:4@UTC", "3/quarter@UTC", 3000), ("3/quarter:1@UTC", "3/quarter:1@UTC", 3000),
      ("0.001/rolling-36h", "0.001/rolling-36h", 1), ("2/rolling-48h", "2/rolling-2d", 2000),
      ("2/rolling-30d", "2/rolling-30d", 2000),
    ])
  func reads(_ text: String, _ written: String, _ thousandths: Int) throws {
    let budget = try #require(Budget(text, zone: "Europe/Berlin"))
    #expect(budget.description == written)
    #expect(budget.amount.femtodollars == Int128(thousandths) * 1_000_000_000_000)
    #expect(Budget(budget.description, zone: "") == budget)
  }

  @Test(
    "what is no budget is none",
    arguments: [
      "", "100", "/day", "-1/day", "x/day", "1/year", "1/day@", "1/rolling-24h@UTC", "1/rolling-0h",
      "1/rolling-h",
      "1/rolling-999999d", "1/quarter:0", "1/quarter:13", "1e-16/day", "1e12/day", "1/total@UTC",
    ])
  func refuses(_ text: String) { #expect(Budget(text, zone: "UTC") == nil) }
}
