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
    let language = books.language
    let without = language.counted(unpriced, "request", "件")
    let apart =
      unpriced == 0
      ? ""
      : language(
        ", without \(without) that \(unpriced == 1 ? "has" : "have") no price here", "（ここに単価のない\(without)を除く）"
      )
    let (statedText, costText) = (
      CellText.dollars(stated, digits: digits), CellText.dollars(cost, digits: digits)
    )
    return Finding(
      headline: language(
        "\(language.counted(requests, "request", "件")) of other sources came with a cost: they stated "
          + "\(statedText), here it is \(costText)\(apart)",
        "他の記録から取り込んだ\(language.counted(requests, "request", "件"))の費用は、先方の記載が\(statedText)、"
          + "この帳簿では\(costText)\(apart)"),
      advice: language(
        "The books charge their own figure. Where the two differ, look whether the other program had "
          + "another price, or counted something otherwise.",
        "帳簿はここで計算した金額を使います。差がある場合は、先方の単価や数え方の違いを確認してください。"),
      table: statedTable(all, digits: digits, language), codeColumns: [0, 1],
      short: language(
        "\(language.counted(requests, "request", "件")) compared with stated costs",
        "記載費用との照合\(language.counted(requests, "request", "件"))"))
  }

  private static func statedTable(
    _ all: [Books.StatedCost], digits: Int, _ language: Language
  ) -> Table {
    let stated = PrintedMoney.rounded(all.map(\.stated), digits: digits)
    let costs = PrintedMoney.rounded(all.map(\.cost), digits: digits)
    return Table(
      columns: [
        .init(language("Provider", "ベンダー"), .text), .init(language("Model", "モデル"), .text),
        .init(language("Requests", "リクエスト数"), .count), .init(language.amount("Stated", "先方の記載"), .money),
        .init(language.amount("Here", "帳簿"), .money),
        .init(language.amount("Difference", "差額"), .money),
        .init(language("Without a price here", "単価なし"), .count),
      ],
      rows: all.indices.prefix(Limit.rowsMax).map { index in
        [
          .text(all[index].provider), .text(all[index].model.isEmpty ? language.unknown : all[index].model),
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
