/// One client's connection: its requests are collected one after the other, and each becomes an exchange with
/// a vendor or an answer of the proxy's own.
internal import HTTPWire
internal import Ledger
internal import NIOCore
internal import RawLog

final class ClientConnection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case idle
    case receiving(IncomingRequest)
    /// The answer is known; it goes out when the request has come in.
    case ignoring(OwnAnswer, bytesLeft: Int)
    /// The answer is out and the connection ends with the request.
    case lingering(bytesLeft: Int)
    /// A share of a budget is asked for.
    case waiting
    case exchanging(Exchange)
    case closed
  }

  private let loop: LoopContext
  private var context: ChannelHandlerContext?
  private var state = State.idle
  private var since = NIODeadline.now()
  private var keepsAlive = true
  private var version = HTTPVersion.http11
  private var peer: String?
  /// The client's: the connection's own, or what trusted proxies say of it.
  private(set) var address: String?

  /// What has come in and is not taken yet: a part of a head, or what a client sends before it has its answer.
  private var input = ByteBuffer()
  private var reader: HeadReader
  private var body = BodyReader(.none)
  private var output = ClientOutput()
  private var isAdvancing = false
  private var isReadHeldBack = false
  private var isFlushComing = false

  init(_ loop: LoopContext) {
    self.loop = loop
    reader = HeadReader(
      .init(bytesMax: loop.limits.requestHeaderBytesMax, fieldsMax: loop.limits.requestHeadersMax))
  }

  private(set) var isWritable = true

  // MARK: - The request

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
    advance()
    loop.turn.endIfFull()
  }

  /// Takes from the input what can be taken. An answer that is given meanwhile lets the next request in from here.
  private func advance() {
    guard !isAdvancing else { return }
    isAdvancing = true
    do throws(WireFault) {
      while try takeNext() {}
    } catch {
      refuse(error)
    }
    isAdvancing = false
    if input.readableBytes == 0 { input = ByteBuffer() }
  }

  /// - Returns: false where more must come, or happen, first.
  private func takeNext() throws(WireFault) -> Bool {
    switch state {
    case .idle:
      guard input.readableBytes > 0, let head = try reader.request(&input) else { return false }
      body = BodyReader(head.body)
      received(head)
    case .receiving, .ignoring, .lingering:
      switch try body.next(&input) {
      case .bytes(let bytes): received(bytes)
      case .end: receivedEnd()
      case .more: return false
      }
    case .waiting, .exchanging: return false
    case .closed:
      input.clear()
      return false
    }
    return true
  }

  private func received(_ head: RequestHead) {
    since = .now()
    version = head.version
    keepsAlive = head.keepsAlive && !loop.core.stops
    let path = pathOnly(head.target)
    address = loop.core.door.client(peer: peer, head.headers)
    let closedDoor = loop.core.door.refuses(address, head.headers)
    let call = Call.match(head.method, target: head.target, headers: head.headers)
    if let closedDoor, call == nil, !path.hasPrefix("/health/") {
      state = .ignoring(loop.refusal(closedDoor, head, path), bytesLeft: loop.limits.lingerBytesMax)
      return
    }
    guard let call else {
      state = .ignoring(loop.ownAnswer(to: head, path: path), bytesLeft: loop.limits.lingerBytesMax)
      return
    }
    loop.core.countRequest()
    let request = loop.request(head, call, arrival: since, from: address, closedDoor: closedDoor)
    if let length = request.headers.contentLength, length > request.bodyBytesMax {
      return refuseEarly(request, request.problem ?? .requestTooLarge)
    }
    if request.headers.expectsContinue, version == .http11 {
      // A client that asks first is told now, and need not send what nobody reads.
      if let problem = request.problem { return refuseEarly(request, problem) }
      output.appendContinue()
      flushNow()
    }
    state = .receiving(request)
  }

  private func received(_ bytes: ByteBuffer) {
    switch state {
    case .receiving(let request):
      let size = (request.body?.readableBytes ?? 0) + bytes.readableBytes
      guard size <= request.bodyBytesMax else {
        return refuseEarly(request, request.problem ?? .requestTooLarge)
      }
      request.append(bytes)
    case .ignoring(let answer, let bytesLeft):
      state = .ignoring(answer, bytesLeft: bytesLeft - bytes.readableBytes)
      if bytesLeft < bytes.readableBytes { close() }
    case .lingering(let bytesLeft):
      state = .lingering(bytesLeft: bytesLeft - bytes.readableBytes)
      if bytesLeft < bytes.readableBytes { close() }
    case .idle, .waiting, .exchanging, .closed: break
    }
  }

  private func receivedEnd() {
    switch state {
    case .receiving(let request):
      request.complete = .now()
      take(request)
    case .ignoring(let answer, _): send(answer)
    case .lingering: close()
    case .idle, .waiting, .exchanging, .closed: break
    }
  }

  private func take(_ request: IncomingRequest) {
    loop.verify(request)
    switch Intake.plan(request, address: address, loop: loop) {
    case .exchange(let plan):
      state = .waiting
      admitted(loop.admit(plan) { [self] in admitted($0, plan) }, plan)
    case .answer(let answer): send(answer)
    case .refuse(let problem, let record):
      loop.refuse(problem, record, request)
      send(OwnAnswer(problem, request.endpoint.dialect, requestID: request.id))
    }
  }

  private func admitted(_ admitted: LoopContext.Admitted, _ plan: Plan) {
    var isHere = false
    if case .waiting = state { isHere = true }
    switch admitted {
    case .later: break
    case .yes(let plan) where isHere:
      let exchange = Exchange(plan, client: self, loop: loop)
      state = .exchanging(exchange)
      exchange.start()
    case .yes(let plan):
      // The client has left meanwhile, and no vendor was asked.
      loop.refuse(.clientLeft, plan.record, plan.request)
      loop.release(plan.record.id)
    case .no(let problem):
      loop.refuse(problem, plan.record, plan.request)
      if isHere { send(OwnAnswer(problem, plan.request.endpoint.dialect, requestID: plan.request.id)) }
    }
  }

  /// Answers before the whole request is there; what still comes is thrown away, then the connection ends.
  private func refuseEarly(_ request: IncomingRequest, _ problem: Problem) {
    loop.refuse(problem, Intake.record(request, address: address), request)
    keepsAlive = false
    output.append(OwnAnswer(problem, request.endpoint.dialect, requestID: request.id), connection: "close")
    // A client that waits to be told to go on sends nothing more.
    if request.headers.expectsContinue { return finishResponse() }
    flushNow()
    since = .now()
    state = .lingering(bytesLeft: loop.limits.lingerBytesMax)
  }

  /// It is not known where the next request begins, so there is none.
  private func refuse(_ fault: WireFault) {
    if case .lingering = state { return close() }
    keepsAlive = false
    send(OwnAnswer(fault))
  }

  // MARK: - Answers of the proxy's own

  func send(_ answer: OwnAnswer) {
    state = .idle
    since = .now()
    output.append(answer, connection: connectionWord)
    finishResponse()
    // Who has sent all that it will is answered before its end is seen.
    flushNow()
  }

  // MARK: - Answers of a vendor

  func send(_ head: AnswerHead) {
    let end = head.end(version)
    if end == .close || loop.core.stops { keepsAlive = false }
    output.append(head, end: end, connection: connectionWord)
  }

  func send(_ bytes: ByteBuffer) { if let context { output.append(bytes, to: context) } }

  /// At the end of this turn.
  func flush() {
    guard !isFlushComing else { return }
    isFlushComing = true
    loop.turn.flush(self)
  }

  func flushNow() {
    isFlushComing = false
    guard let context else { return }
    if !output.isEmpty { output.write(to: context) }
    context.flush()
  }

  /// The answer is whole.
  func sendEnd() {
    state = .idle
    since = .now()
    output.appendEnd()
    finishResponse()
  }

  /// HTTP/1.1 keeps a connection unless something is said, and what was before it does not.
  private var connectionWord: String? {
    if !keepsAlive { return "close" }
    return version == .http11 ? nil : "keep-alive"
  }

  /// The state is set before: the end may let a pipelined request in at once.
  private func finishResponse() {
    guard let context else { return }
    guard keepsAlive else { return closeWhenWritten(context) }
    flush()
    if input.readableBytes > 0 { advance() }
    if isReadHeldBack, !holdsReading {
      isReadHeldBack = false
      context.read()
    }
  }

  /// Behind the last byte that is on its way.
  private func closeWhenWritten(_ context: ChannelHandlerContext) {
    state = .closed
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    output.write(to: context, promise: written)
    context.flush()
  }

  /// Ends the connection in the middle of an answer, which is how a client learns that it is not whole.
  func close() {
    flushNow()
    context?.close(promise: nil)
  }

  // MARK: - Comings and goings

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    peer = context.channel.remoteAddress?.ipAddress
    if !loop.add(self) { context.close(promise: nil) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    isWritable = false
    loop.remove(self)
  }

  /// Who sends the next request before it has its answer waits with the one after that.
  private var holdsReading: Bool {
    guard input.readableBytes > 0 else { return false }
    switch state {
    case .waiting, .exchanging: return true
    case .idle, .receiving, .ignoring, .lingering, .closed: return false
    }
  }

  func read(context: ChannelHandlerContext) {
    if holdsReading { isReadHeldBack = true } else { context.read() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    let left = state
    state = .closed
    if case .exchanging(let exchange) = left { exchange.clientGone() }
    context.fireChannelInactive()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    if case .exchanging(let exchange) = state { exchange.clientWritabilityChanged(isWritable) }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  /// Nil while there is a request.
  var idleSince: NIODeadline? {
    if case .idle = state { since } else { nil }
  }

  func closeIfIdle() {
    if case .idle = state, let context { closeWhenWritten(context) }
  }

  /// An answer, or the last bytes of one, are still to come.
  var isOwed: Bool {
    switch state {
    case .waiting, .exchanging, .closed: true
    case .idle, .receiving, .ignoring, .lingering: false
    }
  }

  func check(_ now: NIODeadline) {
    let limit: Int
    switch state {
    case .idle: limit = loop.limits.idleClientMilliseconds
    case .receiving, .ignoring: limit = loop.limits.requestArrivalMilliseconds
    case .lingering: limit = loop.limits.lingerMilliseconds
    case .waiting, .exchanging: return
    case .closed: limit = loop.limits.idleClientMilliseconds
    }
    if since + .milliseconds(Int64(limit)) <= now { close() }
  }
}
