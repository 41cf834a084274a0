/// The admission at work: the book under a lock that is held for less than a microsecond or two, the clock, and what is
/// told to the operator.
public import Ledger
internal import Synchronization

/// What becomes of a request to a model that has no price.
public enum UnpricedPolicy: String, CaseIterable, Sendable {
  case refuse
  /// Only where no budget is to hold.
  case refuseWithBudget = "refuse-with-budget"
  case allow
}

public struct AdmissionSettings: Sendable {
  public var calendar: any BudgetCalendar
  /// Percentages of a budget at which the operator is told, once in its span.
  public var warnAt: [Int] = [80, 95]
  public var unpriced = UnpricedPolicy.refuseWithBudget
  public var modelLimits: [ModelLimit] = []
  /// Where budgets are shared with other proxies; nil: this one is alone.
  public var bank: (any BudgetBank)?
  /// With a bank: since when this proxy has the name under which it spends, in microseconds since 1970-01-01T00:00:00Z.
  public var nameSince: Int64?

  public init(calendar: any BudgetCalendar = UTCCalendar()) { self.calendar = calendar }
}

package final class Admission: Sendable {
  package let settings: AdmissionSettings
  let limits: ModelLimits
  private let book: Mutex<AdmissionBook>
  /// The keys that the book has, as it has them.
  private let configured = Mutex<[String: ClientKey]>([:])
  private static let keysMaxPerLock = 64
  /// What runs on at vendors, by the request's id. More than this gives its reservation back at once.
  private let detached = Mutex<[String: AdmissionBook.Ticket]>([:])
  private static let detachedMax = 100_000
  /// The bank has not answered yet what it was given back.
  let isReturning = Atomic<Bool>(false)
  private let clock: @Sendable () -> Int64
  private let told: @Sendable (BudgetWarning) -> Void

  package init(
    _ settings: AdmissionSettings, clock: @escaping @Sendable () -> Int64,
    told: @escaping @Sendable (BudgetWarning) -> Void
  ) {
    self.settings = settings
    self.limits = ModelLimits(own: settings.modelLimits)
    self.book = Mutex(
      AdmissionBook(calendar: settings.calendar, warnAt: settings.warnAt, isShared: settings.bank != nil))
    self.clock = clock
    self.told = told
  }

  /// Who there is from now on. Thousands of keys are compared outside the lock that every request takes: one that has
  /// changed holds nobody up for the others.
  package func configure(keys: [ClientKey], holders: [PolicyHolder]) {
    let now = clock()
    configured.withLock { configured in
      let changed = keys.filter { configured[$0.id] != $0 }
      for key in changed { configured[key.id] = key }
      // A budget that moves from a team to its keys is never in neither.
      book.withLock { book in
        book.configure(holders: holders, now: now)
        book.configure(keys: changed.prefix(Self.keysMaxPerLock), now: now)
      }
      for start in stride(from: Self.keysMaxPerLock, to: changed.count, by: Self.keysMaxPerLock) {
        let part = changed[start..<min(start + Self.keysMaxPerLock, changed.count)]
        book.withLock { $0.configure(keys: part, now: now) }
      }
    }
  }

  func isCounted(_ keyID: String) -> (cost: Bool, tokens: Bool) { book.withLock { $0.isCounted(keyID) } }

  package func admit(_ demand: AdmissionBook.Demand) -> AdmissionBook.Verdict {
    let now = clock()
    return book.withLock { $0.admit(demand, now: now) }
  }

  /// Of what is counted nowhere.
  func forbids(_ demand: AdmissionBook.Demand) -> Refusal? { book.withLock { $0.forbids(demand) } }

  package func settle(_ ticket: AdmissionBook.Ticket, cost: Int128, tokens: Int64) {
    let now = clock()
    let warnings = book.withLock { book in
      book.settle(ticket, cost: cost, tokens: tokens, now: now)
      return book.hasWarnings ? book.takeWarnings() : []
    }
    for warning in warnings { told(warning) }
  }

  func count(keyID: String, cost: Int128, tokens: Int64, time: Int64) {
    let now = clock()
    let warnings = book.withLock { book in
      book.count(keyID: keyID, cost: cost, tokens: tokens, time: time, now: now)
      return book.hasWarnings ? book.takeWarnings() : []
    }
    for warning in warnings { told(warning) }
  }

  /// Work goes on at the vendor under this id; what it may cost stays reserved until its end is told.
  func detach(_ id: String, _ ticket: AdmissionBook.Ticket) {
    let isKept = detached.withLock { detached in
      guard detached.count < Self.detachedMax else { return false }
      detached[id] = ticket
      return true
    }
    guard isKept else { return settle(ticket, cost: 0, tokens: 0) }
    book.withLock { $0.detach(ticket) }
  }

  /// Work of an earlier process that is not over.
  func resume(_ id: String, keyID: String, cost: Int128, time: Int64) {
    let now = clock()
    let ticket = book.withLock { $0.resume(keyID: keyID, cost: cost, time: time, now: now) }
    detached.withLock { if $0.count < Self.detachedMax { $0[id] = ticket } }
  }

  /// - Returns: false where nothing was detached under this id.
  func settleDetached(_ id: String, cost: Int128, tokens: Int64) -> Bool {
    guard let ticket = detached.withLock({ $0.removeValue(forKey: id) }) else { return false }
    let now = clock()
    book.withLock { $0.settleDetached(ticket, cost: cost, tokens: tokens, now: now) }
    return true
  }

  package func states() -> [BudgetState] {
    let now = clock()
    return book.withLock { $0.states(now: now) }
  }

  // MARK: - What was before

  /// The requests that must be known for these keys' and holders' budgets, from this instant on; nil for none.
  func firstInstant(keys: [ClientKey], holders: [PolicyHolder]) -> Int64? {
    firstInstant(of: keys.filter { !$0.revoked }.map(\.policy) + holders.map(\.policy))
  }

  /// From when on the budgets of these look at what was spent; nil where there are none.
  func firstInstant(of policies: [AccessPolicy]) -> Int64? {
    let now = clock()
    return AdmissionBook.firstSlot(of: policies, settings.calendar, now: now).map {
      $0 == .min ? .min : $0 * SpendHistory.slot
    }
  }

  func replay(_ spent: [SpendReplay.Spent]) {
    let now = clock()
    book.withLock { book in
      for spent in spent {
        book.replay(
          keyID: spent.keyID, team: spent.team, user: spent.user, cost: spent.cost, time: spent.time, now: now
        )
      }
    }
  }

  /// - Parameter since: all is known now that was spent from this instant on.
  func finishReplay(since: Int64) {
    let now = clock()
    book.withLock { book in
      book.finishReplay(now: now)
      book.knownSince = since
    }
  }

  /// Before anything is replayed.
  func beginKnowing(since: Int64) { book.withLock { $0.knownSince = since } }

  // MARK: - Shared budgets

  /// Gives back what is not needed, and says what was used. Nothing happens while an earlier call has no answer.
  /// - Parameter all: nothing more will be spent.
  func returnShares(all: Bool) {
    guard settings.bank != nil, !isReturning.exchange(true, ordering: .acquiringAndReleasing) else { return }
    let now = clock()
    let needs = book.withLock { $0.surplus(now: now, all: all) }
    guard !needs.isEmpty else { return isReturning.store(false, ordering: .releasing) }
    ask(needs) { [self] _ in isReturning.store(false, ordering: .releasing) }
  }

  package enum Asked: Sendable {
    /// Something was given of each share.
    case given
    /// Of one at least there is nothing left to give.
    case empty
    /// The bank could not be asked.
    case notAsked
  }

  /// Asks the bank, and books what it answers.
  /// - Parameter done: told on any thread.
  package func ask(_ needs: [LeaseNeed], _ done: @escaping @Sendable (Asked) -> Void) {
    guard let bank = settings.bank else { return done(.notAsked) }
    bank.ask(needs.map(\.share)) { [self] answers in
      book.withLock { book in for (need, answer) in zip(needs, answers) { book.take(answer, to: need) } }
      let isEmpty = answers.contains { if case .done(let more) = $0 { more <= 0 } else { false } }
      done(answers.contains(.notAsked) ? .notAsked : isEmpty ? .empty : .given)
    }
  }
}

