public import Ledger
internal import Price
public import Store

/// What was used, from what the store adds up of each quarter of an hour: by any columns, in any zone.
public struct UsageTable: Sendable {
  public enum Column: String, CaseIterable, Sendable {
    case day, provider, model, endpoint, key, team, outcome, status
    case serviceTier = "service_tier"
  }

  public struct Row: Sendable {
    /// In the order of the columns asked for; empty where a fact is absent.
    public var names: [String]
    /// As reports count them: final attempts, and requests that have not ended.
    public var requests: Int64 = 0
    public var attempts: Int64 = 0
    public var counts = TokenCounts()
  }

  public var columns: [Column]
  /// In the order of their names.
  public var rows: [Row]

  /// - Parameter period: its days are cut in its own zone.
  public init(store: Store, columns: [Column], period: Period) throws(StoreError) {
    self.columns = columns
    var found: [[String]: Row] = [:]
    func add(
      _ facts: RequestFacts, time: Int64, outcome: Outcome, status: Int?, _ change: (inout Row) -> Void
    ) {
      let names = columns.map { column in
        switch column {
        case .day: period.day(of: time).map { period.days[$0].label } ?? ""
        case .provider: facts.provider ?? ""
        case .model: facts.model ?? ""
        case .endpoint: facts.endpoint ?? ""
        case .key: facts.keyName ?? ""
        case .team: facts.team ?? ""
        case .outcome: outcome.rawValue
        case .status: status.map(String.init) ?? ""
        case .serviceTier: serviceTierName(facts.serviceTier)
        }
      }
      change(&found[names, default: Row(names: names)])
    }
    try store.forEachUsageTotal(from: period.begin, to: period.end) { total in
      add(
        total.facts, time: total.slot * slotMicroseconds, outcome: total.outcome, status: total.status
      ) { row in
        row.requests += total.finalRequests
        row.attempts += total.requests
        row.counts += total.counts
      }
    }
    var open = Store.RequestFilter()
    open.begin = period.begin
    open.end = period.end
    try store.forEachOpenRequest(open) { usage in
      add(usage.facts, time: usage.time, outcome: usage.outcome, status: nil) { row in
        row.requests += 1
        row.attempts += 1
      }
    }
    rows = found.values.sorted { $0.names.lexicographicallyPrecedes($1.names) }
  }
}
