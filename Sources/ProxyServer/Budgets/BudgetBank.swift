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
    /// What it has used already by its own knowledge, taken once as well. Of earlier buckets it has what it holds, and no more.
    case tell(restart: Int64)
    /// Less than nothing where it used more than it was given: a bound was too small, or work came to be known that nobody
    /// reserved for.
    case giveBack(Int64)
    /// What it has in a bucket that is over, neither more nor less: all that was and may still be spent of it.
    case hold(Int64)
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

/// What a book says to the bank: a share that a request waits for, or what becomes of the shares there are.
package struct LeaseNeed: Sendable {
  package var holder: AdmissionBook.Holder
  package var share: BudgetShare

  /// - Parameters:
  ///   - missing: femtodollars that a request needs beyond what there is.
  init(_ holder: AdmissionBook.Holder, _ window: BudgetWindow, _ lease: BudgetLease, missing: Int128) {
    let used = lease.isKnown ? nil : Self.up(lease.usedInBucket)
    // What was used before this process began is a part of what is missing.
    let atLeast = max(0, Self.up(missing) - (used ?? 0))
    self.init(
      holder, window, lease.bucket,
      .take(
        atLeast: atLeast, wanted: max(atLeast, Self.down(window.amount / BudgetLease.Limit.chunkParts)),
        restart: used))
  }

  init(telling holder: AdmissionBook.Holder, _ window: BudgetWindow, _ lease: BudgetLease) {
    self.init(holder, window, lease.bucket, .tell(restart: Self.up(lease.usedInBucket)))
  }

  /// - Parameter back: femtodollars, a whole number of nanodollars.
  init(_ holder: AdmissionBook.Holder, _ window: BudgetWindow, back: Int128, of bucket: Int64) {
    self.init(holder, window, bucket, .giveBack(Int64(clamping: back / BudgetLease.unit)))
  }

  /// - Parameter held: femtodollars that were, and may still be, spent in a bucket that is over.
  init(_ holder: AdmissionBook.Holder, _ window: BudgetWindow, held: Int128, of bucket: Int64) {
    self.init(holder, window, bucket, .hold(Self.up(held)))
  }

  private init(
    _ holder: AdmissionBook.Holder, _ window: BudgetWindow, _ bucket: Int64, _ wish: BudgetShare.Wish
  ) {
    self.holder = holder
    share = BudgetShare(
      holder: holder.text, budget: window.budget.name, amount: Self.down(window.amount), bucket: bucket,
      firstBucket: window.first, wish: wish)
  }

  private static func up(_ femtodollars: Int128) -> Int64 {
    Int64(clamping: BudgetLease.up(max(0, femtodollars)) / BudgetLease.unit)
  }

  private static func down(_ femtodollars: Int128) -> Int64 {
    Int64(clamping: max(0, femtodollars) / BudgetLease.unit)
  }
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
