import JSON
import Ledger
import Normalize

/// Normalizes texts as they would stand in a raw line.
func normalized(
  _ endpoint: String, _ usage: String, billing: String? = nil, model: String? = nil
) throws -> Normalized {
  let usageTape = JSONTape()
  let billingTape = JSONTape()
  return try normalize(
    endpoint: endpoint, usage: try usageTape.parse(usage),
    billing: try billing.map { try billingTape.parse($0) }, model: model)
}

func counts(_ pairs: KeyValuePairs<Meter, Int64>, reasoning: Int64 = 0) -> TokenCounts {
  var counts = TokenCounts(pairs)
  counts.reasoning = reasoning
  return counts
}
