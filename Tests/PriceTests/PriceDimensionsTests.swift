import Ledger
import Price
import Testing

/// What moves a price beside the counts: other names, regions, factors, hours, contracts. Amounts are hand arithmetic.
@Suite struct PriceDimensionsTests {
  /// A book of lines as a person writes them.
  private func book(_ lines: String) throws -> PriceBook {
    let rows = try PriceFile.read(PriceFile.heading + "\n" + lines + "\n", name: "book.csv").rows
    return PriceBook(version: "test", rows: rows)
  }

  private func price(
    _ book: PriceBook, _ counts: TokenCounts, provider: String = "anthropic", model: String = "m",
    region: String? = nil, tier: String? = nil, facts: [RequestFacts.Tag] = [],
    at time: String = "2026-10-01T00:00:00Z"
  ) throws -> (charge: Charge, note: String) {
    var usage = Usage(
      id: "r", attempt: 1, final: true, time: try #require(Timestamp.parse(time.utf8)),
      place: .init(file: "f", line: 1),
      facts: RequestFacts(
        provider: provider, region: region, modelReturned: model, serviceTier: tier, priceFacts: facts),
      outcome: .ok)
    usage.counts = counts
    let priced = book.price(usage)
    return (priced.charges[0], priced.lines[0].map(\.note).joined(separator: "; "))
  }

  // MARK: - Factors

  @Test(
    "inference geography and fast mode multiply every token price, one upon the other; searches are not touched"
  )
  func factors() throws {
    let book = try book(
      """
      list,anthropic,m,,standard,0,,input,5,1000000,,
      list,anthropic,m,,standard,0,,cache_read,0.5,1000000,,
      list,anthropic,m,,standard,0,,web_search,0.01,1,,
      list,anthropic,m,,*,0,inference_geo=us,tokens,,,1.1,
      list,anthropic,m,,*,0,speed=fast,tokens,,,2,
      """)
    let counts = TokenCounts([.input: 1000, .cacheRead: 10_000, .webSearch: 3])
    // 0.005 + 0.005 + 0.03
    #expect(try price(book, counts).charge.total.description == "0.04")
    let geo = RequestFacts.Tag(name: "inference_geo", value: "us")
    let fast = RequestFacts.Tag(name: "speed", value: "fast")
    #expect(try price(book, counts, facts: [geo]).charge.total.description == "0.041")
    let both = try price(book, counts, facts: [geo, fast])
    #expect(both.charge.total.description == "0.052")
    #expect(both.note.contains("x 1.1 for inference_geo=us"))
    #expect(both.note.contains("x 2 for speed=fast"))
    let other = RequestFacts.Tag(name: "inference_geo", value: "eu")
    #expect(try price(book, counts, facts: [other]).charge.total.description == "0.04")
  }

  @Test(
    "a tier's factor is for prices that the tier does not have: a 1-hour write in a batch is half of its own price"
  )
  func tierFactor() throws {
    let book = try book(
      """
      list,anthropic,m,,standard,0,,input,3,1000000,,
      list,anthropic,m,,batch,0,,input,1.4,1000000,,
      list,anthropic,m,,standard,0,,cache_write_5m,3.75,1000000,,
      list,anthropic,m,,batch,0,,cache_write_5m,1.875,1000000,,
      list,anthropic,m,,standard,0,,cache_write_1h,6,1000000,,
      list,anthropic,*,,batch,0,,tokens,,,0.5,
      """)
    // 500 at 1.875 and 1500 at 3 dollars a million: 0.0009375 + 0.0045.
    let written = TokenCounts([.cacheWrite5m: 500, .cacheWrite1h: 1500])
    #expect(try price(book, written, tier: "batch").charge.total.description == "0.0054375")
    #expect(try price(book, TokenCounts([.input: 1000]), tier: "batch").charge.total.description == "0.0014")
    #expect(try price(book, TokenCounts([.input: 1000])).charge.total.description == "0.003")
    #expect(try price(book, TokenCounts([.input: 1000]), tier: "flex").charge.total.description == "0.003")
  }

  // MARK: - Hours

