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
  /// What it says of each proxy: nanodollars.
  var books: [Int: [HeldShares.Place: Int64]] = [:]
  private var held: [Int: HeldShares] = [:]

  /// - Parameter isWritten: nil where all goes well; else the answer is lost, with what was asked or after it was done.
  mutating func answer(_ share: BudgetShare, proxy: Int, lost isWritten: Bool? = nil) -> BankAnswer {
    var shares = held[proxy] ?? HeldShares()
    defer {
      held[proxy] = shares
      if isWritten != nil { connect(proxy: proxy) }
    }
    guard case .take(let atLeast, let wanted, let restart) = share.wish else {
      let changes = shares.changes([share])
      if isWritten != false { write(changes.written, proxy) }
      shares.note(changes)
      return changes.answers[0]
    }
    let had = books[proxy]?[share.place] ?? 0
    let own = shares.isKnown(share.place) ? had : restart ?? had
    let left = share.amount - (taken(share.holder, share.budget, from: share.firstBucket ?? .min) - had) - own
    let more = left < max(1, atLeast) ? 0 : min(left, max(atLeast, wanted))
    if isWritten != false { write([share.place: own + more], proxy) }
    return isWritten == nil ? .done(more: shares.take(share, more: more)) : .notAsked
  }

  /// What all proxies have of a budget from a bucket on, in nanodollars.
  func taken(_ holder: String, _ budget: String, from first: Int64) -> Int64 {
    books.values.reduce(0) { sum, book in
      book.reduce(sum) {
        $1.key.holder == holder && $1.key.budget == budget && $1.key.bucket >= first ? $0 + $1.value : $0
      }
    }
  }

  /// A proxy begins anew.
  mutating func forget(proxy: Int) {
    held[proxy] = nil
    connect(proxy: proxy)
  }

  private mutating func connect(proxy: Int) {
    var shares = held[proxy] ?? HeldShares()
    write(shares.compare(with: books[proxy] ?? [:]), proxy)
    held[proxy] = shares
  }

  private mutating func write(_ amounts: [HeldShares.Place: Int64], _ proxy: Int) {
    for (place, amount) in amounts { books[proxy, default: [:]][place] = amount > 0 ? amount : nil }
  }
}

extension AdmissionBook {
  mutating func configure(keys: [ClientKey], holders: [PolicyHolder], now: Int64) {
    configure(holders: holders, now: now)
    configure(keys: keys, now: now)
  }
}
