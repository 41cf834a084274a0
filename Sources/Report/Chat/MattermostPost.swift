import JSON

/// In: a message. Out: a Mattermost incoming webhook's payload: Markdown, with a table.
enum MattermostPost {
  enum Limit {
    /// Of 16,383 characters that a post may have.
    static let textMax = 16_000
    static let titleMax = 200
    static let sentenceMax = 800
    static let notesMax = 6
    static let rowsMax = 200
  }

  static func bytes(_ message: ChatMessage) -> [UInt8] {
    let text = message.fitting(rowsMax: Limit.rowsMax) {
      Self.text(message, $0)
    } fits: {
      $0.utf16.count <= Limit.textMax
    }
    var json = JSONWriter()
    json.object { $0.member("text", text) }
    return json.bytes
  }

  private static func text(_ message: ChatMessage, _ rows: [ChatMessage.Row]) -> String {
    var parts = [
      "#### \(escaped(message.title, max: Limit.titleMax))",
      "**\(escaped(message.answer, max: Limit.sentenceMax))**",
    ]
    if !rows.isEmpty { parts.append(table(rows, message)) }
    parts += message.notes.prefix(Limit.notesMax).map { escaped($0, max: Limit.sentenceMax) }
    if message.findings.isEmpty {
      if !message.findingsHeading.isEmpty { parts.append(escaped(message.findingsHeading, max: 300)) }
    } else {
      let lines = message.findings(max: Limit.textMax / 4) { "- " + escaped($0, max: Limit.sentenceMax / 2) }
      let heading = "**\(escaped(message.findingsHeading, max: Limit.titleMax))**"
      parts.append(([heading, ""] + lines).joined(separator: "\n"))
    }
    if !message.footer.isEmpty { parts.append(escaped(message.footer, max: Limit.sentenceMax)) }
    if let link = message.link {
      parts.append("[\(message.language("Open the full report", "レポート全体を開く"))](\(link))")
    }
    return parts.joined(separator: "\n\n")
  }

  private static func table(_ rows: [ChatMessage.Row], _ message: ChatMessage) -> String {
    func line(_ cells: [String], strong: Bool = false) -> String {
      let written = cells.map { cell in
        let text = escaped(cell, max: Limit.titleMax)
        return strong && !text.isEmpty ? "**\(text)**" : text
      }
      return "| " + written.joined(separator: " | ") + " |"
    }
    func cells(_ row: ChatMessage.Row) -> [String] {
      [ChatText.isolated(row.name), row.amount, row.shareText]
    }
    var lines = [line(message.headings), "| --- | ---: | ---: |"] + rows.map { line(cells($0)) }
    if let total = message.total { lines.append(line(cells(total), strong: true)) }
    return lines.joined(separator: "\n")
  }

  private static func escaped(_ text: String, max: Int) -> String {
    ChatText.fitted(text, max: max) { before, character in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      // Inside a table a backslash is not enough for every client.
      case "|": "&#124;"
      case "\\", "`", "*", "_", "[", "]", "$", "!": "\\\(character)"
      // `~channel` and `~~struck~~`, `#hashtag`, `@name`: a host looks for them in the finished text.
      case "~", "#": "\\\(character)\(ChatText.breaker)"
      case "-", "+", "=": before == nil ? "\\\(character)" : "\(character)"
      default: String(character)
      }
    }
  }
}
