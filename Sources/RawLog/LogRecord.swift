/// What the proxy knows of one attempt, and its members in a `start` and an `end` line.
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
}
