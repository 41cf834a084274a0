public import Ledger

extension Books {
  /// What the period's requests cost, by month, product and provider: what costs are allocated by.
  public var meteredCosts: [MeteredCost] { sums { $0 == .usage } }

  /// What vendors bill, by month and vendor: usage, fixed costs and credits, without what is moved or corrected.
  public var billedCosts: [MeteredCost] { sums { $0 == .usage || $0 == .fixed || $0 == .credit } }

  private func sums(_ isWanted: (Entry) -> Bool) -> [MeteredCost] {
    var sums: [MeteredKey: (cost: Money, state: CostState)] = [:]
    for row in dayRows where isWanted(row.place.entry) {
      let key = MeteredKey(
        month: String(row.place.day.prefix(7)), product: row.place.product, provider: row.place.provider)
      let sum = sums[key] ?? (.zero, .exact)
      sums[key] = (sum.cost + row.amount.cost, min(sum.state, row.amount.state))
    }
    return sums.map { key, sum in
      MeteredCost(
        month: key.month, product: key.product, provider: key.provider, cost: sum.cost, state: sum.state)
    }.sorted { ($0.month, $0.product, $0.provider) < ($1.month, $1.product, $1.provider) }
  }

  /// Books costs that no request made: a row for each product that bears a part of one, beside the usage.
  ///
  /// Call before corrections are included, which are measured against these rows too.
  /// - Parameter version: of the costs file.
  public mutating func include(_ lines: [CostLine], version: String) {
    precondition(costs.isEmpty && adjustments.isEmpty, "costs are booked once, before corrections")
    costsVersion = version
    guard !lines.isEmpty else { return }
    costs = lines
    for id in lines.flatMap(\.parts).map(\.product) { addProduct(id, [.centre]) }
    let numbers = Dictionary(uniqueKeysWithValues: products.enumerated().map { ($1.id, $0) })
    var sums: [BookPlace: (cost: Money, state: CostState)] = [:]
    for line in lines {
      for move in line.moves {
        let place = BookPlace(
          day: line.slice.firstDay, product: move.product, provider: line.vendor, model: line.name,
          serviceTier: "", entry: line.entry)
        dayRows.append(
          DayRow(
            place: place, counts: WeightedCounts(), amount: BookedAmount(cost: move.cost, state: line.state)))
        var whole = place
        whole.day = ""
        let sum = sums[whole] ?? (.zero, .exact)
        sums[whole] = (sum.cost + move.cost, min(sum.state, line.state))
      }
    }
    rows += sums.map { place, sum in
      let state = sum.state == .unpriced && sum.cost != .zero ? .partial : sum.state
      return Row(
        product: numbers[place.product] ?? products.count - 1, provider: place.provider, model: place.model,
        serviceTier: "", entry: place.entry, forPeriod: period.label, counts: WeightedCounts(),
        cost: sum.cost, state: state)
    }
    sortRows()
    dayRows.sort { $0.place < $1.place }
    checkCosts(lines)
  }

  private mutating func checkCosts(_ lines: [CostLine]) {
    let whole = lines.reduce(Money.zero) { $0 + ($1.amount ?? .zero) }
    let parts = lines.flatMap(\.parts).reduce(Money.zero) { $0 + $1.cost }
    let eachFits = lines.allSatisfy { line in
      line.parts.reduce(Money.zero) { $0 + $1.cost } == line.amount ?? .zero
    }
    checks.append(
      Check(
        name: "parts add up to fixed costs and credits", passed: eachFits && whole == parts,
        detail: "\(lines.count) costs of together \(whole) USD, parts \(parts) USD"))
    let spread = lines.filter { $0.kind == .spread }.reduce(Money.zero) { $0 + ($1.amount ?? .zero) }
    let booked = rows.reduce(Money.zero) { $1.entry == .usage ? $0 : $0 + $1.cost }
    checks.append(
      Check(
        name: "fixed costs and credits add up to their rows", passed: booked == whole - spread,
        detail: "rows \(booked) USD, costs \(whole - spread) USD"))
    let moved = rows.reduce(Money.zero) { $1.entry == .allocation ? $0 + $1.cost : $0 }
    checks.append(
      Check(
        name: "what is spread adds up to nothing", passed: moved == .zero, detail: "rows \(moved) USD"))
  }

  /// What was moved from `unattributed` to products; nil where nothing is spread.
  var spreadCost: Money? {
    let lines = costs.filter { $0.kind == .spread }
    return lines.isEmpty ? nil : lines.reduce(Money.zero) { $0 + ($1.amount ?? .zero) }
  }

  public func cost(of entry: Entry) -> Money {
    rows.reduce(.zero) { $1.entry == entry ? $0 + $1.cost : $0 }
  }
}

private struct MeteredKey: Hashable {
  var month: String
  var product: String
  var provider: String
}

extension CostLine {
  /// Its parts as rows of the books; what is spread is also taken from where it lay.
  fileprivate var moves: [(product: String, cost: Money)] {
    var result = parts.map { ($0.product, $0.cost) }
    if kind == .spread { result.append((Product.unattributed.id, -(amount ?? .zero))) }
    // What costs nothing needs no row; what is unknown shows.
    return result.filter { $0.1 != .zero || amount == nil }
  }
}
