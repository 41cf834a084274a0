internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// An HTTP/1.1 server on 127.0.0.1 that gives each whole request to a function and performs the answer
/// that comes back.
public final class ScriptedServer: Sendable {
  public typealias Respond = @Sendable (RecordedRequest) -> HTTPAnswer
  public typealias Ended = @Sendable (RecordedRequest, AnswerOutcome) -> Void

  private struct State {
    var port = 0
    var listener: (any Channel)?
    var clients: [ObjectIdentifier: any Channel] = [:]
    var requests: [RecordedRequest] = []
    var requestsCount = 0
    var outcomes: [Int: AnswerOutcome] = [:]
  }

  private let state = Mutex(State())
  private let respond: Respond
  private let ended: Ended

  public init(ended: @escaping Ended = { _, _ in }, respond: @escaping Respond) {
    self.respond = respond
    self.ended = ended
  }

  /// Listens on 127.0.0.1. Port 0 takes a free one; the one taken comes back.
  @discardableResult
  public func start(port: Int = 0) async throws -> Int {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: ScriptedServerLimit.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        self.register(channel)
        return channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          let tap = RawTap()
          try pipeline.addHandler(tap)
          try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: true)
          try pipeline.addHandler(AnswerHandler(server: self, tap: tap))
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    let taken = listener.localAddress?.port ?? 0
    state.withLock {
      $0.listener = listener
      $0.port = taken
    }
    return taken
  }

  /// Closes the listener and every connection.
  public func stop() async throws {
    let (listener, clients) = state.withLock { ($0.listener, Array($0.clients.values)) }
    try await listener?.close().get()
    for client in clients { client.close(promise: nil) }
    state.withLock { $0.listener = nil }
  }

  public var port: Int { state.withLock { $0.port } }
  /// The requests received, oldest first; of very many, the first ones.
  public var requests: [RecordedRequest] { state.withLock { $0.requests } }
  public var requestsCount: Int { state.withLock { $0.requestsCount } }
  /// How each request ended, by its number.
  public var outcomes: [Int: AnswerOutcome] { state.withLock { $0.outcomes } }

  private func register(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    state.withLock { $0.clients[id] = channel }
    channel.closeFuture.whenComplete { _ in
      self.state.withLock { $0.clients[id] = nil }
    }
  }

  fileprivate func answer(to request: RecordedRequest) -> (RecordedRequest, HTTPAnswer) {
    var numbered = request
    state.withLock {
      $0.requestsCount += 1
      numbered.number = $0.requestsCount
      if $0.requests.count < ScriptedServerLimit.requestsKeptMax { $0.requests.append(numbered) }
    }
    return (numbered, respond(numbered))
  }

  fileprivate func end(_ request: RecordedRequest, _ outcome: AnswerOutcome) {
    state.withLock {
      if $0.outcomes.count < ScriptedServerLimit.requestsKeptMax { $0.outcomes[request.number] = outcome }
    }
    ended(request, outcome)
  }
}

public enum ScriptedServerLimit {
  /// A crash test opens a hundred connections at once, a load test some hundreds.
  public static let backlog: Int32 = 1024
  /// More than any test sends; a benchmark that runs on keeps the first ones only.
  public static let requestsKeptMax = 20_000
  /// Twice what the vendors take (32 MiB).
  public static let bodyBytesMax = 64 * 1024 * 1024
}

/// Keeps the bytes of the request that is coming in, before anything has read them.
private final class RawTap: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private var bytes: [UInt8] = []

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    if bytes.count + buffer.readableBytes <= ScriptedServerLimit.bodyBytesMax {
      bytes.append(contentsOf: buffer.readableBytesView)
    }
    context.fireChannelRead(data)
  }

  func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }
}

/// Collects a request, asks for its answer, and performs the answer's steps.
private final class AnswerHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let server: ScriptedServer
  private let tap: RawTap
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var current: RecordedRequest?
  private var steps: ArraySlice<HTTPAnswer.Step> = []
  private var announcesClose = false

  init(server: ScriptedServer, tap: RawTap) {
    self.server = server
    self.tap = tap
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
      if head.headers.first(name: "expect") != nil {
        let go = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
      }
    case .body(let buffer):
      guard body.count + buffer.readableBytes <= ScriptedServerLimit.bodyBytesMax else {
        context.close(promise: nil)
        return
      }
      body.append(contentsOf: buffer.readableBytesView)
    case .end:
      guard let head else { return }
      begin(head, context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if let current { server.end(current, .peerLeft) }
    current = nil
    steps = []
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let request = RecordedRequest(
      number: 0, method: head.method.rawValue, target: head.uri,
      headers: head.headers.map { .init($0.name, $0.value) }, body: body, rawBytes: tap.take())
    let (numbered, answer) = server.answer(to: request)
    current = numbered
    steps = answer.steps[...]
    perform(context)
  }

  private func perform(_ context: ChannelHandlerContext) {
    while let current, let step = steps.popFirst() {
      switch step {
      case .head(let status, let headers):
        var fields = HTTPHeaders()
        for header in headers { fields.add(name: header.name, value: header.value) }
        announcesClose = fields.first(name: "connection") == "close"
        let head = HTTPResponseHead(
          version: .http1_1, status: .init(statusCode: status), headers: fields)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
      case .body(let bytes):
        let buffer = context.channel.allocator.buffer(bytes: bytes)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
      case .pause(let milliseconds):
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(milliseconds))) {
          self.perform(context)
        }
        return
      case .hang:
        return
      case .cut:
        finish(current, .cut)
        context.close(promise: nil)
        return
      case .end:
        let closes = head?.isKeepAlive == false || announcesClose
        finish(current, .finished)
        // The write may bring in the next request of the connection, which then starts its own steps.
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if closes { context.close(promise: nil) }
        return
      }
    }
  }

  private func finish(_ request: RecordedRequest, _ outcome: AnswerOutcome) {
    current = nil
    steps = []
    server.end(request, outcome)
  }
}
