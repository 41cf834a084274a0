public import Ledger

/// What `costs.yaml` says: costs that no request made, and how they are put on products.
public struct Costs: Sendable {
  public enum Limit {
    /// Entries of one file: each is a line a month in every report.
    public static let entriesMax = 1000
    /// No amount is larger: it is exact in femtodollars, whatever it is multiplied by.
    public static let amountMax: Int128 = 1_000_000_000_000
    /// Digits behind the point of a percentage.
    public static let percentDigits = 4
  }

  /// An amount as written, and exactly.
  public struct Amount: Hashable, Sendable {
    public var text: String
    public var currency: String
    /// In units of 10^-15 of the currency; never negative.
    public var units: Int128
  }

  /// A percentage as written, and in units of 10^-`Limit.percentDigits` percent.
  public struct Percent: Hashable, Sendable {
    public var text: String
    public var units: Int128

    /// That part of an amount, rounded once, half-even, to a femtodollar.
    public func of(_ amount: Money) -> Money {
      Money(
        femtodollars: divideHalfEven(
          amount.femtodollars * units, by: 100 * powerOfTen(Limit.percentDigits)))
    }
  }

  /// The months in which something costs.
  public enum When: Hashable, Sendable {
    /// Once, in this month.
    case once(String)
    /// Each month from the first to before the second; nil is without end.
    case monthly(from: String?, until: String?)

    public func holds(in month: String) -> Bool {
      switch self {
      case .once(let one): one == month
      case .monthly(let from, let until): (from ?? "") <= month && (until.map { month < $0 } ?? true)
      }
    }
  }

  /// Who bears it.
  public enum Allocation: Hashable, Sendable {
    case product(String)
    case seats([Weight])
    case weights([Weight])
    /// Nil: all products with usage.
    case evenly([String]?)
    /// Nil: all metered cost.
    case usage([String]?)
    case centre
  }

  public struct Weight: Hashable, Sendable {
    public var product: String
    public var weight: Int64
  }

  public struct Fixed: Hashable, Sendable {
    public var name = ""
    public var vendor = ""
    public var amount = Amount(text: "0", currency: "USD", units: 0)
    public var when = When.monthly(from: nil, until: nil)
    public var allocation = Allocation.centre
    public var place = ""
  }

  public struct Credit: Hashable, Sendable {
    public enum Size: Hashable, Sendable {
      case amount(Amount)
      /// Of the vendor's metered cost.
      case percent(Percent)
    }

    public var name = ""
    public var vendor = ""
    public var size = Size.amount(Amount(text: "0", currency: "USD", units: 0))
    public var when = When.monthly(from: nil, until: nil)
    public var allocation = Allocation.centre
    public var place = ""
  }

  public struct Tax: Hashable, Sendable {
    public var name = ""
    public var rate = Percent(text: "0", units: 0)
    public var isReverseCharge = false
    /// Nil: all vendors.
    public var vendors: [String]?
    public var place = ""
  }

  /// How what no rule placed is moved to products; nil keeps it where it is.
  public struct Spread: Hashable, Sendable {
    public var allocation: Allocation
    public var place: String
  }

  public var fixed: [Fixed] = []
  /// What a vendor was promised, month by month; `allocation` is of what is not used of it.
  public var commitments: [Fixed] = []
  public var credits: [Credit] = []
  public var spread: Spread?
  public var taxes: [Tax] = []
  /// SHA-256 of what the file says, in hexadecimal: comments and spacing do not change it.
  public var version = "none"

  public static let none = Costs()

  /// Currencies other than the dollar that amounts are given in.
  public var currencies: Set<String> {
    var result: Set<String> = []
    for one in fixed + commitments { result.insert(one.amount.currency) }
    for one in credits { if case .amount(let amount) = one.size { result.insert(amount.currency) } }
    return result.subtracting(["USD"])
  }

  /// - Throws: `RulesError` naming the line of the first product that is not among these.
  public func check(products: [Product]) throws(RulesError) {
    let known = Set(products.map(\.id) + [Product.centre.id])
    func check(_ allocation: Allocation, _ place: String) throws(RulesError) {
      for id in allocation.products where !known.contains(id) {
        throw RulesError(place: place, problem: "product \"\(id)\" is not among the products of the rules")
      }
    }
    for one in fixed + commitments { try check(one.allocation, one.place) }
    for one in credits { try check(one.allocation, one.place) }
    if let spread { try check(spread.allocation, spread.place) }
  }
}

extension Costs.Allocation {
  /// The products it names.
  public var products: [String] {
    switch self {
    case .product(let id): [id]
    case .seats(let weights), .weights(let weights): weights.map(\.product)
    case .evenly(let ids): ids ?? []
    case .usage, .centre: []
    }
  }

  public var method: AllocationMethod {
    switch self {
    case .product: .product
    case .seats: .seats
    case .weights: .weights
    case .evenly: .evenly
    case .usage(let providers): .usage(providers: providers ?? [])
    case .centre: .centre
    }
  }
}
