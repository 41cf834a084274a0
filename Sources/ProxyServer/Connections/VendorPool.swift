/// Kept-alive connections of one event loop to one vendor.
internal import HTTPWire
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

final class VendorPool {
  let vendor: Vendor
  private unowned let loop: LoopContext
  /// The last used is the next used: the others grow old and are closed.
  private var idle: [VendorConnection] = []
  private lazy var streams = VendorStreams(pool: self, loop: loop)

  init(vendor: Vendor, loop: LoopContext) {
    self.vendor = vendor
    self.loop = loop
  }

  /// An idle connection; nil where a new one must be opened.
  func take() -> VendorConnection? { idle.popLast() }

  /// Opens a connection and hands it over, or tells that it could not be had. Calls back on the event loop.
  func connect(_ done: @escaping (VendorConnection?) -> Void) {
    if vendor.prefersHTTP2 { streams.open(done) } else { connectAlone(done) }
  }

  var headLimit: HeadLimit {
    HeadLimit(bytesMax: loop.limits.answerHeaderBytesMax, fieldsMax: loop.limits.answerHeadersMax)
  }

  var bootstrap: ClientBootstrap {
    ClientBootstrap(group: loop.eventLoop)
      .connectTimeout(.milliseconds(Int64(loop.limits.connectMilliseconds)))
      .channelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
  }

  /// A connection of HTTP/1.1, which one request has at a time.
  func connectAlone(_ done: @escaping (VendorConnection?) -> Void) {
    let (core, vendor, limit) = (loop.core, vendor, headLimit)
    let bootstrap = bootstrap.channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        if vendor.isTLS, let tls = core.tls {
          try pipeline.addHandler(Self.tlsHandler(tls.http1, host: vendor.host))
        }
        try pipeline.addHandler(VendorConnection(limit, isReached: !vendor.isTLS))
      }
    }
    bootstrap.connect(host: vendor.host, port: vendor.port).assumeIsolated().whenComplete {
      [weak self] result in
      guard let self, case .success(let channel) = result,
        let connection = Self.handler(VendorConnection.self, of: channel)
      else { return done(nil) }
      connection.pool = self
      done(connection)
    }
  }

  static func handler<Handler: ChannelHandler>(_ type: Handler.Type, of channel: any Channel) -> Handler? {
    do {
      return try channel.pipeline.syncOperations.handler(type: type)
    } catch {
      return nil
    }
  }

  static func tlsHandler(_ context: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
    // An address is no name to ask a certificate for.
    let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
    return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
  }

  func giveBack(_ connection: VendorConnection) {
    guard idle.count < loop.limits.idleVendorConnectionsMaxPerLoop,
      !loop.core.stops
    else { return connection.close() }
    connection.idleSince = .now()
    idle.append(connection)
  }

  func forget(_ connection: VendorConnection) { idle.removeAll { $0 === connection } }

  func closeIdle(_ now: NIODeadline) {
    let limit = TimeAmount.milliseconds(Int64(loop.limits.idleVendorMilliseconds))
    while let oldest = idle.first, oldest.idleSince + limit <= now {
      idle.removeFirst()
      oldest.close()
    }
    if vendor.prefersHTTP2 { streams.closeIdle(now) }
  }

  func closeAll() {
    let connections = idle
    idle = []
    for connection in connections { connection.close() }
    if vendor.prefersHTTP2 { streams.closeAll() }
  }
}
