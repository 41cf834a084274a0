import Foundation
import JSON
import Ledger
import Report
import TestKit
import Testing

@Suite("Chat messages")
struct ChatTests {
  @Test(
    "they are within each service's limits, whatever the names are", arguments: 1...30 as ClosedRange<UInt64>)
  func limits(seed: UInt64) throws {
    let books = SampleBooks.hostile(seed: seed)
    let link = "https://git.example.com/books?" + String(repeating: "a", count: Int(seed) * 60)
    let report = ChatMessage.report(books, link: link)
    var random = SeededRandom(seed: seed)
    let failure = ChatMessage.failure(
      SampleBooks.hostileName(&random), period: "2026-10", problem: SampleBooks.hostileName(&random),
      next: SampleBooks.hostileName(&random), language: books.language)
    for service in ChatService.allCases {
      #expect(try ChatRules.problems(service, service.payload(report)) == [], "\(service)")
      #expect(try ChatRules.problems(service, service.payload(failure)) == [], "\(service)")
    }
  }

  @Test(
    "rows that are left out still count: the rows printed add up to the total",
    arguments: ChatService.allCases)
  func rest(service: ChatService) throws {
    var books = SampleBooks.empty(
      products: (0..<300).map { Product(id: "p\($0)", name: "product \($0)") } + [.unattributed])
    for product in 0..<300 {
      SampleBooks.add(product, "openai", "gpt-4.1", requests: 1, cost: "\(product).10", &books)
    }
    let texts = try ChatRules.texts(service.payload(.report(books, link: nil)))
    let costs = texts.flatMap { Self.costs(in: $0) }
    // 0 + 1 + … + 299 dollars, and 300 times ten cents: the total, which a headline may say again.
    let total = SampleBooks.money("44880")
    let rows = costs.filter { $0 != total }
    #expect(rows.reduce(Money.zero, +) == total)
    #expect(costs.contains(total))
    let all = texts.joined(separator: "\n")
    #expect(all.contains("product 299"))
    #expect(service == .webhook || (all.contains("more") && !all.contains("product 1 ")))
  }

  /// `$1,234.10` at the end of a line, or followed by a share.
  private static func costs(in text: String) -> [Money] {
    text.split(separator: "\n").compactMap { line in
      guard let dollar = line.firstIndex(of: "$") else { return nil }
      let digits = line[line.index(after: dollar)...].prefix { $0.isNumber || $0 == "," || $0 == "." }
      return SampleBooks.money(String(digits.filter { $0 != "," }))
    }
  }

  @Test("both languages say the same figures", arguments: ChatService.allCases)
  func languages(service: ChatService) throws {
    var books = SampleBooks.october()
    let english = try ChatRules.texts(service.payload(.report(books, link: nil))).joined(separator: "\n")
    books.language = .ja
    let japanese = try ChatRules.texts(service.payload(.report(books, link: nil))).joined(separator: "\n")
    for figure in ["753.52", "44,373", "614.96", "2026"] {
      #expect(english.contains(figure) && japanese.contains(figure), "\(figure)")
    }
    #expect(english.contains("AI cost") && japanese.contains("AI利用費"))
  }

  @Test(
    "a link that could break out of its place is left out", arguments: ChatService.allCases,
    [
      "javascript:alert(1)", "https://x.example/a|b", "https://x.example/ b", "https://x.example/>", "",
      "https://x.example/a)b", "https://x.example/\u{202E}",
    ])
  func badLink(service: ChatService, link: String) throws {
    let texts = try ChatRules.texts(service.payload(.report(SampleBooks.october(), link: link)))
    #expect(!texts.contains { $0.contains("Open the full report") || $0.contains("x.example") })
  }

