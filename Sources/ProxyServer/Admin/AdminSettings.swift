/// What the admin listener is told, and what it asks.
public struct AdminSettings: Sendable {
  public struct Admin: Sendable {
    /// What the audit log calls them.
    public var name: String
    public var token: Secret

    public init(name: String, token: Secret) {
      self.name = name
      self.token = token
    }
  }

  public var listenHost: String
  /// 0 takes any free port.
  public var listenPort: Int
  /// Nobody: then there are health and metrics, and no API.
  public var admins: [Admin]
  /// The OpenAPI document of the API.
  public var document: String
  /// Answers a request to the API whose token was right. It is called on a thread of its own, and may wait.
  public var api: @Sendable (AdminRequest) -> AdminAnswer

  public init(
    listenHost: String, listenPort: Int, admins: [Admin], document: String,
    api: @escaping @Sendable (AdminRequest) -> AdminAnswer
  ) {
    self.listenHost = listenHost
    self.listenPort = listenPort
    self.admins = admins
    self.document = document
    self.api = api
  }
}

public struct AdminRequest: Sendable {
  public var method: String
  /// Decoded, between the slashes.
  public var path: [String]
  public var query: [String: String]
  public var body: [UInt8]
  /// Who asks.
  public var admin: String
  /// The budgets as this proxy knows them.
  public var budgets: @Sendable () -> [BudgetState]
}

public struct AdminAnswer: Sendable {
  public var status: Int
  public var json: String
  public var headers: [(name: String, value: String)] = []

  public init(status: Int, json: String) {
    self.status = status
    self.json = json
  }
}
