/// What the proxy knows of one attempt, and its members in a `start` and an `end` line.
public import JSON
public import Ledger

public enum LogRecordLimit {
  /// Client-supplied texts are cut to that many characters, so that a line stays far below 1 MiB.
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
  /// False on an attempt that another one follows.
  public var final = true
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
      writer.member("provider", provider)
      writer.member("model", object: { writer in
        writer.member("requested", modelRequested)
      })
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
      writer.member("provider", provider)
      writer.member("upstream", upstream)
      writer.member("region", region)
      writer.member("vendor_request_id", vendorRequestID)
      writer.member("response_id", responseID)
      writer.member("final", final)
      writer.member("model", object: { writer in
        writer.member("requested", modelRequested)
        writer.member("routed", modelRouted)
        writer.member("returned", modelReturned)
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
      writer.member("key", object: { writer in
        writer.member("id", keyID)
        writer.member("name", keyName)
      })
    } else {
      writer.member("key", String?.none)
    }
    writer.member("team", team)
    writer.member("user", user)
    writer.member("session", session)
    writer.member("tags", object: { writer in
      for tag in tags { writer.member(tag.name, tag.value) }
    })
    writer.member("inference_profile", inferenceProfile)
  }

  private func writeFailure(to writer: inout JSONWriter) {
    guard let error else {
      writer.member("error", String?.none)
      return
    }
    writer.member("error", object: { writer in
      writer.member("type", error.type)
      if let code = error.code { writer.member("code", code) }
      writer.member("message", error.message)
    })
  }

  private func writeUsage(to writer: inout JSONWriter) {
    writer.name("usage")
    if let usage { writer.raw(usage) } else { writer.null() }
    writer.member("billing", object: { writer in
      for fact in billing {
        writer.name(fact.name)
        writer.raw(fact.json)
      }
    })
    writer.member("usage_source", usageSource.rawValue)
  }

  private func writeClient(to writer: inout JSONWriter) {
    writer.member("client", object: { writer in
      writer.member("ip", clientIP)
      writer.member("agent", clientAgent)
    })
  }
}
