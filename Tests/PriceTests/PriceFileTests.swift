import Ledger
import Price
import TestKit
import Testing

/// The book's own file: comments, a heading, one price a line.
@Suite struct PriceFileTests {
  static let heading =
    "basis,provider,model,region,service_tier,context_over,when,meter,usd,per,factor,effective_from"

  @Test("a file is read price by price")
  func reads() throws {
    let (rows, comments) = try PriceFile.read(
      """
      # source: hand
      #second
      \(Self.heading)
      list,anthropic,claude-sonnet-4-5,,standard,200000,,input,6,1000000,,
      list,openai,gpt-4o-mini,eu,batch,0,,reasoning,0.3,1000000,,2026-10-01T00:00:00+09:00
      list,openai,"a,""b",,standard,0,,web_search,0.01,1,,
      """ + "\r\n", name: "x.csv")
    #expect(comments == ["source: hand", "second"])
    try #require(rows.count == 3)
    #expect(
      rows[0]
        == PriceRow(
          provider: "anthropic", model: "claude-sonnet-4-5", contextOver: 200_000, meter: .meter(.input),
          rate: Money(femtodollars: 6_000_000_000)))
    #expect(
      rows[1]
        == PriceRow(
          provider: "openai", model: "gpt-4o-mini", region: "eu", serviceTier: "batch", meter: .reasoning,
          rate: Money(femtodollars: 300_000_000), effectiveFrom: 1_790_780_400_000_000))
    #expect(rows[2].model == "a,\"b")
    #expect(rows[2].rate == Money(femtodollars: 10_000_000_000_000))
  }

  @Test(
    "what is not understood is refused, naming file and line",
    arguments: [
      ("list,openai,m,,standard,0,,input,1,1000000,", "12 fields"),
      ("list,openai,m,,standard,0,,input,1,1000000,,,x", "12 fields"),
      ("list,,m,,standard,0,,input,1,1000000,,", "provider"),
      ("list,openai,,,standard,0,,input,1,1000000,,", "model"),
      ("list,openai,m,,,0,,input,1,1000000,,", "service_tier"),
      ("list,openai,m,,standard,-1,,input,1,1000000,,", "context_over"),
      ("list,openai,m,,standard,,,input,1,1000000,,", "context_over"),
      ("list,openai,m,,standard,0,,inputs,1,1000000,,", "inputs"),
      ("list,openai,m,,standard,0,,input,1,0,,", "per"),
      ("list,openai,m,,standard,0,,input,1,-1,,", "per"),
      ("list,openai,m,,standard,0,,input,three,1000000,,", "usd"),
      ("list,openai,m,,standard,0,,input,,1000000,,", "usd"),
      ("list,openai,m,,standard,0,,input,-1,1000000,,", "negative"),
      ("list,openai,m,,standard,0,,input,0.0000000001,1000000,,", "finer"),
      ("list,openai,m,,standard,0,,input,1,1000000,,2026-13-01T00:00:00Z", "effective_from"),
      ("list,openai,m,,standard,0,,input,1,1000000,,tomorrow", "effective_from"),
      ("list,openai,first,,standard,0,,input,2,1000000,,", "twice"),
      ("public,openai,m,,standard,0,,input,1,1000000,,", "basis"),
      ("list,openai,m,,*,0,,input,1,1000000,,", "service_tier"),
      ("list,openai,m,,standard,0,,input,9001,1,,", "9000"),
      ("list,openai,m,,standard,0,utc=1:00-2:00,input,1,1000000,,", "when"),
      ("list,openai,m,,standard,0,utc=22:00-02:00,input,1,1000000,,", "when"),
      ("list,openai,m,,standard,0,days=someday,input,1,1000000,,", "when"),
      ("list,openai,m,,standard,0,speed,input,1,1000000,,", "when"),
      ("list,openai,m,,standard,0,speed=a;speed=b,input,1,1000000,,", "when"),
      ("list,openai,m,,standard,0,,input,1,1000000,2,", "factor"),
      ("list,openai,m,,*,0,,tokens,1,1000000,2,", "no usd"),
      ("list,openai,m,,*,0,,tokens,,,-1,", "factor"),
      ("list,openai,m,,*,0,,tokens,,,,", "factor"),
      ("list,openai,m,,*,0,,tokens,,,1001,", "factor"),
      ("list,openai,m,,*,0,,alias,,,,", "of=MODEL"),
      ("list,openai,m,,*,0,,retired,,,,", "effective_from"),
      ("list,openai,\"m,,standard,0,,input,1,1000000,,", "quote"),
    ])
  func refuses(line: String, word: String) {
    let text = "# c\n\(Self.heading)\nlist,openai,first,,standard,0,,input,1,1000000,,\n\(line)\n"
    let error = #expect(throws: PriceError.self) { try PriceFile.read(text, name: "book.csv") }
    #expect(error?.place == "book.csv:4")
    #expect(error?.problem.contains(word) == true, "\(error?.problem ?? "")")
  }

  @Test("another heading, or none, is refused")
  func heading() {
    let wrong = #expect(throws: PriceError.self) { try PriceFile.read("# c\nmodel,usd\n", name: "b.csv") }
    #expect(wrong?.place == "b.csv:2")
    #expect(throws: PriceError.self) { try PriceFile.read("", name: "b.csv") }
    #expect(throws: PriceError.self) { try PriceFile.read("# only comments\n", name: "b.csv") }
  }

  @Test("a version is the SHA-256 of the price lines, as sha256sum makes it")
  func versionBySha256sum() throws {
    let (rows, _) = try PriceFile.read(
      """
      \(Self.heading)
      list,openai,gpt-4o-mini,,batch,0,,output,0.3,1000000,,2026-10-01T00:00:00.000000Z
      list,anthropic,claude-sonnet-4-5,,standard,0,,input,3,1000000,,
      """, name: "x")
    // The two lines, sorted, each with its line feed.
    #expect(
      PriceFile.version(ofLines: PriceFile.lines(rows))
        == "65b96035c6d02ce1b432dea324d4ce8f1f61eb4efb3905d7937fd3ae77340d0b")
  }

  @Test("comments, the order of rows and how a number is written do not change a version; a price does")
  func versionOfMeaning() throws {
    func version(_ text: String) throws -> String {
      PriceFile.version(ofLines: PriceFile.lines(try PriceFile.read(text, name: "x").rows))
    }
    let plain = try version(
      "\(Self.heading)\nlist,openai,a,,standard,0,,input,3,1000000,,\nlist,openai,b,,standard,0,,input,0.5,1000000,,\n"
    )
    let same = try version(
      """
      # other words
      \(Self.heading)
      # and here
      list,openai,b,,standard,0,,input,0.0000005,1,,

      list,openai,a,,standard,0,,input,3.00,1000000,,
      """)
    #expect(plain == same)
    for changed in [
      "list,openai,a,,standard,0,,input,4", "list,openai,a,,batch,0,,input,3",
      "list,openai,a,eu,standard,0,,input,3", "list,openai,a,,standard,1,,input,3",
      "contracted,openai,a,,standard,0,,input,3", "list,openai,a,,standard,0,speed=fast,input,3",
    ] {
      let other = try version(
        "\(Self.heading)\n\(changed),1000000,,\nlist,openai,b,,standard,0,,input,0.5,1000000,,\n")
      #expect(other != plain, "\(changed)")
    }
  }

  @Test("a file with CR LF line ends, as other editors leave it, is the same file")
  func carriageReturns() throws {
    let text =
      "# source: x\n\(Self.heading)\nlist,openai,a,,standard,0,,input,3,1000000,,\nlist,openai,b,,standard,0,,input,1,1000000,,\n"
    let plain = try PriceFile.read(text, name: "x")
    let converted = try PriceFile.read(text.replacing("\n", with: "\r\n"), name: "x")
    #expect(plain.rows.count == 2)
    #expect(converted.rows == plain.rows)
    #expect(converted.comments == plain.comments)
  }

  @Test("rows are written and read back as they were, whatever the names hold")
  func roundTrip() throws {
    var random = SeededRandom(seed: 0xF11E)
    let names = [
      "a", "a,b", "\"q\"", "é あ", "x=1+2", "#c", "\u{301}x", "a,\u{301}", "q\"\u{301}", " lead", "trail ",
      "a\"b,c\"", "-", "@20250101",
    ]
    let meters: [PricedMeter] = Meter.allCases.map { .meter($0) } + [.reasoning]
    func some<Element>(_ list: [Element]) -> Element { list[Int.random(in: 0..<list.count, using: &random)] }
    for _ in 0..<200 {
      var rows: [PriceRow] = []
      var seen: Set<PriceRow.Identity> = []
      for _ in 0..<20 {
        let rate = Money(
          femtodollars: Int128(Int64.random(in: 0...Int64.max >> some([1, 20, 50]), using: &random)))
        let factor = try #require(PriceFactor(some(["1.1", "0.88", "2", "0.000000001", "1000"])))
        let item: PriceItem = some([
          .price(some(meters), rate), .price(some(meters), rate), .price(some(meters), nil),
          .factor(.tokens, factor), .factor(.all, factor), .alias(of: some(names)), .retired,
        ])
        var row = PriceRow(
          basis: some([.list, .contracted]), provider: some(names), model: some(names + ["claude-*"]),
          region: some(["", "eu", "a,b"]), serviceTier: some(names),
          contextOver: Int64.random(in: 0...3, using: &random) * 100_000, item: item,
          effectiveFrom: some(item == .retired ? [0] : [nil, 0, 1_790_812_800_123_456]))
        if case .alias = item {
        } else {
          row.when = try #require(
            PriceCondition(
              some(["", "speed=fast", "days=sat+sun;region!=global;utc=16:30-24:00+00:00-00:30"])))
        }
        if seen.insert(row.identity).inserted { rows.append(row) }
      }
      let lines = PriceFile.lines(rows)
      let (read, comments) = try PriceFile.read(
        PriceFile.text(lines: lines, comments: ["source: x\ny\r\nz"]), name: "x")
      #expect(Set(read) == Set(rows))
      #expect(comments.count == 1)
      #expect(PriceFile.version(ofLines: PriceFile.lines(read)) == PriceFile.version(ofLines: lines))
    }
  }
}
