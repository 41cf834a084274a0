public import Ledger

/// The attribution rules: which product a request's cost is put on. First match wins.
public struct Rules: Sendable {
  /// In the file's order; the last is `unattributed`.
  public var products: [Product]
  public var rules: [Rule]
  /// SHA-256 of what the rules say, in hexadecimal: comments and spacing do not change it.
  public var version: String
  /// Requests and where they must land, as the file has them.
  public var examples: [RuleExample]

  public struct Rule: Sendable {
    /// One product with weight 1, or a split.
    public var parts: [Part]
    /// All must hold.
    public var conditions: [Condition]
    /// First instant it holds; nil since ever.
    public var from: Int64?
    /// First instant it no longer holds; nil for ever.
    public var until: Int64?
    /// Where it stands: `attribution.yaml:7`.
    public var place: String

    public var weightTotal: Int64 { parts.reduce(0) { $0 + $1.weight } }
  }

  public struct Part: Hashable, Sendable {
    /// Index into `products`.
    public var product: Int
    public var weight: Int64
  }

  /// What a condition looks at.
  public enum Fact: Hashable, Sendable {
    case key, keyID, team, user, model, provider, endpoint, inferenceProfile, agent, ip
    case tag(String)
  }

  public enum Condition: Sendable {
    case matches(Fact, [Pattern])
    case inNetwork([Network])
  }

  /// The product that takes what no rule places.
  public var unattributed: Int { products.count - 1 }

  /// No rule at all: everything is unattributed.
  public static let none = Rules(products: [.unattributed], rules: [], version: "none")

  init(products: [Product], rules: [Rule], version: String, examples: [RuleExample] = []) {
    self.examples = examples
    self.products = products
    self.rules = rules
    self.version = version
  }

  /// The smallest number of which every split's weight total is a divisor: shares of whole requests are whole
  /// numbers of such parts. Nil where it is over `SplitLimit.denominatorMax`.
  public var weightDenominator: Int128? {
    var denominator: Int128 = 1
    for rule in rules {
      let total = Int128(rule.weightTotal)
      denominator = denominator / greatestCommonDivisor(denominator, total) * total
      if denominator > SplitLimit.denominatorMax { return nil }
    }
    return denominator
  }
}

public enum SplitLimit {
  /// Weighted token counts of a year of the largest customers stay far inside 128 bits.
  public static let denominatorMax: Int128 = 1_000_000_000_000
  public static let weightMax: Int64 = 1_000_000
}

private func greatestCommonDivisor(_ a: Int128, _ b: Int128) -> Int128 {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
