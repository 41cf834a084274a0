public import Ledger

/// A period whose books were frozen: which they were, in which files, from which lines.
public struct ClosedPeriod: Hashable, Sendable {
  public struct File: Hashable, Sendable {
    /// Relative to the period's folder.
    public var name: String
    public var sha256: String
    public init(name: String, sha256: String) {
      self.name = name
      self.sha256 = sha256
    }
  }

  /// A segment as it was read at the close.
  public struct Input: Hashable, Sendable {
    public var name: String
    public var lines: Int64
    public var sha256: String
    public init(name: String, lines: Int64, sha256: String) {
      self.name = name
      self.lines = lines
      self.sha256 = sha256
    }
  }

  /// Given by the store.
  public var id: Int64 = 0
  public var label: String
  public var zone: String
  /// Microseconds since 1970-01-01T00:00:00Z; the end is exclusive.
  public var begin: Int64
  public var end: Int64
  public var closedAt: Int64
  /// Somebody accepted that a cost in it is unknown.
  public var isIncomplete: Bool
  public var weightDenominator: Int128
  /// The chat message of its books.
  public var post: String

  public init(_ period: Period, closedAt: Int64, isIncomplete: Bool, weightDenominator: Int128, post: String)
  {
    label = period.label
    zone = period.zone
    begin = period.begin
    end = period.end
    self.closedAt = closedAt
    self.isIncomplete = isIncomplete
    self.weightDenominator = weightDenominator
    self.post = post
  }

  init(
    id: Int64, label: String, zone: String, begin: Int64, end: Int64, closedAt: Int64, isIncomplete: Bool,
    weightDenominator: Int128, post: String
  ) {
    self.id = id
    self.label = label
    self.zone = zone
    self.begin = begin
    self.end = end
    self.closedAt = closedAt
    self.isIncomplete = isIncomplete
    self.weightDenominator = weightDenominator
    self.post = post
  }
}

/// A place of a closed period as it was reported.
public struct ClosedRow: Hashable, Sendable {
  public var place: BookPlace
  public var counts: WeightedCounts
  public var amount: BookedAmount
  public init(place: BookPlace, counts: WeightedCounts, amount: BookedAmount) {
    self.place = place
    self.counts = counts
    self.amount = amount
  }
}

/// By what, and from how many rows, a closed period was booked at a close.
public struct Booking: Hashable, Sendable {
  /// The decision in force; 0 for none.
  public var decision: Int64
  public var pricesVersion: String
  public var rulesVersion: String
  public var costsVersion: String
  public var program: String
  public var seen: RequestTally

  public init(
    decision: Int64, pricesVersion: String, rulesVersion: String, costsVersion: String = "none",
    program: String, seen: RequestTally
  ) {
    self.costsVersion = costsVersion
    self.decision = decision
    self.pricesVersion = pricesVersion
    self.rulesVersion = rulesVersion
    self.program = program
    self.seen = seen
  }
}

/// How many rows a range of time has. Rows are only added, and interrupted ones only replaced by their end: while
/// the tally is the same, the rows are.
public struct RequestTally: Hashable, Sendable {
  public var attempts: Int64
  public var interrupted: Int64
  /// Requests as reports count them: final attempts and interrupted ones.
  public var requests: Int64
  public init(attempts: Int64, interrupted: Int64, requests: Int64) {
    self.attempts = attempts
    self.interrupted = interrupted
    self.requests = requests
  }
}

/// That a closed period is from now on to be priced and attributed by these.
public struct Decision: Hashable, Sendable {
  /// Given by the store, in the order of decisions.
  public var id: Int64
  public var decidedAt: Int64
  public var pricesVersion: String
  public var rulesVersion: String
  public var costsVersion: String
  /// As a person wrote it.
  public var reason: String
  public init(
    id: Int64 = 0, decidedAt: Int64, pricesVersion: String, rulesVersion: String,
    costsVersion: String = "none", reason: String
  ) {
    self.costsVersion = costsVersion
    self.id = id
    self.decidedAt = decidedAt
    self.pricesVersion = pricesVersion
    self.rulesVersion = rulesVersion
    self.reason = reason
  }
}
