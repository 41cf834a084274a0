import JSON
import Ledger

/// In: a message. Out: the same as plain JSON, for a receiver of one's own. Texts are as they are, without any
/// markup: a receiver that shows them escapes them for where it shows them.
enum WebhookPost {
  enum Limit {
    /// Above what common gateways take no receiver was asked.
    static let bytesMax = 200_000
    static let rowsMax = 1000
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
    json.member("version", 1)
    json.member("kind", message.kind.rawValue)
    json.member("period", message.period)
    json.member("language", message.language.rawValue)
    json.member("title", message.title)
    json.member("answer", message.answer)
    json.member("notes", array: { for note in message.notes { $0.string(note) } })
    json.member("products", array: { for row in rows { write(row, &$0) } })
    json.name("total")
    if let total = message.total { write(total, &json) } else { json.null() }
    json.member("findings", array: { for finding in message.findings { $0.string(finding) } })
    json.member("footer", message.footer)
    json.member("link", message.link)
    json.member("short", message.short)
  }

  /// Money is text, as in `run.json`; it is null where it is unknown.
  private static func write(_ row: ChatMessage.Row, _ json: inout JSONWriter) {
    json.object { json in
      json.member("name", row.name)
      json.member("cost_usd", row.amount.isEmpty ? nil : row.cost.description)
      json.member("cost", row.amount)
      json.member("share_percent", row.share == nil ? nil : String(row.shareText.dropLast()))
    }
  }
}
