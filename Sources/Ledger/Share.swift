/// A product that cost is put on.
public struct Product: Hashable, Sendable {
  public var id: String
  public var name: String
  public var costCenter: String?
  public var owner: String?

  /// Cost that no rule placed: a product of its own, so that the products add up to the total.
  public static let unattributed = Product(id: "unattributed", name: "Unattributed")

  /// What the centre keeps of credits and shared costs, where the rules have no product of this id.
  public static let centre = Product(id: "centre", name: "Centre")

  public init(id: String, name: String, costCenter: String? = nil, owner: String? = nil) {
    self.id = id
    self.name = name
    self.costCenter = costCenter
    self.owner = owner
  }
}

/// One product's part of a request, and the rule that put it there.
public struct Share: Sendable {
  /// Index into the rules' products; the last one is `unattributed`.
  public var product: Int
  /// Index of the rule from 0; nil for what no rule matched.
  public var rule: Int?
  /// The part of the request: `weight` of `weightTotal`.
  public var weight: Int64
  public var weightTotal: Int64
  public var amounts: MeterAmounts
  /// Its part of what the charge would be at the vendor's public prices.
  public var listCost: Money

  public init(
    product: Int, rule: Int?, weight: Int64, weightTotal: Int64, amounts: MeterAmounts, listCost: Money
  ) {
    self.product = product
    self.rule = rule
    self.weight = weight
    self.weightTotal = weightTotal
    self.amounts = amounts
    self.listCost = listCost
  }
}
