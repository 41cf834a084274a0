/// Who calls which models in the sample month: names, weights and habits, and no arithmetic.

/// How a vendor writes its usage object.
enum UsageShape: Sendable {
  case anthropic
  case openAIChat
  case openAIResponses
  case openAIEmbeddings
  /// Gemini behind its OpenAI-compatible endpoint: hidden output shows only in `total_tokens`.
  case openAICompatible
  case bedrock
  case gemini
}

struct SampleModel: Sendable {
  var provider: String
  var endpoint: String
  var requested: String
  /// Nil where the vendor's answer names no model (Bedrock Converse).
  var returned: String?
  var region: String?
  var upstream: String
  var shape: UsageShape
  var cachesPrompts = true
  /// A total input above this is priced as long context by the vendor.
  var contextThreshold: Int?
  var tiers: [String] = []
  var reasons = false
  var searches = false
}

struct SampleCaller: Sendable {
  enum Habit: Sendable {
    /// One question, one answer.
    case plain
    /// An agent that sends a long conversation again and again: much is read from the cache.
    case agent
    /// Work handed in as a batch and metered when it is fetched.
    case batch
  }

  var key: String
  var team: String
  var product: String?
  var agents: [String]
  var habit: Habit
  var viaInferenceProfile = false
  /// Tries names of models that no vendor has.
  var makesUpModels = false
  var models: Weighted<SampleModel>
}

enum SampleCatalog {
  static let sonnet = SampleModel(
    provider: "anthropic", endpoint: "anthropic.messages", requested: "claude-sonnet-4-5",
    returned: "claude-sonnet-4-5-20250929", upstream: "anthropic-main", shape: .anthropic,
    tiers: ["priority"], searches: true)
  static let haiku = SampleModel(
    provider: "anthropic", endpoint: "anthropic.messages", requested: "claude-haiku-4-5",
    returned: "claude-haiku-4-5-20251001", upstream: "anthropic-main", shape: .anthropic)
  static let opus = SampleModel(
    provider: "anthropic", endpoint: "anthropic.messages", requested: "claude-opus-4-6",
    returned: "claude-opus-4-6-20260205", upstream: "anthropic-main", shape: .anthropic, searches: true)
  static let mini = SampleModel(
    provider: "openai", endpoint: "openai.chat_completions", requested: "gpt-4o-mini",
    returned: "gpt-4o-mini-2024-07-18", upstream: "openai-main", shape: .openAIChat)
  static let gpt41 = SampleModel(
    provider: "openai", endpoint: "openai.chat_completions", requested: "gpt-4.1",
    returned: "gpt-4.1-2025-04-14", upstream: "openai-main", shape: .openAIChat, tiers: ["priority"])
  static let gpt5Mini = SampleModel(
    provider: "openai", endpoint: "openai.chat_completions", requested: "gpt-5-mini",
    returned: "gpt-5-mini-2025-08-07", upstream: "openai-main", shape: .openAIChat,
    tiers: ["flex", "priority"], reasons: true)
  static let gpt54 = SampleModel(
    provider: "openai", endpoint: "openai.responses", requested: "gpt-5.4",
    returned: "gpt-5.4-2026-03-05", upstream: "openai-main", shape: .openAIResponses,
    contextThreshold: 272_000, tiers: ["flex", "priority"], reasons: true, searches: true)
  static let gpt52 = SampleModel(
    provider: "openai", endpoint: "openai.responses", requested: "gpt-5.2",
    returned: "gpt-5.2-2025-12-11", upstream: "openai-main", shape: .openAIResponses,
    tiers: ["flex"], reasons: true, searches: true)
  static let embedding = SampleModel(
    provider: "openai", endpoint: "openai.embeddings", requested: "text-embedding-3-small",
    returned: "text-embedding-3-small", upstream: "openai-main", shape: .openAIEmbeddings,
    cachesPrompts: false)
  static let azureMini = SampleModel(
    provider: "azure", endpoint: "openai.chat_completions", requested: "gpt-4.1-mini",
    returned: "gpt-4.1-mini-2025-04-14", region: "japaneast", upstream: "azure-jp", shape: .openAIChat)
  static let bedrockSonnet = SampleModel(
    provider: "bedrock", endpoint: "bedrock.converse",
    requested: "jp.anthropic.claude-sonnet-4-5-20250929-v1:0",
    returned: "jp.anthropic.claude-sonnet-4-5-20250929-v1:0", region: "ap-northeast-1",
    upstream: "bedrock-tokyo", shape: .bedrock, contextThreshold: 200_000)
  static let nova = SampleModel(
    provider: "bedrock", endpoint: "bedrock.converse_stream", requested: "apac.amazon.nova-lite-v1:0",
    returned: nil, region: "ap-northeast-1", upstream: "bedrock-tokyo", shape: .bedrock,
    cachesPrompts: false)
  static let flash = SampleModel(
    provider: "gemini", endpoint: "gemini.generate_content", requested: "gemini-2.5-flash",
    returned: "gemini-2.5-flash", upstream: "gemini-main", shape: .gemini, reasons: true, searches: true
  )
  static let geminiPro = SampleModel(
    provider: "gemini", endpoint: "gemini.generate_content", requested: "gemini-2.5-pro",
    returned: "gemini-2.5-pro", upstream: "gemini-main", shape: .gemini, contextThreshold: 200_000,
    tiers: ["priority"], reasons: true)
  static let flashCompatible = SampleModel(
    provider: "gemini", endpoint: "openai.chat_completions", requested: "gemini-2.5-flash",
    returned: "gemini-2.5-flash", upstream: "gemini-compatible", shape: .openAICompatible)
  /// Runs in the company's own rack: no price list knows it.
  static let internalModel = SampleModel(
    provider: "openai", endpoint: "openai.chat_completions", requested: "acme-internal-70b",
    returned: "acme-internal-70b", upstream: "acme-onprem", shape: .openAIChat, cachesPrompts: false)

