internal import Attribute
internal import Crypto
internal import Foundation
internal import Ledger
internal import Pipeline
internal import Price
internal import Report

/// The files beside the rules that figures are made from: costs and rates.
extension Settings {
  /// The costs, whose products must be among those of the rules.
  func costs(_ rules: Rules) throws -> CostsSource {
    guard let costsFile else { return .none }
    let text = try contents(costsFile)
    let name = (costsFile as NSString).lastPathComponent
    do {
      let costs = try Costs(yaml: text, name: name)
      try costs.check(products: rules.products)
      return CostsSource(costs: costs, rates: try exchangeRates(), name: name, text: text)
    } catch let error as RulesError {
      throw ConfigurationError("\(error)")
    }
  }

  func exchangeRates() throws -> ExchangeRates {
    guard let ratesFile else { return .none }
    do {
      return try ExchangeRateFile.read(
        try contents(ratesFile), name: (ratesFile as NSString).lastPathComponent)
    } catch let error as PriceError {
      throw ConfigurationError("\(error)")
    }
  }

  /// A file that figures are made from, as `run.json` names it.
  func otherInput(_ use: String, _ path: String?) throws -> Books.OtherInput? {
    guard let path else { return nil }
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw ConfigurationError("\(path): cannot be read")
    }
    return Books.OtherInput(
      use: use, name: (path as NSString).lastPathComponent, sha256: hexText(SHA256.hash(data: bytes)))
  }
}
