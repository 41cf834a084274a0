/// A whole request in; a plan to serve it, or the reason not to, out.
internal import Crypto
internal import HTTPWire
internal import JSON
internal import Ledger
internal import NIOCore
internal import RawLog

/// Everything an exchange needs, decided before the vendor is called.
final class Plan {
  let request: IncomingRequest
  var record: LogRecord
  let vendor: Vendor
  let body: ByteBuffer
  /// The proxy asked for usage in the stream on the books' behalf.
  var asksForUsage = false
  var requestTextBytes = 0
  /// Something of the answer is not for the client.
  var hidesSome: Bool { asksForUsage || request.endpoint.rewritesAnswer }
  /// The answer must come without an encoding.
  var wantsPlain: Bool { hidesSome || wantsCost }
  /// Put into the path in the place of the client's; nil keeps it as it came.
  var pathModel: String?
  var billing: [LogRecord.BillingFact] = []
  /// All that it asks for: a batch may name several.
  var models: [String] = []

  init(_ request: IncomingRequest, _ record: LogRecord, _ vendor: Vendor, body: ByteBuffer) {
    self.request = request
    self.record = record
    self.vendor = vendor
    self.body = body
  }
}

struct KeyProblem: Error {
  var problem: Problem
  /// Known keys are named in the log even where they are refused.
  var key: ClientKey?
}

/// - Parameter time: microseconds since 1970-01-01T00:00:00Z.
func authenticate(
  _ presented: String?, keys: any KeyDirectory, from address: String?, time: Int64
) throws(KeyProblem) -> ClientKey {
  guard let presented else { throw KeyProblem(problem: .noKey) }
  return try authenticate(
    digest: sha256Hex(presented), unknown: .invalidKey, keys: keys, from: address, time: time)
}

/// A signed request's key is known by its id; whether it is that client's, the signature over the body tells.
func authenticate(
  _ claim: SignedRequest, settings: ProxySettings, keys: any KeyDirectory, from address: String?, time: Int64
) throws(KeyProblem) -> ClientKey {
  guard settings.awsKeySecret != nil else { throw KeyProblem(problem: .noSignedRequests) }
  return try authenticate(
    digest: AWSKeyPair.digest(of: claim.accessKeyID), unknown: .unknownAccessKey, keys: keys, from: address,
    time: time)
}

private func authenticate(
  digest: String, unknown: Problem, keys: any KeyDirectory, from address: String?, time: Int64
) throws(KeyProblem) -> ClientKey {
  guard let key = keys.key(sha256Hex: digest) else { throw KeyProblem(problem: unknown) }
  if key.revoked { throw KeyProblem(problem: .revokedKey, key: key) }
  if let expires = key.expires, time >= expires { throw KeyProblem(problem: .expiredKey, key: key) }
  if key.policy.isDisabled { throw KeyProblem(problem: .disabled("key \"\(key.name)\""), key: key) }
  guard key.networks.isEmpty || key.networks.contains(where: { isInside(address, $0) }) else {
    throw KeyProblem(problem: .ipNotAllowed, key: key)
  }
  return key
}

private func isInside(_ address: String?, _ network: String) -> Bool {
  guard let address, let network = Network(network) else { return false }
  return network.contains(address)
}

private func sha256Hex(_ text: String) -> String {
  var text = text
  let digest = text.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
  return digest.withUnsafeBytes { hexText($0) }
}

enum Intake {
  enum Decision {
    case exchange(Plan)
    case refuse(Problem, LogRecord)
    case answer(OwnAnswer)
  }

  static func plan(_ request: IncomingRequest, address: String?, loop: LoopContext) -> Decision {
    var record = record(request, address: address)
    loop.bodyOnTape = nil
    do throws(Problem) {
      let reading = try read(request, loop: loop)
      note(reading, request, in: &record)
      if let problem = request.problem { throw problem }
      guard let key = request.key else { throw .invalidKey }
      try check(reading, of: request, key)
      if case .own(let page) = request.endpoint.metering {
        if let answer = loop.page(page, request, key) { return .answer(answer) }
      }
      guard let route = route(reading, request, loop) else { throw .noUpstream }
      if route.vendor.signsRequests, loop.core.aws?.current == nil { throw .noCredentials }
      record.provider = route.vendor.provider
      record.upstream = route.vendor.name
      record.region = route.vendor.region
      if let model = reading.model { record.modelRouted = route.model ?? model }
      let (splices, asksForUsage) = reading.splices(model: modelInBody(reading, request, route))
      // Only a POST has a body: what else comes behind a head would be the next request to some server.
      let body =
        request.call.method == .POST
        ? spliced(request.body ?? ByteBuffer(), splices, allocator: ByteBufferAllocator()) : ByteBuffer()
      let plan = Plan(request, record, route.vendor, body: body)
      plan.asksForUsage = asksForUsage
      plan.requestTextBytes = reading.textBytes
      plan.pathModel = route.model
      plan.billing = reading.billing
      plan.models = reading.models
      return .exchange(plan)
    } catch {
      return .refuse(request.problem ?? error, record)
    }
  }