  @Test(
    "hours and days are UTC and half-open",
    arguments: [
      // 2026-10-02 is a Friday.
      ("2026-10-02T00:29:59.999999Z", "1"), ("2026-10-02T00:30:00Z", "2"), ("2026-10-02T16:29:59Z", "2"),
      ("2026-10-02T16:30:00Z", "1"), ("2026-10-02T23:59:59.999999Z", "1"), ("2026-10-03T00:00:00Z", "0.5"),
      ("2026-10-04T12:00:00Z", "0.5"), ("2026-10-05T00:00:00Z", "1"), ("1969-12-31T23:59:59.999999Z", "1"),
    ])
  func hours(time: String, dollarsPerMillion: String) throws {
    let book = try book(
      """
      list,deepseek,m,,standard,0,,input,2,1000000,,
      list,deepseek,m,,standard,0,days=mon+tue+wed+thu+fri;utc=16:30-24:00+00:00-00:30,input,1,1000000,,
      list,deepseek,m,,standard,0,days=sat+sun,input,0.5,1000000,,
      """)
    let found = try price(
      book, TokenCounts([.input: 1_000_000]), provider: "deepseek", at: time)
    #expect(found.charge.total.description == dollarsPerMillion)
  }

  @Test("a price ends where its line says so, and what it stood before holds again")
  func ends() throws {
    let book = try book(
      """
      list,anthropic,m,,standard,0,,input,5,1000000,,
      list,anthropic,m,,standard,200000,,input,10,1000000,,
      list,anthropic,m,,standard,200000,,input,,,,2026-03-13T00:00:00Z
      list,anthropic,m,,standard,0,,image,0.04,1,,
      list,anthropic,m,,standard,0,,image,,,,2026-03-13T00:00:00Z
      """)
    let counts = TokenCounts([.input: 300_000])
    #expect(try price(book, counts, at: "2026-03-12T23:59:59.999999Z").charge.total.description == "3")
    #expect(try price(book, counts, at: "2026-03-13T00:00:00Z").charge.total.description == "1.5")
    let image = try price(book, TokenCounts([.image: 1]), at: "2026-03-13T00:00:00Z").charge
    #expect(image.unpricedMeters.meters == [.image])
    #expect(image.total == .zero)
  }

  @Test("one pricer gives the same charges as the book asked afresh, over every kind of change")
  func pricerAgrees() throws {
    let book = try book(
      """
      list,deepseek,m,,standard,0,,input,2,1000000,,
      list,deepseek,m,,standard,0,,input,3,1000000,,2026-10-02T12:00:00Z
      list,deepseek,m,,standard,0,utc=16:30-24:00,input,1,1000000,,
      list,deepseek,m,,*,0,speed=fast,tokens,,,2,
      """)
    let pricer = Pricer(book: book)
    let start = try #require(Timestamp.parse("2026-10-01T00:00:00Z".utf8))
    for step in 0..<600 {
      var usage = Usage(
        id: "r", attempt: 1, final: true, time: start + Int64((step * 7919) % 600) * 420_000_000,
        place: .init(file: "f", line: 1),
        facts: RequestFacts(
          provider: "deepseek", modelReturned: "m",
          priceFacts: step % 3 == 0 ? [.init(name: "speed", value: "fast")] : []),
        outcome: .ok)
      usage.factsNumber = step % 3 == 0 ? 7 : 3
      usage.counts = TokenCounts([.input: 1_000_000])
      #expect(pricer.charges(usage)[0].total == book.price(usage).charges[0].total)
    }
  }

  // MARK: - Names and regions

