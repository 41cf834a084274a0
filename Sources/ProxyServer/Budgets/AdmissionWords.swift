/// What the admission says to the outside: refusals, warnings, states.
public import Ledger

/// Why a request was not let in, and when it may be asked again.
package struct Refusal: Sendable {
  package enum Reason: Sendable, Hashable {
    case disabled
    case model
    /// - Parameter running: requests that are not over have a part of it reserved.
    case budget(Budget, used: Money, needs: Money, running: Bool)
    /// What was spent of it before this process began is still being read.
    case budgetNotKnown(Budget)
    case requests(limit: Int64)
    case tokens(limit: Int64, used: Int64)
    case parallel(limit: Int64)
  }

  /// `team "support"`.
  package var holder: String
  package var reason: Reason
  /// In so many seconds it is worth asking again.
  package var seconds: Int64?
  /// When a budget has room for it again; nil for never.
  package var resets: Int64?

  package init(holder: String, reason: Reason, seconds: Int64? = nil, resets: Int64? = nil) {
    self.holder = holder
    self.reason = reason
    self.seconds = seconds
    self.resets = resets
  }
}

/// A budget of which a set percentage was spent for the first time in its span.
package struct BudgetWarning: Sendable {
  package var holder: String
  package var budget: Budget
  package var percent: Int
  package var used: Money
}

/// A budget as it stands: what this proxy knows of it.
public struct BudgetState: Sendable {
  package var holder: AdmissionBook.Holder
  /// The key's, team's or user's.
  public var name: String
  public var budget: Budget
  public var spent: Money
  /// What running requests may cost at most.
  public var reserved: Money
  /// Microseconds since 1970-01-01T00:00:00Z; nil where it never does.
  public var resets: Int64?

  /// `key`, `team` or `user`, and the key's id or the name.
  public var holderParts: (kind: String, id: String) {
    switch holder {
    case .key(let id): ("key", id)
    case .team(let name): ("team", name)
    case .user(let name): ("user", name)
    }
  }
}
