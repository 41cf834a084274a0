import Attribute
import Ledger

/// Rules of a text, with days that begin at midnight in Tokyo.
func rules(_ yaml: String) throws -> Rules {
  try Rules(yaml: yaml, name: "attribution.yaml") { Timestamp.parse("\($0)T00:00:00+09:00".utf8) }
}

/// A request, with the facts that a test cares for.
func request(
  _ facts: RequestFacts = RequestFacts(), user: String? = nil, ip: String? = nil, at time: String? = nil
) -> Usage {
  var usage = Usage(
    id: "r", attempt: 1, final: true, time: Timestamp.parse((time ?? "2026-10-15T00:00:00Z").utf8) ?? 0,
    place: .init(file: "f", line: 1), facts: facts, outcome: .ok)
  usage.user = user
  usage.ip = ip
  return usage
}

extension Rules {
  /// The ids of the products that a request is put on, with their weights.
  func placed(_ usage: Usage) -> [String] {
    shares(of: Charge(model: nil, counts: TokenCounts()), rule: match(usage)).map {
      $0.weightTotal == 1
        ? products[$0.product].id : "\(products[$0.product].id) \($0.weight)/\($0.weightTotal)"
    }
  }
}
