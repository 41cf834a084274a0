/// What a book says of its budgets: to the bank that gives shares of them, and to whoever asks how they stand.
internal import Ledger

extension AdmissionBook {
  // MARK: - Shared budgets

  /// Books what the bank says to what was asked or told.
  package mutating func take(_ answer: BankAnswer, to need: LeaseNeed) {
    guard let place = places[need.holder] else { return }
    func take(_ window: inout BudgetWindow) {
      guard window.budget.name == need.share.budget else { return }
      switch (answer, need.share.wish) {
      case (.notAsked, _): window.lease?.keep(need.share)
      case (.done(let more), .take), (.done(let more), .tell):
        window.lease?.take(Int128(more) * BudgetLease.unit, for: need.share.bucket)
      case (.done, _): break
      }
    }
    for index in accounts[place].windows.indices { take(&accounts[place].windows[index]) }
    for index in accounts[place].retired.indices { take(&accounts[place].retired[index]) }
  }

  /// What goes back to the bank, and what it is to be told of spending that it does not know of.
  /// - Parameter all: nothing more will be spent.
  package mutating func surplus(now: Int64, all: Bool = false) -> [LeaseNeed] {
    var result: [LeaseNeed] = []
    for place in accounts.indices where !accounts[place].windows.isEmpty || !accounts[place].retired.isEmpty {
      advance(place, now, now / 1_000_000)
      let (holder, history) = (accounts[place].holder, accounts[place].history)
      for index in accounts[place].windows.indices where isPastKnown(to: accounts[place].windows[index]) {
        result += accounts[place].windows[index].needs(of: holder, history, all)
      }
      for index in accounts[place].retired.indices {
        result += accounts[place].retired[index].needs(of: holder, history, true)
      }
    }
    return result
  }

  /// All that was spent in the window is known.
  func isPastKnown(to window: BudgetWindow) -> Bool { window.firstInstant >= knownSince }

  // MARK: - What is known

  package mutating func states(now: Int64) -> [BudgetState] {
    var result: [BudgetState] = []
    for place in accounts.indices {
      advance(place, now, now / 1_000_000)
      for window in accounts[place].windows {
        result.append(
          BudgetState(
            holder: accounts[place].holder, name: accounts[place].name, budget: window.budget,
            spent: Money(femtodollars: max(0, window.used - accounts[place].reserved)),
            reserved: Money(femtodollars: accounts[place].reserved),
            resets: window.until == .max ? nil : window.until))
      }
    }
    return result
  }
}

extension BudgetWindow {
  /// What the bank is to be told of the budget: earlier slots before the present, which says that these are all.
  fileprivate mutating func needs(of holder: AdmissionBook.Holder, _ history: SpendHistory, _ all: Bool)
    -> [LeaseNeed]
  {
    guard var lease else { return [] }
    var result = lease.takeChanged().map {
      LeaseNeed(holder, self, held: history.amount(in: $0), of: $0)
    }
    let back = lease.release(of: amount, all: all)
    if back != 0 { result.append(LeaseNeed(holder, self, back: back, of: lease.bucket)) }
    if lease.takeTelling() { result.append(LeaseNeed(telling: holder, self, lease)) }
    self.lease = lease
    return result
  }
}
