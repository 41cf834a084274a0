public import Attribute
internal import Crypto
public import Ledger
internal import Price
internal import Store

/// Costs with the text they were read from, and the rates that convert their amounts, so that a closed period keeps
/// both.
public struct CostsSource: Sendable {
  public var costs: Costs
  /// Those of the currencies that the costs are given in.
  public var rates: ExchangeRates
  /// The file's name, for places in it.
  public var name: String
  public var text: String
  /// SHA-256 of all that decides the amounts: what the file says, and the rates where it gives other currencies.
  public let version: String

  public static let none = CostsSource(costs: .none, rates: .none, name: "", text: "")

  public init(costs: Costs, rates: ExchangeRates, name: String, text: String) {
    self.costs = costs
    let used = ExchangeRates(rates.list.filter { costs.currencies.contains($0.currency) })
    self.rates = used
    self.name = name
    self.text = text
    version =
      costs.currencies.isEmpty
      ? costs.version
      : hexText(SHA256.hash(data: Array((costs.version + "\n" + Self.ratesText(used)).utf8)))
  }

  /// - Throws: `RulesError`, `PriceError` for a text that the store should not have.
  init(name: String, text: String, ratesText: String) throws {
    self.init(
      costs: try Costs(yaml: text, name: name), rates: try ExchangeRateFile.read(ratesText, name: "fx.csv"),
      name: name, text: text)
  }

  var ratesText: String { Self.ratesText(rates) }

  private static func ratesText(_ rates: ExchangeRates) -> String { ExchangeRateFile.text(rates) }

  /// No costs have no text.
  func save(in store: Store) throws(StoreError) {
    guard version != Self.none.version else { return }
    try store.saveCosts(version: version, name: name, text: text, rates: ratesText)
  }
}
