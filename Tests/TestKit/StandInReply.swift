internal import JSON

/// What a vendor answers, before anything goes wrong with it.
struct StandInReply {
  typealias Header = RecordedRequest.Header

  var contentType = "application/json"
  var headers: [Header] = []
  /// A stream's events, each with its line ends or its frame; a plain answer's only piece.
  var pieces: [[UInt8]]
  var isStream = false

  init(json: [UInt8], headers: [Header] = []) {
    self.pieces = [json]
    self.headers = headers
  }

  init(stream pieces: [[UInt8]], contentType: String, headers: [Header] = []) {
    self.pieces = pieces
    self.contentType = contentType
    self.headers = headers
    self.isStream = true
  }

  init(json body: (inout JSONWriter) -> Void) {
    var writer = JSONWriter()
    writer.object { body(&$0) }
    self.init(json: writer.bytes)
  }
}

/// Why a vendor does not answer.
struct StandInRefusal: Error {
  var status: Int
  /// In the vendor's own word: `ValidationException`, `INVALID_ARGUMENT`, `invalid_request_error`.
  var type: String
  var message: String
}

/// A vendor beside OpenAI's chat and Anthropic's messages.
protocol StandInFamily: SendableMetatype {
  /// Nil where the vendor has no such path.
  static func reply(
    to request: RecordedRequest, _ fault: StandInFault
  ) throws(StandInRefusal) -> StandInReply?
  static func refusal(_ refusal: StandInRefusal) -> (headers: [RecordedRequest.Header], body: [UInt8])
  /// The vendor's word for a status that was asked for.
  static func word(_ status: Int) -> String
}

/// The body as an object.
func standInBody(_ request: RecordedRequest) throws(StandInRefusal) -> JSONValue {
  do throws(JSONError) {
    let value = try JSONTape().parse(request.body)
    if value.isObject { return value }
  } catch {
    // Said below.
  }
  throw StandInRefusal(status: 400, type: "", message: "the body is no JSON object")
}

/// No key of the proxy's may come to a vendor.
func refuseProxyKeys(_ keys: [String], _ status: Int, _ type: String) throws(StandInRefusal) {
  guard let key = keys.first, !key.isEmpty, !keys.contains(where: { $0.contains("sk-tb-") }) else {
    throw StandInRefusal(status: status, type: type, message: "Incorrect API key provided.")
  }
}
