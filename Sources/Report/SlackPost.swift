import JSON
import Ledger

/// In: the books and where the full report is. Out: a Slack Block Kit payload that fits Slack's limits and
/// that nothing in it can turn into a mention, a link or markup.
enum SlackPost {
  /// Slack's documented limits, or a little less, in UTF-16 units of the escaped text.
  enum Limit {
    static let headerMax = 150
    static let sectionMax = 3000
    static let blocksMax = 50
    static let payloadMax = 13_000
    /// Wide enough for a product's name in a code block without folding on a phone.
    static let nameColumnsMax = 24
    /// A link longer than this is left out: it would not fit beside its words.
    static let linkMax = 2000
    static let fallbackMax = 500
  }

  static func bytes(_ books: Books, link: String?) -> [UInt8] {
    let language = books.language
    let title = language("AI cost ", "AI利用費 ") + PlainText.oneLine(books.periodName)
    let total = Headline.total(books, strong: false)
    let findings = Findings.list(books)
    var json = JSONWriter()
    json.object { json in
      let words = findings.map(\.short).joined(separator: language("; ", "、"))
      let short = findings.isEmpty ? "" : language(" To look at: \(words).", " 確認事項: \(words)")
      json.member("text", cut(escaped("\(title): \(total)\(short)"), to: Limit.fallbackMax))
      json.member("unfurl_links", false)
      json.member("unfurl_media", false)
      json.member(
        "blocks",
        array: { json in
          header(cut(escaped(title), to: Limit.headerMax), &json)
          let coverage = Headline.coverage(books).map { "\n" + $0 } ?? ""
          section("*\(escaped(total))*" + escaped(coverage), &json)
          section(codeTable(books.productsTable, language), &json)
          if let line = books.adjustmentsSentence { section(escaped(line), &json) }
          section(attention(findings, language), &json)
          context(
            "\(escaped(books.period.zone)) · \(language("prices", "単価表")) "
              + "\(escaped(short: books.prices.version)) · \(language("rules", "ルール")) "
              + "\(escaped(short: books.attributionVersion)) · "
              + (findings.isEmpty
                ? language("complete", "確認事項なし") : language("see summary.md", "詳細は summary.md")),
            &json)
          if let address = link.flatMap(safeLink) {
            section("<\(address)|\(language("Open the full report", "レポート全体を開く"))>", &json)
          }
        })
    }
    precondition(json.bytes.count <= Limit.payloadMax * 4, "each block is bounded, so the payload is")
    return json.bytes
  }

  private static func attention(_ findings: [Finding], _ language: Language) -> String {
    guard !findings.isEmpty else { return language("Nothing needs attention.", "確認が必要なことはありません。") }
    return language("*To look at*\n", "*確認が必要なこと*\n")
      + findings.map { "• \(escaped($0.headline))" }.joined(separator: "\n")
  }

  /// Product, cost and share as a code block; when it would not fit, rows go, cheapest first.
  static func codeTable(_ table: Table, _ language: Language) -> String {
    var columns = table
    columns.columns = Array(table.columns[0..<3])
    columns.rows = table.rows.map { row in [shortName(row[0])] + row[1..<3] }
    columns.total = table.total.map { Array($0[0..<3]) }
    let costs = columns.rows.map(cost)
    let order = columns.rows.indices.sorted {
      costs[$0] == costs[$1] ? $0 < $1 : costs[$0] > costs[$1]
    }
    var kept = order.count
    while true {
      var drawn = columns
      let shown = order[0..<kept].sorted()
      drawn.rows = shown.map { columns.rows[$0] }
      if kept < order.count {
        // The rest stays in the sum: rows that are not shown still cost something.
        let rest = order[kept...].reduce(Money.zero) { $0 + costs[$1] }
        drawn.rows.append([.text(language.more(order.count - kept)), .money(rest), .empty])
      }
      let text = "```\n" + code(TerminalTable.text(drawn, color: false)) + "```"
      if text.utf16.count <= Limit.sectionMax || kept == 0 { return text }
      kept -= max(1, kept / 10)
    }
  }

  private static func shortName(_ cell: Table.Cell) -> Table.Cell {
    guard case .text(let name) = cell else { return cell }
    return .text(PlainText.fitted(PlainText.oneLine(name), columns: Limit.nameColumnsMax))
  }

  private static func cost(_ row: [Table.Cell]) -> Money {
    if case .money(let cost) = row[1] { cost } else { .zero }
  }

  // MARK: - Blocks

  private static func header(_ text: String, _ json: inout JSONWriter) {
    json.object { json in
      json.member("type", "header")
      json.member(
        "text",
        object: { json in
          json.member("type", "plain_text")
          json.member("text", text)
          json.member("emoji", false)
        })
    }
  }

  private static func section(_ text: String, _ json: inout JSONWriter) {
    json.object { json in
      json.member("type", "section")
      json.member("text", object: { markdown(cut(text, to: Limit.sectionMax), &$0) })
    }
  }

  private static func context(_ text: String, _ json: inout JSONWriter) {
    json.object { json in
      json.member("type", "context")
      json.member("elements", array: { $0.object { markdown(cut(text, to: Limit.sectionMax), &$0) } })
    }
  }

  /// `verbatim`: Slack makes no links or mentions of its own.
  private static func markdown(_ text: String, _ json: inout JSONWriter) {
    json.member("type", "mrkdwn")
    json.member("text", text)
    json.member("verbatim", true)
  }

  // MARK: - Text

  /// Text in which nothing is a mention, a link, an emoji or markup.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      // A zero-width space keeps the sign and breaks what it would do.
      case "@", "#", "*", "_", "~": result += "\(character)\u{200B}"
      case "`": result += "ˋ"
      default: result.append(character)
      }
    }
    return result
  }

  /// Inside a code block only these mean something.
  private static func code(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "@": result += "@\u{200B}"
      case "`": result += "ˋ"
      default: result.append(character)
      }
    }
    return result
  }

  private static func escaped(short version: String) -> String { escaped(String(version.prefix(12))) }

  /// Only a web address, without what would end it early.
  private static func safeLink(_ link: String) -> String? {
    guard link.hasPrefix("https://") || link.hasPrefix("http://"), link.utf16.count <= Limit.linkMax
    else { return nil }
    let isSafe = link.unicodeScalars.allSatisfy {
      $0.value > 0x20 && $0.value < 0x7F && !"<>|\"`".unicodeScalars.contains($0)
    }
    return isSafe ? link.replacing("&", with: "&amp;") : nil
  }

  /// Never in the middle of `&amp;`.
  private static func cut(_ text: String, to max: Int) -> String {
    guard text.utf16.count > max else { return text }
    var kept = ""
    var count = 1
    for character in text {
      count += character.utf16.count
      if count > max { break }
      kept.append(character)
    }
    if let entity = kept.lastIndex(of: "&"), !kept[entity...].contains(";") { kept = String(kept[..<entity]) }
    return kept + "…"
  }
}
