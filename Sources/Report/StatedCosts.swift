internal import JSON
public import Ledger

extension Books {
  /// What another program said that its requests to one model cost, beside what they cost by these books.
  public struct StatedCost: Sendable {
    /// Empty where unknown.
    public var provider: String
    public var model: String
    /// Requests with a stated cost.
    public var requests: Int64 = 0
    /// Of those with a price here: both sides of the comparison.
    public var stated = Money.zero
    public var cost = Money.zero
    /// Those without a price here, or not for all they used, and what was stated of them.
    public var unpricedRequests: Int64 = 0
    public var statedUnpriced = Money.zero

    public var difference: Money { cost - stated }
  }
}

/// In: requests with a stated cost and their charges. Out: the comparison by provider and model.
struct StatedCosts {
  private struct Key: Hashable {
    var provider: String
    var model: String
  }

  private var sums: [Key: Books.StatedCost] = [:]

  mutating func add(_ usage: Usage, _ charges: [Charge]) {
    guard let stated = usage.statedCost else { return }
    let key = Key(provider: usage.facts.provider ?? "", model: usage.facts.model ?? "")
    var sum = sums[key] ?? Books.StatedCost(provider: key.provider, model: key.model)
    sum.requests += usage.requests
    if charges.contains(where: \.isUnpriced) {
      sum.unpricedRequests += usage.requests
      sum.statedUnpriced += stated
    } else {
      sum.stated += stated
      sum.cost += charges.reduce(.zero) { $0 + $1.total }
    }
    sums[key] = sum
  }

  /// The largest differences first.
  var list: [Books.StatedCost] {
    sums.values.sorted {
      let (a, b) = ($0.difference.femtodollars.magnitude, $1.difference.femtodollars.magnitude)
      return a == b ? ($0.provider, $0.model) < ($1.provider, $1.model) : a > b
    }
  }
}

extension Findings {
  /// Nothing here is in the totals: it says how far another program's figures are from these.
  static func statedCosts(_ books: Books) -> Finding? {
    guard !books.statedCosts.isEmpty else { return nil }
    let all = books.statedCosts
    let requests = all.reduce(Int64(0)) { $0 + $1.requests }
    let unpriced = all.reduce(Int64(0)) { $0 + $1.unpricedRequests }
    let stated = all.reduce(Money.zero) { $0 + $1.stated }
    let cost = all.reduce(Money.zero) { $0 + $1.cost }
    let digits = PrintedMoney.digits(for: [stated, cost])
    let apart =
      unpriced == 0
      ? "" : ", without \(counted(unpriced, "request")) that \(unpriced == 1 ? "has" : "have") no price here"
    return Finding(
      headline: "\(counted(requests, "request")) of other sources came with a cost: they stated "
        + "\(CellText.dollars(stated, digits: digits)), here it is \(CellText.dollars(cost, digits: digits))"
        + apart,
      advice: "The books charge their own figure. Where the two differ, look whether the other program had "
        + "another price, or counted something otherwise.",
      table: statedTable(all, digits: digits), codeColumns: [0, 1],
      short: "\(counted(requests, "request")) compared with stated costs")
  }

  private static func statedTable(_ all: [Books.StatedCost], digits: Int) -> Table {
    let stated = PrintedMoney.rounded(all.map(\.stated), digits: digits)
    let costs = PrintedMoney.rounded(all.map(\.cost), digits: digits)
    return Table(
      columns: [
        .init("Provider", .text), .init("Model", .text), .init("Requests", .count),
        .init("Stated (USD)", .money), .init("Here (USD)", .money), .init("Difference (USD)", .money),
        .init("Without a price here", .count),
      ],
      rows: all.indices.prefix(Limit.rowsMax).map { index in
        [
          .text(all[index].provider), .text(all[index].model.isEmpty ? "unknown" : all[index].model),
          .count(all[index].requests), .money(stated[index]), .money(costs[index]),
          .money(costs[index] - stated[index]), .count(all[index].unpricedRequests),
        ]
      })
  }
}

extension RunJSON {
  /// Only where there are any: most books have none.
  static func statedCosts(_ books: Books, _ json: inout JSONWriter) {
    guard !books.statedCosts.isEmpty else { return }
    json.member(
      "stated_costs",
      array: { json in
        for one in books.statedCosts {
          json.object { json in
            json.member("provider", one.provider)
            json.member("model", one.model)
            json.member("requests", one.requests)
            json.member("stated_usd", one.stated.description)
            json.member("cost_usd", one.cost.description)
            json.member("unpriced_requests", one.unpricedRequests)
            json.member("stated_unpriced_usd", one.statedUnpriced.description)
          }
        }
      })
  }
}
