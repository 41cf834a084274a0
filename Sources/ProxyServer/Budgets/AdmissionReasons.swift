/// Why a request may not be let in.
internal import Ledger

extension AdmissionBook {
  func permission(_ place: Int, _ demand: Demand) -> Refusal? {
    if accounts[place].policy.isDisabled { return Refusal(holder: words(place), reason: .disabled) }
    let models = accounts[place].models
    guard models.isEmpty || demand.models.allSatisfy({ model in models.contains { $0.matches(model) } })
    else {
      return Refusal(holder: words(place), reason: .model)
    }
    return nil
  }

  func budget(_ place: Int, _ cost: Int128, _ demand: Demand, _ needs: inout [LeaseNeed]) -> Refusal? {
    for window in accounts[place].windows {
      guard isPastKnown(to: window) else {
        return Refusal(
          holder: words(place), reason: .budgetNotKnown(window.budget), seconds: Self.secondsOfReplay)
      }
      if window.fits(cost) {
        guard let lease = window.lease, lease.headroom < cost else { continue }
        // While it was asked for, another slot or period may have begun, or another request have taken what came.
        if demand.mayWait || !lease.isKnown {
          needs.append(
            LeaseNeed(accounts[place].holder, window, lease, missing: cost - lease.headroom))
          continue
        }
      }
      // Of a shared budget the others' part is not to be had either.
      let used = window.lease.map { max(window.used, window.amount - max(0, $0.headroom)) } ?? window.used
      return Refusal(
        holder: words(place),
        reason: .budget(
          window.budget, used: Money(femtodollars: used), needs: Money(femtodollars: cost),
          running: accounts[place].reserved > 0),
        resets: window.resets(for: cost, accounts[place].history))
    }
    return nil
  }

  /// Reading the log takes seconds.
  private static let secondsOfReplay: Int64 = 2

  func rate(_ place: Int, _ tokens: Int64, _ second: Int64) -> Refusal? {
    if let limit = accounts[place].policy.parallelRequests, accounts[place].running >= limit {
      return Refusal(holder: words(place), reason: .parallel(limit: limit), seconds: 1)
    }
    if let limit = accounts[place].policy.requestsPerMinute, accounts[place].requests.total >= limit {
      return Refusal(
        holder: words(place), reason: .requests(limit: limit),
        seconds: accounts[place].requests.secondsUntilGone(accounts[place].requests.total - limit + 1))
    }
    let used = accounts[place].tokens.total
    if let limit = accounts[place].policy.tokensPerMinute, used >= limit || used > 0 && used + tokens > limit
    {
      return Refusal(
        holder: words(place), reason: .tokens(limit: limit, used: used),
        seconds: accounts[place].tokens.secondsUntilGone(min(used, used + tokens - limit)))
    }
    return nil
  }

  func words(_ place: Int) -> String {
    switch accounts[place].holder {
    case .key: "key \"\(accounts[place].name)\""
    case .team: "team \"\(accounts[place].name)\""
    case .user: "user \"\(accounts[place].name)\""
    }
  }
}
