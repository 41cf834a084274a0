/// A request while it arrives.
internal import HTTPWire
internal import Ledger
internal import NIOCore

final class IncomingRequest {
  let id: String
  /// Microseconds since 1970-01-01T00:00:00Z.
  let time: Int64
  let arrival: NIODeadline
  /// When all of it was there.
  var complete: NIODeadline
  let head: RequestHead
  var headers: ClientHeaders
  let call: Call
  var key: ClientKey?
  /// A signature that is to be checked when the body is there.
  var claim: SignedRequest?
  /// Known before the body is read; the body then only serves to name the model in the log.
  var problem: Problem?
  var body: ByteBuffer?
  var bodyBytesMax: Int

  init(id: String, time: Int64, arrival: NIODeadline, head: RequestHead, call: Call, bodyBytesMax: Int) {
    self.id = id
    self.time = time
    self.arrival = arrival
    self.complete = arrival
    self.head = head
    self.headers = ClientHeaders(head.headers)
    self.call = call
    self.bodyBytesMax = bodyBytesMax
  }

  var endpoint: Endpoint { call.endpoint }

  var query: Substring? {
    head.target.utf8.firstIndex(of: UInt8(ascii: "?")).map {
      head.target[head.target.utf8.index(after: $0)...]
    }
  }

  /// What of the query goes on.
  var vendorQuery: String? {
    endpoint.dialect == .gemini ? withoutKey(query).rest : query.map { String($0) }
  }

  func append(_ bytes: ByteBuffer) {
    guard body != nil else {
      body = bytes
      return
    }
    if let length = headers.contentLength { body?.reserveCapacity(length) }
    body?.writeImmutableBuffer(bytes)
  }
}