  static let sdks = ["anthropic-python/2.12.0", "openai-python/3.54.0", "anthropic-typescript/1.3.0"]

  static let callers = Weighted<SampleCaller>([
    (
      34,
      SampleCaller(
        key: "auto-approval-prod", team: "user-review", product: "auto-approval", agents: sdks,
        habit: .plain,
        models: Weighted([
          (30, sonnet), (38, haiku), (14, mini), (10, embedding), (6, azureMini), (2, internalModel),
        ]))
    ),
    (22, ticketGenerator(key: "ticket-generator-prod")),
    (4, ticketGenerator(key: "ticket-generator-stg")),
    (
      14,
      SampleCaller(
        key: "chrome-assistant", team: "devex", agents: ["Boto3/1.43.11"], habit: .plain,
        viaInferenceProfile: true, models: Weighted([(60, bedrockSonnet), (40, nova)]))
    ),
    (
      8,
      SampleCaller(
        key: "shared-batch", team: "platform", agents: sdks, habit: .batch,
        models: Weighted([(50, haiku), (20, sonnet), (30, gpt41)]))
    ),
    (
      8,
      SampleCaller(
        key: "dev-cline", team: "devex", agents: ["Cline/4.2.0"], habit: .agent,
        models: Weighted([(60, sonnet), (25, geminiPro), (15, gpt54)]))
    ),
    (
      8,
      SampleCaller(
        key: "dev-claude-code", team: "devex", agents: ["claude-cli/2.4.1 (external, cli)"],
        habit: .agent, models: Weighted([(70, sonnet), (18, opus), (12, haiku)]))
    ),
    (
      2,
      SampleCaller(
        key: "poc-unlabelled", team: "research", agents: sdks, habit: .plain, makesUpModels: true,
        models: Weighted([(40, mini), (30, flash), (20, opus), (10, internalModel)]))
    ),
  ])

  private static func ticketGenerator(key: String) -> SampleCaller {
    SampleCaller(
      key: key, team: "user-review", agents: sdks, habit: .plain,
      models: Weighted([
        (24, gpt41), (24, gpt5Mini), (12, gpt54), (8, gpt52), (14, flash), (6, geminiPro),
        (3, flashCompatible), (9, embedding),
      ]))
  }

  /// User names that a careless report would run, merge or announce.
  static let hostileNames = [
    "=HYPERLINK(\"http://example.com/\",\"click\")", "@SUM(A1:A9)", "+1+1", "田中 太郎", "O'Brien, \"Pat\"",
    "<!channel>", "a|b\\n", "<script>alert(1)</script>", "名前\tタブ",
  ]

  /// Model names that a client made up; the vendor refuses them, the report has to print them.
  static let hostileModels = ["=1+1", "@SUM(1)|cmd", "gpt-4.1\",\"0", "<b>gpt</b>"]

  /// How busy each hour of a weekday is, in the books' zone.
  static let hourWeights: [Int64] = [
    6, 4, 3, 3, 3, 5, 9, 18, 42, 88, 100, 96, 60, 82, 98, 97, 92, 84, 66, 44, 30, 22, 15, 10,
  ]
}
