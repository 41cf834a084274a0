public import Ledger

/// What one period cost, in the form that two of them are compared in.
public struct PeriodCosts: Sendable {
  /// A product's use of one model at one tier. Products are named by their id, because rules may renumber them.
  public struct Place: Hashable, Comparable, Sendable {
    public var product: String
    public var provider: String
    public var model: String
    public var serviceTier: String

    public init(product: String, provider: String, model: String, serviceTier: String) {
      self.product = product
      self.provider = provider
      self.model = model
      self.serviceTier = serviceTier
    }

    public static func < (a: Self, b: Self) -> Bool {
      (a.product, a.provider, a.model, a.serviceTier) < (b.product, b.provider, b.model, b.serviceTier)
    }
  }

  /// In the rules' order.
  public var products: [Product]
  public var weightDenominator: Int128
  public var uses: [Place: UseSum] = [:]
  /// What no usage of the period made, by product: adjustments, fixed costs, credits.
  public var others: [String: [Bridge.Step: Money]] = [:]
  /// False where only sums were kept: requests and costs, and nothing by meter.
  public var hasMeters = true

  public init(products: [Product], weightDenominator: Int128) {
    self.products = products
    self.weightDenominator = weightDenominator
  }

  /// - Parameter days: only the usage of these days.
  public init(_ books: Books, days: Range<Int>? = nil) {
    self.init(products: books.products, weightDenominator: books.weightDenominator)
    for cell in books.use.cells where days?.contains(cell.day) ?? true {
      uses[Place(books.products[cell.product].id, cell.caller), default: UseSum()] += cell.sum
    }
    for row in books.rows {
      guard let step = Bridge.Step(row.entry) else { continue }
      add(row.cost, to: step, product: books.products[row.product].id)
    }
  }

  public mutating func add(_ money: Money, to step: Bridge.Step, product: String) {
    guard money != .zero else { return }
    others[product, default: [:]][step, default: .zero] += money
  }

  public var total: Money {
    others.values.reduce(uses.values.reduce(.zero) { $0 + $1.cost }) { $1.values.reduce($0, +) }
  }
}

extension PeriodCosts.Place {
  init(_ product: String, _ caller: UseCaller) {
    self.init(
      product: product, provider: caller.provider, model: caller.model, serviceTier: caller.serviceTier)
  }
}
