import Ledger
import ProxyServer
import Synchronization

let dollar = 1_000_000_000_000_000 as Int128
let aMonday: Int64 = 1_790_553_600_000_000  // 2026-09-28T00:00:00Z

func budget(_ text: String) -> Budget {
  guard let budget = Budget(text, zone: "UTC") else { preconditionFailure("no budget: \(text)") }
  return budget
}

func accessKey(
  _ id: String, team: String? = nil, user: String? = nil, _ set: (inout AccessPolicy) -> Void = { _ in }
)
  -> ClientKey
{
  var key = ClientKey(id: id, name: "name-\(id)", team: team, user: user, created: 0)
  set(&key.policy)
  return key
}

extension AdmissionBook.Verdict {
  var ticket: AdmissionBook.Ticket? { if case .admitted(let ticket) = self { ticket } else { nil } }
  var refusal: Refusal? { if case .refused(let refusal) = self { refusal } else { nil } }
  var needs: [LeaseNeed]? { if case .wait(let needs) = self { needs } else { nil } }
}

func demand(_ key: String = "k_1", cost: Int128? = nil, tokens: Int64 = 0, model: String = "m")
  -> AdmissionBook.Demand
{
  AdmissionBook.Demand(keyID: key, models: [model], cost: cost, tokens: tokens)
}

/// Shares of budgets in memory, as the store gives them.
struct ModelBank {
  /// By holder, budget and bucket, and by proxy: nanodollars.
  var granted: [String: [Int: Int64]] = [:]
  private var known: Set<String> = []

  private func place(_ share: BudgetShare, _ bucket: Int64) -> String {
    "\(share.holder) \(share.budget) \(bucket)"
  }

  mutating func answer(_ share: BudgetShare, proxy: Int) -> Int64 {
    let place = place(share, share.bucket)
    switch share.wish {
    case .giveBack(let back):
      granted[place, default: [:]][proxy, default: 0] -= back
      return 0
    case .take(let atLeast, let wanted, let restart):
      let isFirst = restart != nil && known.insert("\(place) \(proxy)").inserted
      if isFirst, let restart { granted[place, default: [:]][proxy] = restart }
      let first = share.firstBucket ?? .min
      let taken = granted.filter { name, _ in
        let parts = name.split(separator: " ")
        return "\(parts[0]) \(parts[1])" == "\(share.holder) \(share.budget)"
          && (Int64(parts[2]) ?? 0) >= first
      }.values.reduce(Int64(0)) { $0 + $1.values.reduce(0, +) }
      let left = share.amount - taken
      let more = left < max(1, atLeast) ? 0 : min(left, max(atLeast, wanted))
      granted[place, default: [:]][proxy, default: 0] += more
      return more + (isFirst ? restart ?? 0 : 0)
    }
  }

  /// A proxy begins anew.
  mutating func forget(proxy: Int) { known = known.filter { !$0.hasSuffix(" \(proxy)") } }
}
