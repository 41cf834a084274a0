import Ledger
import Report
import Testing

@Suite("chargeback.csv")
struct ChargebackCSVTests {
  @Test("the columns are those of the contract, in its order") func columns() throws {
    let lines = try #require(CSVReader.lines(Reports.chargebackCSV(SampleBooks.october())))
    #expect(
      lines[0].joined(separator: ",")
        == "period,product,cost_center,provider,model,service_tier,requests,failed_requests,"
        + "interrupted_requests,unpriced_requests,input_tokens,cache_read_tokens,cache_write_tokens,"
        + "output_tokens,cost_usd,cost_state,entry,for_period")
    #expect(lines.count == 1 + 8)
    #expect(lines.allSatisfy { $0.count == 18 })
  }

  @Test("a third of 1,000 requests and two thirds of them print as 1,000 together") func thirds() throws {
    let lines = try #require(CSVReader.lines(Reports.chargebackCSV(SampleBooks.october())))
    let split = lines.filter { $0[4] == "gpt-4.1-mini" }.map { $0[6] }
    #expect(split == ["333.333333", "666.666667"])
  }

  @Test("a cost without a price is an empty cell, and a negative one keeps its sign") func states() throws {
    let lines = try #require(CSVReader.lines(Reports.chargebackCSV(SampleBooks.october())))
    let unpriced = try #require(lines.first { $0[4] == "mystery-model" })
    #expect(unpriced[14] == "" && unpriced[15] == "unpriced")
    let adjustment = try #require(lines.first { $0[16] == "adjustment" })
    #expect(adjustment[14] == "-1.5" && adjustment[17] == "2026-09")
  }

  @Test("printed counts and money add up to what was counted", arguments: 1...200 as ClosedRange<UInt64>)
  func addsUp(seed: UInt64) throws {
    let books = SampleBooks.random(seed: seed)
    let lines = try #require(CSVReader.lines(Reports.chargebackCSV(books))).dropFirst()
    let counts = books.totalCounts
    let wanted = [
      counts.requests, counts.failedRequests, counts.interruptedRequests, counts.unpricedRequests,
      counts.inputTokens, counts.cacheReadTokens, counts.cacheWriteTokens, counts.outputTokens,
    ]
    for (offset, total) in wanted.enumerated() {
      let printed = lines.reduce(Int128(0)) { $0 + millionths($1[6 + offset]) }
      #expect(printed * books.weightDenominator == total * 1_000_000, "column \(6 + offset)")
    }
    let cost = lines.reduce(Money.zero) { $0 + ($1[14].isEmpty ? .zero : SampleBooks.money($1[14])) }
    #expect(cost == books.totalCost)
    for (line, row) in zip(lines, books.rows) {
      #expect(line[14].isEmpty == (row.state == .unpriced))
      let error = millionths(line[6]) * books.weightDenominator - row.counts.requests * 1_000_000
      #expect(abs(error) < books.weightDenominator, "each figure is within a millionth of the exact one")
    }
  }

  @Test("text from outside comes back as it was, and is never a formula", arguments: SampleBooks.hostileTexts)
  func hostile(text: String) throws {
    let lines = try #require(CSVReader.lines(Reports.chargebackCSV(SampleBooks.hostile(text)))).dropFirst()
    #expect(lines.count == 8)
    for line in lines {
      #expect(line.count == 18)
      for column in [2, 3, 4, 5] {
        #expect(line[column] == text || line[column] == "'" + text)
        #expect(!startsLikeFormula(line[column]))
      }
    }
  }

  @Test("ordinary names are left alone", arguments: ["claude-sonnet-4-5", "4101", "レビュー", "a=b", "x@y", "'"])
  func ordinary(text: String) throws {
    let lines = try #require(CSVReader.lines(Reports.chargebackCSV(SampleBooks.hostile(text)))).dropFirst()
    #expect(lines.allSatisfy { $0[4] == text })
  }

  /// OWASP's list, looked for behind blanks too.
  private func startsLikeFormula(_ text: String) -> Bool {
    let blanks: Set<Unicode.Scalar> = [" ", "\u{A0}", "\u{3000}", "\u{FEFF}"]
    let first = text.unicodeScalars.first { !blanks.contains($0) }
    return first.map { "=+-@\t\r\n＝＋－＠".unicodeScalars.contains($0) } ?? false
  }

  private func millionths(_ text: String) -> Int128 {
    SampleBooks.money(text).femtodollars / 1_000_000_000
  }
}
