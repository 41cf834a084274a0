/// What the proxy knows of one attempt, and its members in a `start` and an `end` line.
public import JSON
public import Ledger

public enum LogRecordLimit {
  /// Texts from outside are cut to that many Unicode scalars, so that a line stays far below 1 MiB.
  public static let textCharactersMax = 256
  public static let tagsMax = 16
  /// A usage object is a few hundred bytes; what is larger than this is not one.
  public static let usageBytesMax = 256 << 10
}

public struct LogRecord: Sendable {
  public struct Failure: Hashable, Sendable {
    public var type: String
    public var code: String?
    /// The proxy's own sentence, never the vendor's text, which may quote a prompt.
    public var message: String

    public init(type: String, code: String? = nil, message: String) {
      self.type = type
      self.code = code
      self.message = message
    }
  }

  /// What moves the price outside the usage object; values are JSON.
  public struct BillingFact: Hashable, Sendable {
    public var name: String
    public var json: [UInt8]

    public init(name: String, json: [UInt8]) {
      self.name = name
      self.json = json
    }
  }

  public var id: String
  public var attempt = 1
  public var durationMicroseconds: Int64?
  public var firstByteMicroseconds: Int64?
  public var endpoint: String
  public var stream: Bool?
  public var provider: String?
  public var upstream: String?
  public var region: String?
  public var vendorRequestID: String?
  public var responseID: String?
  /// Of work metered when it is fetched: a second line with the same one is a duplicate.
  public var meteredID: String?
  /// False on an attempt that another one follows.
  public var final = true
  /// The most that it can cost, where a budget asked; in its `start` alone.
  public var bound: Money?
  public var modelRequested: String?
  public var modelRouted: String?
  public var modelReturned: String?
  public var keyID: String?
  public var keyName: String?
  public var team: String?
  public var user: String?
  public var session: String?
  public var tags: [RequestFacts.Tag] = []
  public var inferenceProfile: String?
  public var status: Int?
  public var outcome = Outcome.ok
  public var error: Failure?
  /// The vendor's object, verbatim, on one line.
  public var usage: [UInt8]?
  public var billing: [BillingFact] = []
  public var usageSource = UsageSource.none
  public var clientIP: String?
  public var clientAgent: String?

  public init(id: String, endpoint: String) {
    self.id = id
    self.endpoint = endpoint
  }

  public func writeStart(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("id", id)
      writer.member("attempt", attempt)
      writer.member("endpoint", endpoint)
      writer.member("provider", cut(provider))
      writer.member(
        "model",
        object: { writer in
          writer.member("requested", cut(modelRequested))
        })
      if let bound { writer.member("bound_usd", bound.description) }
      writeWho(to: &writer)
      writeClient(to: &writer)
    }
  }

  public func writeEnd(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("id", id)
      writer.member("attempt", attempt)
      writer.member("duration_us", durationMicroseconds)
      writer.member("first_byte_us", firstByteMicroseconds)
      writer.member("endpoint", endpoint)
      writer.member("stream", stream)
      writer.member("provider", cut(provider))
      writer.member("upstream", cut(upstream))
      writer.member("region", cut(region))
      writer.member("vendor_request_id", cut(vendorRequestID))
      writer.member("response_id", cut(responseID))
      if let meteredID { writer.member("metered_id", cut(meteredID)) }
      writer.member("final", final)
      writer.member(
        "model",
        object: { writer in
          writer.member("requested", cut(modelRequested))
          writer.member("routed", cut(modelRouted))
          writer.member("returned", cut(modelReturned))
        })
      writeWho(to: &writer)
      writer.member("status", status)
      writer.member("outcome", outcome.rawValue)
      writeFailure(to: &writer)
      writeUsage(to: &writer)
      writeClient(to: &writer)
    }
  }

  private func writeWho(to writer: inout JSONWriter) {
    if let keyID {
      writer.member(
        "key",
        object: { writer in
          writer.member("id", cut(keyID))
          writer.member("name", cut(keyName))
        })
    } else {
      writer.member("key", String?.none)
    }
    writer.member("team", cut(team))
    writer.member("user", cut(user))
    writer.member("session", cut(session))
    writer.member(
      "tags",
      object: { writer in
        for tag in tags.prefix(LogRecordLimit.tagsMax) { writer.member(cut(tag.name) ?? "", cut(tag.value)) }
      })
    writer.member("inference_profile", cut(inferenceProfile))
  }

  private func writeFailure(to writer: inout JSONWriter) {
    guard let error else {
      writer.member("error", String?.none)
      return
    }
    writer.member(
      "error",
      object: { writer in
        writer.member("type", error.type)
        if let code = error.code { writer.member("code", code) }
        writer.member("message", error.message)
      })
  }

  private func writeUsage(to writer: inout JSONWriter) {
    writer.name("usage")
    if let usage { writer.raw(usage) } else { writer.null() }
    writer.member(
      "billing",
      object: { writer in
        for fact in billing {
          writer.name(fact.name)
          writer.raw(fact.json)
        }
      })
    writer.member("usage_source", usageSource.rawValue)
  }

  private func writeClient(to writer: inout JSONWriter) {
    writer.member(
      "client",
      object: { writer in
        writer.member("ip", cut(clientIP))
        writer.member("agent", cut(clientAgent))
      })
  }
}

private func cut(_ text: String?) -> String? {
  guard let text, text.utf8.count > LogRecordLimit.textCharactersMax else { return text }
  // Scalars, because one character may be any number of bytes.
  return String(String.UnicodeScalarView(text.unicodeScalars.prefix(LogRecordLimit.textCharactersMax)))
}