  @Test(
    "a model is found under its other names, exact ones before patterns, longer patterns before shorter",
    arguments: [
      ("gpt", "1", "exact"), ("gpt-latest", "1", "another name of gpt"),
      ("gpt-mini-x", "2", "like gpt-mini*"),
      ("gpt-x", "1", "like gpt*"), ("openai/gpt-mini", "2", "vendor prefix"), ("own-7", "4", "like own-*"),
    ])
  func names(model: String, dollarsPerMillion: String, words: String) throws {
    let book = try book(
      """
      list,openai,gpt,,standard,0,,input,1,1000000,,
      list,openai,gpt-mini,,standard,0,,input,2,1000000,,
      list,openai,own-*,,standard,0,,input,4,1000000,,
      list,openai,gpt-latest,,*,0,of=gpt,alias,,,,
      list,openai,gpt*,,*,0,of=gpt,alias,,,,
      list,openai,gpt-mini*,,*,0,of=gpt-mini,alias,,,,
      """)
    let charge = try price(book, TokenCounts([.input: 1_000_000]), provider: "openai", model: model).charge
    #expect(charge.total.description == dollarsPerMillion)
    #expect(charge.match?.contains(words) == true, "\(charge.match ?? "")")
  }

  @Test(
    "a region's prefix in the name is the region that bills; a call to a region takes its own or its geography's price",
    arguments: [
      ("us.anthropic.claude-v1:0", "ap-northeast-1", "3.3"),
      ("global.anthropic.claude-v1:0", "us-east-1", "3"),
      ("anthropic.claude-v1:0", "us-east-1", "3.3"), ("anthropic.claude-v1:0", "eu-west-1", "3.4"),
      ("anthropic.claude-v1:0", nil, "3"), ("anthropic.claude-v1:0", "ap-northeast-1", nil),
      ("jp.anthropic.claude-v1:0", "ap-northeast-1", nil), ("us.amazon.nova", nil, "9"),
      ("eu.amazon.nova", nil, nil), ("any.model", "us-east-1", "7"),
    ] as [(String, String?, String?)])
  func regions(model: String, region: String?, dollarsPerMillion: String?) throws {
    let book = try book(
      """
      list,bedrock,anthropic.claude-v1:0,global,standard,0,,input,3,1000000,,
      list,bedrock,anthropic.claude-v1:0,us,standard,0,,input,3.3,1000000,,
      list,bedrock,anthropic.claude-v1:0,eu-west-1,standard,0,,input,3.4,1000000,,
      list,bedrock,amazon.nova,us,standard,0,,input,9,1000000,,
      list,bedrock,any.model,,standard,0,,input,7,1000000,,
      """)
    let charge = try price(
      book, TokenCounts([.input: 1_000_000]), provider: "bedrock", model: model, region: region
    ).charge
    if let dollarsPerMillion {
      #expect(charge.total.description == dollarsPerMillion)
      #expect(!charge.isUnpriced)
    } else {
      #expect(charge.isUnpriced)
      #expect(charge.total == .zero)
      #expect(charge.unpricedReason?.contains("there are prices in") == true)
    }
  }

  @Test("a factor may hold outside a region: Vertex takes more for any endpoint but the global one")
  func notRegion() throws {
    let book = try book(
      """
      list,vertex,m,,standard,0,,input,3,1000000,,
      list,vertex,m,,*,0,region!=global,tokens,,,1.1,
      """)
    let counts = TokenCounts([.input: 1_000_000])
    #expect(try price(book, counts, provider: "vertex", region: "us-east5").charge.total.description == "3.3")
    #expect(try price(book, counts, provider: "vertex", region: "global").charge.total.description == "3")
    #expect(try price(book, counts, provider: "vertex").charge.total.description == "3")
  }

  // MARK: - Contracts

