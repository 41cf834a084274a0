internal import Foundation
internal import JSON
internal import Ledger
internal import Report

/// What an answer means for a post: each service says in its own way that it took it, or why not.
enum ChatVerdict: Hashable {
  case sent
  /// Surely not taken, and it may be taken later. Nil: the service does not say when.
  case again(String, milliseconds: Int?)
  /// Surely not taken, and never will be as it is.
  case failed(String)
  /// It may have been taken.
  case unknown(String)

  init(_ fault: HTTPPost.Fault) {
    self =
      switch fault {
      case .notReached: .again("cannot be reached", milliseconds: nil)
      case .notTrusted: .failed("has no certificate that this machine trusts; nothing was sent")
      case .unanswered: .unknown("broke the connection or timed out before an answer came")
      }
  }

  /// - Parameters:
  ///   - secrets: what must not be repeated, should the service send it back.
  ///   - now: microseconds since 1970-01-01T00:00:00Z, for a `Retry-After` that is a date.
  init(_ answer: HTTPPost.Answer, service: ChatService, secrets: [String], now: Int64) {
    let said = ChatAnswer(answer.body, secrets: secrets)
    let reason = "answered \(answer.status)" + (said.word.map { " (\($0))" } ?? "")
    switch answer.status {
    case 200..<300: self = Self.taken(answer.status, said, service, reason)
    case 429, 500..<600:
      let waits = [RetryAfter.milliseconds(answer.headers["retry-after"], now: now), said.retryAfter]
      self = .again(reason, milliseconds: waits.compactMap(\.self).max())
    case 300..<400: self = .failed("\(reason): it moved, and no redirect is followed; set its new address")
    default: self = .failed("\(reason); check the webhook's address and its channel")
    }
  }

  /// A status that says yes, with a body that may say no.
  private static func taken(
    _ status: Int, _ said: ChatAnswer, _ service: ChatService, _ reason: String
  ) -> ChatVerdict {
    let refused = ChatVerdict.failed("\(reason), and not that it took the message")
    switch service {
    case .slack: return said.text == "ok" ? .sent : refused
    case .mattermost: return said.text == "ok" ? .sent : said.isError ? refused : .unknown(reason)
    case .googleChat:
      if said.json?["name"]?.string != nil { return .sent }
      guard said.isError else { return .unknown("\(reason) without the message that it made") }
      return said.isTemporary ? .again(reason, milliseconds: nil) : refused
    case .teams:
      if said.text.isEmpty || said.text == "1" { return .sent }
      guard said.isError else { return said.json != nil ? .sent : .unknown(reason) }
      return said.isTemporary ? .again(reason, milliseconds: nil) : refused
    case .discord:
      if status == 204 || said.json?["id"]?.string != nil { return .sent }
      return said.isError ? refused : .unknown(reason)
    case .webhook: return .sent
    }
  }
}

/// The body of an answer. It is outside text: of it only a word of the services' own kind is ever repeated.
struct ChatAnswer {
  let text: String
  let json: JSONValue?
  /// `invalid_payload`, `INVALID_ARGUMENT`, `50035`; nil where there is no such word.
  let word: String?

  init(_ body: [UInt8], secrets: [String]) {
    text = String(decoding: body, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    json = Self.parsed(body)
    let found =
      json.flatMap { json in
        let words = [
          json["error"]?["status"], json["error"]?["code"], json["id"], json["code"], json["error"],
        ]
        return words.compactMap { $0?.string ?? $0?.numberText }.first
      } ?? text
    let isWord =
      (1...60).contains(found.utf8.count)
      && found.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 0x5F
          || $0 == 0x2E
      }
    word = isWord && found != "ok" && !secrets.contains { $0.contains(found) } ? found : nil
  }

  /// A body that says no.
  var isError: Bool {
    guard let json, json.isObject else {
      return text.lowercased().contains("error") || text.lowercased().contains("fail")
    }
    if json["error"] != nil { return json["error"]?.isNull == false }
    return json["code"] != nil || json["status_code"] != nil
  }

  /// An error inside that says 429 or 5xx.
  var isTemporary: Bool {
    if let code = json?["error"]?["code"]?.wholeNumber { return code == 429 || (500..<600).contains(code) }
    return text.contains("HTTP error 429") || text.contains("HTTP error 5")
  }

  /// Discord's own, in seconds with a fraction.
  var retryAfter: Int? { json?["retry_after"]?.thousandths.flatMap { Int(exactly: $0) } }

  private static func parsed(_ body: [UInt8]) -> JSONValue? {
    do { return try JSONTape().parse(body) } catch { return nil }
  }
}

/// RFC 9110: seconds, or a date. Some services give a fraction of seconds.
enum RetryAfter {
  /// Rounded up; nil for what is neither.
  static func milliseconds(_ text: String?, now: Int64) -> Int? {
    guard let text = text?.trimmingCharacters(in: .whitespaces), text.utf8.count <= 40 else { return nil }
    if let time = date(text) { return max(0, Int((time - now + 999) / 1000)) }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count),
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }),
      parts[0].utf8.count <= 9, let seconds = Int(parts[0])
    else { return nil }
    let fraction = parts.count == 2 ? String((parts[1] + "000").prefix(3)) : "0"
    return seconds * 1000 + (Int(fraction) ?? 0) + (parts.count == 2 && parts[1].utf8.count > 3 ? 1 : 0)
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`: microseconds since 1970-01-01T00:00:00Z.
  private static func date(_ text: String) -> Int64? {
    let words = text.split(separator: " ")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
      return nil
    }
    let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
    return Timestamp.parse("\(words[3])-\(number)-\(words[1])T\(words[4])Z".utf8)
  }
}
