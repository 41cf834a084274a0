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

  /// What was spent in earlier buckets came to be known otherwise than through `add`.
  mutating func tellAll(_ history: SpendHistory) {
    guard let first, budget.span.isRolling else { return }
    lease?.change(history.filled(from: first).map(\.slot))
  }

  /// The instant from which on all must be known that was spent.
  var firstInstant: Int64 { first.map { $0 * SpendHistory.slot } ?? .min }

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

extension Budget.Span {
  var isRolling: Bool { if case .rolling = self { true } else { false } }
}
