public import Ledger

/// Matches many requests with one set of rules: what was decided for the same facts is not decided again.
public struct RuleMatcher {
  public let rules: Rules
  /// The instants at which a rule begins or ends to hold: between two of them the rules do not change.
  private let turns: [Int64]
  public let looksAtUser: Bool
  public let looksAtIP: Bool
  /// By number of facts: the span of turns it was decided for, and 1 + the rule, 0 for none.
  private var decided: [(span: Int32, rule: Int32)] = []

  public enum Limit {
    /// Numbers of facts with a place of their own.
    public static let facts = 1_000_000
  }

  public init(_ rules: Rules) {
    self.rules = rules
    turns = Set(rules.rules.flatMap { [$0.from, $0.until].compactMap(\.self) }).sorted()
    var user = false
    var ip = false
    for rule in rules.rules {
      for condition in rule.conditions {
        switch condition {
        case .inNetwork: ip = true
        case .matches(.ip, _): ip = true
        case .matches(.user, _): user = true
        case .matches: break
        }
      }
    }
    looksAtUser = user
    looksAtIP = ip
  }

  /// Which rule places a request; nil where none matches.
  ///
  /// - Parameter factsNumber: equal numbers, equal facts; from 0.
  public mutating func match(
    _ factsNumber: Int, facts: RequestFacts, time: Int64, user: () -> String?, ip: () -> String?
  ) -> Int? {
    if looksAtUser || looksAtIP || factsNumber >= Limit.facts {
      return rules.match(
        facts, user: looksAtUser ? user() : nil, ip: looksAtIP ? ip() : nil, time: time)
    }
    let span = Int32(turns.isEmpty ? 0 : turns.count { $0 <= time })
    if factsNumber < decided.count, decided[factsNumber].span == span {
      let rule = decided[factsNumber].rule
      return rule == 0 ? nil : Int(rule) - 1
    }
    let rule = rules.match(facts, user: nil, ip: nil, time: time)
    while decided.count <= factsNumber { decided.append((-1, 0)) }
    decided[factsNumber] = (span, Int32((rule ?? -1) + 1))
    return rule
  }
}
