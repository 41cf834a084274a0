internal import Ledger

/// One line of a book that another version has differently, or does not have.
public struct PriceChange: Sendable {
  public var before: PriceRow?
  public var after: PriceRow?

  public enum Kind: String, CaseIterable, Sendable {
    case dearer, cheaper, otherwise = "changed", new, gone
  }

  private var row: PriceRow? { after ?? before }
  public var provider: String { row?.provider ?? "" }
  public var model: String { row?.model ?? "" }

  public var kind: Kind {
    guard let before else { return .new }
    guard let after else { return .gone }
    guard let was = before.rate, let now = after.rate else { return .otherwise }
    return now > was ? .dearer : .cheaper
  }

  /// What the price is for, in words: `input, batch, input over 200000 tokens, since 2026-10-01T00:00:00Z`.
  public var subject: String {
    guard let row else { return "" }
    var words = [row.item.name]
    if row.basis == .contracted { words.append("contracted") }
    if !row.region.isEmpty { words.append("in \(row.region)") }
    if row.serviceTier != "standard", row.serviceTier != "*" { words.append(row.serviceTier) }
    if row.contextOver > 0 { words.append("input over \(row.contextOver) tokens") }
    if !row.when.isEmpty { words.append("\(row.when)") }
    if let from = row.effectiveFrom {
      words.append("since " + Timestamp.text(from).replacing(".000000Z", with: "Z"))
    }
    return words.joined(separator: ", ")
  }

  /// USD for the number of units that prices of this kind are published for, or the factor.
  public static func amount(_ row: PriceRow?) -> String {
    guard let row else { return "" }
    switch row.item {
    case .price(let meter, let rate?): return "\(rate * meter.publishedPer)\(meter.isToken ? " /M" : "")"
    case .price(_, nil): return "ends"
    case .factor(_, let factor): return "x \(factor)"
    case .alias(let of): return of
    case .retired: return "retired"
    }
  }

  /// Tenths of a percent, half-even; nil where there is no ratio.
  public var permille: Int128? {
    guard let was = before?.rate, let now = after?.rate, was > .zero else { return nil }
    return divideHalfEven((now.femtodollars - was.femtodollars) * 1000, by: was.femtodollars)
  }
}

/// What is different in `after`, in the order of provider, model and line.
public func priceChanges(from before: [PriceRow], to after: [PriceRow]) -> [PriceChange] {
  var old: [PriceRow.Identity: PriceRow] = [:]
  for row in before { old[row.identity] = row }
  var changes: [PriceChange] = []
  for row in after {
    let was = old.removeValue(forKey: row.identity)
    if was != row { changes.append(PriceChange(before: was, after: row)) }
  }
  changes += old.values.map { PriceChange(before: $0, after: nil) }
  return changes.sorted {
    ($0.provider, $0.model, $0.subject) < ($1.provider, $1.model, $1.subject)
  }
}
