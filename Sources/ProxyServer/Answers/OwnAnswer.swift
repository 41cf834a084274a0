/// What the proxy says without a vendor.
internal import HTTPWire

struct OwnAnswer {
  var status: Int
  var headers: [(name: String, value: String)]
  var body: [UInt8]
  var omitsBody = false

  init(_ problem: Problem, _ dialect: Dialect, requestID: String) {
    self.status = problem.status(dialect)
    self.body = problem.body(dialect, requestID: requestID)
    self.headers = [("content-type", "application/json"), ("x-tollbook-request-id", requestID)]
    problem.addHeaders(dialect, requestID: requestID, to: &headers)
    headers += problem.headers.map { ($0.0, $0.1) }
  }

  /// A page of the proxy's own.
  init(json: [UInt8]) {
    self.status = 200
    self.body = json
    self.headers = [("content-type", "application/json")]
  }

  init(status: Int, text: String, _ method: HTTPMethod) {
    self.status = status
    self.body = Array(text.utf8)
    self.headers = [("content-type", "text/plain; charset=utf-8")]
    self.omitsBody = method == .HEAD
  }

  /// To a message that was refused before it was known what it is.
  init(_ fault: WireFault) { self.init(status: fault.status, text: fault.description + "\n", .GET) }
}
