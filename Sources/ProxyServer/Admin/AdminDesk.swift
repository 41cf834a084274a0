/// Who may ask the admin listener what, and who answers.
internal import Dispatch
internal import NIOHTTP1
internal import Synchronization

/// What the listener shows without the API.
struct AdminPages: Sendable {
  var isReady: @Sendable () -> Bool
  /// Called on a thread that may wait for the event loops.
  var metrics: @Sendable () -> String
  var budgets: @Sendable () -> [BudgetState]
}

/// Who may ask what, and who answers.
final class AdminDesk: Sendable {
  let settings: AdminSettings
  let pages: AdminPages
  private let digests: [(name: String, digest: SecretDigest)]
  private let api = Line("tollbook.admin")
  /// Apart: a store that is slow holds up no scrape.
  private let metrics = Line("tollbook.metrics")
  let connections = Atomic<Int>(0)

  init(_ settings: AdminSettings, _ pages: AdminPages) {
    self.settings = settings
    self.pages = pages
    digests = settings.admins.map { ($0.name, SecretDigest($0.token.text)) }
  }

  struct Answer: Sendable {
    var status: Int
    var type = "application/json"
    var body: String
    var headers: [(String, String)] = []

    static func error(_ status: Int, _ message: String) -> Answer {
      Answer(status: status, body: "{\"error\":{\"message\":\"\(message)\"}}")
    }
  }

  /// - Parameter answer: called once, on any thread.
  func take(_ head: HTTPRequestHead, _ body: [UInt8], _ answer: @escaping @Sendable (Answer) -> Void) {
    let path = head.uri.prefix { $0 != "?" }
    let isReading = head.method == .GET || head.method == .HEAD
    switch path {
    case "/health/live", "/health/ready", "/metrics", "/openapi.json":
      guard isReading else {
        var refused = Answer.error(405, "this path takes GET")
        refused.headers = [("allow", "GET, HEAD")]
        return answer(refused)
      }
    default: break
    }
    switch path {
    case "/health/live": answer(Answer(status: 200, type: "text/plain; charset=utf-8", body: "alive\n"))
    case "/health/ready":
      let isReady = pages.isReady()
      answer(
        Answer(
          status: isReady ? 200 : 503, type: "text/plain; charset=utf-8",
          body: isReady ? "ready\n" : "not ready\n"))
    case "/metrics":
      metrics.take(answer) { [pages] in
        Answer(status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: pages.metrics())
      }
    case "/openapi.json": answer(Answer(status: 200, body: settings.document))
    default: askAPI(head, path, body, answer)
    }
  }

  private func askAPI(
    _ head: HTTPRequestHead, _ path: Substring, _ body: [UInt8],
    _ answer: @escaping @Sendable (Answer) -> Void
  ) {
    guard let admin = admin(head.headers) else {
      var refused = Answer.error(
        401, settings.admins.isEmpty ? "no administrator is configured" : "a valid token is needed")
      refused.headers = [("www-authenticate", "Bearer")]
      return answer(refused)
    }
    let query = head.uri.firstIndex(of: "?").map { head.uri[head.uri.index(after: $0)...] } ?? ""
    var request = AdminRequest(
      method: head.method.rawValue, path: [], query: [:], body: body, admin: admin, budgets: pages.budgets)
    if !body.isEmpty, !isJSON(head.headers.first(name: "content-type")) {
      return answer(.error(415, "the body must be application/json"))
    }
    for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let text = decoded(part) else { return answer(.error(400, "the path is not UTF-8")) }
      request.path.append(text)
    }
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = decoded(parts[0]), let value = decoded(parts.count > 1 ? parts[1] : "") else {
        return answer(.error(400, "the query is not UTF-8"))
      }
      guard request.query.updateValue(value, forKey: name) == nil else {
        return answer(.error(400, "a parameter stands there twice"))
      }
    }
    api.take(answer) { [settings, request] in
      let done = settings.api(request)
      return Answer(status: done.status, body: done.json, headers: done.headers.map { ($0.name, $0.value) })
    }
  }

  /// One after the other, on a thread that may wait.
  private final class Line: Sendable {
    private let queue: DispatchQueue
    private let waiting = Atomic<Int>(0)

    init(_ label: String) { queue = DispatchQueue(label: label) }

    func take(_ answer: @escaping @Sendable (Answer) -> Void, _ make: @escaping @Sendable () -> Answer) {
      guard waiting.add(1, ordering: .relaxed).newValue <= AdminServer.Limit.waitingMax else {
        waiting.subtract(1, ordering: .relaxed)
        return answer(.error(503, "too many requests wait already"))
      }
      queue.async { [self] in
        answer(make())
        waiting.subtract(1, ordering: .relaxed)
      }
    }
  }

  /// Every token is compared, and for as long as any other.
  private func admin(_ headers: HTTPHeaders) -> String? {
    let values = headers["authorization"]
    guard values.count == 1, values[0].prefix(7).lowercased() == "bearer " else { return nil }
    let presented = SecretDigest(trimmed(values[0].dropFirst(7)))
    return digests.filter { $0.digest.matches(presented) }.last?.name
  }

  private func isJSON(_ type: String?) -> Bool {
    guard let type else { return true }
    return trimmed(type.prefix { $0 != ";" }).lowercased() == "application/json"
  }

  private func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.first {
      rest.removeFirst()
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
