/// A request's head in; who asks, for what, and why not, out: all that is known before its body is read.
internal import HTTPWire
internal import Ledger
internal import NIOCore

extension LoopContext {
  /// - Parameter closedDoor: why whoever asks may not come in at all.
  func request(
    _ head: RequestHead, _ call: Call, arrival: NIODeadline, from address: String?, closedDoor: Problem?
  ) -> IncomingRequest {
    let time = core.clock()
    let request = IncomingRequest(
      id: core.ids.next(time: time), time: time, arrival: arrival, head: head, call: call,
      bodyBytesMax: limits.requestBytesMax)
    if let name = core.settings.door.originHeader { request.headers.drop(name) }
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
          claim, settings: core.settings, keys: core.keys, from: address, time: time)
      } else {
        request.key = try authenticate(request.headers.key, keys: core.keys, from: address, time: time)
      }
    } catch {
      request.key = error.key
      request.problem = error.problem
      request.bodyBytesMax = min(request.bodyBytesMax, limits.refusedRequestBytesMax)
    }
    if request.problem == nil, request.headers.isEncoded { request.problem = .encodedBody }
    return request
  }

  /// Its body is there now, and so a signature over it can be checked.
  func verify(_ request: IncomingRequest) {
    guard let claim = request.claim, request.problem == nil, let master = core.settings.awsKeySecret else {
      return
    }
    do throws(Problem) {
      try claim.verify(
        request.head.method, target: request.head.target, request.head.headers, body: request.body,
        secret: AWSKeyPair.secret(of: claim.accessKeyID, master: master.text), now: core.clock(),
        clockMilliseconds: limits.signatureClockMilliseconds)
    } catch {
      request.problem = error
    }
  }

  // MARK: - Requests to no model

  /// By somebody who may not come in.
  func refusal(_ problem: Problem, _ head: RequestHead, _ path: Substring) -> OwnAnswer {
    core.countRefusal()
    var answer = OwnAnswer(
      problem, Dialect.guess(path, head.headers), requestID: core.ids.next(time: core.clock()))
    if head.method == .HEAD { answer.omitsBody = true }
    return answer
  }

  func ownAnswer(to head: RequestHead, path: Substring) -> OwnAnswer {
    switch (head.method, path) {
    case (.HEAD, "/"), (.GET, "/"): return OwnAnswer(status: 200, text: "tollbook\n", head.method)
    case (.GET, "/health/live"), (.HEAD, "/health/live"):
      return OwnAnswer(status: 200, text: "live\n", head.method)
    case (.GET, "/health/ready"), (.HEAD, "/health/ready"):
      let isReady = core.isReady
      return OwnAnswer(status: isReady ? 200 : 503, text: isReady ? "ready\n" : "not ready\n", head.method)
    default: break
    }
    let methods = Call.methods(target: head.target, headers: head.headers)
    var answer = OwnAnswer(
      methods.isEmpty ? .notFound : .methodNotAllowed, Dialect.guess(path, head.headers),
      requestID: core.ids.next(time: core.clock()))
    if !methods.isEmpty {
      answer.headers.append(("allow", methods.map(\.rawValue).joined(separator: ", ")))
    }
    if head.method == .HEAD { answer.omitsBody = true }
    return answer
  }
}
