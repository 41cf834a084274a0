public import Ledger

extension Rules {
  /// Which rule places a usage; nil where none matches.
  public func match(_ usage: Usage) -> Int? {
    rules.firstIndex { rule in
      if let from = rule.from, usage.time < from { return false }
      if let until = rule.until, usage.time >= until { return false }
      return rule.conditions.allSatisfy { holds($0, usage) }
    }
  }

  /// Puts one charge's amounts on products. The shares add up to the charge, meter by meter, to the last
  /// femtodollar: a split is cut by largest remainder, ties in the products' order.
  public func shares(of charge: Charge, rule: Int?) -> [Share] {
    guard let rule else {
      return [
        Share(
          product: unattributed, rule: nil, weight: 1, weightTotal: 1, amounts: charge.amounts,
          listCost: charge.listTotal)
      ]
    }
    let parts = rules[rule].parts
    guard parts.count > 1 else {
      return [
        Share(
          product: parts[0].product, rule: rule, weight: 1, weightTotal: 1, amounts: charge.amounts,
          listCost: charge.listTotal)
      ]
    }
    let total = rules[rule].weightTotal
    var shares = parts.map {
      Share(
        product: $0.product, rule: rule, weight: $0.weight, weightTotal: total,
        amounts: MeterAmounts(), listCost: .zero)
    }
    let weights = parts.map { Int128($0.weight) }
    for meter in Meter.allCases {
      let amount = charge.amounts[meter].femtodollars
      guard amount != 0 else { continue }
      for (index, cut) in apportion(amount, by: weights).enumerated() {
        shares[index].amounts[meter] = Money(femtodollars: cut)
      }
    }
    let isAtList = charge.contractedFromList == nil
    let listCuts = isAtList ? [] : apportion(charge.listTotal.femtodollars, by: weights)
    for index in shares.indices {
      shares[index].listCost =
        isAtList ? shares[index].amounts.total : Money(femtodollars: listCuts[index])
    }
    return shares
  }

  private func holds(_ condition: Condition, _ usage: Usage) -> Bool {
    switch condition {
    case .inNetwork(let networks):
      guard let ip = usage.ip else { return false }
      return networks.contains { $0.contains(ip) }
    case .matches(let fact, let patterns):
      guard let value = value(of: fact, usage) else { return false }
      return patterns.contains { $0.matches(value) }
    }
  }

  private func value(of fact: Fact, _ usage: Usage) -> String? {
    switch fact {
    case .key: usage.facts.keyName
    case .keyID: usage.facts.keyID
    case .team: usage.facts.team
    case .user: usage.user
    case .model: usage.facts.model
    case .provider: usage.facts.provider
    case .endpoint: usage.facts.endpoint
    case .inferenceProfile: usage.facts.inferenceProfile
    case .agent: usage.facts.agent
    case .ip: usage.ip
    case .tag(let name): usage.facts.tags.first { $0.name == name }?.value
    }
  }
}
