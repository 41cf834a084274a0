/// A whole request in; a plan to serve it, or the reason not to, out.
internal import Crypto
internal import JSON
internal import Ledger
internal import NIOCore
internal import RawLog

/// Everything an exchange needs, decided before the vendor is called.
struct Plan {
  var request: IncomingRequest
  var record: LogRecord
  var vendor: Vendor
  var body: ByteBuffer
  /// The proxy asked for usage in the stream on the books' behalf.
  var asksForUsage: Bool
  var requestTextBytes: Int
}

struct KeyProblem: Error {
  var problem: Problem
  /// Known keys are named in the log even where they are refused.
  var key: ClientKey?
}

/// - Parameter time: microseconds since 1970-01-01T00:00:00Z.
func authenticate(_ presented: String?, keys: any KeyDirectory, time: Int64) throws(KeyProblem) -> ClientKey {
  guard let presented else { throw KeyProblem(problem: .noKey) }
  guard let key = keys.key(sha256Hex: sha256Hex(presented)) else { throw KeyProblem(problem: .invalidKey) }
  if key.revoked { throw KeyProblem(problem: .revokedKey, key: key) }
  if let expires = key.expires, time >= expires { throw KeyProblem(problem: .expiredKey, key: key) }
  return key
}

private func sha256Hex(_ text: String) -> String { hexText(SHA256.hash(data: Array(text.utf8))) }

enum Intake {
  enum Decision {
    case exchange(Plan)
    case refuse(Problem, LogRecord)
  }

  static func plan(_ request: IncomingRequest, address: String?, loop: LoopContext) -> Decision {
    var record = record(request, address: address)
    do throws(Problem) {
      let reading = try read(request, loop: loop)
      note(reading, in: &record)
      if let problem = request.problem { throw problem }
      guard let key = request.key else { throw .invalidKey }
      guard key.models.isEmpty || key.models.contains(where: { Pattern($0).matches(reading.model) }) else {
        throw .modelNotAllowed
      }
      guard let route = loop.core.routing.route(model: reading.model, endpoint: request.endpoint) else {
        throw .noUpstream
      }
      record.provider = route.vendor.provider
      record.upstream = route.vendor.name
      record.region = route.vendor.region
      record.modelRouted = (route.model ?? reading.model)
      let (splices, asksForUsage) = reading.splices(endpoint: request.endpoint, model: route.model)
      let body = spliced(request.body ?? ByteBuffer(), splices, allocator: ByteBufferAllocator())
      return .exchange(
        Plan(
          request: request, record: record, vendor: route.vendor, body: body, asksForUsage: asksForUsage,
          requestTextBytes: reading.textBytes))
    } catch {
      return .refuse(request.problem ?? error, record)
    }
  }

  private static func read(_ request: IncomingRequest, loop: LoopContext) throws(Problem) -> RequestReading {
    guard let body = request.body, !request.headers.isEncoded else { throw .malformed("the body is empty") }
    let value: JSONValue
    do throws(JSONError) {
      value = try loop.parse(body)
    } catch {
      throw .malformed(error.description)
    }
    return try RequestReading(value, endpoint: request.endpoint)
  }

  private static func note(_ reading: RequestReading, in record: inout LogRecord) {
    record.modelRequested = reading.model
    record.stream = reading.stream
    record.user = reading.user
  }

  /// What is known before the body is read.
  static func record(_ request: IncomingRequest, address: String?) -> LogRecord {
    var record = LogRecord(id: request.id, endpoint: request.endpoint.rawValue)
    record.keyID = request.key?.id
    record.keyName = request.key?.name
    record.team = request.key?.team
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
    record.status = problem.status
    record.outcome = problem.outcome
    record.error = .init(type: problem.type, message: problem.message)
    record.durationMicroseconds = (NIODeadline.now() - request.arrival).nanoseconds / 1000
    if problem.outcome == .refused { core.countRefusal() }
    _ = write(.end, record, time: request.time)
  }
}