  @Test(
    "a contracted price goes before the list price and is not discounted again; a discount is upon list prices"
  )
  func contracts() throws {
    let book = try book(
      """
      list,anthropic,claude-a,,standard,0,,input,3,1000000,,
      list,anthropic,claude-a,,standard,0,,output,15,1000000,,
      list,anthropic,claude-b,,standard,0,,input,1,1000000,,
      list,anthropic,claude-b,,standard,0,,web_search,0.01,1,,
      list,anthropic,claude-a,,*,0,speed=fast,tokens,,,2,
      contracted,anthropic,claude-a,,standard,0,,input,2.5,1000000,,2026-10-01T00:00:00Z
      contracted,anthropic,claude-*,,*,0,,all,,,0.88,2026-07-01T00:00:00Z
      contracted,anthropic,claude-*,,*,0,,all,,,1,2026-12-01T00:00:00Z
      """)
    let a = TokenCounts([.input: 1_000_000, .output: 1_000_000])
    func total(_ model: String, _ counts: TokenCounts, _ time: String, _ fact: String? = nil) throws -> String
    {
      try price(
        book, counts, model: model, facts: fact.map { [.init(name: "speed", value: $0)] } ?? [], at: time
      ).charge.total.description
    }
    #expect(try total("claude-a", a, "2026-06-30T23:59:59Z") == "18")
    // 18 × 0.88
    #expect(try total("claude-a", a, "2026-07-01T00:00:00Z") == "15.84")
    // 2.5 + 15 × 0.88
    #expect(try total("claude-a", a, "2026-10-01T00:00:00Z") == "15.7")
    // (2.5 + 13.2) × 2
    #expect(try total("claude-a", a, "2026-10-01T00:00:00Z", "fast") == "31.4")
    #expect(try total("claude-a", a, "2026-12-01T00:00:00Z") == "17.5")
    // What it would be at list: 18, and for a model that only the contract prices, what was agreed.
    let agreed = try price(book, a, model: "claude-a", at: "2026-10-01T00:00:00Z").charge
    #expect(agreed.listTotal.description == "18")
    #expect(
      try price(book, a, model: "claude-a", at: "2026-06-30T00:00:00Z").charge.contractedFromList == nil)
    let b = TokenCounts([.input: 1_000_000, .webSearch: 1])
    #expect(try total("claude-b", b, "2026-10-01T00:00:00Z") == "0.8888")
    #expect(try total("claude-b-20261001", b, "2026-10-01T00:00:00Z") == "0.8888")
  }

  @Test("a model that only a contract prices is priced by it, and says so")
  func contractAlone() throws {
    let book = try book("contracted,openai,ours-*,,standard,0,,input,1,1000000,,")
    let charge = try price(
      book, TokenCounts([.input: 1_000_000]), provider: "openai", model: "ours-7"
    ).charge
    #expect(charge.total.description == "1")
    #expect(charge.match?.contains("contracted") == true)
    #expect(try price(book, TokenCounts([.input: 1]), provider: "openai", model: "x").charge.isUnpriced)
  }

  // MARK: - What has no price of its own

  @Test(
    "a cache read or write without a price is plain input; a longer lifetime is not the shorter one's price")
  func substitutes() throws {
    let book = try book(
      """
      list,openai,plain,,standard,0,,input,1,1000000,,
      list,openai,writes,,standard,0,,input,1,1000000,,
      list,openai,writes,,standard,0,,cache_write_5m,2,1000000,,
      """)
    let million: Int64 = 1_000_000
    func charge(_ model: String, _ meter: Meter) throws -> Charge {
      var counts = TokenCounts()
      counts[meter] = million
      return try price(book, counts, provider: "openai", model: model).charge
    }
    for meter in [
      Meter.cacheRead, .cacheWrite5m, .cacheWrite1h, .cacheWrite12h, .inputAudio, .cacheReadAudio,
    ] {
      #expect(try charge("plain", meter).total.description == "1", "\(meter)")
    }
    #expect(try charge("writes", .cacheWrite5m).total.description == "2")
    #expect(try charge("writes", .cacheWrite1h).isUnpriced)
    #expect(try charge("plain", .output).isUnpriced)
    #expect(try charge("plain", .webSearch).isUnpriced)
  }

  @Test("a fee for each request falls due once with an answer")
  func requestFee() throws {
    let book = try book(
      """
      list,perplexity,m,,standard,0,,input,1,1000000,,
      list,perplexity,m,,standard,0,,request,0.005,1,,
      """)
    let found = try price(book, TokenCounts([.input: 1_000_000]), provider: "perplexity")
    #expect(found.charge.total.description == "1.005")
    #expect(found.charge.amounts[.request].description == "0.005")
    let counted = try price(book, TokenCounts([.input: 1_000_000, .request: 2]), provider: "perplexity")
    #expect(counted.charge.total.description == "1.01")
  }
}