  /// What the body must name as its model where it does not do so already; nil leaves it alone.
  private static func modelInBody(
    _ reading: RequestReading, _ request: IncomingRequest, _ route: (vendor: Vendor, model: String?)
  ) -> String? {
    switch request.endpoint.model {
    case .body, .form, .optional:
      route.vendor.wantsModelInBody(request.call.path) ? route.model ?? reading.model : route.model
    case .path, .batch, .none: nil
    }
  }

  /// The key may use what is asked for.
  private static func check(
    _ reading: RequestReading, of request: IncomingRequest, _ key: ClientKey
  ) throws(Problem) {
    guard !key.models.isEmpty else { return }
    let patterns = key.models.map { Pattern($0) }
    guard reading.models.allSatisfy({ model in patterns.contains { $0.matches(model) } }) else {
      throw .modelNotAllowed
    }
    // What a file of requests asks for, nobody here has read.
    if request.endpoint == .openAINewBatch { throw .modelNotAllowed }
  }

  private static func route(
    _ reading: RequestReading, _ request: IncomingRequest, _ loop: LoopContext
  ) -> (vendor: Vendor, model: String?)? {
    if let model = reading.model {
      return loop.core.routing.route(
        model: model, endpoint: request.endpoint, region: request.claim?.scope.region,
        isAzure: Vendor.isAzure(request.call.path))
    }
    // Where something was made, there it is fetched.
    if let id = request.call.workID, let name = loop.core.created.order(id)?.upstream,
      let vendor = loop.core.routing.vendors.first(where: { $0.name == name })
    {
      return (vendor, nil)
    }
    return loop.core.routing.first(for: request.endpoint.dialect).map { ($0, nil) }
  }

  private static func read(_ request: IncomingRequest, loop: LoopContext) throws(Problem) -> RequestReading {
    let endpoint = request.endpoint
    if endpoint.model == .none { return RequestReading() }
    guard let body = request.body, !request.headers.isEncoded else { throw .malformed("the body is empty") }
    let pathModel = request.call.pathModel
    let contentType = request.headers.contentType
    if request.headers.isForm, endpoint.dialect == .openAI {
      return try RequestReading(
        form: body, contentType: contentType, endpoint: endpoint, pathModel: pathModel)
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try loop.parse(body)
      loop.bodyOnTape = value
    } catch {
      throw .malformed(error.description)
    }
    return try RequestReading(value, endpoint: endpoint, pathModel: pathModel)
  }

  private static func note(_ reading: RequestReading, _ request: IncomingRequest, in record: inout LogRecord)
  {
    record.modelRequested = reading.model
    record.stream = reading.stream || request.call.streams
    record.user = record.user ?? reading.user
    record.session = record.session ?? reading.session
    if !reading.tags.isEmpty {
      record.tags = mergedTags(
        key: request.key?.tags ?? [], request: mergedTags(key: request.headers.tags, request: reading.tags))
    }
    if let model = reading.model, request.endpoint.dialect == .bedrock {
      record.inferenceProfile = inferenceProfile(model)
    }
  }

  /// What is known before the body is read.
  static func record(_ request: IncomingRequest, address: String?) -> LogRecord {
    var record = LogRecord(id: request.id, endpoint: request.endpoint.name)
    record.keyID = request.key?.id
    record.keyName = request.key?.name
    record.team = request.key?.team
    // A key that is somebody's says so, whatever the request says.
    record.user = request.key?.user ?? request.headers.user
    record.tags = mergedTags(key: request.key?.tags ?? [], request: request.headers.tags)
    record.session = request.headers.session
    record.clientIP = address
    record.clientAgent = request.headers.agent
    return record
  }
}

extension LoopContext {
  /// Writes the `end` line of a request that the proxy answers by itself.
  func refuse(_ problem: Problem, _ record: LogRecord, _ request: IncomingRequest) {
    var record = record
    record.status = problem.status(request.endpoint.dialect)
    record.outcome = problem.outcome
    record.error = .init(type: problem.type, message: problem.message)
    record.durationMicroseconds = (NIODeadline.now() - request.arrival).nanoseconds / 1000
    if problem.outcome == .refused { core.countRefusal() }
    guard case .request = request.endpoint.metering else { return }
    _ = writeEnd(record, time: request.time)
  }
}
