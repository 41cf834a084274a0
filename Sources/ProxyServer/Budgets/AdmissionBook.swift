/// What every key, team and user has used and may still use: the one place that lets a request in. All that holds for it
/// is looked at first, and only then all of it is counted, so a refused request has taken nothing.
///
/// A value without a lock or a clock: `Admission` has both.
package import Ledger

package struct AdmissionBook {
  package enum Holder: Hashable, Sendable {
    case key(String)
    case team(String)
    case user(String)
  }

  /// What a request asks for.
  package struct Demand: Sendable {
    package var keyID: String
    package var models: [String]
    /// The most it can cost, in femtodollars; nil for what no budget stops.
    package var cost: Int128?
    /// Tokens it is counted with until it is known how many there were.
    package var tokens: Int64
    /// Where more of a share can be asked for; false when there was no more to have.
    package var mayWait = true

    package init(keyID: String, models: [String], cost: Int128?, tokens: Int64) {
      self.keyID = keyID
      self.models = models
      self.cost = cost
      self.tokens = tokens
    }
  }

  /// What was counted for a request that was let in; given back with what it really was.
  package struct Ticket: Sendable {
    fileprivate var accounts: [Int] = []
    fileprivate var time: Int64 = 0
    package fileprivate(set) var cost: Int128 = 0
    package fileprivate(set) var tokens: Int64 = 0

    package init() {}
  }

  package enum Verdict: Sendable {
    case admitted(Ticket)
    case refused(Refusal)
    /// Shares of these budgets must be asked for first.
    case wait([LeaseNeed])
  }

  struct Account {
    let holder: Holder
    var name: String
    var policy: AccessPolicy
    var models: [Pattern]
    var history = SpendHistory()
    var windows: [BudgetWindow] = []
    /// Of shared budgets that were taken away: what was given of them goes back, and is known if they come again.
    var retired: [BudgetWindow] = []
    var requests = SlidingMinute()
    var tokens = SlidingMinute()
    var running: Int64 = 0
    /// Of `history`, what running requests may cost.
    var reserved: Int128 = 0
  }

  let calendar: any BudgetCalendar
  /// The lowest first.
  private let warnAt: [Int]
  /// Several proxies share the budgets, so each spends only what it was given.
  private let isShared: Bool
  /// What was spent before this instant is not known yet, so budgets that look further back let nothing in.
  package var knownSince = Int64.min
  /// None is ever taken away: tickets know them by their place.
  var accounts: [Account] = []
  private(set) var places: [Holder: Int] = [:]
  /// A key's own account, its team's and its user's.
  private var accountsOfKey: [String: [Int]] = [:]
  private var warnings: [BudgetWarning] = []

  package init(calendar: any BudgetCalendar, warnAt: [Int] = [], isShared: Bool = false) {
    self.calendar = calendar
    self.warnAt = warnAt.sorted()
    self.isShared = isShared
  }

  // MARK: - Who there is

  /// Makes these the teams and users. What they used until now stays counted.
  package mutating func configure(holders: [PolicyHolder], now: Int64) {
    var policies: [Holder: AccessPolicy] = [:]
    for holder in holders {
      let id: Holder = holder.kind == .team ? .team(holder.name) : .user(holder.name)
      policies[id] = holder.policy
      _ = place(of: id, name: holder.name)
    }
    for place in accounts.indices {
      if case .key = accounts[place].holder { continue }
      set(policies[accounts[place].holder] ?? AccessPolicy(), place, now)
    }
  }

  /// Behind the teams and users that they belong to. Keys that are not named stay as they were.
  package mutating func configure(keys: some Collection<ClientKey>, now: Int64) {
    for key in keys {
      let own = place(of: .key(key.id), name: key.name)
      accounts[own].name = key.name
      var policy = key.policy
      // They are looked at with the key, before anything is read of the request.
      policy.models = []
      set(policy, own, now)
      var all = [own]
      if let team = key.team { all.append(place(of: .team(team), name: team)) }
      if let user = key.user { all.append(place(of: .user(user), name: user)) }
      accountsOfKey[key.id] = all
    }
  }

  private mutating func place(of holder: Holder, name: String) -> Int {
    if let known = places[holder] { return known }
    accounts.append(Account(holder: holder, name: name, policy: AccessPolicy(), models: []))
    places[holder] = accounts.count - 1
    return accounts.count - 1
  }

  private mutating func set(_ policy: AccessPolicy, _ place: Int, _ now: Int64) {
    guard accounts[place].policy != policy else { return }
    let before = accounts[place].windows
    let retired = accounts[place].retired
    accounts[place].policy = policy
    accounts[place].models = policy.models.map { Pattern($0) }
    accounts[place].windows = policy.budgets.map { budget in
      if let same = before.first(where: { $0.budget == budget }) { return same }
      var window = BudgetWindow(budget)
      if isShared {
        window.lease =
          (before + retired).first { $0.budget.name == budget.name }?.lease
          ?? BudgetLease(isRolling: budget.span.isRolling)
      }
      window.refresh(at: now, accounts[place].history, calendar)
      window.tellAll(accounts[place].history)
      return window
    }
    accounts[place].retired = (before + retired).filter { old in
      old.lease != nil && !policy.budgets.contains { $0.name == old.budget.name }
    }
  }

  /// Whether a request of this key must be bounded before it is let in.
  package func isCounted(_ keyID: String) -> (cost: Bool, tokens: Bool) {
    var result = (cost: false, tokens: false)
    for place in accountsOfKey[keyID] ?? [] {
      if !accounts[place].windows.isEmpty { result.cost = true }
      if accounts[place].policy.tokensPerMinute != nil { result.tokens = true }
    }
    return result
  }

  // MARK: - In and out

  /// - Parameter now: microseconds since 1970-01-01T00:00:00Z.
  package mutating func admit(_ demand: Demand, now: Int64) -> Verdict {
    guard let own = accountsOfKey[demand.keyID] else { return .admitted(Ticket()) }
    let second = now / 1_000_000
    for place in own { advance(place, now, second) }
    if let refusal = forbids(demand) { return .refused(refusal) }
    var needs: [LeaseNeed] = []
    if let cost = demand.cost {
      for place in own { if let refusal = budget(place, cost, demand, &needs) { return .refused(refusal) } }
    }
    for place in own { if let refusal = rate(place, demand.tokens, second) { return .refused(refusal) } }
    if !needs.isEmpty { return .wait(needs) }
    var ticket = Ticket()
    ticket.accounts = own
    ticket.time = now
    ticket.cost = demand.cost ?? 0
    ticket.tokens = demand.tokens
    let slot = SpendHistory.slot(of: now)
    for place in own {
      accounts[place].running += 1
      accounts[place].requests.add(1, at: second)
      accounts[place].tokens.add(demand.tokens, at: second)
      accounts[place].reserved += ticket.cost
      spend(ticket.cost, place, slot)
    }
    return .admitted(ticket)
  }

  /// Why the key, its team or its user may not ask for this at all.
  package func forbids(_ demand: Demand) -> Refusal? {
    for place in accountsOfKey[demand.keyID] ?? [] {
      if let refusal = permission(place, demand) { return refusal }
    }
    return nil
  }

  /// The request is over: what it was counted with is replaced by what it was.
  package mutating func settle(_ ticket: Ticket, cost: Int128, tokens: Int64, now: Int64) {
    let slot = SpendHistory.slot(of: ticket.time)
    for place in ticket.accounts {
      advance(place, now, now / 1_000_000)
      accounts[place].running -= 1
      accounts[place].tokens.add(tokens - ticket.tokens, at: ticket.time / 1_000_000)
      accounts[place].reserved -= ticket.cost
      spend(cost - ticket.cost, place, slot)
      if cost > 0 { warn(place) }
    }
  }

  /// What was spent without being asked for: work that is fetched after it was done, attempts that another one follows.
  package mutating func count(keyID: String, cost: Int128, tokens: Int64, time: Int64, now: Int64) {
    let slot = SpendHistory.slot(of: time)
    for place in accountsOfKey[keyID] ?? [] {
      advance(place, now, now / 1_000_000)
      accounts[place].tokens.add(tokens, at: now / 1_000_000)
      spend(cost, place, slot)
      if cost > 0 { warn(place) }
    }
  }

  /// It goes on at the vendor while nobody waits for it: it is no running request any more, and what it may cost stays
  /// reserved.
  package mutating func detach(_ ticket: Ticket) {
    for place in ticket.accounts {
      accounts[place].running -= 1
      accounts[place].reserved -= ticket.cost
    }
  }

  /// Work that was let in before this process began, and is not over: its reservation holds again.
  package mutating func resume(keyID: String, cost: Int128, time: Int64, now: Int64) -> Ticket {
    var ticket = Ticket()
    ticket.accounts = accountsOfKey[keyID] ?? []
    ticket.time = time
    ticket.cost = cost
    for place in ticket.accounts {
      advance(place, now, now / 1_000_000)
      spend(cost, place, SpendHistory.slot(of: time))
    }
    return ticket
  }

  /// What was detached has ended.
  package mutating func settleDetached(_ ticket: Ticket, cost: Int128, tokens: Int64, now: Int64) {
    for place in ticket.accounts {
      advance(place, now, now / 1_000_000)
      accounts[place].tokens.add(tokens, at: now / 1_000_000)
      spend(cost - ticket.cost, place, SpendHistory.slot(of: ticket.time))
      if cost > 0 { warn(place) }
    }
  }

  /// From when on the budgets of these keys and holders look at what was spent; nil where there are none.
  static func firstSlot(of policies: [AccessPolicy], _ calendar: any BudgetCalendar, now: Int64) -> Int64? {
    var first: Int64?
    for budget in policies.flatMap(\.budgets) {
      var window = BudgetWindow(budget)
      window.refresh(at: now, SpendHistory(), calendar)
      first = min(first ?? .max, window.first ?? .min)
    }
    return first
  }

  /// What the raw log says was spent before this process began.
  package mutating func replay(
    keyID: String, team: String?, user: String?, cost: Int128, time: Int64, now: Int64
  ) {
    let slot = SpendHistory.slot(of: time)
    func add(_ place: Int?) { if let place { accounts[place].history.add(cost, slot: slot) } }
    add(places[.key(keyID)])
    // The team is the one that the key had then, whoever is in it now. A request's own word for its user counts for nobody.
    if let team { add(place(of: .team(team), name: team)) }
    if let user, let own = places[.user(user)], accountsOfKey[keyID]?.contains(own) == true { add(own) }
  }

  /// After the last `replay`: budgets look at what came to be known. Nothing is warned of that was warned of before.
  package mutating func finishReplay(now: Int64) {
    for place in accounts.indices {
      for index in accounts[place].windows.indices {
        accounts[place].windows[index].refresh(at: now, accounts[place].history, calendar)
        accounts[place].windows[index].tellAll(accounts[place].history)
      }
    }
  }

  mutating func advance(_ place: Int, _ now: Int64, _ second: Int64) {
    accounts[place].requests.advance(to: second)
    accounts[place].tokens.advance(to: second)
    for index in accounts[place].windows.indices where now >= accounts[place].windows[index].until {
      accounts[place].history.prune(now: SpendHistory.slot(of: now))
      accounts[place].windows[index].advance(to: now, accounts[place].history, calendar)
    }
  }

  private mutating func spend(_ femtodollars: Int128, _ place: Int, _ slot: Int64) {
    guard femtodollars != 0 else { return }
    accounts[place].history.add(femtodollars, slot: slot)
    for index in accounts[place].windows.indices {
      accounts[place].windows[index].add(femtodollars, slot: slot)
    }
  }

  private mutating func warn(_ place: Int) {
    for index in accounts[place].windows.indices {
      guard
        let percent = accounts[place].windows[index].takeWarning(warnAt, reserved: accounts[place].reserved)
      else { continue }
      let window = accounts[place].windows[index]
      warnings.append(
        BudgetWarning(
          holder: words(place), budget: window.budget, percent: percent,
          used: Money(femtodollars: window.used - accounts[place].reserved)))
    }
  }

  package mutating func takeWarnings() -> [BudgetWarning] {
    defer { warnings = [] }
    return warnings
  }

  package var hasWarnings: Bool { !warnings.isEmpty }
}
