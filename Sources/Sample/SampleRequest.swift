import JSON

/// One request of the sample month, and the fields its lines have beside the common head.
struct SampleRequest {
  enum Answer {
    case usage(SampleUsage, source: String)
    /// The client left; the vendor worked on, or the counts had to be estimated.
    case clientGone(SampleUsage, source: String)
    case streamBroken(SampleUsage)
    case vendorError
    /// A model that does not exist.
    case clientError
    case refused(String)
  }

  private static let profiles = "arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile"

  let id: String
  let time: Int64
  let caller: SampleCaller
  var model: SampleModel
  let user: String
  let session: String
  let profile: String?
  let agent: String
  let ip: String
  let stream: Bool
  var meteredID: String?

  init(at time: Int64, of requests: Int, random: inout SampleRandom) {
    self.time = time
    id = Self.uuid(milliseconds: time / 1000, random: &random)
    caller = SampleCatalog.callers.pick(&random)
    model = caller.models.pick(&random)
    user =
      random.chance(perMille: 3)
      ? random.pick(SampleCatalog.hostileNames)
      : "u-\(1000 + random.below(1 + random.below(1200)))"
    session = "s-\(random.below(requests / 6 + 1))"
    profile =
      caller.viaInferenceProfile
      ? "\(Self.profiles)/chrome\(random.below(3))a7f"
      : nil
    agent = random.pick(caller.agents)
    ip = "10.\(random.below(4)).\(random.below(256)).\(1 + random.below(254))"
    let streams = model.endpoint.hasSuffix("_stream")
    let canStream =
      caller.habit != .batch && model.shape != .openAIEmbeddings && model.endpoint != "bedrock.converse"
    stream = streams || canStream && random.chance(perMille: 600)
  }

  func start(attempt: Int) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      writeHead(attempt: attempt, to: &$0)
      $0.member("model", object: { $0.member("requested", model.requested) })
      writeCaller(to: &$0)
    }
    return json.bytes
  }

  func end(
    attempt: Int, final: Bool, duration: Int64, answer: Answer, random: inout SampleRandom
  ) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      writeHead(attempt: attempt, to: &$0)
      $0.member("duration_us", duration)
      writeTransport(answer, final: final, firstByte: duration / 4, random: &random, to: &$0)
      writeCaller(to: &$0)
      writeAnswer(answer, to: &$0)
    }
    return json.bytes
  }

  // MARK: -

  private func writeHead(attempt: Int, to json: inout JSONWriter) {
    json.member("id", id)
    json.member("attempt", attempt)
    json.member("endpoint", model.endpoint)
    json.member("provider", model.provider)
  }

  private func writeCaller(to json: inout JSONWriter) {
    json.member(
      "key",
      object: {
        $0.member("id", Self.keyID(caller.key))
        $0.member("name", caller.key)
      })
    json.member("team", caller.team)
    json.member("user", user)
    json.member("session", session)
    json.member(
      "tags",
      object: {
        if let product = caller.product { $0.member("product", product) }
        $0.member("env", caller.key.hasSuffix("-stg") ? "stg" : "prod")
      })
    json.member("inference_profile", profile)
    json.member(
      "client",
      object: {
        $0.member("ip", ip)
        $0.member("agent", agent)
      })
  }

  private func writeTransport(
    _ answer: Answer, final: Bool, firstByte: Int64, random: inout SampleRandom, to json: inout JSONWriter
  ) {
    json.member("stream", stream)
    json.member("final", final)
    if case .refused = answer {
      json.member("first_byte_us", nil as Int64?)
      json.member("model", object: { $0.member("requested", model.requested) })
      return
    }
    json.member("first_byte_us", firstByte)
    json.member("upstream", model.upstream)
    json.member("region", model.region)
    json.member("vendor_request_id", "req_" + random.hex(digits: 12))
    let answered: Bool
    switch answer {
    case .usage, .clientGone, .streamBroken: answered = true
    case .vendorError, .clientError, .refused: answered = false
    }
    json.member("response_id", answered ? "resp_" + random.hex(digits: 16) : nil)
    json.member("metered_id", meteredID)
    json.member(
      "model",
      object: {
        $0.member("requested", model.requested)
        $0.member("routed", model.requested)
        $0.member("returned", answered ? model.returned : nil)
      })
  }

  private func writeAnswer(_ answer: Answer, to json: inout JSONWriter) {
    switch answer {
    case .usage(let usage, let source):
      writeOutcome(200, "ok", error: nil, usage: usage, source: source, to: &json)
    case .clientGone(let usage, let source):
      writeOutcome(200, "client_gone", error: nil, usage: usage, source: source, to: &json)
    case .streamBroken(let usage):
      writeOutcome(
        200, "stream_broken", error: ("vendor_cut", "the vendor closed the stream before its last event"),
        usage: usage, source: "estimated", to: &json)
    case .vendorError:
      writeOutcome(
        529, "vendor_error", error: ("overloaded_error", "the vendor is overloaded"), usage: nil,
        source: "none", to: &json)
    case .clientError:
      writeOutcome(
        404, "client_error", error: ("not_found_error", "the vendor does not know this model"), usage: nil,
        source: "none", to: &json)
    case .refused(let type):
      writeOutcome(
        type == "model_not_allowed" ? 403 : 429, "refused", error: (type, "refused by the proxy"),
        usage: nil, source: "none", to: &json)
    }
  }

  private func writeOutcome(
    _ status: Int, _ outcome: String, error: (type: String, message: String)?, usage: SampleUsage?,
    source: String, to json: inout JSONWriter
  ) {
    json.member("status", status)
    json.member("outcome", outcome)
    json.name("error")
    if let error {
      json.object {
        $0.member("type", error.type)
        $0.member("message", error.message)
      }
    } else {
      json.null()
    }
    json.name("usage")
    if let usage { usage.write(model.shape, to: &json) } else { json.null() }
    json.name("billing")
    if let usage { usage.writeBilling(model.shape, to: &json) } else { json.null() }
    json.member("usage_source", source)
  }

  /// A key's id is a digest of its secret; the sample has no secrets, so its name does.
  static func keyID(_ name: String) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var random = SampleRandom(seed: hash)
    return "k_" + random.hex(digits: 16)
  }

  /// A UUIDv7 (RFC 9562).
  private static func uuid(milliseconds: Int64, random: inout SampleRandom) -> String {
    let time = String(milliseconds, radix: 16)
    let stamp = String(repeating: "0", count: 12 - time.count) + time
    let variant = random.pick(["8", "9", "a", "b"])
    return
      "\(stamp.prefix(8))-\(stamp.suffix(4))-7\(random.hex(digits: 3))-\(variant)\(random.hex(digits: 3))"
      + "-\(random.hex(digits: 12))"
  }
}
