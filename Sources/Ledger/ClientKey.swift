/// A key that the proxy gave to a client. The key itself is never kept, only its SHA-256.
public struct ClientKey: Hashable, Sendable {
  /// `k_` and 16 hexadecimal digits.
  public var id: String
  public var name: String
  public var team: String?
  /// Sorted by name. A key's own tags beat the request's.
  public var tags: [RequestFacts.Tag]
  /// Patterns (`*` is any run of characters) of the models it may ask for; empty allows all.
  public var models: [String]
  /// First instant it is no longer valid, microseconds since 1970-01-01T00:00:00Z; nil for never.
  public var expires: Int64?
  public var revoked: Bool
  public var created: Int64

  public init(
    id: String, name: String, team: String? = nil, tags: [RequestFacts.Tag] = [], models: [String] = [],
    expires: Int64? = nil, revoked: Bool = false, created: Int64
  ) {
    self.id = id
    self.name = name
    self.team = team
    self.tags = tags
    self.models = models
    self.expires = expires
    self.revoked = revoked
    self.created = created
  }
}