  @Test(
    "a kept message is posted as it would have been on the day", arguments: 1...10 as ClosedRange<UInt64>)
  func frozen(seed: UInt64) {
    let message = ChatMessage.report(
      SampleBooks.hostile(seed: seed), link: "https://git.example.com/b?a=1&b=2")
    let kept = FrozenMessage(FrozenMessage.text(message))
    for service in ChatService.allCases { #expect(kept.payload(service) == service.payload(message)) }
  }

  @Test("what the first version kept of a closed period is still posted") func oldest() throws {
    let slack =
      #"{"text":"AI cost 2026-10: $1.00 &amp; more","blocks":[{"type":"header","text":{"type":"plain_text","text":"AI cost 2026-10"}}]}"#
    #expect(FrozenMessage(slack).payload(.slack) == Array(slack.utf8))
    for service in ChatService.allCases where service != .slack {
      let payload = FrozenMessage(slack).payload(service)
      #expect(try ChatRules.problems(service, payload) == [])
      #expect(try ChatRules.texts(payload).contains { $0.contains("AI cost 2026") })
    }
  }
}

@Suite("Chat messages hold outside text as text")
struct ChatTextTests {
  /// What would be a mention, a link or markup, by service, in the texts that outside names stand in.
  private static let forbidden: [ChatService: [String]] = [
    .slack: ["<!", "<@", "<#", "@here", "@everyone", "@channel", ":tada:", "<script", "<b>"],
    .googleChat: ["<users/", "<script", "<a ", "<img", "@everyone", "https://evil", "www.evil"],
    .teams: ["<at>", "{{", "<b>", "https://evil", "www.evil", "@everyone"],
    .discord: [
      "<@", "<#", "<:", "@everyone", "@here", "](http", "https://evil", "||spoiler", "\n# ", ":tada:",
    ],
    .mattermost: [
      "@channel", "@here", "@everyone", "~town-square", "](http", "https://evil", "www.evil", ":tada:", "<b>",
    ],
  ]

  @Test(
    "no mention, no link, no markup",
    arguments: [ChatService.slack, .googleChat, .teams, .discord, .mattermost],
    SampleBooks.hostileTexts + [
      "<users/all>", "<at>Everyone</at>", "<@&123>", "<#C01>", "<:x:123>", "~town-square", "@channel",
      ":tada:",
      "{{DATE(2026-10-01T00:00:00Z)}}", "||spoiler||",
    ])
  func nothing(service: ChatService, text: String) throws {
    let books = SampleBooks.hostile(text)
    let failure = ChatMessage.failure(text, period: "p", problem: text, next: text, language: .en)
    for message in [ChatMessage.report(books, link: nil), failure] {
      for shown in try ChatRules.texts(service.payload(message)) {
        let bare = Self.withoutCode(shown)
        for sign in Self.forbidden[service] ?? [] {
          #expect(!bare.contains(sign), "\(service) shows \(sign) in \(shown)")
        }
        // Code blocks are closed, and only this program opens them.
        #expect(shown.components(separatedBy: "```").count % 2 == 1)
      }
    }
  }

  /// In a code block nothing is markup; an escaped bracket begins no link.
  private static func withoutCode(_ text: String) -> String {
    text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 0 }.map(\.element).joined()
      .replacingOccurrences(of: "\\]", with: "")
  }

  @Test("a Mattermost table keeps its columns", arguments: SampleBooks.hostileTexts)
  func columns(text: String) throws {
    let payload = ChatService.mattermost.payload(.report(SampleBooks.hostile(text), link: nil))
    let shown = try #require(try JSONTape().parse(payload)["text"]?.string)
    let lines = shown.split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(lines.count == 2 + 4 + 1)
    #expect(lines.allSatisfy { $0.count { $0 == "|" } == 4 })
  }

  @Test("a receiver of its own gets the texts as they are") func raw() throws {
    let payload = ChatService.webhook.payload(.report(SampleBooks.hostile("<b>@all</b>"), link: nil))
    let json = try JSONTape().parse(payload)
    #expect(json["products"]?.elements.first?["name"]?.string == "<b>@all</b>")
    // 612.348150375 + 4.111111111111111 - 1.5, to the cent.
    #expect(json["products"]?.elements.first?["cost_usd"]?.string == "614.96")
  }

  @Test("a name from right to left does not take the figures along") func rightToLeft() throws {
    let payload = ChatService.discord.payload(.report(SampleBooks.hostile("שלום"), link: nil))
    let shown = try ChatRules.texts(payload).joined()
    #expect(shown.contains("\u{2068}שלום\u{2069}"))
  }
}
