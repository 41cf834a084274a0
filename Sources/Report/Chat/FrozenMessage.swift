import JSON
internal import Ledger

/// The message of a closed period as the store keeps it: the same is posted to every service, whenever it is posted.
public struct FrozenMessage: Sendable {
  private let text: String
  private let message: ChatMessage?

  /// - Parameter text: what `text(_:)` gave, or the Slack payload that the first version of this program kept.
  public init(_ text: String) {
    self.text = text
    message = Self.read(text)
  }

  /// What the store keeps.
  public static func text(_ message: ChatMessage) -> String {
    var json = JSONWriter()
    json.object { json in
      json.member("chat_message", 1)
      json.member("kind", message.kind.rawValue)
      json.member("period", message.period)
      json.member("language", message.language.rawValue)
      json.member("title", message.title)
      json.member("answer", message.answer)
      json.member("notes", array: { for note in message.notes { $0.string(note) } })
      json.member("headings", array: { for heading in message.headings { $0.string(heading) } })
      json.member("digits", message.digits)
      json.member("rows", array: { for row in message.rows { write(row, &$0) } })
      json.name("total")
      if let total = message.total { write(total, &json) } else { json.null() }
      json.member("findings", array: { for finding in message.findings { $0.string(finding) } })
      json.member("findings_heading", message.findingsHeading)
      json.member("footer", message.footer)
      json.member("link", message.link)
      json.member("short", message.short)
    }
    return json.text
  }

  /// The body of the post.
  public func payload(_ service: ChatService) -> [UInt8] {
    if let message { return service.payload(message) }
    return service == .slack ? Array(text.utf8) : service.payload(Self.plain(ofSlack: text))
  }

  private static func write(_ row: ChatMessage.Row, _ json: inout JSONWriter) {
    json.object { json in
      json.member("name", row.name)
      json.member("amount", row.amount)
      json.member("femtodollars", String(row.cost.femtodollars))
      json.member("share", row.share)
    }
  }

  private static func read(_ text: String) -> ChatMessage? {
    guard let json = parsed(text), json["chat_message"]?.wholeNumber == 1,
      let kind = json["kind"]?.string.flatMap(ChatMessage.Kind.init(rawValue:)),
      let language = json["language"]?.string.flatMap(Language.init(rawValue:))
    else { return nil }
    func words(_ name: StaticString) -> String { json[name]?.string ?? "" }
    func list(_ name: StaticString) -> [String] { json[name]?.elements.compactMap(\.string) ?? [] }
    var message = ChatMessage(
      kind: kind, period: words("period"), language: language, title: words("title"),
      answer: words("answer"))
    message.notes = list("notes")
    message.headings = list("headings")
    message.digits = Int(json["digits"]?.wholeNumber ?? 2)
    message.rows = json["rows"]?.elements.compactMap(row) ?? []
    message.total = json["total"].flatMap(row)
    message.findings = list("findings")
    message.findingsHeading = words("findings_heading")
    message.footer = words("footer")
    message.link = json["link"]?.string
    message.short = words("short")
    return message
  }

  private static func row(_ json: JSONValue) -> ChatMessage.Row? {
    guard let name = json["name"]?.string, let amount = json["amount"]?.string,
      let cost = json["femtodollars"]?.string.flatMap({ Int128($0) })
    else { return nil }
    return ChatMessage.Row(
      name: name, amount: amount, cost: Money(femtodollars: cost), share: json["share"]?.wholeNumber)
  }

  /// Of the oldest closes only Slack's words are kept: the title and the line for notifications.
  private static func plain(ofSlack text: String) -> ChatMessage {
    let json = parsed(text)
    func unescaped(_ text: String) -> String {
      text.replacing("\u{200B}", with: "").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
        .replacing("&amp;", with: "&")
    }
    let title = unescaped(json?["blocks"]?.elements.first?["text"]?["text"]?.string ?? "")
    let answer = unescaped(json?["text"]?.string ?? "")
    var message = ChatMessage(kind: .report, period: "", language: .en, title: title, answer: answer)
    message.short = answer
    return message
  }

  private static func parsed(_ text: String) -> JSONValue? {
    do { return try JSONTape().parse(text) } catch { return nil }
  }
}
