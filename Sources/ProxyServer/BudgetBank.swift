internal import Ledger

/// Where several proxies share a budget: each takes a share of it, spends no more than that, and gives back what it does not
/// need.
public protocol BudgetBank: Sendable {
  /// Asks for shares, or gives back; answers on any thread, within a bounded time.
  /// - Parameter answer: of each share.
  func ask(_ shares: [BudgetShare], _ answer: @escaping @Sendable ([BankAnswer]) -> Void)
}

public enum BankAnswer: Sendable, Hashable {
  /// Done; so much more there is, in whole nanodollars, with what a beginning process used before.
  case done(more: Int64)
  /// Nobody could be asked, and nothing has changed.
  case notAsked
  /// Nobody knows whether it was done. Then it is booked as what makes the budget smaller, never larger.
  case inDoubt
}

/// What one proxy wants of one budget in one bucket. Amounts are whole nanodollars.
public struct BudgetShare: Sendable {
  public enum Wish: Sendable, Hashable {
    /// - Parameters:
    ///   - atLeast: less is of no use.
    ///   - wanted: what it would like.
    ///   - restart: what it has used already by its own knowledge, where it does not know yet that the bank was told. The
    ///     bank takes it once: several requests may ask at the same time.
    case take(atLeast: Int64, wanted: Int64, restart: Int64?)
    case giveBack(Int64)
  }

  /// `key:k_…`, `team:…`, `user:…`.
  public var holder: String
  /// The budget's name.
  public var budget: String
  public var amount: Int64
  /// A period's beginning, or of a rolling budget a quarter of an hour.
  public var bucket: Int64
  /// The first that counts; nil for all.
  public var firstBucket: Int64?
  public var wish: Wish
}

/// A share that a request waits for, or that is given back.
package struct LeaseNeed: Sendable {
  package var holder: AdmissionBook.Holder
  package var share: BudgetShare

  /// The bank counts whole ones.
  static let nano: Int128 = 1_000_000

  /// - Parameters:
  ///   - missing: femtodollars that a request needs beyond what there is.
  init(_ holder: AdmissionBook.Holder, _ budget: Budget, _ lease: BudgetLease, first: Int64?, missing: Int128)
  {
    self.holder = holder
    let amount = budget.amount.femtodollars
    let used = lease.isKnown ? nil : Self.up(lease.usedInBucket)
    // What was used before this process began is a part of what is missing.
    let atLeast = max(0, Self.up(missing) - (used ?? 0))
    share = BudgetShare(
      holder: holder.text, budget: budget.name, amount: Self.down(amount), bucket: lease.bucket,
      firstBucket: first,
      wish: .take(
        atLeast: atLeast, wanted: max(atLeast, Self.down(amount / BudgetLease.Limit.chunkParts)),
        restart: used))
  }

  init(_ holder: AdmissionBook.Holder, _ budget: Budget, back: Int128, of bucket: Int64) {
    self.holder = holder
    share = BudgetShare(
      holder: holder.text, budget: budget.name, amount: 0, bucket: bucket, firstBucket: nil,
      wish: .giveBack(Self.down(back)))
  }

  private static func up(_ femtodollars: Int128) -> Int64 {
    Int64(clamping: (max(0, femtodollars) + nano - 1) / nano)
  }

  private static func down(_ femtodollars: Int128) -> Int64 { Int64(clamping: max(0, femtodollars) / nano) }

  /// What was to be given back and is still here.
  var kept: (bucket: Int64, amount: Int128)? {
    guard case .giveBack(let amount) = share.wish else { return nil }
    return (share.bucket, Int128(amount) * Self.nano)
  }

  /// What an answer of the bank means.
  package func grant(_ more: Int64) -> LeaseGrant? {
    guard case .take = share.wish else { return nil }
    return LeaseGrant(
      holder: holder, budget: share.budget, bucket: share.bucket, more: Int128(more) * Self.nano)
  }
}

package struct LeaseGrant: Sendable {
  package var holder: AdmissionBook.Holder
  /// The budget's name.
  package var budget: String
  package var bucket: Int64
  /// Femtodollars.
  package var more: Int128
}

extension AdmissionBook.Holder {
  var text: String {
    switch self {
    case .key(let id): "key:\(id)"
    case .team(let name): "team:\(name)"
    case .user(let name): "user:\(name)"
    }
  }
}
