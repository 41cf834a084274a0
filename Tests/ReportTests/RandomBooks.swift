import Ledger
import Report
import TestKit

extension SampleBooks {
  /// Books of any shape: splits that no decimal shows, costs from nothing to thousands, every state.
  static func random(seed: UInt64) -> Books {
    var random = SeededRandom(seed: seed)
    let productCount = Int.random(in: 1...9, using: &random)
    let products = (0..<productCount).map { Product(id: "p\($0)", name: "製品 \($0)") } + [.unattributed]
    let denominator: Int128 = [1, 2, 3, 7, 60, 101].randomElement(using: &random) ?? 1
    var books = empty(products: products, denominator: denominator)
    for row in 0..<Int.random(in: 0...60, using: &random) {
      let states = CostState.allCases
      let state = states[Int.random(in: 0..<states.count, using: &random)]
      let size = powerOfTen(Int.random(in: 0...18, using: &random))
      let cost = state == .unpriced ? 0 : Int128.random(in: 0...size, using: &random)
      let parts = Int128.random(in: 0...5000, using: &random)
      add(
        Int.random(in: 0...productCount, using: &random), "vendor", "model-\(row)", requests: parts,
        outOf: denominator, cost: decimalText(cost, fractionDigits: 15, trimmed: true), state: state, &books)
    }
    complete(&books)
    return books
  }

  /// Products' parts of requests add up to whole requests: what is missing goes to `unattributed`.
  private static func complete(_ books: inout Books) {
    let counts = books.totalCounts
    let missing =
      (books.weightDenominator - counts.requests % books.weightDenominator) % books.weightDenominator
    guard missing > 0 else { return }
    add(
      books.products.count - 1, "vendor", "rest", requests: missing, outOf: books.weightDenominator,
      cost: "0",
      &books)
  }

  /// Text that is dangerous somewhere: in a spreadsheet, a terminal, Markdown, HTML, SVG or chat.
  static let hostileTexts = [
    "=HYPERLINK(\"http://evil.example\",\"x\")", "+1", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1",
    "a|b", "a\\|b", "`code` | b", "a``b", "\\", "a\nb\r\n# heading", "\u{1B}[31mred\u{1B}[0m", "\u{202E}txt",
    "<script>alert(1)</script>", "</title><x>", "<img src=x onerror=alert(1)>", "\"><b>", "'quoted'", "&amp;",
    "<!channel>", "<!here|here>", "<@U012>", "@here", "@everyone", "*bold* _it_ ~no~", "```\nfence",
    "[x](http://evil.example)", "![x](http://evil.example/p.png)", "https://evil.example", "www.evil.example",
    "a@evil.example", "#123", "_x0041_", "\u{0}null", "a,b;\"c\"", "{{x}}", "$a$",
    String(repeating: "長", count: 600),
    "", " ", "\u{FEFF}=1", "é\u{301}", "👩‍👩‍👧",
  ]

  /// The same text in each place that holds text from outside.
  static func hostile(_ text: String) -> Books {
    var books = october()
    for index in books.products.indices {
      books.products[index].name = text
      books.products[index].costCenter = text
      books.products[index].owner = text
    }
    for index in books.rows.indices {
      books.rows[index].provider = text
      books.rows[index].model = text
      books.rows[index].serviceTier = text
    }
    for index in books.dayRows.indices {
      books.dayRows[index].place.provider = text
      books.dayRows[index].place.model = text
      books.dayRows[index].place.serviceTier = text
    }
    for index in books.callers.indices where books.callers[index].name != "" {
      books.callers[index].name = text
    }
    for index in books.adjustments.corrected[0].list.indices {
      books.adjustments.corrected[0].list[index].words = text
      books.adjustments.corrected[0].list[index].place.provider = text
      books.adjustments.corrected[0].list[index].place.model = text
      books.adjustments.corrected[0].list[index].place.serviceTier = text
      books.adjustments.corrected[0].list[index].pricesNow = text
      books.adjustments.corrected[0].list[index].rulesNow = text
    }
    for index in books.unpriced.indices {
      books.unpriced[index].provider = text
      books.unpriced[index].model = text
      books.unpriced[index].serviceTier = text
      books.unpriced[index].reason = text
    }
    for index in books.rejections.indices {
      books.rejections[index].place.file = text
      books.rejections[index].reason = text
    }
    for index in books.inputs.indices { books.inputs[index].name = text }
    for index in books.holes.indices { books.holes[index].writer = text }
    books.checks = [Books.Check(name: text, passed: false, detail: text)]
    books.prices.source = text
    books.prices.version = text
    books.attributionVersion = text
    books.programVersion = text
    return books
  }
}
