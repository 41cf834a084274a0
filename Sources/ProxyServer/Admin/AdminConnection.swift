internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

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
