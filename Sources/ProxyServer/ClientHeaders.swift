/// A client's request headers in; what the proxy acts on, and what goes on to the vendor, out.
internal import Ledger
internal import NIOHTTP1
internal import RawLog

struct ClientHeaders {
  /// As presented. It is hashed and forgotten.
  var key: String?
  /// `Authorization: AWS4-HMAC-SHA256 …`, as it came.
  var signature: String?
  var contentType: String?
  var agent: String?
  var user: String?
  var session: String?
  var tags: [RequestFacts.Tag] = []
  /// `x-tollbook-cost: 1`: the answer's usage object is to say what it cost.
  var wantsCost = false
  var expectsContinue = false
  var contentLength: Int?
  var isEncoded = false
  var acceptEncodings: [String] = []
  /// Neither hop-by-hop, nor the client's credentials, nor the proxy's own.
  private(set) var forwarded: [(name: String, value: String)] = []
  private var connectionOptions: [Substring] = []

  /// What the proxy's own keys begin with.
  static let keyPrefix = "sk-tb-"

  init(_ headers: HTTPHeaders) {
    forwarded.reserveCapacity(16)
    for (name, value) in headers { take(name, value) }
    for option in connectionOptions {
      forwarded.removeAll { $0.name.lowercased() == option }
    }
  }

  private mutating func take(_ name: String, _ value: String) {
    switch name.lowercased() {
    case "authorization":
      if value.hasPrefix("AWS4-") { signature = value }
      let scheme = value.prefix(7)
      if scheme.lowercased() == "bearer " { offer(String(value.dropFirst(7))) }
    case "x-api-key", "api-key", "x-goog-api-key":
      offer(value)
    case "x-amz-date", "x-amz-security-token", "x-amz-content-sha256":
      // They belong to the client's signature; the vendor gets one of the proxy's.
      break
    case "connection":
      for option in value.split(separator: ",") {
        let word = trimmed(option).lowercased()
        if word != "close", word != "keep-alive" { connectionOptions.append(Substring(word)) }
      }
    case "host", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
      "trailer",
      "transfer-encoding", "upgrade", "cookie", "forwarded":
      break
    case "content-length":
      contentLength = Int(value)
    case "content-encoding":
      isEncoded = trimmed(value[...]).lowercased() != "identity"
    case "expect":
      expectsContinue = value.lowercased() == "100-continue"
    case "accept-encoding":
      for coding in value.split(separator: ",") { acceptEncodings.append(trimmed(coding).lowercased()) }
    case let lower where lower.hasPrefix("x-tollbook-"):
      if lower == "x-tollbook-tags" { takeTags(value) }
      if lower == "x-tollbook-cost" { wantsCost = trimmed(value[...]) == "1" }
    case let lower where lower.hasPrefix("x-litellm-"):
      takeLiteLLM(lower, value)
    case let lower where lower.hasPrefix("x-forwarded-") || lower.hasPrefix("amz-sdk-"):
      break
    case let lower:
      switch lower {
      case "user-agent": agent = value
      case "content-type": contentType = value
      case "x-claude-code-session-id", "x-session-id": session = session ?? value
      default: break
      }
      forwarded.append((name, value))
    }
  }

  /// What LiteLLM's clients tell its proxy, none of which is a vendor's business.
  private mutating func takeLiteLLM(_ name: String, _ value: String) {
    switch name {
    case "x-litellm-api-key":
      offer(value.lowercased().hasPrefix("bearer ") ? String(value.dropFirst(7)) : value)
    case "x-litellm-session-id", "x-litellm-trace-id": session = session ?? value
    case "x-litellm-customer-id", "x-litellm-end-user-id": user = user ?? value
    case "x-litellm-tags":
      for word in value.split(separator: ",") { add(liteLLMTag(trimmed(word))) }
    default: break
    }
  }

  /// A header that is for the proxy alone.
  mutating func drop(_ lowercasedName: String) {
    forwarded.removeAll { $0.name.lowercased() == lowercasedName }
  }

  /// Some clients send the key twice, or a vendor's beside the proxy's: the proxy's own wins.
  mutating func offer(_ candidate: String) {
    let candidate = trimmed(candidate[...])
    // No key has control characters, whichever way it came.
    guard !candidate.isEmpty, candidate.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else { return }
    if let key, key.hasPrefix(Self.keyPrefix) || !candidate.hasPrefix(Self.keyPrefix) { return }
    key = candidate
  }

  /// `a=b,c=d`; what does not look like that is passed over.
  private mutating func takeTags(_ text: String) {
    for pair in text.split(separator: ",") {
      guard let equals = pair.firstIndex(of: "=") else { continue }
      add(.init(name: trimmed(pair[..<equals]), value: trimmed(pair[pair.index(after: equals)...])))
    }
  }

  private mutating func add(_ tag: RequestFacts.Tag) {
    guard !tag.name.isEmpty, tags.count < LogRecordLimit.tagsMax,
      !tags.contains(where: { $0.name == tag.name })
    else { return }
    tags.append(tag)
  }

  /// The codings that the client takes and the meter can read; nil where the client named none.
  func acceptEncoding(identityOnly: Bool) -> String? {
    if identityOnly { return "identity" }
    guard !acceptEncodings.isEmpty else { return nil }
    let readable = acceptEncodings.filter { coding in
      let name = trimmed(coding.prefix { $0 != ";" })
      return name == "gzip" || name == "deflate" || name == "identity"
    }
    return readable.isEmpty ? "identity" : readable.joined(separator: ", ")
  }
}

/// A key's own tags beat the request's, so that a client cannot move its cost. Sorted by name.
func mergedTags(key: [RequestFacts.Tag], request: [RequestFacts.Tag]) -> [RequestFacts.Tag] {
  if request.isEmpty { return key }
  var merged = key
  for tag in request where merged.count < LogRecordLimit.tagsMax {
    if !key.contains(where: { $0.name == tag.name }) { merged.append(tag) }
  }
  return merged.sorted { $0.name < $1.name }
}

/// Without the spaces and tabs around it.
func trimmed(_ text: Substring) -> String {
  var rest = text
  while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
  while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
  return String(rest)
}
