public import Ledger

extension Rules {
  /// Which rule places a usage; nil where none matches.
  public func match(_ usage: Usage) -> Int? {
    match(usage.facts, user: usage.user, ip: usage.ip, time: usage.time)
  }

  /// Which rule places a request with these facts at this time; nil where none matches.
  public func match(_ facts: RequestFacts, user: String?, ip: String?, time: Int64) -> Int? {
    rules.firstIndex { rule in
      if let from = rule.from, time < from { return false }
      if let until = rule.until, time >= until { return false }
      return rule.conditions.allSatisfy { holds($0, facts, user, ip) }
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

  private func holds(_ condition: Condition, _ facts: RequestFacts, _ user: String?, _ ip: String?) -> Bool {
    switch condition {
    case .inNetwork(let networks):
      guard let ip else { return false }
      return networks.contains { $0.contains(ip) }
    case .matches(let fact, let patterns):
      guard let value = value(of: fact, facts, user, ip) else { return false }
      return patterns.contains { $0.matches(value) }
    }
  }

  private func value(
    of fact: Fact, _ facts: RequestFacts, _ user: String?, _ ip: String?
  ) -> String? {
    switch fact {
    case .key: facts.keyName
    case .keyID: facts.keyID
    case .team: facts.team
    case .user: user
    case .model: facts.model
    case .provider: facts.provider
    case .endpoint: facts.endpoint
    case .inferenceProfile: facts.inferenceProfile
    case .agent: facts.agent
    case .ip: ip
    case .tag(let name): facts.tags.first { $0.name == name }?.value
    }
  }
}
