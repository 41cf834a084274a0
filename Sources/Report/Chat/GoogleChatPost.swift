import JSON

/// In: a message. Out: a Google Chat message with one card (cards v2).
///
/// Outside text stands in fields that are plain text, and in paragraphs with HTML's escapes.
enum GoogleChatPost {
  enum Limit {
    /// Of 32,000 that a message may have.
    static let bytesMax = 30_000
    /// Of 100 that a card may have: the rest is for everything but the rows.
    static let rowsMax = 60
    static let titleMax = 150
    static let paragraphMax = 2000
    static let sentenceMax = 600
    static let notesMax = 6
    static let fallbackMax = 500
    /// Rows that show before a person asks for the others.
    static let rowsShown = 12
  }

  static func bytes(_ message: ChatMessage) -> [UInt8] {
    message.fitting(rowsMax: Limit.rowsMax) { rows in
      var json = JSONWriter()
      json.object { draw(message, rows, &$0) }
      return json.bytes
    } fits: {
      $0.count <= Limit.bytesMax
    }
  }

  private static func draw(_ message: ChatMessage, _ rows: [ChatMessage.Row], _ json: inout JSONWriter) {
    json.member("fallbackText", plain(message.short, max: Limit.fallbackMax))
    json.member(
      "cardsV2",
      array: { json in
        json.object { json in
          json.member("cardId", "tollbook")
          json.member(
            "card",
            object: { json in
              json.member(
                "header",
                object: { json in
                  json.member("title", plain(message.title, max: Limit.titleMax))
                  if !message.footer.isEmpty {
                    json.member("subtitle", plain(message.footer, max: Limit.titleMax))
                  }
                })
              json.member("sections", array: { sections(message, rows, &$0) })
            })
        }
      })
  }

  private static func sections(
    _ message: ChatMessage, _ rows: [ChatMessage.Row], _ json: inout JSONWriter
  ) {
    var opening = ["<b>\(html(message.answer, max: Limit.sentenceMax))</b>"]
    opening += message.notes.prefix(Limit.notesMax).map { html($0, max: Limit.sentenceMax) }
    section(nil, &json) { paragraph(opening.joined(separator: "<br>"), &$0) }
    if !rows.isEmpty {
      let all = rows + (message.total.map { [$0] } ?? [])
      section(message.headings.first, &json, shown: Limit.rowsShown) { json in
        for row in all { widget(row, &json) }
      }
    }
    if !message.findingsHeading.isEmpty {
      // Each line break is some more.
      let lines = message.findings(max: Limit.paragraphMax - 5 * message.findings.count) {
        "• " + html($0, max: Limit.sentenceMax / 2)
      }
      let heading = message.findings.isEmpty ? nil : message.findingsHeading
      let text =
        lines.isEmpty
        ? html(message.findingsHeading, max: Limit.sentenceMax) : lines.joined(separator: "<br>")
      section(heading, &json) { paragraph(text, &$0) }
    }
    if let link = message.link { section(nil, &json) { button(link, message.language, &$0) } }
  }

  private static func section(
    _ header: String?, _ json: inout JSONWriter, shown: Int? = nil, _ widgets: (inout JSONWriter) -> Void
  ) {
    json.object { json in
      if let header { json.member("header", plain(header, max: Limit.titleMax)) }
      if let shown {
        json.member("collapsible", true)
        json.member("uncollapsibleWidgetsCount", shown)
      }
      json.member("widgets", array: widgets)
    }
  }

  private static func paragraph(_ text: String, _ json: inout JSONWriter) {
    json.object { json in json.member("textParagraph", object: { $0.member("text", text) }) }
  }

  private static func widget(_ row: ChatMessage.Row, _ json: inout JSONWriter) {
    let figures = [row.amount.isEmpty ? "–" : row.amount, row.shareText].filter { !$0.isEmpty }
    json.object { json in
      json.member(
        "decoratedText",
        object: { json in
          json.member("topLabel", plain(ChatText.isolated(row.name), max: Limit.titleMax))
          json.member("text", html(figures.joined(separator: " · "), max: Limit.titleMax))
        })
    }
  }

  private static func button(_ link: String, _ language: Language, _ json: inout JSONWriter) {
    json.object { json in
      json.member(
        "buttonList",
        object: { json in
          json.member(
            "buttons",
            array: { json in
              json.object { json in
                json.member("text", language("Open the full report", "レポート全体を開く"))
                json.member(
                  "onClick", object: { $0.member("openLink", object: { $0.member("url", link) }) })
              }
            })
        })
    }
  }

  // MARK: - Text

  /// For fields without markup. `<users/all>` is a mention where text is markup: it is none here, and never looks
  /// like one either.
  private static func plain(_ text: String, max: Int) -> String {
    ChatText.fitted(text, max: max) { before, character in
      switch character {
      case "<": "＜"
      case ">": "＞"
      case "`": "ˋ"
      case "*", "_", "~": "\(character)\(ChatText.breaker)"
      default: String(character)
      }
    }
  }

  /// For paragraphs, which are a little HTML.
  private static func html(_ text: String, max: Int) -> String {
    ChatText.fitted(text, max: max) { before, character in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "`": "ˋ"
      case "*", "_", "~": "\(character)\(ChatText.breaker)"
      default: String(character)
      }
    }
  }
}
