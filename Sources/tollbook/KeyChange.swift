internal import Foundation
internal import JSON
internal import Ledger
internal import Pipeline
internal import Store

/// What somebody wants changed of a key, a team or a user, in words or as JSON; absent is kept, `none` or null is cleared.
struct KeyChange {
  /// A field's new value: its texts, or none to clear it.
  private(set) var fields: [(name: Field, values: [String])] = []

  enum Field: String, CaseIterable {
    case name, team, user, tags, models, networks, expires, budgets, disabled
    case requestsPerMinute = "requests_per_minute"
    case tokensPerMinute = "tokens_per_minute"
    case parallelRequests = "parallel_requests"
    case contentLog = "content_log"
    case costInUsage = "cost_in_usage"

    var isOfPolicy: Bool {
      switch self {
      case .models, .requestsPerMinute, .tokensPerMinute, .parallelRequests, .budgets, .disabled: true
      case .name, .team, .user, .tags, .networks, .expires, .contentLog, .costInUsage: false
      }
    }

    var isFlag: Bool { self == .disabled || self == .contentLog || self == .costInUsage }
  }

  enum Limit {
    static let nameCharactersMax = 128
    static let valuesMax = 64
    static let countMax: Int64 = 1_000_000_000_000
  }

  init() {}

  var isEmpty: Bool { fields.isEmpty }

  /// A flag of the command line; nil where it was not given.
  mutating func take(_ field: Field, _ value: String?) {
    if let value { take(field, value == "none" ? [] : [value]) }
  }

  mutating func take(_ field: Field, _ values: [String]) {
    if values.isEmpty, field == .name || field.isFlag { return }
    fields.append((field, values))
  }

  /// - Parameter isPolicy: a team's or a user's, which has a policy and nothing else.
  /// - Throws: `UsageError` for a member that is not known, or of another type.
  init(_ body: JSONValue, isPolicy: Bool = false) throws {
    guard body.isObject else { throw UsageError("the body must be a JSON object") }
    for (name, value) in body.members {
      let text = name.string ?? ""
      guard let field = Field(rawValue: text), !isPolicy || field.isOfPolicy else {
        throw UsageError("\"\(text.prefix(64))\" is not known here")
      }
      guard !fields.contains(where: { $0.name == field }) else {
        throw UsageError("\(text) stands there twice")
      }
      fields.append((field, try Self.values(field, value)))
    }
  }

  private static func values(_ field: Field, _ value: JSONValue) throws -> [String] {
    if value.isNull {
      guard field != .name, !field.isFlag else { throw UsageError("\(field.rawValue) cannot be null") }
      return []
    }
    func fault(_ type: String) -> UsageError { UsageError("\(field.rawValue) must be \(type)") }
    switch field {
    case .tags:
      guard value.isObject else { throw fault("an object of texts") }
      return try value.members.map { name, value in
        guard let name = name.string, let text = value.string else { throw fault("an object of texts") }
        guard !name.contains("=") else { throw UsageError("a tag's name has no =") }
        return "\(name)=\(text)"
      }
    case .models, .networks, .budgets:
      guard value.kind == .array else { throw fault("a list of texts") }
      return try value.elements.map { element in
        guard let text = element.string else { throw fault("a list of texts") }
        return text
      }
    case .disabled, .contentLog, .costInUsage:
      guard let flag = value.bool else { throw fault("true or false") }
      return [flag ? "true" : "false"]
    case .requestsPerMinute, .tokensPerMinute, .parallelRequests:
      guard let number = value.wholeNumber else { throw fault("a whole number") }
      return [String(number)]
    case .name, .team, .user, .expires:
      guard let text = value.string else { throw fault("a text") }
      return [text]
    }
  }

  // MARK: - Doing it

