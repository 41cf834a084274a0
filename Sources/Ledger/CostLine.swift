// Costs that no request made: seats, infrastructure, commitments, credits, tax, and the spreading of what no rule
// placed. The nouns that their file, the books and the reports share.

/// How a cost is put on products.
public enum AllocationMethod: Hashable, Sendable {
  case product
  case seats
  /// In equal parts.
  case evenly
  case weights
  /// In proportion to metered cost: of these providers, or of all where there is none.
  case usage(providers: [String])
  /// On nobody: the centre keeps it.
  case centre
}

/// One cost in one month of a period: how much it is, and how it was put on products.
public struct CostLine: Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case fixed
    /// What a commitment was not used for.
    case commitment
    /// Negative: it lowers the cost.
    case credit
    /// What no rule placed, moved to products: it takes from `unattributed` what it gives.
    case spread
  }

  /// What the costs file says, before it is cut to the period's days.
  public struct Given: Hashable, Sendable {
    /// As written: `120000`, or `5` for a percentage.
    public var amount: String
    /// `USD`, `JPY`, or `%`.
    public var unit: String
    /// Of a month (cut by days), or of the whole of it whatever its days.
    public var isMonthly: Bool
    /// The rate it was converted by; empty for dollars.
    public var rate: String

    public init(amount: String, unit: String, isMonthly: Bool, rate: String = "") {
      self.amount = amount
      self.unit = unit
      self.isMonthly = isMonthly
      self.rate = rate
    }
  }

  public struct Part: Hashable, Sendable {
    /// A product's id.
    public var product: String
    /// Its seats, its weight, or its metered cost in femtodollars, by the method.
    public var weight: Int128
    public var cost: Money

    public init(product: String, weight: Int128, cost: Money) {
      self.product = product
      self.weight = weight
      self.cost = cost
    }
  }

  public var kind: Kind
  public var name: String
  /// Whose bill it stands on, by its name as a provider; empty for nobody's.
  public var vendor: String
  public var slice: MonthSlice
  public var given: Given?
  /// Of the slice's days; nil where it cannot be known, because a rate is missing.
  public var amount: Money?
  public var state: CostState
  public var method: AllocationMethod
  /// They add up to `amount`; with none they name who would bear it. In the order of products.
  public var parts: [Part]
  /// The method had nothing to go by, so all of it is unattributed.
  public var hadNoBasis: Bool
  /// Of a commitment, for the slice: what was promised to the vendor, and what was drawn of it.
  public var committed: Money?
  public var drawn: Money?
  /// Where it stands: `costs.yaml:7`.
  public var place: String

  public init(
    kind: Kind, name: String, vendor: String, slice: MonthSlice, given: Given?, amount: Money?,
    state: CostState, method: AllocationMethod, parts: [Part], hadNoBasis: Bool, place: String
  ) {
    self.kind = kind
    self.name = name
    self.vendor = vendor
    self.slice = slice
    self.given = given
    self.amount = amount
    self.state = state
    self.method = method
    self.parts = parts
    self.hadNoBasis = hadNoBasis
    self.place = place
  }

  /// What its rows in the books are.
  public var entry: Entry {
    switch kind {
    case .fixed, .commitment: .fixed
    case .credit: .credit
    case .spread: .allocation
    }
  }

  public var weightTotal: Int128 { parts.reduce(0) { $0 + $1.weight } }
}

/// What one product used of one provider in one month of a period.
public struct MeteredCost: Hashable, Sendable {
  public var month: String
  /// The product's id.
  public var product: String
  public var provider: String
  public var cost: Money
  public var state: CostState

  public init(month: String, product: String, provider: String, cost: Money, state: CostState) {
    self.month = month
    self.product = product
    self.provider = provider
    self.cost = cost
    self.state = state
  }
}

/// Consumption tax on what one vendor bills in one month: beside the books, never in them.
public struct TaxLine: Hashable, Sendable {
  public var name: String
  public var vendor: String
  public var month: String
  /// As written, in percent: `10`.
  public var rate: String
  /// The buyer declares it, the vendor does not bill it.
  public var isReverseCharge: Bool
  /// What is taxed: usage, fixed costs and credits of the vendor.
  public var base: Money
  public var tax: Money
  public var state: CostState

  public init(
    name: String, vendor: String, month: String, rate: String, isReverseCharge: Bool, base: Money, tax: Money,
    state: CostState
  ) {
    self.name = name
    self.vendor = vendor
    self.month = month
    self.rate = rate
    self.isReverseCharge = isReverseCharge
    self.base = base
    self.tax = tax
    self.state = state
  }
}

extension CostLine {
  /// What spreads unattributed cost is called in the books' column of models.
  public static let spreadName = "unattributed cost, spread"
}
