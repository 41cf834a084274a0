public import Ledger

extension Costs {
  /// The costs of a period, month by month: fixed ones, what commitments were not used for, credits, and last the
  /// spreading of what lies on `unattributed` by then.
  ///
  /// What a method has nothing to go by for lies on `unattributed`. Money is put on products in whole femtodollars by
  /// largest remainder, ties in the products' order, so that the parts of each line add up to it.
  /// - Parameters:
  ///   - slices: the period's months.
  ///   - metered: what its requests cost.
  ///   - products: of the rules, in their order, `unattributed` last.
  ///   - rates: what amounts in other currencies are converted by.
  public func lines(
    _ slices: [MonthSlice], metered: [MeteredCost], products: [Product], rates: ExchangeRates
  ) -> [CostLine] {
    slices.flatMap { slice in
      let used = metered.filter { $0.month == slice.month }
      let month = CostMonth(slice: slice, metered: used, products: products.map(\.id), rates: rates)
      var lines: [CostLine] = []
      for one in fixed where one.when.holds(in: slice.month) { lines.append(month.line(one)) }
      for one in commitments where one.when.holds(in: slice.month) { lines.append(month.unused(one)) }
      for one in credits where one.when.holds(in: slice.month) { lines.append(month.line(one)) }
      if let spread, let line = month.line(spread, lines) { lines.append(line) }
      return lines
    }
  }

  /// The taxes on what vendors bill in each month.
  /// - Parameter billed: what the books have of each vendor and month, `product` not looked at.
  public func taxLines(_ slices: [MonthSlice], billed: [MeteredCost]) -> [TaxLine] {
    var result: [TaxLine] = []
    for slice in slices {
      let ofMonth = billed.filter { $0.month == slice.month && !$0.provider.isEmpty }
      for tax in taxes {
        for vendor in Set(ofMonth.map(\.provider)).sorted() where tax.vendors?.contains(vendor) ?? true {
          let own = ofMonth.filter { $0.provider == vendor }
          let base = own.reduce(Money.zero) { $0 + $1.cost }
          result.append(
            TaxLine(
              name: tax.name, vendor: vendor, month: slice.month, rate: tax.rate.text,
              isReverseCharge: tax.isReverseCharge, base: base, tax: tax.rate.of(base), state: worst(own)))
        }
      }
    }
    return result
  }
}

/// How well a sum is known: what has no price makes it partial.
private func worst(_ metered: [MeteredCost]) -> CostState {
  let state = metered.map(\.state).min() ?? .exact
  return state == .unpriced ? .partial : state
}

/// One month of a period while its costs are put on products.
private struct CostMonth {
  let slice: MonthSlice
  let metered: [MeteredCost]
  /// Ids in the rules' order, `unattributed` last.
  let products: [String]
  let rates: ExchangeRates

  func line(_ fixed: Costs.Fixed) -> CostLine {
    let (amount, given) = amount(fixed.amount, fixed.when)
    return line(
      .fixed, fixed.name, fixed.vendor, amount, given, fixed.allocation, state: .exact, fixed.place)
  }

  /// What the vendor's usage left of a commitment.
  func unused(_ commitment: Costs.Fixed) -> CostLine {
    let (committed, given) = amount(commitment.amount, commitment.when)
    let own = metered.filter { $0.provider == commitment.vendor }
    let used = own.reduce(Money.zero) { $0 + $1.cost }
    let rest = committed.map { max(.zero, $0 - used) }
    var line = line(
      .commitment, commitment.name, commitment.vendor, rest, given, commitment.allocation,
      // With usage of unknown cost the rest may be smaller.
      state: rest == .zero ? .exact : worst(own), commitment.place)
    line.committed = committed
    line.drawn = committed.map { min($0, used) }
    return line
  }

  func line(_ credit: Costs.Credit) -> CostLine {
    let own = metered.filter { $0.provider == credit.vendor }
    switch credit.size {
    case .amount(let size):
      let (amount, given) = amount(size, credit.when)
      return line(
        .credit, credit.name, credit.vendor, amount.map { -$0 }, given, credit.allocation, state: .exact,
        credit.place)
    case .percent(let percent):
      let amount = -percent.of(own.reduce(Money.zero) { $0 + $1.cost })
      let given = CostLine.Given(amount: percent.text, unit: "%", isMonthly: true)
      return line(
        .credit, credit.name, credit.vendor, amount, given, credit.allocation, state: worst(own),
        credit.place)
    }
  }

