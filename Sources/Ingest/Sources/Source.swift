internal import JSON
public import Ledger

/// Another history of requests than the raw log: where it lies, and how it is read.
public struct Source: Hashable, Sendable {
  /// A file, or a folder of them.
  public var path: String
  /// Nil: recognised by what stands in it.
  public var format: SourceFormat?
  /// Of times that name none.
  public var zone: SourceZone?
  /// Which model an application inference profile is bound to; the source itself does not say.
  public var profiles: [Profile]

  public struct Profile: Hashable, Sendable {
    public var pattern: Pattern
    public var model: String
    public init(pattern: Pattern, model: String) {
      self.pattern = pattern
      self.model = model
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
}

/// The formats that are read. Each is one file of this folder with the same steps: it says which names it is
/// recognised by and cannot do without, and makes one row a `Usage`.
public enum SourceFormat: String, CaseIterable, Sendable {
  case litellm
  case bedrock
  case openaiCosts = "openai-costs"
  case anthropicCosts = "anthropic-costs"
  case openaiUsage = "openai-usage"
  case anthropicUsage = "anthropic-usage"

  /// What a source is for.
  public enum Role: String, Sendable {
    /// Its rows are requests of the books.
    case requests
    /// It states sums, which are compared with the books and are in no total.
    case compare
  }

  public var role: Role {
    switch self {
    case .litellm, .bedrock: .requests
    case .openaiCosts, .anthropicCosts, .openaiUsage, .anthropicUsage: .compare
    }
  }

  /// Names that no other format has; half of them are enough to recognise it, so that a renamed column is named
  /// as missing and the file is not just unknown.
  var signature: [String] {
    switch self {
    case .litellm: LiteLLMSpendLogs.signature
    case .bedrock: BedrockInvocationLogs.signature
    case .openaiCosts: CostRows.openaiSignature
    case .anthropicCosts: CostRows.anthropicSignature
    case .openaiUsage: UsageRows.openaiSignature
    case .anthropicUsage: UsageRows.anthropicSignature
    }
  }

  /// Without these a file is refused.
  var required: [String] {
    switch self {
    case .litellm: LiteLLMSpendLogs.required
    case .bedrock: BedrockInvocationLogs.required
    case .openaiCosts: CostRows.openaiRequired
    case .anthropicCosts: CostRows.anthropicRequired
    case .openaiUsage: UsageRows.openaiRequired
    case .anthropicUsage: UsageRows.anthropicRequired
    }
  }

  /// What is read or knowingly left; any other name is counted and shown.
  var known: Set<String> {
    switch self {
    case .litellm: LiteLLMSpendLogs.known
    case .bedrock: BedrockInvocationLogs.known
    case .openaiCosts, .anthropicCosts, .openaiUsage, .anthropicUsage:
      Set(required).union(signature).union(["object", "has_more", "next_page"])
    }
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
}
