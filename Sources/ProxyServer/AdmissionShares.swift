/// What a book says of its budgets: to the bank that gives shares of them, and to whoever asks how they stand.
internal import Ledger

extension AdmissionBook {
  // MARK: - Shared budgets

  /// More was given of a budget, for a bucket.
  package mutating func grant(_ grant: LeaseGrant, now: Int64) {
    guard let place = places[grant.holder] else { return }
    for index in accounts[place].windows.indices
    where accounts[place].windows[index].budget.name == grant.budget {
      accounts[place].windows[index].lease?.take(grant.more, for: grant.bucket)
    }
  }

  /// It could not be given back: nobody was asked.
  package mutating func keep(_ need: LeaseNeed) {
    guard let place = places[need.holder], let (bucket, amount) = need.kept else { return }
    for index in accounts[place].windows.indices
    where accounts[place].windows[index].budget.name == need.share.budget {
      accounts[place].windows[index].lease?.keep(amount, of: bucket)
    }
  }

  /// What goes back to the bank, and what it is to be told of spending before this process began.
  package mutating func surplus(now: Int64) -> [LeaseNeed] {
    var result: [LeaseNeed] = []
    for place in accounts.indices where !accounts[place].windows.isEmpty {
      advance(place, now, now / 1_000_000)
      for index in accounts[place].windows.indices {
        let budget = accounts[place].windows[index].budget
        accounts[place].windows[index].lease?.releaseIdle(of: budget.amount.femtodollars)
        guard let lease = accounts[place].windows[index].lease else { continue }
        for (bucket, amount) in accounts[place].windows[index].lease?.takeSurplus() ?? [] {
          result.append(LeaseNeed(accounts[place].holder, budget, back: amount, of: bucket))
        }
        if !lease.isKnown, lease.usedInBucket > 0 {
          result.append(
            LeaseNeed(
              accounts[place].holder, budget, lease, first: accounts[place].windows[index].first,
              missing: lease.usedInBucket))
        }
      }
    }
    return result
  }

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
