import Ledger
import Price
import Testing

/// Prices of sums: many requests in one row, as a vendor counts them. Amounts are hand arithmetic.
@Suite struct AggregatePricesTests {
  private func book(_ lines: String) throws -> PriceBook {
    let rows = try PriceFile.read(PriceFile.heading + "\n" + lines + "\n", name: "book.csv").rows
    return PriceBook(version: "test", rows: rows)
  }

  private func sum(
    _ counts: TokenCounts, provider: String = "openai", facts: [RequestFacts.Tag] = []
  ) -> Usage {
    var usage = Usage(
      id: "r", attempt: 1, final: true, time: 0, place: .init(file: "f", line: 1),
      facts: RequestFacts(provider: provider, modelReturned: "m", priceFacts: facts), outcome: .ok)
    usage.counts = counts
    usage.flags = .aggregate
    return usage
  }

  private let tiered = """
    list,openai,m,,standard,0,,input,1,1000000,,
    list,openai,m,,standard,200000,,input,2,1000000,,
    """

  @Test("what is above a threshold is asked of a request, not of the sum: of the window that the vendor says")
  func threshold() throws {
    let pricer = Pricer(book: try book(tiered))
    let short = sum(TokenCounts([.input: 1_000_000, .request: 10]))
    #expect(pricer.charge(short).total.description == "1", "a mean of 100,000")
    #expect(pricer.guessesContext(short))
    let long = sum(TokenCounts([.input: 1_000_000, .request: 4]))
    #expect(pricer.charge(long).total.description == "2", "a mean of 250,000")
    for (window, total) in [("0-200k", "1"), ("200k-1M", "2")] {
      let said = sum(
        TokenCounts([.input: 1_000_000, .request: 4]), facts: [.init(name: "context_window", value: window)])
      #expect(pricer.charge(said).total.description == total)
      #expect(!pricer.guessesContext(said))
      #expect(try book(tiered).price(said).lines[0].count == 1)
    }
    #expect(!pricer.guessesContext(sum(TokenCounts([.input: 200_000, .request: 1]))), "nothing can be above")
    var one = short
    one.flags = []
    #expect(pricer.charge(one).total.description == "2", "a single request is as long as it is")
    #expect(!pricer.guessesContext(one))
  }

  @Test(
    "a fee for each request is taken as often as there were requests, and requests without a fee are free")
  func fees() throws {
    let feed = try book(
      "list,openai,m,,standard,0,,input,1,1000000,,\nlist,openai,m,,standard,0,,request,0.005,1,,")
    let counts = TokenCounts([.input: 1_000_000, .request: 3])
    #expect(Pricer(book: feed).charge(sum(counts)).total.description == "1.015")
    // Nobody said how many: then there is none to take a fee for.
    #expect(Pricer(book: feed).charge(sum(TokenCounts([.input: 1_000_000]))).total.description == "1")
    let charge = Pricer(book: try book(tiered)).charge(sum(counts))
    #expect(charge.unpricedReason == nil)
    #expect(
      Pricer(book: try book("list,other,x,,standard,0,,input,1,1,,")).charge(sum(counts)).unpricedMeters
        == .of(.input))
  }

  @Test("a vendor's own unit has the price that a contract says, by its sku where that differs")
  func credits() throws {
    let book = try book(
      """
      contracted,devin,*,,standard,0,,credit_millionth,2.25,1000000,,
      contracted,github_copilot,*,,standard,0,sku=copilot_premium_request,credit_millionth,0.04,1000000,,
      contracted,github_copilot,*,,standard,0,sku=copilot_ai_credit,credit_millionth,0.01,1000000,,
      """)
    let pricer = Pricer(book: book)
    let acus = pricer.charge(sum(TokenCounts([.creditMillionth: 3_250_000]), provider: "devin"))
    #expect(acus.total.description == "7.3125", "3.25 ACUs at 2.25")
    for (sku, total) in [("copilot_premium_request", "0.4932"), ("copilot_ai_credit", "0.1233")] {
      let charge = pricer.charge(
        sum(
          TokenCounts([.creditMillionth: 12_330_000]), provider: "github_copilot",
          facts: [.init(name: "sku", value: sku)]))
      #expect(charge.total.description == total)
    }
  }

  @Test("what is not billed is free without a price too")
  func unbilled() throws {
    var usage = sum(TokenCounts([.input: 5]))
    usage.flags = .notBilled
    let charge = Pricer(book: try book("list,other,x,,standard,0,,input,1,1,,")).charge(usage)
    #expect((charge.total, charge.isUnpriced) == (.zero, false))
  }
}
