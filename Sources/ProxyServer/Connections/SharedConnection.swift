/// One HTTP/2 connection that many requests share.
internal import HTTPWire
internal import NIOCore
internal import NIOHTTP2

final class SharedConnection: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame

  private var channel: (any Channel)?
  private var streams: NIOHTTP2Handler.StreamMultiplexer?
  private(set) var running = 0
  private(set) var idleSince = NIODeadline.now()
  /// The vendor takes no more streams here.
  private var isLeaving = false
  var gone: ((SharedConnection) -> Void)?

  func begin(_ channel: any Channel, _ streams: NIOHTTP2Handler.StreamMultiplexer) {
    self.channel = channel
    self.streams = streams
  }

  func hasRoom(_ limits: ProxyLimits) -> Bool {
    !isLeaving && channel?.isActive == true && running < limits.streamsMaxPerConnection
  }

  func open(_ limit: HeadLimit, _ done: @escaping VendorStreams.Done) {
    guard let channel, let streams else { return done(nil) }
    running += 1
    let opened = channel.eventLoop.makePromise(of: (any Channel).self)
    streams.createStreamChannel(promise: opened) { stream in
      stream.eventLoop.makeCompletedFuture {
        let pipeline = stream.pipeline.syncOperations
        try pipeline.addHandler(StreamTranslation(limit))
        try pipeline.addHandler(VendorConnection(limit))
      }
    }
    opened.futureResult.assumeIsolated().whenComplete { [self] result in
      guard case .success(let stream) = result,
        let connection = VendorPool.handler(VendorConnection.self, of: stream)
      else {
        ended()
        return done(nil)
      }
      stream.closeFuture.assumeIsolated().whenComplete { [self] _ in ended() }
      done(connection)
    }
  }

  private func ended() {
    running -= 1
    idleSince = .now()
    if running == 0, isLeaving { close() }
  }

  func close() { channel?.close(promise: nil) }

  // MARK: - Frames of the connection itself

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .goAway = unwrapInboundIn(data).payload {
      isLeaving = true
      if running == 0 { context.close(promise: nil) }
    }
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    isLeaving = true
    gone?(self)
    gone = nil
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // What one stream did wrong is that stream's; anything else breaks the connection.
    if !(error is NIOHTTP2Errors.StreamError) { context.close(promise: nil) }
  }
}
