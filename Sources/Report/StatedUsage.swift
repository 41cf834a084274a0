internal import JSON
public import Ledger

extension Books {
  /// One day of one model, in UTC: what its vendor counted, and what these books have.
  public struct StatedUsage: Sendable {
    public var provider: String
    /// Days since 1970-01-01.
    public var day: Int64
    public var model: String
    /// Nil where the vendor says nothing of this model on a day it speaks of.
    public var stated: MeterSums?
    /// Nil where the vendor does not count requests.
    public var statedRequests: Int64?
    public var counts = MeterSums()
    public var requests: Int64 = 0

    /// By how many tokens and other units the two sides differ, meter by meter; requests are told apart.
    public var distance: Int128 {
      Meter.allCases.reduce(0) { $1 == .request ? $0 : $0 + abs(counts[$1] - (stated?[$1] ?? 0)) }
    }
  }
}

/// In: what vendors counted on whole days, and the requests of these days. Out: both side by side.
struct StatedUsages {
  private struct Key: Hashable {
    var provider: String
    var day: Int64
    var model: String
  }

  private var spoken: [String: Set<Int64>] = [:]
  private var sums: [Key: Books.StatedUsage] = [:]

  init(_ statements: [VendorStatement] = []) {
    for one in statements {
      guard let counts = one.counts else { continue }
      spoken[one.provider, default: []].insert(one.day)
      change(one.provider, one.day, one.model) {
        $0.stated = $0.stated ?? MeterSums()
        $0.stated? += counts
        if let requests = one.requests { $0.statedRequests = ($0.statedRequests ?? 0) + requests }
      }
    }
  }

  mutating func add(_ usage: Usage, _ charges: [Charge]) {
    // What the proxy refused never reached the vendor.
    guard !spoken.isEmpty, let provider = usage.facts.provider, usage.outcome != .refused else { return }
    let day = VendorStatement.day(of: usage.time)
    guard spoken[provider]?.contains(day) == true else { return }
    for (index, charge) in charges.enumerated() {
      change(provider, day, charge.model ?? "") {
        $0.counts += charge.counts
        if index == 0 { $0.requests += usage.requests }
      }
    }
  }

  private mutating func change(
    _ provider: String, _ day: Int64, _ model: String, _ body: (inout Books.StatedUsage) -> Void
  ) {
    let key = Key(provider: provider, day: day, model: model)
    var sum = sums[key] ?? Books.StatedUsage(provider: provider, day: day, model: model)
    body(&sum)
    sums[key] = sum
  }

  /// The largest differences first.
  var list: [Books.StatedUsage] {
    sums.values.map { ($0, $0.distance) }.sorted { a, b in
      a.1 == b.1
        ? (a.0.provider, a.0.day, a.0.model) < (b.0.provider, b.0.day, b.0.model) : a.1 > b.1
    }.map(\.0)
  }
}

extension Findings {
  static func statedUsage(_ books: Books) -> Finding? {
    let all = books.statedUsage
    guard !all.isEmpty else { return nil }
    let days = Set(all.map { "\($0.provider) \($0.day)" }).count
    let stated = all.reduce(Int128(0)) { $0 + tokens($1.stated) }
    let here = all.reduce(Int128(0)) { $0 + tokens($1.counts) }
    let apart = all.count { $0.distance > 0 }
    let language = books.language
    func figure(_ count: Int128) -> String { CellText.grouped(String(count)) }
    return Finding(
      headline: language(
        "Vendors count \(figure(stated)) tokens for \(language.counted(days, "day", "日")) of which the books "
          + "have \(figure(here))",
        "ベンダーの集計は\(language.counted(days, "day", "日分"))で\(figure(stated))トークン、この帳簿では\(figure(here))"
          + "トークン"),
      advice: language(
        "Compared are days in UTC that lie wholly in this period; \(language.counted(apart, "row", "行")) of "
          + "\(figure(Int128(all.count))) \(apart == 1 ? "differs" : "differ"). More at the vendor: "
          + "requests that did not pass here. More here: the vendor has not counted the day to its end, or "
          + "counts it under another name.",
        "この期間に完全に含まれるUTCの日を比べています。\(figure(Int128(all.count)))行のうち"
          + "\(language.counted(apart, "row", "行"))に差があります。ベンダー側が多い場合はここを通らなかった"
          + "リクエスト、帳簿側が多い場合はベンダーの集計途中か別名での集計が考えられます。"),
      table: Table(
        columns: [
          .init(language("Day (UTC)", "日付（UTC）"), .text), .init(language("Provider", "ベンダー"), .text),
          .init(language("Model", "モデル"), .text),
          .init(language("Requests stated", "リクエスト数（ベンダー）"), .count),
          .init(language("Requests here", "リクエスト数（帳簿）"), .count),
          .init(language("Input stated", "入力（ベンダー）"), .count),
          .init(language("Input here", "入力（帳簿）"), .count),
          .init(language("Output stated", "出力（ベンダー）"), .count),
          .init(language("Output here", "出力（帳簿）"), .count),
        ],
        rows: all.prefix(Limit.rowsMax).map { usageRow($0, language) }), codeColumns: [1, 2],
      short: language(
        "\(language.counted(days, "day", "日")) compared with vendors' counts",
        "ベンダー集計との照合\(language.counted(days, "day", "日分"))"))
  }

  private static func usageRow(_ one: Books.StatedUsage, _ language: Language) -> [Table.Cell] {
    [
      .text(language.day(VendorStatement.dayText(one.day))), .text(one.provider),
      .text(one.model.isEmpty ? language.unknown : one.model),
      one.statedRequests.map { .count($0) } ?? .empty, .count(one.requests),
      one.stated.map { .sum($0.input) } ?? .empty, .sum(one.counts.input),
      one.stated.map { .sum($0.output) } ?? .empty, .sum(one.counts.output),
    ]
  }

  private static func tokens(_ counts: MeterSums?) -> Int128 {
    counts.map { $0.input + $0.output } ?? 0
  }
}

extension RunJSON {
  /// Only where there are any: most books have none.
  static func statedUsage(_ books: Books, _ json: inout JSONWriter) {
    guard !books.statedUsage.isEmpty else { return }
    json.member(
      "stated_usage",
      array: { json in
        for one in books.statedUsage {
          json.object { json in
            json.member("day", VendorStatement.dayText(one.day))
            json.member("provider", one.provider)
            json.member("model", one.model)
            json.member("stated_requests", one.statedRequests)
            json.member("requests", one.requests)
            json.name("stated")
            if let stated = one.stated { counts(stated, &json) } else { json.null() }
            json.name("here")
            counts(one.counts, &json)
          }
        }
      })
  }

  private static func counts(_ counts: MeterSums, _ json: inout JSONWriter) {
    json.object { json in
      for (meter, count) in counts.used { json.member(meter.name, count) }
    }
  }
}
