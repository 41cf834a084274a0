/// How a request ended.
public enum Outcome: String, CaseIterable, Sendable {
  case ok
  case vendorError = "vendor_error"
  case clientError = "client_error"
  /// By the proxy, before the vendor was called.
  case refused
  /// The client left; the vendor's answer was still billed.
  case clientGone = "client_gone"
  case streamBroken = "stream_broken"
  /// Begun, never ended: the vendor may bill it, so its cost is unknown.
  case interrupted

  /// `client_gone` is billed and `interrupted` is unknown, so neither is a failure.
  public var isFailure: Bool {
    switch self {
    case .vendorError, .clientError, .refused, .streamBroken: true
    case .ok, .clientGone, .interrupted: false
    }
  }
}

/// Who asked for what: the facts of a request that prices and attribution rules look at.
public struct RequestFacts: Hashable, Sendable {
  public var endpoint: String?
  public var provider: String?
  public var upstream: String?
  public var region: String?
  public var modelRequested: String?
  public var modelRouted: String?
  public var modelReturned: String?
  public var keyID: String?
  public var keyName: String?
  public var team: String?
  /// Sorted by name, each name once.
  public var tags: [Tag]
  public var inferenceProfile: String?
  public var agent: String?
  /// The vendor's own word for the tier that served the request; nil where it said none.
  public var serviceTier: String?
  /// What else moves the price: `inference_geo`, `speed`, `search_context_size`, an image's `size` …
  /// Sorted by name, each name once.
  public var priceFacts: [Tag]

  public struct Tag: Hashable, Sendable {
    public var name: String
    public var value: String
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  public init(
    endpoint: String? = nil, provider: String? = nil, upstream: String? = nil, region: String? = nil,
    modelRequested: String? = nil, modelRouted: String? = nil, modelReturned: String? = nil,
    keyID: String? = nil, keyName: String? = nil, team: String? = nil, tags: [Tag] = [],
    inferenceProfile: String? = nil, agent: String? = nil, serviceTier: String? = nil, priceFacts: [Tag] = []
  ) {
    self.endpoint = endpoint
    self.provider = provider
    self.upstream = upstream
    self.region = region
    self.modelRequested = modelRequested
    self.modelRouted = modelRouted
    self.modelReturned = modelReturned
    self.keyID = keyID
    self.keyName = keyName
    self.team = team
    self.tags = tags
    self.inferenceProfile = inferenceProfile
    self.agent = agent
    self.serviceTier = serviceTier
    self.priceFacts = priceFacts
  }

  /// The model that reports and rules speak of: as returned by the vendor, else as requested.
  public var model: String? { modelReturned ?? modelRequested }
}

/// What makes a usage less than certain. Each travels to the reports.
public struct UsageFlags: OptionSet, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The proxy had to estimate the counts: the vendor's never came.
  public static let estimated = UsageFlags(rawValue: 1 << 0)
  /// A part was larger than its whole and was cut to fit.
  public static let clamped = UsageFlags(rawValue: 1 << 1)
  /// The vendor's own total does not match its parts.
  public static let totalMismatch = UsageFlags(rawValue: 1 << 2)
  /// The answer came, but no usage with it: its cost is unknown.
  public static let usageMissing = UsageFlags(rawValue: 1 << 3)
  /// A usage field that no normalizer knows.
  public static let unknownField = UsageFlags(rawValue: 1 << 4)

  /// The vendor shows its usage but does not charge it.
  public static let notBilled = UsageFlags(rawValue: 1 << 5)

  /// The sum of several requests, as a vendor counts them; `Meter.request` says how many, where it does.
  public static let aggregate = UsageFlags(rawValue: 1 << 6)

  public var isEstimate: Bool { contains(.estimated) || contains(.clamped) }
}

/// One attempt at a request: who asked, which model served, what it used.
public struct Usage: Sendable {
  /// Where the raw line stands.
  public struct Place: Hashable, Sendable {
    public var file: String
    public var line: Int64
    public init(file: String, line: Int64) {
      self.file = file
      self.line = line
    }
  }

  /// Tokens of another model inside the same answer (an advisor, a fallback).
  public struct OtherModel: Hashable, Sendable {
    public var model: String
    public var counts: TokenCounts
    public init(model: String, counts: TokenCounts) {
      self.model = model
      self.counts = counts
    }
  }

  public var id: String
  public var attempt: Int
  /// False on an attempt that the proxy followed with another: it adds tokens and cost, not a request.
  public var final: Bool
  /// When the request arrived: microseconds since 1970-01-01T00:00:00Z.
  public var time: Int64
  public var place: Place
  public var facts: RequestFacts
  /// The store's number for `facts`: equal numbers, equal facts. 0 where none was given.
  public var factsNumber: Int
  public var user: String?
  public var session: String?
  public var ip: String?
  public var responseID: String?
  public var vendorRequestID: String?
  public var meteredID: String?
  public var stream: Bool?
  public var status: Int?
  public var durationMicroseconds: Int64?
  public var firstByteMicroseconds: Int64?
  public var outcome: Outcome
  public var errorType: String?
  public var counts: TokenCounts
  public var otherModels: [OtherModel]
  public var flags: UsageFlags
  /// Counts in the vendor's usage object that no rule reads, by their path: `cost_details.upstream_cost`.
  public var unknownFields: [String]
  /// What another program said that it cost; nil where none did. Compared, never charged.
  public var statedCost: Money?

  public init(
    id: String, attempt: Int, final: Bool, time: Int64, place: Place, facts: RequestFacts,
    outcome: Outcome
  ) {
    self.id = id
    self.attempt = attempt
    self.final = final
    self.time = time
    self.place = place
    self.facts = facts
    self.factsNumber = 0
    self.outcome = outcome
    self.counts = TokenCounts()
    self.otherModels = []
    self.flags = []
    self.unknownFields = []
  }
}

extension Usage {
  /// How many requests it stands for.
  public var requests: Int64 { flags.contains(.aggregate) ? counts[.request] : 1 }
}

/// A line that could not be taken, where it stands and why.
public struct Rejection: Hashable, Sendable {
  public var place: Usage.Place
  public var reason: String
  /// The line's beginning with every longer text masked, since it may be a prompt: at most `excerptLimit` characters.
  public var excerpt: String

  public static let excerptLimit = 80

  public init(place: Usage.Place, reason: String, excerpt: String) {
    self.place = place
    self.reason = reason
    self.excerpt = excerpt
  }
}
