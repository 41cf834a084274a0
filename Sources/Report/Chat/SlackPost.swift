import JSON

/// In: a message. Out: a Slack Block Kit payload.
enum SlackPost {
  /// Slack's documented limits, or a little less, in UTF-16 units of the escaped text.
  enum Limit {
    static let headerMax = 150
    static let sectionMax = 3000
    /// Of the whole payload Slack takes some 13,000: these and the table's section stay well below.
    static let answerMax = 1000
    static let notesMax = 2400
    static let findingsMax = 2000
    static let contextMax = 500
    static let fallbackMax = 500
    /// More rows than this never fit into a section.
    static let rowsMax = 100
  }

  static func bytes(_ message: ChatMessage) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("text", escaped(message.short, max: Limit.fallbackMax))
      json.member("unfurl_links", false)
      json.member("unfurl_media", false)
      json.member("blocks", array: { blocks(message, &$0) })
    }
    return json.bytes
  }

  private static func blocks(_ message: ChatMessage, _ json: inout JSONWriter) {
    header(escaped(message.title, max: Limit.headerMax), &json)
    section("*\(escaped(message.answer, max: Limit.answerMax))*", &json)
    if !message.rows.isEmpty { section(table(message), &json) }
    if !message.notes.isEmpty {
      section(escaped(message.notes.joined(separator: "\n"), max: Limit.notesMax), &json)
    }
    if !message.findingsHeading.isEmpty { section(findings(message), &json) }
    if !message.footer.isEmpty { context(escaped(message.footer, max: Limit.contextMax), &json) }
    if let link = message.link {
      let words = message.language("Open the full report", "レポート全体を開く")
      section("<\(link.replacing("&", with: "&amp;"))|\(words)>", &json)
    }
  }

  private static func findings(_ message: ChatMessage) -> String {
    guard !message.findings.isEmpty else { return escaped(message.findingsHeading, max: Limit.sectionMax) }
    let heading = "*\(escaped(message.findingsHeading, max: Limit.headerMax))*"
    let lines = message.findings(max: Limit.findingsMax - heading.utf16.count - 1) {
      "• " + escaped($0, max: Limit.contextMax)
    }
    return ([heading] + lines).joined(separator: "\n")
  }

  private static func table(_ message: ChatMessage) -> String {
    message.fitting(rowsMax: Limit.rowsMax) { rows in
      "```\n" + code(ChatText.table(rows, message)) + "```"
    } fits: {
      $0.utf16.count <= Limit.sectionMax
    }
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
      json.member("text", object: { markdown(text, &$0) })
    }
  }

  private static func context(_ text: String, _ json: inout JSONWriter) {
    json.object { json in
      json.member("type", "context")
      json.member("elements", array: { $0.object { markdown(text, &$0) } })
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
  private static func escaped(_ text: String, max: Int) -> String {
    ChatText.fitted(text, max: max) { before, character in
      switch character {
      case "*", "_", "~": "\(character)\(ChatText.breaker)"
      default:
        code(character) ?? String(character)
      }
    }
  }

  /// Inside a code block only these mean something.
  private static func code(_ text: String) -> String {
    text.reduce(into: "") { $0 += code($1) ?? ($1 == "@" ? "@\(ChatText.breaker)" : String($1)) }
  }

  private static func code(_ character: Character) -> String? {
    switch character {
    case "&": "&amp;"
    case "<": "&lt;"
    case ">": "&gt;"
    case "`": "ˋ"
    default: nil
    }
  }
}
