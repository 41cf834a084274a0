/// A client's request headers in; what the proxy acts on, and what goes on to the vendor, out.
internal import HTTPWire
internal import Ledger
internal import RawLog

struct ClientHeaders {
  /// As presented. It is hashed and forgotten.
  var key: String?
  /// `Authorization: AWS4-HMAC-SHA256 …`, as it came.
  var signature: String?
  var contentType: String?
  var isForm = false
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
  let fields: HeaderFields
  /// Neither hop-by-hop, nor the client's credentials, nor the proxy's own.
  private(set) var forwarded = FieldSet()
  private var connectionOptions: [String] = []

  /// What the proxy's own keys begin with.
  static let keyPrefix = "sk-tb-"

  init(_ headers: HeaderFields) {
    fields = headers
    headers.forEach { index, name, value in take(index, name, value) }
    for option in connectionOptions { drop(option) }
  }

  private mutating func take(_ index: Int, _ name: WireText, _ value: WireText) {
    switch name {
    case "authorization": takeAuthorization(value)
    case "x-api-key", "api-key", "x-goog-api-key":
      offer(value.string)
    case "x-amz-date", "x-amz-security-token", "x-amz-content-sha256":
      // They belong to the client's signature; the vendor gets one of the proxy's.
      break
    case "connection":
      value.forEachPart { word in
        if !word.isEmpty, !word.matches("close"), !word.matches("keep-alive") {
          connectionOptions.append(word.string.lowercased())
        }
      }
    case "host", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
      "trailer", "transfer-encoding", "upgrade", "cookie", "forwarded":
      break
    case "content-length": contentLength = value.wholeNumber
    case "content-encoding": isEncoded = !value.matches("identity")
    case "expect": expectsContinue = value.matches("100-continue")
    case "accept-encoding": value.forEachPart { acceptEncodings.append($0.string.lowercased()) }
    case "user-agent":
      agent = value.string
      forwarded.insert(index)
    case "content-type":
      contentType = value.string
      isForm = value.starts(with: "multipart/")
      forwarded.insert(index)
    case "x-claude-code-session-id", "x-session-id":
      session = session ?? value.string
      forwarded.insert(index)
    case _ where name.starts(with: "x-tollbook-"):
      if name.matches("x-tollbook-tags") { takeTags(value.string) }
      if name.matches("x-tollbook-cost") { wantsCost = value.isExactly("1") }
    case _ where name.starts(with: "x-litellm-"): takeLiteLLM(name, value)
    case _ where name.starts(with: "x-forwarded-") || name.starts(with: "amz-sdk-"): break
    default: forwarded.insert(index)
    }
  }

  private mutating func takeAuthorization(_ value: WireText) {
    if value.string.hasPrefix("AWS4-") { signature = value.string }
    if value.starts(with: "bearer ") { offer(value.dropFirst(7).string) }
  }

  /// What LiteLLM's clients tell its proxy, none of which is a vendor's business.
  private mutating func takeLiteLLM(_ name: WireText, _ value: WireText) {
    switch name {
    case "x-litellm-api-key": offer(value.starts(with: "bearer ") ? value.dropFirst(7).string : value.string)
    case "x-litellm-session-id", "x-litellm-trace-id": session = session ?? value.string
    case "x-litellm-customer-id", "x-litellm-end-user-id": user = user ?? value.string
    case "x-litellm-tags": value.forEachPart { word in if !word.isEmpty { add(liteLLMTag(word.string)) } }
    default: break
    }
  }

  /// A header that is for the proxy alone.
  mutating func drop(_ lowercasedName: String) {
    fields.forEach { index, name, _ in if name.matches(lowercasedName) { forwarded.remove(index) } }
  }

  var forwardedPairs: [(name: String, value: String)] {
    fields.pairs.enumerated().filter { forwarded.contains($0.offset) }.map(\.element)
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
  var rest = text.utf8
  while let first = rest.first, isBlank(first) { rest.removeFirst() }
  while let last = rest.last, isBlank(last) { rest.removeLast() }
  return String(Substring(rest))
}

private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
