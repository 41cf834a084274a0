/// The operator's door: health, metrics, and the API with its document, on a listener and a thread of its own, so that it
/// answers while the proxy is busy, and the proxy while it waits for the store.
internal import Dispatch
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

final class AdminServer: Sendable {
  enum Limit {
    static let bodyBytesMax = 1 << 20
    static let headerBytesMax = 16 << 10
    /// Requests that wait for the one before them: to the API, and for metrics.
    static let waitingMax = 64
    static let connectionsMax = 256
    static let arrivalSeconds: Int64 = 30
  }

  let port: Int
  private let group: MultiThreadedEventLoopGroup
  private let listener: any Channel

  static func start(_ settings: AdminSettings, pages: AdminPages) async throws -> AdminServer {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let desk = AdminDesk(settings, pages)
    do {
      let listener = try await ServerBootstrap(group: group)
        .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderListSize = Limit.headerBytesMax
            limits.maxHeaderFieldSize = Limit.headerBytesMax
            let pipeline = channel.pipeline.syncOperations
            try pipeline.configureHTTPServerPipeline(
              withPipeliningAssistance: true, withErrorHandling: true, withOutboundHeaderValidation: true,
              withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
            try pipeline.addHandler(AdminConnection(desk))
          }
        }
        .bind(host: settings.listenHost, port: settings.listenPort).get()
      return AdminServer(group: group, listener: listener, port: listener.localAddress?.port ?? 0)
    } catch {
      try await group.shutdownGracefully()
      throw error
    }
  }

  private init(group: MultiThreadedEventLoopGroup, listener: any Channel, port: Int) {
    self.group = group
    self.listener = listener
    self.port = port
  }

  func stop() async throws {
    try await listener.close()
    try await group.shutdownGracefully()
  }
}

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

/// One connection of an operator's program.
final class AdminConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let desk: AdminDesk
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var isTooLarge = false
  private var arrival: Scheduled<Void>?

  init(_ desk: AdminDesk) { self.desk = desk }

  func channelActive(context: ChannelHandlerContext) {
    let isRoom = desk.connections.add(1, ordering: .relaxed).newValue <= AdminServer.Limit.connectionsMax
    if isRoom { expectRequest(context) } else { context.close(promise: nil) }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    desk.connections.subtract(1, ordering: .relaxed)
    arrival?.cancel()
    context.fireChannelInactive()
  }

  private func expectRequest(_ context: ChannelHandlerContext) {
    arrival?.cancel()
    arrival = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(AdminServer.Limit.arrivalSeconds))
    {
      context.close(promise: nil)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
      isTooLarge = false
    case .body(let bytes):
      isTooLarge = isTooLarge || body.count + bytes.readableBytes > AdminServer.Limit.bodyBytesMax
      if isTooLarge { body = [] } else { body += bytes.readableBytesView }
    case .end: answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let head else { return }
    self.head = nil
    arrival?.cancel()
    if isTooLarge { return write(.error(413, "the body is larger than 1 MiB"), head, context) }
    let box = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let eventLoop = context.eventLoop
    desk.take(head, body) { answer in
      eventLoop.execute { box.value.0.write(answer, head, box.value.1) }
    }
  }

  private func write(_ answer: AdminDesk.Answer, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let bytes = ByteBuffer(string: answer.body)
    var headers: HTTPHeaders = [
      "content-type": answer.type, "content-length": String(bytes.readableBytes), "cache-control": "no-store",
    ]
    for (name, value) in answer.headers { headers.add(name: name, value: value) }
    if !head.isKeepAlive { headers.add(name: "connection", value: "close") }
    let status = HTTPResponseStatus(statusCode: answer.status)
    context.write(
      wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))),
      promise: nil)
    if head.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil) }
    let written = context.eventLoop.makePromise(of: Void.self)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    if head.isKeepAlive { return expectRequest(context) }
    // A long page goes out in pieces: the connection ends behind the last one.
    written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
