/// How long a request to a model, and an answer of it, can be. What bounds a cost must not be too small, so a family has
/// the largest of its members' limits.
public import Ledger

public struct ModelLimit: Sendable {
  public var match: Pattern
  public var inputTokensMax: Int64
  public var outputTokensMax: Int64

  public init(match: Pattern, inputTokensMax: Int64, outputTokensMax: Int64) {
    self.match = match
    self.inputTokensMax = inputTokensMax
    self.outputTokensMax = outputTokensMax
  }
}

/// The last model's limits, which are mostly the next one's too.
struct LastModelLimits {
  private var model: String?
  private var limits: (input: Int64, output: Int64) = (0, 0)

  mutating func of(_ model: String, in all: ModelLimits) -> (input: Int64, output: Int64) {
    if self.model != model { (self.model, limits) = (model, all.of(model)) }
    return limits
  }
}

struct ModelLimits: Sendable {
  private let own: [ModelLimit]

  /// - Parameter own: what the operator says, which goes before what is known here.
  init(own: [ModelLimit]) { self.own = own }

  func of(_ model: String) -> (input: Int64, output: Int64) {
    for limit in own where limit.match.matches(model) { return (limit.inputTokensMax, limit.outputTokensMax) }
    for limit in Self.families where limit.match.matches(model) {
      return (limit.inputTokensMax, limit.outputTokensMax)
    }
    return Self.unknown
  }

  /// No vendor sells more under one name that it does not say.
  private static let unknown: (input: Int64, output: Int64) = (1_050_000, 131_072)

  /// The vendors' published limits, by name; the first that matches.
  private static let families: [ModelLimit] = [
    ("*claude-3-haiku*", 200_000, 4096), ("*claude-3-opus*", 200_000, 4096),
    ("*claude-3-sonnet*", 200_000, 4096),
    ("*claude-3-5*", 200_000, 8192), ("*claude-3-7*", 200_000, 128_000),
    ("*claude-haiku-4*", 200_000, 64_000),
    ("*claude*", 1_000_000, 128_000),
    ("*gpt-image*", 131_072, 16_384), ("*-tts*", 4096, 32_768), ("*-transcribe*", 16_000, 4096),
    ("*gpt-3.5*", 16_385, 4096), ("*gpt-35*", 16_385, 4096), ("*gpt-4o*", 128_000, 16_384),
    ("*gpt-4.1*", 1_047_576, 32_768), ("*gpt-4*", 128_000, 32_768), ("*gpt-5*-pro*", 1_050_000, 272_000),
    ("*gpt-5*", 1_050_000, 128_000), ("*gpt-6*", 1_050_000, 131_072), ("*gpt-oss*", 131_072, 131_072),
    ("o1*", 200_000, 100_000), ("o3*", 200_000, 100_000), ("o4*", 200_000, 100_000),
    ("*gemini-4*", 1_048_576, 1_048_576), ("*gemini-1.5*", 2_097_152, 65_536),
    ("*gemini*", 2_097_152, 65_536),
    ("*nova-*", 1_000_000, 64_000), ("*llama4*", 10_000_000, 16_384), ("*llama*", 131_072, 16_384),
    ("*titan*", 42_000, 32_000), ("*grok*", 2_000_000, 524_288), ("*deepseek*", 1_000_000, 384_000),
  ].map { ModelLimit(match: Pattern($0.0), inputTokensMax: $0.1, outputTokensMax: $0.2) }
}
