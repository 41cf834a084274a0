internal import JSON
public import Ledger

extension Books {
  /// One day of one model, in UTC: what its vendor states, and what it costs by these books.
  public struct StatedDay: Sendable {
    public var provider: String
    /// Days since 1970-01-01.
    public var day: Int64
    public var model: String
    /// The application inference profile, where a bill says it; else empty.
    public var profile = ""
    /// Nil where the vendor says nothing of this model on a day it speaks of.
    public var stated: Money?
    public var cost = Money.zero
    public var requests: Int64 = 0
    /// With something that has no price here.
    public var unpricedRequests: Int64 = 0

    public var difference: Money { cost - (stated ?? .zero) }
  }
}

/// In: a vendor's statements of whole days, and the requests of these days. Out: both side by side.
struct StatedDays {
  private struct Key: Hashable {
    var provider: String
    var day: Int64
    var model: String
    var profile: String
  }

  private var spoken: [String: Set<Int64>] = [:]
  private var sums: [Key: Books.StatedDay] = [:]

  init(_ statements: [VendorStatement] = []) {
    for one in statements {
      guard let amount = one.amount else { continue }
      spoken[one.provider, default: []].insert(one.day)
      change(one.provider, one.day, one.model, one.profile) { $0.stated = ($0.stated ?? .zero) + amount }
    }
  }

  mutating func add(_ usage: Usage, _ charges: [Charge]) {
    guard !spoken.isEmpty, let provider = usage.facts.provider else { return }
    let day = VendorStatement.day(of: usage.time)
    guard spoken[provider]?.contains(day) == true else { return }
    let resource = usage.facts.inferenceProfile ?? ""
    let profile = resource.contains("application-inference-profile/") ? resource : ""
    for (index, charge) in charges.enumerated() {
      change(provider, day, charge.model ?? "", profile) {
        $0.cost += charge.total
        if index == 0 { $0.requests += usage.requests }
        if charge.isUnpriced { $0.unpricedRequests += usage.requests }
      }
    }
  }

  private mutating func change(
    _ provider: String, _ day: Int64, _ model: String, _ profile: String,
    _ body: (inout Books.StatedDay) -> Void
  ) {
    let key = Key(provider: provider, day: day, model: model, profile: profile)
    var sum = sums[key] ?? Books.StatedDay(provider: provider, day: day, model: model, profile: profile)
    body(&sum)
    sums[key] = sum
  }

  /// The largest differences first.
  var list: [Books.StatedDay] {
    sums.values.sorted {
      let (a, b) = ($0.difference.femtodollars.magnitude, $1.difference.femtodollars.magnitude)
      return a == b
        ? ($0.provider, $0.day, $0.model, $0.profile) < ($1.provider, $1.day, $1.model, $1.profile) : a > b
    }
  }
}

extension Findings {
  static func statedDays(_ books: Books) -> Finding? {
    let all = books.statedDays
    guard !all.isEmpty else { return nil }
    let days = Set(all.map { "\($0.provider) \($0.day)" }).count
    let stated = all.reduce(Money.zero) { $0 + ($1.stated ?? .zero) }
    let cost = all.reduce(Money.zero) { $0 + $1.cost }
    let digits = PrintedMoney.digits(for: [stated, cost])
    let (statedText, costText) = (
      CellText.dollars(stated, digits: digits), CellText.dollars(cost, digits: digits)
    )
    let language = books.language
    let statedCells = PrintedMoney.rounded(all.map { $0.stated ?? .zero }, digits: digits)
    let costs = PrintedMoney.rounded(all.map(\.cost), digits: digits)
    return Finding(
      headline: language(
        "Vendors state \(statedText) for \(language.counted(days, "day", "日")) that the books have at "
          + "\(costText)",
        "ベンダーの明細では\(language.counted(days, "day", "日分"))で\(statedText)、この帳簿では\(costText)"),
      advice: language(
        "Compared are days in UTC that lie wholly in this period. Look where they differ: requests that did "
          + "not pass here, a price that changed, credits, or a vendor that has not settled the day yet.",
        "この期間に完全に含まれるUTCの日を比べています。差がある日は、ここを通らなかったリクエスト、単価の変更、"
          + "クレジット、ベンダー側の未確定を確認してください。"),
      table: Table(
        columns: [
          .init(language("Day (UTC)", "日付（UTC）"), .text), .init(language("Provider", "ベンダー"), .text),
          .init(language("Model", "モデル"), .text),
          .init(language("Requests here", "帳簿のリクエスト数"), .count),
          .init(language.amount("Stated", "ベンダー明細"), .money),
          .init(language.amount("Here", "帳簿"), .money),
          .init(language.amount("Difference", "差額"), .money),
        ],
        rows: all.indices.prefix(Limit.rowsMax).map { index in
          let one = all[index]
          return [
            .text(language.day(VendorStatement.dayText(one.day))), .text(one.provider),
            .text(named(one, language)),
            .count(one.requests), one.stated == nil ? .empty : .money(statedCells[index]),
            .money(costs[index]), .money(costs[index] - statedCells[index]),
          ]
        }), codeColumns: [1, 2],
      short: language(
        "\(language.counted(days, "day", "日")) compared with vendors' statements",
        "ベンダー明細との照合\(language.counted(days, "day", "日分"))"))
  }

  /// `…-input-tokens, …/ab12cd34`: of an ARN, what tells profiles apart.
  private static func named(_ one: Books.StatedDay, _ language: Language) -> String {
    let model = one.model.isEmpty ? language.unknown : one.model
    let profile = one.profile.split(separator: "/").last
    return profile.map { "\(model), …/\($0)" } ?? model
  }
}

extension RunJSON {
  /// Only where there are any: most books have none.
  static func statedDays(_ books: Books, _ json: inout JSONWriter) {
    guard !books.statedDays.isEmpty else { return }
    json.member(
      "stated_days",
      array: { json in
        for one in books.statedDays {
          json.object { json in
            json.member("day", VendorStatement.dayText(one.day))
            json.member("provider", one.provider)
            json.member("model", one.model)
            if !one.profile.isEmpty { json.member("inference_profile", one.profile) }
            json.member("requests", one.requests)
            json.member("stated_usd", one.stated?.description)
            json.member("cost_usd", one.cost.description)
            json.member("unpriced_requests", one.unpricedRequests)
          }
        }
      })
  }
}
