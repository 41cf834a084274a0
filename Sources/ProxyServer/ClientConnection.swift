/// One client's connection: its requests are collected one after the other, and each becomes an exchange with
/// a vendor or an answer of the proxy's own.
internal import Ledger
internal import NIOCore
internal import NIOHTTP1
internal import RawLog

/// A request while it arrives.
struct IncomingRequest {
  var id: String
  /// Microseconds since 1970-01-01T00:00:00Z.
  var time: Int64
  var arrival: NIODeadline
  /// When all of it was there.
  var complete = NIODeadline.now()
  var head: HTTPRequestHead
  var headers: ClientHeaders
  var call: Call
  var key: ClientKey?
  /// A signature that is to be checked when the body is there.
  var claim: SignedRequest?
  /// Known before the body is read; the body then only serves to name the model in the log.
  var problem: Problem?
  var body: ByteBuffer?
  var bodyBytesMax: Int

  var endpoint: Endpoint { call.endpoint }

  var query: Substring? {
    head.uri.firstIndex(of: "?").map { head.uri[head.uri.index(after: $0)...] }
  }

  /// What of the query goes on.
  var vendorQuery: String? {
    endpoint.dialect == .gemini ? withoutKey(query).rest : query.map { String($0) }
  }
}

final class ClientConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

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
  private var version = HTTPVersion.http1_1
  private var peer: String?
  /// The client's: the connection's own, or what trusted proxies say of it.
  private(set) var address: String?

  init(_ loop: LoopContext) { self.loop = loop }

  var isWritable: Bool { context?.channel.isWritable ?? false }

  // MARK: - The request

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): received(head)
    case .body(let bytes): received(bytes)
    case .end: receivedEnd()
    }
  }

  private func received(_ head: HTTPRequestHead) {
    guard case .idle = state else { return }
    since = .now()
    version = head.version
    keepsAlive = head.isKeepAlive && !loop.core.stops
    let path = head.uri.prefix { $0 != "?" }
    address = loop.core.door.client(peer: peer, head.headers)
    let closedDoor = loop.core.door.refuses(address, head.headers)
    let call = Call.match(head.method, target: head.uri, headers: head.headers)
    if let closedDoor, call == nil, !path.hasPrefix("/health/") {
      state = .ignoring(refusal(closedDoor, head, path), bytesLeft: loop.limits.lingerBytesMax)
      return
    }
    guard let call else {
      state = .ignoring(ownAnswer(to: head, path: path), bytesLeft: loop.limits.lingerBytesMax)
      return
    }
    loop.core.countRequest()
    let time = loop.core.clock()
    var request = IncomingRequest(
      id: loop.core.ids.next(time: time), time: time, arrival: since, head: head,
      headers: ClientHeaders(head.headers), call: call, bodyBytesMax: loop.limits.requestBytesMax)
    if let name = loop.core.settings.door.originHeader { request.headers.drop(name) }
    if call.endpoint.dialect == .gemini, let key = withoutKey(request.query).key {
      request.headers.offer(key)
    }
    do throws(KeyProblem) {
      if let closedDoor { throw KeyProblem(problem: closedDoor) }
      if request.headers.key == nil, let signature = request.headers.signature {
        guard let claim = SignedRequest(authorization: signature) else {
          throw KeyProblem(problem: .badSignature)
        }
        request.claim = claim
        request.key = try authenticate(
          claim, settings: loop.core.settings, keys: loop.core.keys, from: address, time: time)
      } else {
        request.key = try authenticate(
          request.headers.key, keys: loop.core.keys, from: address, time: time)
      }
    } catch {
      request.key = error.key
      request.problem = error.problem
      request.bodyBytesMax = min(request.bodyBytesMax, loop.limits.refusedRequestBytesMax)
    }
    if request.problem == nil, request.headers.isEncoded { request.problem = .encodedBody }
    if let length = request.headers.contentLength, length > request.bodyBytesMax {
      return refuseEarly(request, request.problem ?? .requestTooLarge)
    }
    if request.headers.expectsContinue {
      // A client that asks first is told now, and need not send what nobody reads.
      if let problem = request.problem { return refuseEarly(request, problem) }
      context?.writeAndFlush(
        wrapOutboundOut(.head(HTTPResponseHead(version: version, status: .continue))), promise: nil)
    }
    state = .receiving(request)
  }

  private func received(_ bytes: ByteBuffer) {
    switch state {
    case .receiving(var request):
      // The buffer must have one owner while it grows.
      state = .idle
      let size = (request.body?.readableBytes ?? 0) + bytes.readableBytes
      guard size <= request.bodyBytesMax else {
        return refuseEarly(request, request.problem ?? .requestTooLarge)
      }
      append(bytes, to: &request)
      state = .receiving(request)
    case .ignoring(let answer, let bytesLeft):
      state = .ignoring(answer, bytesLeft: bytesLeft - bytes.readableBytes)
      if bytesLeft < bytes.readableBytes { close() }
    case .lingering(let bytesLeft):
      state = .lingering(bytesLeft: bytesLeft - bytes.readableBytes)
      if bytesLeft < bytes.readableBytes { close() }
    case .idle, .waiting, .exchanging, .closed: break
    }
  }

  private func append(_ bytes: ByteBuffer, to request: inout IncomingRequest) {
    guard request.body != nil else {
      request.body = bytes
      return
    }
    if let length = request.headers.contentLength { request.body?.reserveCapacity(length) }
    request.body?.writeImmutableBuffer(bytes)
  }

  private func receivedEnd() {
    switch state {
    case .receiving(var request):
      request.complete = .now()
      take(request)
    case .ignoring(let answer, _): send(answer)
    case .lingering: close()
    case .idle, .waiting, .exchanging, .closed: break
    }
  }

  private func take(_ incoming: IncomingRequest) {
    var request = incoming
    if let claim = request.claim, request.problem == nil, let master = loop.core.settings.awsKeySecret {
      do throws(Problem) {
        try claim.verify(
          request.head, body: request.body,
          secret: AWSKeyPair.secret(of: claim.accessKeyID, master: master.text), now: loop.core.clock(),
          clockMilliseconds: loop.limits.signatureClockMilliseconds)
      } catch {
        request.problem = error
      }
    }
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

  /// Of a request to no model, by somebody who may not come in.
  private func refusal(_ problem: Problem, _ head: HTTPRequestHead, _ path: Substring) -> OwnAnswer {
    loop.core.countRefusal()
    var answer = OwnAnswer(
      problem, Dialect.guess(path, head.headers), requestID: loop.core.ids.next(time: loop.core.clock()))
    if head.method == .HEAD { answer.omitsBody = true }
    return answer
  }

  /// Answers before the whole request is there; what still comes is thrown away, then the connection ends.
  private func refuseEarly(_ request: IncomingRequest, _ problem: Problem) {
    loop.refuse(problem, Intake.record(request, address: address), request)
    keepsAlive = false
    write(OwnAnswer(problem, request.endpoint.dialect, requestID: request.id))
    // A client that waits to be told to go on sends nothing more.
    if request.headers.expectsContinue { return finishResponse() }
    context?.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    since = .now()
    state = .lingering(bytesLeft: loop.limits.lingerBytesMax)
  }

  // MARK: - Answers of the proxy's own

  private func ownAnswer(to head: HTTPRequestHead, path: Substring) -> OwnAnswer {
    switch (head.method, path) {
    case (.HEAD, "/"), (.GET, "/"): return OwnAnswer(status: .ok, text: "tollbook\n", head.method)
    case (.GET, "/health/live"), (.HEAD, "/health/live"):
      return OwnAnswer(status: .ok, text: "live\n", head.method)
    case (.GET, "/health/ready"), (.HEAD, "/health/ready"):
      let isReady = !loop.core.stops
      return OwnAnswer(
        status: isReady ? .ok : .serviceUnavailable, text: isReady ? "ready\n" : "stopping\n", head.method)
    default: break
    }
    let methods = Call.methods(target: head.uri, headers: head.headers)
    var answer = OwnAnswer(
      methods.isEmpty ? .notFound : .methodNotAllowed, Dialect.guess(path, head.headers),
      requestID: loop.core.ids.next(time: loop.core.clock()))
    if !methods.isEmpty {
      answer.headers.add(name: "allow", value: methods.map(\.rawValue).joined(separator: ", "))
    }
    if head.method == .HEAD { answer.omitsBody = true }
    return answer
  }

  func send(_ answer: OwnAnswer) {
    state = .idle
    since = .now()
    write(answer)
    finishResponse()
  }

  /// All but the end.
  private func write(_ answer: OwnAnswer) {
    guard let context else { return }
    var head = HTTPResponseHead(version: version, status: answer.status, headers: answer.headers)
    if !keepsAlive { head.headers.add(name: "connection", value: "close") }
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !answer.omitsBody {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
    }
  }

  // MARK: - Answers of a vendor

  func send(_ answerHead: HTTPResponseHead) {
    var head = answerHead
    head.version = version
    // Before HTTP/1.1 an answer without a length ends with its connection.
    if version != .http1_1, !head.headers.contains(name: "content-length") { keepsAlive = false }
    if loop.core.stops { keepsAlive = false }
    if !keepsAlive { head.headers.add(name: "connection", value: "close") }
    context?.write(wrapOutboundOut(.head(head)), promise: nil)
  }

  func send(_ bytes: ByteBuffer) {
    context?.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
  }

  func flush() { context?.flush() }

  /// The answer is whole.
  func sendEnd() {
    state = .idle
    since = .now()
    finishResponse()
  }

  /// The state is set before: the end may let a pipelined request in at once.
  private func finishResponse() {
    guard let context else { return }
    guard !keepsAlive else {
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      return
    }
    state = .closed
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
  }

  /// Ends the connection in the middle of an answer, which is how a client learns that it is not whole.
  func close() {
    context?.flush()
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
    loop.remove(self)
  }

  func channelInactive(context: ChannelHandlerContext) {
    let left = state
    state = .closed
    if case .exchanging(let exchange) = left { exchange.clientGone() }
    context.fireChannelInactive()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if case .exchanging(let exchange) = state {
      exchange.clientWritabilityChanged(context.channel.isWritable)
    }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func closeIfIdle() {
    if case .idle = state { close() }
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

/// What the proxy says without a vendor.
struct OwnAnswer {
  var status: HTTPResponseStatus
  var headers: HTTPHeaders
  var body: [UInt8]
  var omitsBody = false

  init(_ problem: Problem, _ dialect: Dialect, requestID: String) {
    self.status = HTTPResponseStatus(statusCode: problem.status(dialect))
    self.body = problem.body(dialect, requestID: requestID)
    self.headers = [
      "content-type": "application/json", "content-length": String(body.count),
      "x-tollbook-request-id": requestID,
    ]
    problem.addHeaders(dialect, requestID: requestID, to: &headers)
    for (name, value) in problem.headers { headers.add(name: name, value: value) }
  }

  /// A page of the proxy's own.
  init(json: [UInt8]) {
    self.status = .ok
    self.body = json
    self.headers = ["content-type": "application/json", "content-length": String(json.count)]
  }

  init(status: HTTPResponseStatus, text: String, _ method: HTTPMethod) {
    self.status = status
    self.body = Array(text.utf8)
    self.headers = ["content-type": "text/plain; charset=utf-8", "content-length": String(body.count)]
    self.omitsBody = method == .HEAD
  }
}
