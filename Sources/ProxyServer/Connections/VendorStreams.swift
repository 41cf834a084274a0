/// A vendor's HTTP/2 connections of one event loop, and the streams on them: one stream a request.
internal import HTTPWire
internal import NIOCore
internal import NIOHTTP2
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS

final class VendorStreams {
  typealias Done = (VendorConnection?) -> Void

  private unowned let pool: VendorPool
  private unowned let loop: LoopContext
  private var connections: [SharedConnection] = []
  /// Requests that the connection being made is for; each has its own time limit.
  private var waiting: [Done] = []
  private var isConnecting = false
  /// The vendor was asked, and speaks HTTP/1.1 alone.
  private var isRefused = false

  init(pool: VendorPool, loop: LoopContext) {
    self.pool = pool
    self.loop = loop
  }

  /// A stream, or a connection of HTTP/1.1 where the vendor wants that. Calls back on the event loop.
  func open(_ done: @escaping Done) {
    if isRefused { return pool.connectAlone(done) }
    if let free = connections.first(where: { $0.hasRoom(loop.limits) }) {
      return free.open(pool.headLimit) { [pool] connection in
        connection?.pool = pool
        done(connection)
      }
    }
    waiting.append(done)
    connect()
  }

  private func connect() {
    guard !isConnecting else { return }
    isConnecting = true
    let (vendor, limit, core) = (pool.vendor, pool.headLimit, loop.core)
    let bootstrap = pool.bootstrap.channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        guard let tls = core.tls else { return }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(VendorPool.tlsHandler(tls.http2, host: vendor.host))
        try pipeline.addHandler(
          NIOTypedApplicationProtocolNegotiationHandler<Bool> { result, channel in
            channel.eventLoop.makeCompletedFuture { try Self.speak(result, channel, limit) }
          })
      }
    }
    bootstrap.connect(host: vendor.host, port: vendor.port).assumeIsolated().whenComplete {
      [weak self] result in
      switch result {
      case .failure: self?.connected(nil, isShared: false)
      case .success(let channel): self?.negotiate(channel)
      }
    }
  }

  /// - Returns: whether the connection is one of HTTP/2.
  private static func speak(_ result: ALPNResult, _ channel: any Channel, _ limit: HeadLimit) throws -> Bool {
    let pipeline = channel.pipeline.syncOperations
    guard case .negotiated("h2") = result else {
      try pipeline.addHandler(VendorConnection(limit))
      return false
    }
    var configuration = NIOHTTP2Handler.ConnectionConfiguration()
    configuration.initialSettings = [
      HTTP2Setting(parameter: .enablePush, value: 0),
      HTTP2Setting(parameter: .maxHeaderListSize, value: limit.bytesMax),
    ]
    let shared = SharedConnection()
    shared.begin(
      channel,
      try pipeline.configureHTTP2Pipeline(
        mode: .client, connectionConfiguration: configuration, streamConfiguration: .init()
      ) { pushed in pushed.close() })
    try pipeline.addHandler(shared)
    return true
  }

  private func negotiate(_ channel: any Channel) {
    let handler: NIOTypedApplicationProtocolNegotiationHandler<Bool>
    do {
      handler = try channel.pipeline.syncOperations.handler(
        type: NIOTypedApplicationProtocolNegotiationHandler<Bool>.self)
    } catch {
      return connected(nil, isShared: false)
    }
    // A handshake that does not end is as good as none.
    let timeout = loop.eventLoop.scheduleTask(in: .milliseconds(Int64(loop.limits.connectMilliseconds))) {
      channel.close(promise: nil)
    }
    handler.protocolNegotiationResult.assumeIsolated().whenComplete { [weak self] result in
      timeout.cancel()
      switch result {
      case .failure: self?.connected(nil, isShared: false)
      case .success(let isShared): self?.connected(channel, isShared: isShared)
      }
    }
  }

  private func connected(_ channel: (any Channel)?, isShared: Bool) {
    isConnecting = false
    let asked = waiting
    waiting = []
    guard let channel else {
      for done in asked { done(nil) }
      return
    }
    if isShared, let shared = VendorPool.handler(SharedConnection.self, of: channel) {
      shared.gone = { [weak self] gone in self?.connections.removeAll { $0 === gone } }
      connections.append(shared)
      for done in asked { open(done) }
      return
    }
    isRefused = true
    let connection = VendorPool.handler(VendorConnection.self, of: channel)
    connection?.pool = pool
    if asked.isEmpty { connection?.close() }
    for (index, done) in asked.enumerated() {
      if index == 0 { done(connection) } else { pool.connectAlone(done) }
    }
  }

  func closeIdle(_ now: NIODeadline) {
    let limit = TimeAmount.milliseconds(Int64(loop.limits.idleVendorMilliseconds))
    for connection in connections where connection.running == 0 && connection.idleSince + limit <= now {
      connection.close()
    }
  }

  func closeAll() { for connection in connections { connection.close() } }
}