/// Days, weeks, months and quarters of UTC, whatever zone is named.
public struct UTCCalendar: BudgetCalendar {
  public init() {}

  public func bounds(of span: Budget.Span, zone: String, around time: Int64) -> Range<Int64> {
    let dayMicroseconds: Int64 = 86_400_000_000
    let days = budgetDays(
      span, day: time >= 0 ? time / dayMicroseconds : (time - dayMicroseconds + 1) / dayMicroseconds)
    return days.lowerBound * dayMicroseconds..<days.upperBound * dayMicroseconds
  }
}

/// The days, since 1970-01-01, of the span that a day is in.
public func budgetDays(_ span: Budget.Span, day: Int64) -> Range<Int64> {
  func month(_ number: Int64) -> Int64 {
    Timestamp.days(year: number / 12, month: number % 12 + 1, day: 1)
  }
  let date = Timestamp.date(days: day)
  let now = date.year * 12 + date.month - 1
  switch span {
  case .day, .rolling, .total: return day..<day + 1
  case .week:
    // 1970-01-01 was a Thursday.
    let monday = day - ((day + 3) % 7 + 7) % 7
    return monday..<monday + 7
  case .month: return month(now)..<month(now + 1)
  case .quarter(let first):
    let begin = now - ((now - (first - 1)) % 3 + 3) % 3
    return month(begin)..<month(begin + 3)
  }
}
