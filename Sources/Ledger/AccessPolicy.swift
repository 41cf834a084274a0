/// What a key, a team or a user may do. Whatever is said here must hold, for each of the three that a request belongs to.
public struct AccessPolicy: Hashable, Sendable {
  /// Patterns (`*` is any run of characters) of the models that may be asked for; empty allows all.
  public var models: [String] = []
  public var requestsPerMinute: Int64?
  public var tokensPerMinute: Int64?
  public var parallelRequests: Int64?
  /// Each name once.
  public var budgets: [Budget] = []
  /// Nothing is allowed until this is taken back.
  public var isDisabled = false

  public init() {}
}

/// A team or a user that has a policy of its own.
public struct PolicyHolder: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case team
    case user
  }

  public var kind: Kind
  public var name: String
  public var policy: AccessPolicy

  public init(kind: Kind, name: String, policy: AccessPolicy) {
    self.kind = kind
    self.name = name
    self.policy = policy
  }
}
