/// One connection to a vendor: a request's bytes out, the answer's parts to the exchange that holds it.
internal import HTTPWire
internal import NIOCore
internal import NIOTLS

final class VendorConnection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  weak var pool: VendorPool?
  private var turn: LoopTurn?
  var idleSince = NIODeadline.uptimeNanoseconds(0)
  private var context: ChannelHandlerContext?
  private var exchange: Exchange?
  private var keepsAlive = false
  /// A slow client holds the reading back.
  private var isPaused = false
  private var isReadHeldBack = false

  /// What has come in and is not taken yet.
  private var input = ByteBuffer()
  private var reader: HeadReader
  /// Nil until the answer's head is there.
  private var body: BodyReader?
  private var output = ByteBuffer()

  /// What is written arrives: TLS, where it is spoken, has been agreed on.
  private(set) var isReached: Bool

  init(_ limit: HeadLimit, isReached: Bool = true) {
    reader = HeadReader(limit)
    self.isReached = isReached
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent { isReached = true }
    context.fireUserInboundEventTriggered(event)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  var isOpen: Bool { context?.channel.isActive ?? false }

  // MARK: - The request

  /// A larger body is not copied behind its head, but written by itself.
  static let copiedBytesMax = 16 << 10

  func send(_ plan: Plan, _ loop: LoopContext, for exchange: Exchange) {
    guard let context else { return exchange.vendorClosed() }
    turn = loop.turn
    self.exchange = exchange
    let isCopied = plan.body.readableBytes <= Self.copiedBytesMax
    output.clear()
    output.reserveCapacity(plan.headBytes + (isCopied ? plan.body.readableBytes : 0))
    plan.writeHead(to: &output, loop.core)
    if isCopied { output.writeImmutableBuffer(plan.body) }
    context.write(wrapOutboundOut(output), promise: nil)
    if !isCopied { context.write(wrapOutboundOut(plan.body), promise: nil) }
    loop.turn.flush(self)
  }

  func flush() { context?.flush() }

  // MARK: - The answer

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // Nobody has asked, so it is no answer.
    guard exchange != nil else { return context.close(promise: nil) }
    var bytes = unwrapInboundIn(data)
    if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
    do throws(WireFault) {
      try takeHead()
      if body != nil { try takeBody() }
    } catch {
      // What is no HTTP ends as if the vendor had closed the connection.
      context.close(promise: nil)
    }
    if input.readableBytes == 0 { input = ByteBuffer() }
  }

  private func takeHead() throws(WireFault) {
    while body == nil, let head = try reader.response(&input) {
      // What comes before the answer is for this connection alone.
      if (100..<200).contains(head.status) {
        guard head.status != Self.switchingProtocols else { throw .unasked }
        continue
      }
      keepsAlive = head.keepsAlive
      body = BodyReader(head.body)
      exchange?.vendorHead(head)
    }
  }

  private static let switchingProtocols = 101

  /// All that came at once goes on at once, however many chunks it was cut into.
  private func takeBody() throws(WireFault) {
    var gathered: ByteBuffer?
    var isOver = false
    var fault: WireFault?
    do throws(WireFault) {
      parts: while var reader = body {
        // The reader must have one owner while it changes.
        body = nil
        let part = try reader.next(&input)
        body = reader
        switch part {
        case .bytes(let bytes):
          if gathered == nil { gathered = bytes } else { gathered?.writeImmutableBuffer(bytes) }
        case .more: break parts
        case .end:
          isOver = true
          break parts
        }
      }
    } catch {
      fault = error
    }
    if let gathered { exchange?.vendorBody(gathered) }
    if let fault { throw fault }
    if isOver { end() }
  }

  private func end() {
    guard let exchange, let context else { return }
    self.exchange = nil
    body = nil
    resume()
    // Given back first: the end may bring the next request, which can then have it.
    if keepsAlive, input.readableBytes == 0, let pool {
      pool.giveBack(self)
    } else {
      context.close(promise: nil)
    }
    exchange.vendorEnd()
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

  func channelReadComplete(context: ChannelHandlerContext) {
    exchange?.vendorReadComplete()
    turn?.endIfFull()
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    if isPaused { isReadHeldBack = true } else { context.read() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    let exchange = self.exchange
    self.exchange = nil
    pool?.forget(self)
    if body?.endsAtClose == true { exchange?.vendorEnd() } else { exchange?.vendorClosed() }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // An end by a fault is no answer's end.
    body = nil
    context.close(promise: nil)
  }
}
