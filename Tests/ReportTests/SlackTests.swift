import JSON
import Ledger
import Report
import Testing

@Suite("The chat post")
struct SlackTests {
  /// Slack's documented limits.
  @Test("it fits Slack's limits with any number of products", arguments: [1, 3, 40, 400, 2000])
  func limits(products: Int) throws {
    var books = SampleBooks.empty(
      products: (0..<products).map {
        Product(id: "p\($0)", name: "<製品&\($0)>" + String(repeating: "長い名前", count: 20))
      } + [.unattributed])
    for product in 0..<products {
      SampleBooks.add(
        product, "openai", "gpt-4.1", requests: Int128(product + 1), cost: "\(product + 1).125", &books)
    }
    let value = try JSONTape().parse(Reports.slackPayload(books, link: "https://git.example.com/r"))
    let blocks = try #require(value["blocks"]?.elements)
    #expect(blocks.count <= 50)
    var all = 0
    for block in blocks {
      let text = block["text"]?["text"]?.string ?? block["elements"]?.elements.first?["text"]?.string
      let length = try #require(text).utf16.count
      #expect(length > 0 && length <= (block["type"]?.string == "header" ? 150 : 3000))
      all += length
    }
    #expect(all <= 13_000)
    #expect(try #require(value["text"]?.string).utf16.count <= 3000)
  }

  @Test("rows that are left out still count: the printed rows add up to the total") func rest() throws {
    var books = SampleBooks.empty(
      products: (0..<300).map { Product(id: "p\($0)", name: "product \($0)") } + [.unattributed])
    for product in 0..<300 {
      SampleBooks.add(product, "openai", "gpt-4.1", requests: 1, cost: "\(product).10", &books)
    }
    let value = try JSONTape().parse(Reports.slackPayload(books, link: nil))
    let table = try #require(Self.texts(of: value).first { $0.contains("```") })
    let costs = table.split(separator: "\n").compactMap { line -> Money? in
      guard let dollar = line.firstIndex(of: "$") else { return nil }
      let digits = line[line.index(after: dollar)...].prefix { $0.isNumber || $0 == "," || $0 == "." }
      return SampleBooks.money(String(digits.filter { $0 != "," }))
    }
    #expect(table.contains("more"))
    // 0 + 1 + … + 299 dollars, and 300 times ten cents.
    #expect(costs.last == SampleBooks.money("44880"))
    #expect(costs.dropLast().reduce(.zero, +) == SampleBooks.money("44880"))
    #expect(table.contains("product 299") && !table.contains("product 1 "))
  }

  @Test(
    "a link that could break out of its place is left out",
    arguments: [
      "javascript:alert(1)", "https://x.example/a|b", "https://x.example/ b", "https://x.example/>", "",
    ])
  func badLink(link: String) throws {
    let value = try JSONTape().parse(Reports.slackPayload(SampleBooks.october(), link: link))
    #expect(!Self.texts(of: value).contains { $0.contains("Open the full report") })
  }

  /// The text of every block, and the fallback.
  static func texts(of payload: JSONValue) -> [String] {
    let blocks = payload["blocks"]?.elements ?? []
    return
      ([payload["text"]?.string] + blocks.map { $0["text"]?["text"]?.string }
      + blocks.flatMap { $0["elements"]?.elements.map { $0["text"]?.string } ?? [] }).compactMap { $0 }
  }
}
