import JSON
import Ledger
import Report
import TestKit

/// What each service documents of the posts it takes.
enum ChatRules {
  /// What the service would refuse, or cut; nothing for a good payload.
  static func problems(_ service: ChatService, _ payload: [UInt8]) throws -> [String] {
    let json = try JSONTape().parse(payload)
    var problems: [String] = []
    func hold(_ what: String, _ count: Int, _ range: ClosedRange<Int>) {
      if !range.contains(count) { problems.append("\(what): \(count) is not in \(range)") }
    }
    func length(_ value: JSONValue?) -> Int { value?.string?.utf16.count ?? -1 }
    switch service {
    case .slack:
      let blocks = json["blocks"]?.elements ?? []
      hold("blocks", blocks.count, 1...50)
      hold("payload", String(decoding: payload, as: UTF8.self).utf16.count, 1...13_000)
      hold("text", length(json["text"]), 1...3000)
      for block in blocks {
        let text = block["text"]?["text"] ?? block["elements"]?.elements.first?["text"]
        hold(block["type"]?.string ?? "", length(text), 1...(block["type"]?.string == "header" ? 150 : 3000))
      }
    case .googleChat:
      hold("bytes", payload.count, 1...32_000)
      let card = json["cardsV2"]?.elements.first?["card"]
      let sections = card?["sections"]?.elements ?? []
      hold("sections", sections.count, 1...100)
      hold("widgets", sections.reduce(0) { $0 + ($1["widgets"]?.elements.count ?? 0) }, 1...100)
      for section in sections { hold("section", section["widgets"]?.elements.count ?? 0, 1...100) }
      hold("title", length(card?["header"]?["title"]), 1...200)
    case .teams:
      let content = json["attachments"]?.elements.first?["content"]
      if json["type"]?.string != "message" || content?["type"]?.string != "AdaptiveCard" {
        problems.append("no card")
      }
      // As Teams may write it: each UTF-16 unit beyond ASCII in six characters.
      let size = String(decoding: payload, as: UTF8.self).utf16.reduce(0) { $0 + ($1 < 0x80 ? 1 : 6) }
      hold("size", size, 1...28_000)
      hold("body", content?["body"]?.elements.count ?? 0, 1...200)
    case .discord:
      let embeds = json["embeds"]?.elements ?? []
      hold("embeds", embeds.count, 1...10)
      if json["allowed_mentions"]?["parse"]?.elements.isEmpty != true { problems.append("mentions are on") }
      var all = 0
      for embed in embeds {
        hold("title", length(embed["title"]), 1...256)
        hold("description", length(embed["description"]), 1...4096)
        if embed["footer"] != nil { hold("footer", length(embed["footer"]?["text"]), 1...2048) }
        for field in embed["fields"]?.elements ?? [] {
          hold("field's name", length(field["name"]), 1...256)
          hold("field's value", length(field["value"]), 1...1024)
          all += length(field["name"]) + length(field["value"])
        }
        all += length(embed["title"]) + length(embed["description"])
        all += max(0, length(embed["footer"]?["text"]))
      }
      hold("characters", all, 1...6000)
    case .mattermost: hold("text", length(json["text"]), 1...16_383)
    case .webhook:
      if json["version"]?.wholeNumber != 1 { problems.append("no version") }
      hold("bytes", payload.count, 1...256_000)
    }
    return problems
  }

  /// Every text that the service shows, wherever it stands.
  static func texts(_ payload: [UInt8]) throws -> [String] {
    var found: [String] = []
    func look(_ value: JSONValue) {
      if let text = value.string { found.append(text) }
      for element in value.elements { look(element) }
      for member in value.members { look(member.value) }
    }
    look(try JSONTape().parse(payload))
    return found
  }
}

extension SampleBooks {
  /// Books of up to 400 products whose names are as hostile as a seed makes them.
  static func hostile(seed: UInt64) -> Books {
    var random = SeededRandom(seed: seed)
    let language: Language = seed % 2 == 0 ? .ja : .en
    let count = [0, 1, 3, 40, 300, 400][Int.random(in: 0...5, using: &random)]
    var books = empty(
      products: (0..<count).map { Product(id: "p\($0)", name: hostileName(&random)) } + [.unattributed])
    for product in 0..<count {
      let cost = Int128.random(in: 0...powerOfTen(18), using: &random)
      add(
        product, "openai", hostileName(&random), requests: Int128(product + 1),
        cost: decimalText(cost, fractionDigits: 15, trimmed: true), &books)
    }
    books.checks = (0..<Int.random(in: 0...3, using: &random)).map {
      Books.Check(name: "check \($0)", passed: false, detail: hostileName(&random))
    }
    books.prices.version = hostileName(&random)
    books.language = language
    return books
  }

  /// Pieces of what means something somewhere, emoji, letters from right to left, up to 10,000 characters.
  static func hostileName(_ random: inout SeededRandom) -> String {
    let pieces =
      hostileTexts + [
        "<users/all>", "<at>Everyone</at>", "<@&123>", "<#C01>", "<:x:123>", "~town-square", "@channel",
        ":tada:",
        "{{DATE(2026-10-01T00:00:00Z)}}", "שלום", "مرحبا", "🇯🇵👨‍👩‍👧‍👦", "‮", "||spoiler||", "```", "$$x$$", "製品",
        String(repeating: "ａ", count: 10_000), String(repeating: "\u{301}", count: 300), "<b>", "&lt;b&gt;",
      ]
    let count = Int.random(in: 0...4, using: &random)
    return (0...count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined()
  }
}
