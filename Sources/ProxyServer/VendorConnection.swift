/// One connection to a vendor: request parts out, the answer's parts to the exchange that holds it.
internal import NIOCore
internal import NIOHTTP1

final class VendorConnection: ChannelDuplexHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundIn = HTTPClientRequestPart
  typealias OutboundOut = HTTPClientRequestPart

  weak var pool: VendorPool?
  var idleSince = NIODeadline.uptimeNanoseconds(0)
  private var context: ChannelHandlerContext?
  private var exchange: Exchange?
  private var keepsAlive = false
  /// A slow client holds the reading back.
  private var isPaused = false
  private var isReadHeldBack = false

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  var isOpen: Bool { context?.channel.isActive ?? false }

  func send(_ head: HTTPRequestHead, _ body: ByteBuffer, for exchange: Exchange) {
    guard let context else { return exchange.vendorClosed() }
    self.exchange = exchange
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func pause() { isPaused = true }

  func resume() {
    guard isPaused else { return }
    isPaused = false
    if isReadHeldBack {
      isReadHeldBack = false
      context?.read()
    }
  }

  /// The exchange wants no more of it.
  func close() {
    exchange = nil
    context?.close(promise: nil)
  }

  // MARK: - Events

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      keepsAlive = head.isKeepAlive
      exchange?.vendorHead(head)
    case .body(let bytes):
      exchange?.vendorBody(bytes)
    case .end:
      guard let exchange else { return }
      self.exchange = nil
      resume()
      // Given back first: the end may bring the next request, which can then have it.
      if keepsAlive, let pool { pool.giveBack(self) } else { context.close(promise: nil) }
      exchange.vendorEnd()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    exchange?.vendorReadComplete()
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    if isPaused { isReadHeldBack = true } else { context.read() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    let exchange = self.exchange
    self.exchange = nil
    pool?.forget(self)
    exchange?.vendorClosed()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
