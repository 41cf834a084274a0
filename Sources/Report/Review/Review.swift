import Ledger

/// Why a period cost what it did, what it is heading for, and what to do: everything beside the books that a reader is told.
public struct Review: Sendable {
  /// The period before, and the same one a year before.
  public var comparisons: [Comparison] = []
  /// What changed most since the period before; nil where there is none.
  public var movers: Movers?
  /// By product, as in the books.
  public var wasted: [WastedUse] = []
  public var caching: [CacheLine] = []
  public var budget: BudgetReview?
  public var forecast: Forecast?
  public var anomalies: [Anomaly] = []
  /// Days of the period that are over, of how many.
  public var daysOver: Int
  public var unitCosts: UnitCosts?

  public init(daysOver: Int) { self.daysOver = daysOver }

  public var previous: Comparison? { comparisons.first { $0.kind == .previous } }
}

/// A period beside an earlier one.
public struct Comparison: Sendable {
  public enum Kind: String, Sendable {
    case previous
    case lastYear = "last_year"
  }

  /// What the earlier period is known by.
  public enum Basis: String, Sendable {
    /// Its requests, priced and attributed as it was closed, or by what is in force.
    case requests
    /// Its requests were dropped: the sums kept at its close.
    case sums
    /// Nothing of it is in the store.
    case nothing
    /// Its requests were dropped and it was never closed.
    case dropped
  }

  public var kind: Kind
  /// The earlier period.
  public var label: String
  /// The earlier one counts only so far, because this one is not over; nil where it is.
  public var days: Int?
  public var basis: Basis
  public var isClosed = false
  public var pricesVersion = ""
  public var rulesVersion = ""
  public var costsVersion = ""
  /// Over the files that its lines stand in.
  public var inputsSHA256 = ""
  /// Nil where there is nothing to compare with.
  public var bridge: Bridge?

  public init(kind: Kind, label: String, days: Int?, basis: Basis) {
    self.kind = kind
    self.label = label
    self.days = days
    self.basis = basis
  }
}
