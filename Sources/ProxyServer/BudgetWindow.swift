public import Ledger

/// Knows where the days, weeks, months and quarters of a zone begin and end.
public protocol BudgetCalendar: Sendable {
  /// The span of the calendar around an instant: microseconds since 1970-01-01T00:00:00Z.
  func bounds(of span: Budget.Span, zone: String, around time: Int64) -> Range<Int64>
}

/// A budget at work: the span it looks at, and what was spent and is reserved in it.
struct BudgetWindow {
  let budget: Budget
  /// The first slot that counts; nil for all.
  private(set) var first: Int64?
  /// When the window is another one; what happens before is of this one.
  private(set) var until = Int64.min
  /// Femtodollars: what requests cost, and what those that run may cost at most.
  private(set) var used: Int128 = 0
  /// The highest percentage that was warned of in this window.
  var warned: Int128 = 0
  /// Where several proxies share the budget: what this one may use of it.
  var lease: BudgetLease?

  init(_ budget: Budget) { self.budget = budget }

  var amount: Int128 { budget.amount.femtodollars }

  /// Makes it the window of `now`.
  mutating func advance(to now: Int64, _ history: SpendHistory, _ calendar: any BudgetCalendar) {
    guard now >= until else { return }
    refresh(at: now, history, calendar)
  }

  /// The same where what was spent came to be known from elsewhere.
  mutating func refresh(at now: Int64, _ history: SpendHistory, _ calendar: any BudgetCalendar) {
    let before = first
    let slot = SpendHistory.slot(of: now)
    var bucket = slot
    switch budget.span {
    case .total:
      (first, until, bucket) = (nil, .max, 0)
    case .rolling(let hours):
      (first, until) = (slot - hours * 4, (slot + 1) * SpendHistory.slot)
    case .day, .week, .month, .quarter:
      let bounds = calendar.bounds(of: budget.span, zone: budget.zone, around: now)
      bucket = SpendHistory.slot(of: bounds.lowerBound)
      (first, until) = (bucket, bounds.upperBound)
    }
    used = history.sum(from: first)
    lease?.move(to: bucket, usedInBucket: budget.span.isRolling ? history.amount(in: slot) : used)
    if before != first, !budget.span.isRolling || used * 2 < amount { warned = 0 }
  }

  mutating func add(_ femtodollars: Int128, slot: Int64) {
    if let first, slot < first { return }
    used += femtodollars
    lease?.add(femtodollars, slot: slot)
  }

  /// Whether so much more fits, as far as this proxy knows.
  func fits(_ more: Int128) -> Bool { used + more <= amount }

  /// From when on so much will fit; nil for never.
  func resets(for more: Int128, _ history: SpendHistory) -> Int64? {
    switch budget.span {
    case .total: return nil
    case .day, .week, .month, .quarter: return until
    case .rolling(let hours):
      guard more <= amount, let first else { return nil }
      var left = used
      for (slot, spent) in history.filled(from: first) {
        left -= spent
        if left + more <= amount { return (slot + hours * 4 + 1) * SpendHistory.slot }
      }
      return until
    }
  }

  /// The highest of the percentages that was reached and not warned of yet.
  /// - Parameters:
  ///   - percentages: the lowest first.
  ///   - reserved: the part of `used` that is not spent yet.
  mutating func takeWarning(_ percentages: [Int], reserved: Int128) -> Int? {
    guard amount > 0 else { return nil }
    let spent = (used - reserved) * 100
    guard let reached = percentages.last(where: { spent >= amount * Int128($0) }), Int128(reached) > warned
    else {
      return nil
    }
    warned = Int128(reached)
    return reached
  }
}

/// What a proxy was given of a budget that several share, for one bucket: a period, or of a rolling budget a slot.
struct BudgetLease {
  private(set) var bucket = Int64.min
  private(set) var granted: Int128 = 0
  private(set) var usedInBucket: Int128 = 0
  /// This process has told what it used before it began.
  var isKnown = false
  /// What is to be given back, of this bucket and of those before it.
  private(set) var surplus: [(bucket: Int64, amount: Int128)] = []
  private var usedAtLastLook: Int128?

  enum Limit {
    /// So much of a budget a proxy takes at a time, and keeps while it spends.
    static let chunkParts: Int128 = 20
    /// Give-backs that wait for the bank.
    static let surplusMax = 16
  }

  var headroom: Int128 { granted - usedInBucket }

  mutating func move(to bucket: Int64, usedInBucket: Int128) {
    if bucket != self.bucket {
      give(back: headroom)
      granted = 0
      isKnown = false
    }
    self.bucket = bucket
    self.usedInBucket = usedInBucket
  }

  mutating func add(_ femtodollars: Int128, slot: Int64) {
    if slot >= bucket { usedInBucket += femtodollars }
  }

  mutating func take(_ more: Int128, for bucket: Int64) {
    if bucket == self.bucket {
      granted += more
      isKnown = true
    } else if more > 0, surplus.count < Limit.surplusMax {
      surplus.append((bucket, more))
    }
  }

  /// What was to be given back stays here, to be spent or given back later.
  mutating func keep(_ amount: Int128, of bucket: Int64) {
    if bucket == self.bucket {
      granted += amount
    } else if surplus.count < Limit.surplusMax {
      surplus.append((bucket, amount))
    }
  }

  /// Keeps what it may soon need, all of it gone where nothing was spent since the last look.
  mutating func releaseIdle(of amount: Int128) {
    defer { usedAtLastLook = usedInBucket }
    guard isKnown, headroom > 0 else { return }
    let keep = usedAtLastLook == usedInBucket ? 0 : amount / Limit.chunkParts
    if headroom > keep {
      // A part that the bank cannot count would be lost there.
      let back = (headroom - keep) / LeaseNeed.nano * LeaseNeed.nano
      granted -= back
      give(back: back)
    }
  }

  private mutating func give(back: Int128) {
    guard isKnown, back > 0, surplus.count < Limit.surplusMax else { return }
    surplus.append((bucket, back))
  }

  mutating func takeSurplus() -> [(bucket: Int64, amount: Int128)] {
    defer { surplus = [] }
    return surplus
  }
}

extension Budget.Span {
  var isRolling: Bool { if case .rolling = self { true } else { false } }
}
