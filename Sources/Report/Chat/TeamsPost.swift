import JSON

/// In: a message. Out: an Adaptive Card in the envelope that a Teams Workflows webhook takes.
///
/// All text stands in `TextRun`s: a `TextBlock` and a `FactSet` are Markdown, for which Teams knows no escape.
enum TeamsPost {
  enum Limit {
    /// Teams takes 28 KB of what it makes of the card; it answers 202 to a larger one and drops it. Measured with each
    /// character beyond ASCII as `\uXXXX`.
    static let bytesMax = 20_000
    static let rowsMax = 50
    static let titleMax = 150
    static let sentenceMax = 350
    static let notesMax = 800
    static let findingsMax = 500
    static let findingLinesMax = 10
    static let fallbackMax = 200
  }

  static func bytes(_ message: ChatMessage) -> [UInt8] {
    message.fitting(rowsMax: Limit.rowsMax) { rows in
      var json = JSONWriter()
      json.object { draw(message, rows, &$0) }
      return json.bytes
    } fits: {
      escapedCount($0) <= Limit.bytesMax
    }
  }

  static func escapedCount(_ bytes: [UInt8]) -> Int {
    String(decoding: bytes, as: UTF8.self).utf16.reduce(0) { $0 + ($1 < 0x80 ? 1 : 6) }
  }

  private static func draw(_ message: ChatMessage, _ rows: [ChatMessage.Row], _ json: inout JSONWriter) {
    json.member("type", "message")
    json.member(
      "attachments",
      array: { json in
        json.object { json in
          json.member("contentType", "application/vnd.microsoft.card.adaptive")
          json.member("contentUrl", nil as String?)
          json.member("content", object: { card(message, rows, &$0) })
        }
      })
  }

  private static func card(_ message: ChatMessage, _ rows: [ChatMessage.Row], _ json: inout JSONWriter) {
    json.member("$schema", "http://adaptivecards.io/schemas/adaptive-card.json")
    json.member("type", "AdaptiveCard")
    json.member("version", "1.4")
    json.member("fallbackText", escaped(message.short, max: Limit.fallbackMax))
    json.member("msteams", object: { $0.member("width", "Full") })
    json.member("body", array: { body(message, rows, &$0) })
    guard let link = message.link else { return }
    json.member(
      "actions",
      array: { json in
        json.object { json in
          json.member("type", "Action.OpenUrl")
          json.member("title", message.language("Open the full report", "レポート全体を開く"))
          json.member("url", link)
        }
      })
  }

  private static func body(_ message: ChatMessage, _ rows: [ChatMessage.Row], _ json: inout JSONWriter) {
    text(message.title, &json, style: [("size", "Large"), ("weight", "Bolder")], max: Limit.titleMax)
    text(message.answer, &json, style: [("weight", "Bolder")])
    for note in message.notes(max: Limit.notesMax) { text(note, &json) }
    if !rows.isEmpty {
      line(message.headings, &json, style: [("isSubtle", nil)])
      for row in rows { line([ChatText.isolated(row.name), row.amount, row.shareText], &json) }
      if let total = message.total {
        line([total.name, total.amount, total.shareText], &json, style: [("weight", "Bolder")])
      }
    }
    if !message.findingsHeading.isEmpty {
      text(message.findingsHeading, &json, style: message.findings.isEmpty ? [] : [("weight", "Bolder")])
      for line in message.findings(
        max: Limit.findingsMax, linesMax: Limit.findingLinesMax, { "• " + PlainText.oneLine($0, max: 200) })
      {
        text(line, &json)
      }
    }
    if !message.footer.isEmpty {
      text(message.footer, &json, style: [("size", "Small"), ("isSubtle", nil)], max: Limit.titleMax)
    }
  }

  /// - Parameter style: properties of the run; without a value one is true.
  private static func text(
    _ text: String, _ json: inout JSONWriter, style: [(String, String?)] = [],
    max: Int = Limit.sentenceMax, right: Bool = false
  ) {
    json.object { json in
      json.member("type", "RichTextBlock")
      if right { json.member("horizontalAlignment", "Right") }
      json.member(
        "inlines",
        array: { json in
          json.object { json in
            json.member("type", "TextRun")
            json.member("text", escaped(text, max: max))
            for (name, value) in style {
              if let value { json.member(name, value) } else { json.member(name, true) }
            }
          }
        })
    }
  }

  private static func line(
    _ cells: [String], _ json: inout JSONWriter, style: [(String, String?)] = []
  ) {
    json.object { json in
      json.member("type", "ColumnSet")
      json.member("spacing", "Small")
      json.member(
        "columns",
        array: { json in
          for (index, cell) in cells.enumerated() {
            json.object { json in
              json.member("type", "Column")
              json.member("width", index == 0 ? "stretch" : "90px")
              json.member(
                "items",
                array: {
                  text(
                    cell.isEmpty ? "–" : PlainText.fitted(cell, columns: 48), &$0, style: style,
                    max: Limit.titleMax, right: index > 0)
                })
            }
          }
        })
    }
  }

  /// `<at>` is a mention and `{{DATE(…)}}` a date wherever text is looked at for them: here it never looks so.
  private static func escaped(_ text: String, max: Int) -> String {
    ChatText.fitted(text, max: max) { before, character in
      switch character {
      case "<": "＜"
      case ">": "＞"
      case "`": "ˋ"
      case "{": "{\(ChatText.breaker)"
      default: String(character)
      }
    }
  }
}