  /// - Parameter zone: of budgets that name none.
  /// - Throws: `UsageError` where a value cannot be.
  func apply(to key: inout ClientKey, zone: String, now: Int64) throws {
    for (field, values) in fields {
      guard values.count <= Limit.valuesMax else {
        throw UsageError("\(field.rawValue) has more than \(Limit.valuesMax) values")
      }
      switch field {
      case .name: key.name = try Self.name(values[0], "name")
      case .team: key.team = try values.first.map { try Self.name($0, "team") }
      case .user: key.user = try values.first.map { try Self.name($0, "user") }
      case .tags: key.tags = try Self.tags(values)
      case .networks:
        for network in values where Network(network) == nil {
          throw UsageError(
            "\"\(network.prefix(64))\" is no network; write one such as 10.0.0.0/8 or 2001:db8::/32")
        }
        key.networks = values
      case .contentLog: key.logsContent = values.first == "true"
      case .costInUsage: key.costInUsage = values.first == "true"
      case .expires: key.expires = try values.first.map { try Self.instant($0, now) }
      default: try Self.apply(field, values, to: &key.policy, zone: zone)
      }
    }
  }

  func apply(to policy: inout AccessPolicy, zone: String) throws {
    for (field, values) in fields where field.isOfPolicy {
      guard values.count <= Limit.valuesMax else {
        throw UsageError("\(field.rawValue) has more than \(Limit.valuesMax) values")
      }
      try Self.apply(field, values, to: &policy, zone: zone)
    }
  }

  private static func apply(
    _ field: Field, _ values: [String], to policy: inout AccessPolicy, zone: String
  ) throws {
    switch field {
    case .models:
      for model in values { _ = try name(model, "a model") }
      policy.models = values
    case .requestsPerMinute: policy.requestsPerMinute = try count(values.first, field)
    case .tokensPerMinute: policy.tokensPerMinute = try count(values.first, field)
    case .parallelRequests: policy.parallelRequests = try count(values.first, field)
    case .budgets: policy.budgets = try budgets(values, zone: zone)
    case .disabled: policy.isDisabled = values.first == "true"
    default: break
    }
  }

  private static func count(_ text: String?, _ field: Field) throws -> Int64? {
    guard let text else { return nil }
    guard let count = Int64(text), (0...Limit.countMax).contains(count) else {
      throw UsageError("\(field.rawValue) is a whole number from 0 to \(Limit.countMax), or none")
    }
    return count
  }

  private static func budgets(_ texts: [String], zone: String) throws -> [Budget] {
    var result: [Budget] = []
    for text in texts {
      guard let budget = Budget(text, zone: zone) else {
        throw UsageError(
          "budget \"\(text.prefix(64))\" is not understood; write 100/month, 10/day@Asia/Tokyo, 300/quarter, "
            + "5/rolling-24h or 1000/total")
      }
      if budget.span.hasZone { _ = try BookCalendar(zone: budget.zone) }
      guard !result.contains(where: { $0.name == budget.name }) else {
        throw UsageError("two budgets are for \(budget.name); one of them would never count")
      }
      result.append(budget)
    }
    return result
  }

  private static func tags(_ texts: [String]) throws -> [RequestFacts.Tag] {
    var tags: [RequestFacts.Tag] = []
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { throw UsageError("tag \"\(text.prefix(64))\": write name=value") }
      tags.removeAll { $0.name == parts[0] }
      tags.append(
        .init(name: try name(String(parts[0]), "a tag"), value: try name(String(parts[1]), "a tag")))
    }
    return tags.sorted { $0.name < $1.name }
  }

  static func name(_ text: String, _ what: String) throws -> String {
    let scalars = text.unicodeScalars
    guard !scalars.isEmpty, scalars.count <= Limit.nameCharactersMax,
      !scalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else {
      throw UsageError(
        "\(what) has 1 to \(Limit.nameCharactersMax) characters, none of them a control character")
    }
    return text
  }

  /// `30d`, `12h`, or a time.
  static func instant(_ text: String, _ now: Int64) throws -> Int64 {
    if let time = Timestamp.parse(text.utf8) { return time }
    let seconds: [Character: Int64] = ["d": 86_400, "h": 3600, "m": 60, "s": 1]
    guard let unit = text.last.flatMap({ seconds[$0] }), let count = Int64(text.dropLast()),
      (0...100_000).contains(count)
    else {
      throw UsageError("\"\(text.prefix(64))\": write 30d, 12h, or a time such as 2027-03-31T00:00:00Z")
    }
    return now + count * unit * 1_000_000
  }
}
