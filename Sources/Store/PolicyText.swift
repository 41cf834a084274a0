internal import JSON
public import Ledger

/// Keys and policies as JSON, which is how they are shown, how changes of them are recorded, and how the store keeps what
/// has no column.
public enum PolicyText {
  /// A member's name and its JSON text.
  public typealias Member = (name: String, json: String)

  public static func members(_ policy: AccessPolicy) -> [Member] {
    [
      ("models", list(policy.models)),
      ("requests_per_minute", number(policy.requestsPerMinute)),
      ("tokens_per_minute", number(policy.tokensPerMinute)),
      ("parallel_requests", number(policy.parallelRequests)),
      ("budgets", list(policy.budgets.map(\.description))),
      ("disabled", policy.isDisabled ? "true" : "false"),
    ]
  }

  /// Everything but the key's state, which depends on the time.
  public static func members(_ key: ClientKey) -> [Member] {
    [
      ("id", text(key.id)), ("name", text(key.name)), ("team", text(key.team)), ("user", text(key.user)),
      ("tags", tags(key.tags)),
    ] + members(key.policy) + [
      ("networks", list(key.networks)), ("content_log", key.logsContent ? "true" : "false"),
      ("cost_in_usage", key.costInUsage ? "true" : "false"),
      ("expires", text(key.expires.map(Timestamp.text))),
      ("revoked", key.revoked ? "true" : "false"), ("created", text(Timestamp.text(key.created))),
    ]
  }

  public static func object(_ members: [Member]) -> String {
    "{" + members.map { text($0.name) + ":" + $0.json }.joined(separator: ",") + "}"
  }

  /// The members that differ: `{"team":["a","b"]}`.
  static func difference(_ before: [Member], _ after: [Member]) -> String {
    let was = Dictionary(before.map { ($0.name, $0.json) }, uniquingKeysWith: { $1 })
    return object(
      after.filter { was[$0.name] != $0.json }.map { ($0.name, "[\(was[$0.name] ?? "null"),\($0.json)]") })
  }

  // MARK: - What has no column

  static func settings(
    _ policy: AccessPolicy, user: String? = nil, networks: [String] = [], logsContent: Bool = false,
    costInUsage: Bool = false
  ) -> String {
    object(
      (members(policy) + [
        ("user", text(user)), ("networks", list(networks)), ("content_log", logsContent ? "true" : "false"),
        ("cost_in_usage", costInUsage ? "true" : "false"),
      ])
      .filter { $0.json != "null" && $0.json != "[]" && $0.json != "false" })
  }

  struct Settings {
    var policy = AccessPolicy()
    var user: String?
    var networks: [String] = []
    var logsContent = false
    var costInUsage = false
  }

  static func read(_ json: String) throws(StoreError) -> Settings {
    let damaged = StoreError("a key's or team's settings are not understood: the store is damaged")
    let root: JSONValue
    do throws(JSONError) { root = try JSONTape().parse(json) } catch { throw damaged }
    func texts(_ name: StaticString) -> [String] { root.present(name)?.elements.compactMap(\.string) ?? [] }
    var result = Settings()
    result.policy.models = texts("models")
    result.policy.requestsPerMinute = root.present("requests_per_minute")?.wholeNumber
    result.policy.tokensPerMinute = root.present("tokens_per_minute")?.wholeNumber
    result.policy.parallelRequests = root.present("parallel_requests")?.wholeNumber
    for text in texts("budgets") {
      guard let budget = Budget(text, zone: "") else { throw damaged }
      result.policy.budgets.append(budget)
    }
    result.policy.isDisabled = root.present("disabled")?.bool ?? false
    result.user = root.present("user")?.string
    result.networks = texts("networks")
    result.logsContent = root.present("content_log")?.bool ?? false
    result.costInUsage = root.present("cost_in_usage")?.bool ?? false
    return result
  }

  // MARK: -

  /// A text as JSON.
  public static func quoted(_ value: String) -> String {
    var writer = JSONWriter()
    writer.string(value)
    return writer.text
  }

  static func text(_ value: String?) -> String { value.map(quoted) ?? "null" }

  static func list(_ values: [String]) -> String { "[" + values.map(text).joined(separator: ",") + "]" }

  private static func number(_ value: Int64?) -> String { value.map(String.init) ?? "null" }

  private static func tags(_ tags: [RequestFacts.Tag]) -> String {
    object(tags.map { ($0.name, text($0.value)) })
  }
}
