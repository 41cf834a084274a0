/// The operator's door: health, metrics, and the API with its document, on a listener and a thread of its own, so that it
/// answers while the proxy is busy, and the proxy while it waits for the store.
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

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
