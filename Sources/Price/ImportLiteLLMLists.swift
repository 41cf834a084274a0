internal import JSON
internal import Ledger

// Fields of the map that are lists or objects, and rows that follow from others.

extension LiteLLMField {
  /// Searches by how much of what they find goes into the context; medium is the plain price.
  static func searchPrices(_ value: JSONValue) -> [LiteLLMPrice]? {
    var result: [LiteLLMPrice] = []
    for (name, price) in value.members {
      guard let name = name.string, let text = price.numberText, let size = name.split(separator: "_").last,
        name.hasPrefix("search_context_size_")
      else { return nil }
      result.append(
        LiteLLMPrice(
          item: .price(.meter(.webSearch)), when: size == "medium" ? "" : "search_context_size=\(size)",
          text: text, field: "search_context_cost_per_query.\(size)"))
    }
    return result
  }

  /// Anthropic's `{"us": 1.1, "fast": 2}`. Other vendors keep hints there that are no prices.
  static func factorPrices(_ value: JSONValue) -> [LiteLLMPrice]? {
    var result: [LiteLLMPrice] = []
    for (name, factor) in value.members {
      guard let name = name.string, let text = factor.numberText else { continue }
      switch name {
      case "us", "eu":
        result.append(
          LiteLLMPrice(
            item: .factor, when: "inference_geo=\(name)", text: text, field: "provider_specific_entry"))
      case "fast":
        result.append(
          LiteLLMPrice(item: .factor, when: "speed=fast", text: text, field: "provider_specific_entry"))
      default: continue
      }
    }
    return result
  }

  /// `[{"range": [0, 256000], …}, …]`: from the start of its range on, a tier's prices hold for the whole
  /// request. Ranges by the number of results are no fact of a request, and are not taken.
  static func rangePrices(_ value: JSONValue) -> [LiteLLMPrice]? {
    var result: [LiteLLMPrice] = []
    for tier in value.elements {
      guard let start = tier.present("range")?.elements.first?.numberText,
        let over = DecimalNumber(start)?.wholeNumber
      else { return nil }
      var found: [LiteLLMPrice] = []
      for (name, value) in tier.members {
        guard let name = name.string, let text = value.numberText else { continue }
        guard var price = Self.price(name, text) else { return nil }
        price.contextOver = over
        price.field = "tiered_pricing." + name
        found.append(price)
      }
      // A cache that a tier says nothing of costs what its input costs.
      if let input = found.first(where: { $0.item == .price(.meter(.input)) }) {
        for meter in [Meter.cacheRead, .cacheWrite5m]
        where !found.contains(where: { $0.item == .price(.meter(meter)) }) {
          var price = input
          price.item = .price(.meter(meter))
          found.append(price)
        }
      }
      result += found
    }
    return result
  }
}

extension DecimalNumber {
  /// Nil for what is no count.
  fileprivate var wholeNumber: Int64? {
    guard !negative, exponent >= 0, digits.count + exponent <= 15 else { return nil }
    return (digits.map(Int64.init) + Array(repeating: 0, count: exponent)).reduce(0) { $0 * 10 + $1 }
  }
}

/// Where an entry has prices by ranges, its plain prices of the same meters do not count.
func replaceByRanges(_ prices: inout [LiteLLMPrice]) {
  let ranged = Set(prices.filter { $0.field.hasPrefix("tiered_pricing.") }.map(\.item))
  guard !ranged.isEmpty else { return }
  prices.removeAll { price in
    ranged.contains(price.item) && !price.field.contains(".") && price.when.isEmpty && price.contextOver == 0
      && price.tier == "standard"
  }
}

/// xAI's higher price holds from the threshold on, not only above it.
func countAtThreshold(_ prices: inout [LiteLLMPrice], _ entry: LiteLLMEntry) {
  guard entry.provider == "xai" else { return }
  for index in prices.indices where prices[index].contextOver > 0 { prices[index].contextOver -= 1 }
}

/// A price for reasoning that is the output's own says nothing more: without it the output's price at the
/// request's tier and context holds, which is what vendors charge.
func withoutPlainReasoning(_ rows: [PriceRow]) -> [PriceRow] {
  func rate(_ meter: PricedMeter) -> Money? {
    rows.lazy.compactMap { row in
      guard case .price(meter, let rate?) = row.item, row.serviceTier == "standard", row.contextOver == 0,
        row.when.isEmpty
      else { return nil }
      return rate
    }.first
  }
  guard let reasoning = rate(.reasoning), reasoning == rate(.meter(.output)) else { return rows }
  return rows.filter {
    guard case .price(.reasoning, _) = $0.item else { return true }
    return $0.serviceTier != "standard" || $0.contextOver != 0 || !$0.when.isEmpty
  }
}

/// Vendors publish flex and batch as one discount on every price of a model. Where the map has the standard
/// price above a threshold and not the tier's, it is the tier's price risen as the standard one.
func longContextOfFlatTiers(_ rows: [PriceRow]) -> [PriceRow] {
  struct Place: Hashable {
    var meter: PricedMeter
    var tier: String
    var over: Int64
  }
  var rates: [Place: Money] = [:]
  for row in rows where row.when.isEmpty {
    guard case .price(let meter, let rate?) = row.item else { continue }
    rates[Place(meter: meter, tier: row.serviceTier, over: row.contextOver)] = rate
  }
  var result: [PriceRow] = []
  for row in rows where row.when.isEmpty && row.contextOver > 0 && row.serviceTier == "standard" {
    guard case .price(let meter, let high?) = row.item,
      let low = rates[Place(meter: meter, tier: "standard", over: 0)], low > .zero
    else { continue }
    for tier in ["flex", "batch"] {
      guard let own = rates[Place(meter: meter, tier: tier, over: 0)],
        rates[Place(meter: meter, tier: tier, over: row.contextOver)] == nil
      else { continue }
      let (product, overflow) = own.femtodollars.multipliedReportingOverflow(by: high.femtodollars)
      guard !overflow else { continue }
      var risen = row
      risen.serviceTier = tier
      risen.item = .price(meter, Money(femtodollars: divideHalfEven(product, by: low.femtodollars)))
      result.append(risen)
    }
  }
  return result
}
