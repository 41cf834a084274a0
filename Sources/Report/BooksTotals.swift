public import Ledger

extension Books {
  public var totalCost: Money { rows.reduce(.zero) { $0 + $1.cost } }

  public var totalCounts: WeightedCounts {
    rows.reduce(into: WeightedCounts()) { $0 += $1.counts }
  }

  /// A whole count: totals are not cut by splits.
  public func whole(_ weighted: Int128) -> Int128 {
    precondition(weighted % weightDenominator == 0, "a total over all products is a whole number")
    return weighted / weightDenominator
  }

  public var unattributedCost: Money {
    rows.reduce(.zero) { $1.product == products.count - 1 ? $0 + $1.cost : $0 }
  }

  public func cost(ofProduct product: Int) -> Money {
    rows.reduce(.zero) { $1.product == product ? $0 + $1.cost : $0 }
  }

  public func counts(ofProduct product: Int) -> WeightedCounts {
    rows.reduce(into: WeightedCounts()) { if $1.product == product { $0 += $1.counts } }
  }

  public var linesRead: Int64 { inputs.reduce(0) { $0 + $1.lines } }
  public var usagesRead: Int64 { inputs.reduce(0) { $0 + $1.usages } }
  public var duplicatesRead: Int64 { inputs.reduce(0) { $0 + $1.duplicates } }
  public var rejectedRead: Int64 { inputs.reduce(0) { $0 + $1.rejected } }
  public var controlRead: Int64 { inputs.reduce(0) { $0 + $1.control } }

  /// Nothing rejected, nothing missing, nothing of unknown cost: what exit code 0 says.
  public var isComplete: Bool {
    rejectedRead == 0 && holes.isEmpty && unpriced.isEmpty && totalCounts.interruptedRequests == 0
      && checks.allSatisfy(\.passed) && !adjustments.bringUnknownCost
      && costs.allSatisfy { $0.amount != nil } && (currency?.missingMonths.isEmpty ?? true)
  }
}
