/// A key that the proxy gave to a client. The key itself is never kept, only its SHA-256.
public struct ClientKey: Hashable, Sendable {
  /// `k_` and 16 hexadecimal digits.
  public var id: String
  public var name: String
  public var team: String?
  /// Who uses it; its limits count for this user whatever a request says.
  public var user: String?
  /// Sorted by name. A key's own tags beat the request's.
  public var tags: [RequestFacts.Tag]
  public var policy: AccessPolicy
  /// Where it may be used from, in CIDR form; empty for everywhere.
  public var networks: [String] = []
  /// What is asked and answered with it is kept for audits, where the proxy keeps such a log.
  public var logsContent = false
  /// Answers to it say in their usage object what they cost, where that has OpenAI's form.
  public var costInUsage = false
  /// First instant it is no longer valid, microseconds since 1970-01-01T00:00:00Z; nil for never.
  public var expires: Int64?
  /// For ever; `policy.isDisabled` can be taken back.
  public var revoked: Bool
  public var created: Int64

  public init(
    id: String, name: String, team: String? = nil, user: String? = nil, tags: [RequestFacts.Tag] = [],
    models: [String] = [], expires: Int64? = nil, revoked: Bool = false, created: Int64
  ) {
    self.id = id
    self.name = name
    self.team = team
    self.user = user
    self.tags = tags
    self.policy = AccessPolicy()
    self.policy.models = models
    self.expires = expires
    self.revoked = revoked
    self.created = created
  }

  public var models: [String] { policy.models }
}
