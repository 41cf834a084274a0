/// What a proxy is told before it starts. Nothing here is read from the environment.
public import Ledger
public import Price
public import RawLog

/// A vendor's key. It has no readable description, so that it cannot reach a log by accident.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  let text: String

  public init(_ text: String) { self.text = text }

  public var description: String { "[redacted]" }
  public var debugDescription: String { "[redacted]" }
}

extension Secret: CustomReflectable {
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// One vendor account that requests may be sent to.
public struct Upstream: Sendable {
  public var name: String
  /// `openai`, `azure`, `anthropic` …: what the log and the prices call the vendor.
  public var provider: String
  /// `https://api.openai.com/v1`; `/v1` is added where no version stands in the path.
  public var baseURL: String
  public var key: Secret?
  public var region: String?
  /// Over TLS, HTTP/2 is asked for; where the vendor has none, HTTP/1.1 is spoken.
  public var prefersHTTP2: Bool

  public init(
    name: String, provider: String, baseURL: String, key: Secret? = nil, region: String? = nil,
    prefersHTTP2: Bool = false
  ) {
    self.prefersHTTP2 = prefersHTTP2
    self.name = name
    self.provider = provider
    self.baseURL = baseURL
    self.key = key
    self.region = region
  }
}

/// Sends the models that match to one upstream, under another name if one is given.
public struct ModelRoute: Sendable {
  public var match: Pattern
  public var upstream: String
  public var model: String?

  public init(match: Pattern, upstream: String, model: String? = nil) {
    self.match = match
    self.upstream = upstream
    self.model = model
  }
}

/// A model that the proxy names to clients that ask what there is.
public struct ListedModel: Sendable {
  public var name: String
  public var maxInputTokens: Int?
  public var maxOutputTokens: Int?

  public init(name: String, maxInputTokens: Int? = nil, maxOutputTokens: Int? = nil) {
    self.name = name
    self.maxInputTokens = maxInputTokens
    self.maxOutputTokens = maxOutputTokens
  }
}

/// What becomes of a request whose `start` line could not be written.
public enum LogFailurePolicy: Sendable {
  /// 503: nothing goes to a vendor that the books would not know of.
  case refuse
  /// The request is served, counted and complained about.
  case serve
}

/// The bounds of every buffer, queue and wait. A test may tighten them.
public struct ProxyLimits: Sendable {
  /// The vendors take 32 MB; room for those that take more.
  public var requestBytesMax = 64 << 20
  /// A request without a valid key is read this far, to name its model in the log.
  public var refusedRequestBytesMax = 256 << 10
  /// What is read and thrown away behind an early answer, so that the client gets to read it.
  public var lingerBytesMax = 64 << 20
  public var lingerMilliseconds = 10_000
  /// Usage of a longer JSON answer is not read; it is relayed all the same.
  public var answerCopyBytesMax = 32 << 20
  /// A page in which an address is put right is held so far.
  public var ownPageBytesMax = 4 << 20
  /// A batch's results are read item by item; of compressed ones no more than this.
  public var resultsBytesMax = 4 << 30
  /// A longer SSE line ends the metering of its stream, not the stream.
  public var eventLineBytesMax = 16 << 20
  /// A signature is that old at the most, or that far ahead; AWS allows as much.
  public var signatureClockMilliseconds = 300_000
  public var requestHeaderBytesMax = 64 << 10
  public var requestHeadersMax = 128
  public var answerHeaderBytesMax = 64 << 10
  public var answerHeadersMax = 256
  /// Reasoning models answer late.
  public var headMilliseconds = 600_000
  public var readSilenceMilliseconds = 600_000
  public var connectMilliseconds = 10_000
  /// How long, and how much, is read for the true usage when the client has left.
  public var drainMilliseconds = 60_000
  public var drainBytesMax = 64 << 20
  public var drainsMaxPerLoop = 256
  public var stopGraceMilliseconds = 30_000
  /// Above the 60 s at which load balancers drop idle connections.
  public var idleClientMilliseconds = 75_000
  /// A request that takes longer to arrive is cut off.
  public var requestArrivalMilliseconds = 300_000
  /// Below the idle limit of the vendors' front ends.
  public var idleVendorMilliseconds = 30_000
  public var idleVendorConnectionsMaxPerLoop = 256
  /// Of one HTTP/2 connection; more requests make another one.
  public var streamsMaxPerConnection = 100
  public var clientConnectionsMaxPerLoop = 8192
  /// Each has two buffers of some dozen KB; more are told to come later.
  public var runningRequestsMaxPerLoop = 8192
  /// How long a request waits for a share of a budget that several proxies have.
  public var budgetAnswerMilliseconds = 2000

  public init() {}
}

public struct ProxySettings: Sendable {
  public var listenHost: String
  /// 0 takes any free port.
  public var listenPort: Int
  /// The raw log's folder.
  public var rawLogs: String
  public var fsync: FsyncPolicy
  public var whenLogFails: LogFailurePolicy
  public var upstreams: [Upstream]
  public var routes: [ModelRoute]
  /// Empty: clients that ask are sent on to the vendor.
  public var listedModels: [ListedModel] = []
  /// What requests to Bedrock are signed with, where its upstream has no key of its own.
  public var awsCredentials: AWSCredentialSource?
  /// Clients' AWS secrets are derived from it; nil takes no signed requests.
  public var awsKeySecret: Secret?
  public var limits: ProxyLimits
  public var eventLoops: Int
  /// For the `open` line.
  public var program: String
  public var host: String
  /// A PEM file of certificates to trust instead of the system's; for vendors behind a private authority.
  public var trustRootsFile: String?
  public var door = DoorSettings()
  public var admission = AdmissionSettings()
  /// By which running costs are told; nil: nothing has a price.
  public var prices: PriceBook?
  /// Known when it begins; `configure` tells of changes.
  public var access = Access()
  public var admin: AdminSettings?
  /// Nil: no content is logged, whatever a key says.
  public var contentLog: ContentLogSettings?

  public init(
    listenHost: String = "127.0.0.1", listenPort: Int = 0, rawLogs: String,
    fsync: FsyncPolicy = .every(milliseconds: 1000), whenLogFails: LogFailurePolicy = .refuse,
    upstreams: [Upstream], routes: [ModelRoute] = [], limits: ProxyLimits = ProxyLimits(),
    eventLoops: Int = 1, program: String = "tollbook", host: String = "", trustRootsFile: String? = nil
  ) {
    self.listenHost = listenHost
    self.listenPort = listenPort
    self.rawLogs = rawLogs
    self.fsync = fsync
    self.whenLogFails = whenLogFails
    self.upstreams = upstreams
    self.routes = routes
    self.limits = limits
    self.eventLoops = eventLoops
    self.program = program
    self.host = host
    self.trustRootsFile = trustRootsFile
  }
}

/// Finds a client's key. It is asked on event loops, so it must not block.
public protocol KeyDirectory: Sendable {
  func key(sha256Hex: String) -> ClientKey?
}

/// Who there is: all keys, and the teams and users with policies of their own.
public struct Access: Sendable {
  public var keys: [ClientKey] = []
  public var holders: [PolicyHolder] = []

  public init(keys: [ClientKey] = [], holders: [PolicyHolder] = []) {
    self.keys = keys
    self.holders = holders
  }
}