  /// Moves what lies on `unattributed`; nil where there is nothing to move, or nobody to take it.
  func line(_ spread: Costs.Spread, _ others: [CostLine]) -> CostLine? {
    let id = Product.unattributed.id
    let usage = metered.filter { $0.product == id }.reduce(Money.zero) { $0 + $1.cost }
    let parts = others.flatMap(\.parts).filter { $0.product == id }
    let amount = parts.reduce(usage) { $0 + $1.cost }
    guard amount != .zero else { return nil }
    let line = line(
      .spread, CostLine.spreadName, "", amount, nil, spread.allocation, state: .exact, spread.place,
      toUnattributed: false)
    return line.hadNoBasis ? nil : line
  }

  // MARK: -

  /// The slice's part of an amount in dollars; nil where no rate is known for the month.
  private func amount(_ amount: Costs.Amount, _ when: Costs.When) -> (Money?, CostLine.Given) {
    var isMonthly = true
    if case .once = when { isMonthly = false }
    var given = CostLine.Given(amount: amount.text, unit: amount.currency, isMonthly: isMonthly)
    if amount.currency == "USD" {
      return (Money(femtodollars: slice.part(of: amount.units)), given)
    }
    guard let rate = rates[amount.currency, month: slice.month] else { return (nil, given) }
    given.rate = rate.text
    let whole = rate.dollars(ofForeign: amount.units)
    return (Money(femtodollars: slice.part(of: whole.femtodollars)), given)
  }

  private func line(
    _ kind: CostLine.Kind, _ name: String, _ vendor: String, _ amount: Money?, _ given: CostLine.Given?,
    _ allocation: Costs.Allocation, state: CostState, _ place: String, toUnattributed: Bool = true
  ) -> CostLine {
    var weights = weights(allocation, toUnattributed: toUnattributed).filter { $0.weight > 0 }
    let hadNoBasis = weights.isEmpty
    if hadNoBasis { weights = [(Product.unattributed.id, 1)] }
    let cuts = amount.map { apportion($0.femtodollars, by: weights.map(\.weight)) }
    return CostLine(
      kind: kind, name: name, vendor: vendor, slice: slice, given: given, amount: amount,
      state: amount == nil ? .unpriced : state, method: allocation.method,
      parts: weights.enumerated().map { index, one in
        CostLine.Part(
          product: one.product, weight: one.weight, cost: Money(femtodollars: cuts?[index] ?? 0))
      }, hadNoBasis: hadNoBasis, place: place)
  }

  /// Who bears how much of it, in the products' order.
  private func weights(
    _ allocation: Costs.Allocation, toUnattributed: Bool
  ) -> [(product: String, weight: Int128)] {
    let all = toUnattributed ? products : products.filter { $0 != Product.unattributed.id }
    func ordered(_ weights: [(product: String, weight: Int128)]) -> [(product: String, weight: Int128)] {
      let place = Dictionary(
        products.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      return weights.sorted {
        (place[$0.product] ?? .max, $0.product) < (place[$1.product] ?? .max, $1.product)
      }
    }
    switch allocation {
    case .product(let id): return [(id, 1)]
    case .centre: return [(Product.centre.id, 1)]
    case .seats(let list), .weights(let list): return ordered(list.map { ($0.product, Int128($0.weight)) })
    case .evenly(let ids?): return ordered(ids.map { ($0, 1) })
    case .evenly(nil):
      let using = Set(metered.map(\.product))
      return products.filter { $0 != Product.unattributed.id && using.contains($0) }.map { ($0, 1) }
    case .usage(let providers):
      return all.map { id in
        let own = metered.filter { $0.product == id && (providers?.contains($0.provider) ?? true) }
        return (id, own.reduce(0) { $0 + $1.cost.femtodollars })
      }
    }
  }
}
