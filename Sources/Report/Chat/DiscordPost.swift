import JSON

/// In: a message. Out: a Discord webhook's payload: one embed, which mentions nobody.
enum DiscordPost {
  /// Discord's limits, of which the whole embed may have 6,000 characters.
  enum Limit {
    static let titleMax = 256
    static let descriptionMax = 3800
    static let fieldNameMax = 256
    static let fieldMax = 1024
    static let footerMax = 300
    static let sentenceMax = 500
    static let notesMax = 1800
    static let rowsMax = 100
  }

  static func bytes(_ message: ChatMessage) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("allowed_mentions", object: { $0.member("parse", array: { _ in }) })
      json.member("embeds", array: { $0.object { embed(message, &$0) } })
    }
    return json.bytes
  }

  private static func embed(_ message: ChatMessage, _ json: inout JSONWriter) {
    json.member("title", escaped(message.title, max: Limit.titleMax))
    if let link = message.link { json.member("url", link) }
    let answer = "**\(escaped(message.answer, max: Limit.sentenceMax))**"
    let notes = escaped(message.notes.joined(separator: "\n"), max: Limit.notesMax)
    let opening = notes.isEmpty ? answer : answer + "\n" + notes
    let description = message.fitting(rowsMax: Limit.rowsMax) { rows in
      rows.isEmpty ? opening : opening + "\n```\n" + code(ChatText.table(rows, message)) + "```"
    } fits: {
      $0.utf16.count <= Limit.descriptionMax
    }
    json.member("description", description)
    if !message.findingsHeading.isEmpty {
      json.member("fields", array: { $0.object { field(message, &$0) } })
    }
    if !message.footer.isEmpty {
      json.member("footer", object: { $0.member("text", plain(message.footer, max: Limit.footerMax)) })
    }
  }

  /// A field needs both a name and a value.
  private static func field(_ message: ChatMessage, _ json: inout JSONWriter) {
    guard !message.findings.isEmpty else {
      json.member("name", ChatText.breaker)
      json.member("value", escaped(message.findingsHeading, max: Limit.fieldMax))
      return
    }
    json.member("name", escaped(message.findingsHeading, max: Limit.fieldNameMax))
    let lines = message.findings(max: Limit.fieldMax) { "• " + escaped($0, max: Limit.fieldMax / 4) }
    json.member("value", lines.joined(separator: "\n"))
  }

  /// A footer has no markup, so its escapes would show. What would be markup elsewhere is broken all the same.
  private static func plain(_ text: String, max: Int) -> String {
    ChatText.fitted(text, max: max) { _, character in
      switch character {
      case "<": "＜"
      case "]", "|": "\(character)\(ChatText.breaker)"
      default: String(character)
      }
    }
  }

  private static func escaped(_ text: String, max: Int) -> String {
    ChatText.fitted(text, max: max) { before, character in
      switch character {
      case "\\", "*", "_", "~", "|", "`", "[", "]", "(", ")": "\\\(character)"
      // `<@id>`, `<#channel>`, `<:emoji:id>`, `<t:time>`, `> quote`.
      case "<", ">": "\\\(character)\(ChatText.breaker)"
      case "-", "+", "#": before == nil ? "\\\(character)" : String(character)
      default: String(character)
      }
    }
  }

  /// Inside a code block only its end means something; mentions are off.
  private static func code(_ text: String) -> String {
    text.reduce(into: "") {
      switch $1 {
      case "`": $0 += "ˋ"
      case "@", "<": $0 += "\($1)\(ChatText.breaker)"
      default: $0.append($1)
      }
    }
  }
}
