import JSON
import Ledger
import Report
import Testing

@Suite("run.json")
struct RunJSONTests {
  @Test("it has the totals, the inputs and the versions, money as text") func fields() throws {
    let run = try JSONTape().parse(Reports.runJSON(SampleBooks.october()))
    #expect(run["period"]?.string == "2026-10")
    #expect(run["begin"]?.string == "2026-09-30T15:00:00.000000Z")
    #expect(run["end"]?.string == "2026-10-31T15:00:00.000000Z")
    let totals = try #require(run["totals"])
    // 612.348150375 - 1.5 + 4.111111111111111 + 8.222222222222222 + 97.0050005 + 33.3333333333333 + 0.001234
    #expect(totals["cost_usd"]?.string == "753.521051541666633")
    #expect(totals["by_entry"]?["usage"]?.string == "755.021051541666633")
    #expect(totals["by_entry"]?["adjustment"]?.string == "-1.5")
    // 30,001 + 1,000 + 8,200 + 5,120 + 40 + 12
    #expect(totals["requests"]?.wholeNumber == 44_373)
    #expect(totals["failed_requests"]?.wholeNumber == 17)
    #expect(totals["unpriced_requests"]?.wholeNumber == 40)
    #expect(totals["interrupted_requests"]?.wholeNumber == 2)
    #expect(totals["unattributed_cost_usd"]?.string == "0.001234")
    #expect(run["prices"]?["version"]?.string == "5f2c9a7be0d14c33")
    #expect(run["attribution"]?["version"]?.string == "e0a1b2c3d4e5f607")
    #expect(run["inputs"]?.elements.map { $0["lines"]?.wholeNumber } == [90_000, 3])
    #expect(run["ingest"]?["lines"]?.wholeNumber == 90_003)
    #expect(run["rejected"]?["first"]?.elements.count == 3)
    #expect(run["complete"]?.bool == false)
  }

  @Test("the parts of the coverage are a hundred percent", arguments: 1...100 as ClosedRange<UInt64>)
  func coverage(seed: UInt64) throws {
    var books = SampleBooks.random(seed: seed)
    for index in books.rows.indices where books.rows[index].counts.requests % books.weightDenominator == 0 {
      if index % 3 == 0 { books.rows[index].counts.unpricedRequests = books.rows[index].counts.requests }
      if index % 3 == 1 { books.rows[index].counts.interruptedRequests = books.rows[index].counts.requests }
    }
    books.estimatedRequests = Int64(seed)
    let run = try JSONTape().parse(Reports.runJSON(books))
    guard books.totalCounts.requests > 0 else {
      #expect(run["coverage"]?.isNull == true)
      return
    }
    let names: [StaticString] = [
      "exact_percent", "estimated_percent", "unpriced_percent", "interrupted_percent",
    ]
    let parts = try names.map { try #require(run["coverage"]?[$0]?.string) }
    #expect(parts.reduce(Money.zero) { $0 + SampleBooks.money($1) } == SampleBooks.money("100"))
    #expect(parts.allSatisfy { !$0.hasPrefix("-") })
  }

  @Test("any text from outside leaves it valid JSON with the text in it", arguments: SampleBooks.hostileTexts)
  func hostile(text: String) throws {
    let run = try JSONTape().parse(Reports.runJSON(SampleBooks.hostile(text)))
    #expect(run["products"]?.elements.map { $0["name"]?.string } == [text, text, text, text])
    #expect(run["holes"]?.elements.first?["writer"]?.string == text)
  }
}
