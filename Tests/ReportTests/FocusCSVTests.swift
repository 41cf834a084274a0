import Ledger
import Report
import Testing

@Suite("focus.csv")
struct FocusCSVTests {
  /// The mandatory columns of FOCUS 1.2's Cost and Usage dataset that must not be null.
  static let neverNull = [
    "BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd",
    "ChargeCategory", "ChargePeriodStart", "ChargePeriodEnd", "ContractedCost", "EffectiveCost",
    "InvoiceIssuerName", "ListCost", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName",
  ]

  @Test("mandatory columns are filled on every row") func mandatory() throws {
    let rows = try rows(SampleBooks.october())
    // Seven rows of usage, two corrections.
    #expect(rows.count == 9)
    for row in rows {
      for column in Self.neverNull { #expect(row[column]?.isEmpty == false, "\(column)") }
      for column in ["ChargeClass", "ChargeDescription", "PricingQuantity", "PricingUnit"] {
        #expect(row[column] != nil, "\(column)")
      }
      #expect(row["BillingPeriodStart"] == "2026-09-30T15:00:00Z")
      #expect(row["BillingPeriodEnd"] == "2026-10-31T15:00:00Z")
    }
  }

  @Test("its costs add up to those of chargeback.csv", arguments: 1...50 as ClosedRange<UInt64>)
  func total(seed: UInt64) throws {
    let books = SampleBooks.random(seed: seed)
    let sum = try rows(books).reduce(Money.zero) { sum, row in
      sum + SampleBooks.money(try #require(row["EffectiveCost"]))
    }
    #expect(sum == books.totalCost)
  }

  @Test("an unknown cost says so beside its zero") func unpriced() throws {
    let row = try #require(try rows(SampleBooks.october()).first { $0["x_Model"] == "mystery-model" })
    #expect(row["BilledCost"] == "0.0" && row["x_CostState"] == "unpriced")
    #expect(row["ChargeDescription"] == "mystery-model, standard: no price, the cost is unknown")
  }

  @Test(
    "what corrects a closed period is a correction: billed now, charged for the original day, no quantity")
  func correction() throws {
    let rows = try rows(SampleBooks.october()).filter { $0["ChargeClass"] == "Correction" }
    #expect(rows.map { $0["EffectiveCost"] } == ["0.25", "-1.75"])
    for row in rows {
      #expect(row["x_ForPeriod"] == "2026-09" && row["ChargeCategory"] == "Usage")
      #expect(row["BillingPeriodStart"] == "2026-09-30T15:00:00Z")
      // September 7th in Tokyo.
      #expect(row["ChargePeriodStart"] == "2026-09-06T15:00:00Z")
      #expect(row["ChargePeriodEnd"] == "2026-09-07T15:00:00Z")
      for column in ["PricingQuantity", "PricingUnit", "ConsumedQuantity", "ConsumedUnit"] {
        #expect(row[column] == "", "\(column)")
      }
    }
  }

  @Test("text from outside moves no column", arguments: SampleBooks.hostileTexts)
  func hostile(text: String) throws {
    let rows = try rows(SampleBooks.hostile(text))
    #expect(rows.count == 9)
    #expect(rows.allSatisfy { $0["BillingCurrency"] == "USD" && $0["x_Entry"]?.isEmpty == false })
  }

  private func rows(_ books: Books) throws -> [[String: String]] {
    let lines = try #require(CSVReader.lines(Reports.focusCSV(books), byteOrderMark: false))
    let head = lines[0]
    return lines.dropFirst().map { line in
      #expect(line.count == head.count)
      return Dictionary(zip(head, line), uniquingKeysWith: { first, _ in first })
    }
  }
}
