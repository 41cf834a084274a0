internal import JSON
public import Ledger

/// Another history of requests than the raw log: where it lies, and how it is read.
public struct Source: Hashable, Sendable {
  /// A file, or a folder of them.
  public var path: String
  /// Nil: recognised by what stands in it.
  public var format: SourceFormat?
  /// Nil: what the format is for.
  public var role: SourceRole?
  /// Of times that name none.
  public var zone: SourceZone?
  /// Which model an application inference profile is bound to; the source itself does not say.
  public var profiles: [Profile] = []
  /// What of a report is meant, in the vendor's own words: `project_id`, `workspace_id` … All must hold.
  public var scope: [RequestFacts.Tag] = []
  /// Only what lies in these times is added; microseconds since 1970-01-01T00:00:00Z.
  public var from: Int64?
  public var until: Int64?
  /// The proxy's own ways to vendors, and what is known of the accounts that they use.
  public var upstreams: [Upstream] = []

  public struct Profile: Hashable, Sendable {
    public var pattern: Pattern
    public var model: String
    public init(pattern: Pattern, model: String) {
      self.pattern = pattern
      self.model = model
    }
  }

  public struct Upstream: Hashable, Sendable {
    public var name: String
    /// Empty where nobody said.
    public var scope: [RequestFacts.Tag]
    public init(name: String, scope: [RequestFacts.Tag]) {
      self.name = name
      self.scope = scope
    }

    /// Whether its requests are surely none of this scope: they have another value of a word that both name.
    public func isApart(from scope: [RequestFacts.Tag]) -> Bool {
      self.scope.contains { own in scope.contains { $0.name == own.name && $0.value != own.value } }
    }
  }

  public init(
    path: String, format: SourceFormat? = nil, zone: SourceZone? = nil, profiles: [Profile] = []
  ) {
    self.path = path
    self.format = format
    self.zone = zone
    self.profiles = profiles
  }

  /// What a file of this format is read for.
  public func role(for format: SourceFormat) -> SourceRole { role ?? format.roles[0] }

  /// Why a file of this format cannot be read for that: the role is none of the format's, or what it needs is not
  /// said. Nil where it can.
  public func problem(with format: SourceFormat) -> String? {
    let role = role(for: format)
    guard format.roles.contains(role) else {
      return role == .add
        ? "\(format.rawValue) states money, which stands beside the books and is never added: only usage can be "
          + "priced. Use role: compare, and add the vendor's usage report"
        : "\(format.rawValue) brings what the books are made of; its role is add"
    }
    let words = format.scopeWords
    for term in scope where !words.contains(term.name) {
      return "\"\(printable(term.name))\" is no scope of \(format.rawValue); "
        + (words.isEmpty ? "it has none" : "there are \(words.joined(separator: ", "))")
    }
    guard role == .add, format.roles.count > 1 else { return nil }
    if scope.isEmpty {
      return
        "role: add needs a scope (\(words.joined(separator: ", "))): only what is inside of it is added, since "
        + "the rest may have passed the proxy"
    }
    return from == nil || until == nil ? "role: add needs from and until: the days that are to be added" : nil
  }
}

/// What a source is for.
public enum SourceRole: String, CaseIterable, Sendable {
  /// What it holds is in the books: priced, attributed, in every total.
  case add
  /// It states sums, which are compared with the books and are in no total.
  case compare
}

/// The formats that are read. Each is one file of this folder with the same steps: it says which names it is
/// recognised by and cannot do without, and makes its rows what the books take.
public enum SourceFormat: String, CaseIterable, Sendable {
  case litellm
  case bedrock
  case openaiCosts = "openai-costs"
  case anthropicCosts = "anthropic-costs"
  case openaiUsage = "openai-usage"
  case anthropicUsage = "anthropic-usage"
  case cursor
  case devin
  case copilot
  case cur

  /// What it may be read for; the first where nobody says.
  public var roles: [SourceRole] {
    switch self {
    case .litellm, .bedrock, .cursor, .devin, .copilot: [.add]
    case .openaiCosts, .anthropicCosts, .cur: [.compare]
    case .openaiUsage, .anthropicUsage: [.compare, .add]
    }
  }

  /// How its rows are taken.
  enum Grain { case requests, sums, pages }

  /// One row a request, or sums of many; in rows, or in pages of JSON.
  public var isOfRequests: Bool { grain == .requests }

  var grain: Grain {
    switch self {
    case .litellm, .bedrock, .cursor: .requests
    case .copilot, .cur: .sums
    case .openaiCosts, .anthropicCosts, .openaiUsage, .anthropicUsage, .devin: .pages
    }
  }

  /// The words that a scope may name.
  public var scopeWords: [String] {
    switch self {
    case .openaiUsage: ["project_id", "api_key_id", "user_id"]
    case .anthropicUsage: ["workspace_id", "api_key_id", "account_id", "service_account_id"]
    case .devin: ["organization", "user"]
    default: []
    }
  }

  /// Whose report it is, where the format says so.
  public var provider: String {
    switch self {
    case .openaiCosts, .openaiUsage: "openai"
    case .anthropicCosts, .anthropicUsage: "anthropic"
    case .cursor: "cursor"
    case .devin: "devin"
    case .copilot: "github_copilot"
    case .cur: "bedrock"
    case .litellm, .bedrock: ""
    }
  }

  /// The ways its rows are written.
  var layouts: [SourceLayout] {
    switch self {
    case .litellm: [LiteLLMSpendLogs.layout]
    case .bedrock: [BedrockInvocationLogs.layout]
    case .openaiCosts: [CostRows.openai]
    case .anthropicCosts: [CostRows.anthropic]
    case .openaiUsage: [UsageRows.openai]
    case .anthropicUsage: [UsageRows.anthropic]
    case .cursor: [CursorEvents.csv, CursorEvents.json]
    case .devin: [DevinConsumption.layout]
    case .copilot: [CopilotUsage.layout]
    case .cur: [BillLines.layout]
    }
  }
}

/// The names that a format's rows have.
struct SourceLayout: Sendable {
  /// Names that no other format has; half of them are enough to recognise it, so that a renamed column is named
  /// as missing and the file is not just unknown.
  var signature: [String]
  /// Without these a file is refused.
  var required: [String]
  /// What is read or knowingly left; any other name is counted and shown.
  var known: Set<String>

  init(signature: [String], required: [String], known: [String] = []) {
    self.signature = signature
    self.required = required
    self.known = Set(required).union(signature).union(known)
  }

  func isRecognised(by names: Set<String>) -> Bool {
    2 * signature.count(where: names.contains) >= signature.count
  }
}

/// Memory that mappings of one file share.
struct SourceTapes {
  let row = JSONTape()
  let first = JSONTape()
  let second = JSONTape()
  let third = JSONTape()
  let event = JSONTape()
}
