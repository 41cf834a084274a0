internal import Ledger

/// Something in the rules that is allowed and hardly meant.
public struct RulesRemark: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// Earlier rules take all that the rule would.
    case unreachable
    /// No rule puts anything on the product.
    case unusedProduct = "unused product"
    /// Rules with the same conditions leave days between them.
    case gap
    /// Two rules take the same requests, and only their order decides.
    case overlap
  }

  public var kind: Kind
  /// `attribution.yaml:7`; empty for what has no line.
  public var place: String
  public var text: String
}

extension Rules {
  /// What a reader of the rules should know before they are used, in the order of the rules.
  /// - Parameter dayText: the day that an instant begins, `2026-10-01`, for the remarks.
  public func remarks(dayText: (Int64) -> String) -> [RulesRemark] {
    let unreachable = rules.indices.compactMap { index -> (index: Int, by: [Int])? in
      coverers(of: index).map { (index, $0) }
    }
    var result = unreachable.map { index, by in
      let places = by.map { rules[$0].place }.joined(separator: ", ")
      return RulesRemark(
        kind: .unreachable, place: rules[index].place,
        text: "takes nothing: \(places) \(by.count == 1 ? "stands" : "stand") before it and "
          + "\(by.count == 1 ? "takes" : "together take") all that it would, on all of its days")
    }
    let dead = Set(unreachable.map(\.index))
    let reached = Set(rules.indices.filter { !dead.contains($0) }.flatMap { rules[$0].parts.map(\.product) })
    for index in products.indices.dropLast() where !reached.contains(index) {
      result.append(
        RulesRemark(
          kind: .unusedProduct, place: "",
          text: "product \"\(products[index].id)\": no rule that takes anything puts cost on it"))
    }
    result += gaps(dayText)
    result += overlaps(dead)
    return result
  }

  // MARK: - Unreachable

  /// Earlier rules that together take all that a rule would; nil where something is left for it.
  private func coverers(of index: Int) -> [Int]? {
    let rule = rules[index]
    let wider = rules[..<index].indices.filter { isWider(rules[$0], than: rule) }
    if let one = wider.first(where: { rules[$0].span.contains(rule.span) }) { return [one] }
    // Several may cover its days one after another.
    var at = rule.span.lowerBound
    var used: [Int] = []
    while at < rule.span.upperBound {
      let next = wider.filter { rules[$0].span.lowerBound <= at && rules[$0].span.upperBound > at }
        .max { rules[$0].span.upperBound < rules[$1].span.upperBound }
      guard let next else { return nil }
      used.append(next)
      at = rules[next].span.upperBound
    }
    return used.sorted()
  }

  /// Whatever meets the narrow rule's conditions meets the wide one's.
  private func isWider(_ wide: Rule, than narrow: Rule) -> Bool {
    wide.conditions.allSatisfy { condition in
      narrow.conditions.contains { condition.isImplied(by: $0) }
    }
  }

  // MARK: - Gaps and overlaps

  /// Days between rules of the same conditions, which go elsewhere or nowhere.
  private func gaps(_ dayText: (Int64) -> String) -> [RulesRemark] {
    var seen: Set<Int> = []
    var result: [RulesRemark] = []
    for first in rules.indices where !seen.contains(first) {
      let same = rules.indices.filter {
        $0 >= first && isWider(rules[$0], than: rules[first]) && isWider(rules[first], than: rules[$0])
      }
      seen.formUnion(same)
      guard same.count > 1 else { continue }
      let inTime = same.sorted { rules[$0].span.lowerBound < rules[$1].span.lowerBound }
      var end = rules[inTime[0]].span.upperBound
      for next in inTime.dropFirst() {
        let begin = rules[next].span.lowerBound
        if begin > end {
          result.append(
            RulesRemark(
              kind: .gap, place: rules[next].place,
              text: "the same conditions hold for no rule from \(dayText(end)) to before \(dayText(begin))"))
        }
        end = max(end, rules[next].span.upperBound)
      }
    }
    return result
  }

  /// Pairs that look at the same facts, go to different products, and neither of which is the special case of the
  /// other: a special case before the general one is what an order is for.
  private func overlaps(_ dead: Set<Int>) -> [RulesRemark] {
    var result: [RulesRemark] = []
    for later in rules.indices where !dead.contains(later) {
      for earlier in rules[..<later].indices where !dead.contains(earlier) {
        let (a, b) = (rules[earlier], rules[later])
        guard a.parts != b.parts, a.span.overlaps(b.span), !isWider(a, than: b), !isWider(b, than: a),
          a.conditions.count == b.conditions.count,
          a.conditions.allSatisfy({ one in b.conditions.contains { one.canMeet($0) } })
        else { continue }
        result.append(
          RulesRemark(
            kind: .overlap, place: b.place,
            text: "some requests meet this rule and \(a.place), which stands before it and takes them"))
      }
    }
    return result
  }
}

extension Rules.Rule {
  /// The instants it holds at.
  fileprivate var span: Range<Int64> { (from ?? .min)..<(until ?? .max) }
}

extension Range where Bound == Int64 {
  fileprivate func contains(_ other: Self) -> Bool {
    lowerBound <= other.lowerBound && other.upperBound <= upperBound
  }
}

extension Rules.Condition {
  /// Whatever meets `narrow` meets this.
  fileprivate func isImplied(by narrow: Self) -> Bool {
    switch (self, narrow) {
    case (.matches(let fact, let wide), .matches(let other, let patterns)) where fact == other:
      patterns.allSatisfy { pattern in wide.contains { $0.covers(pattern) } }
    case (.inNetwork(let wide), .inNetwork(let networks)):
      networks.allSatisfy { network in wide.contains { $0.contains(network) } }
    default: false
    }
  }

  /// They look at the same fact, and some value meets both.
  fileprivate func canMeet(_ other: Self) -> Bool {
    switch (self, other) {
    case (.matches(let fact, let some), .matches(let other, let others)) where fact == other:
      some.contains { one in others.contains { one.canMeet($0) } }
    case (.inNetwork(let some), .inNetwork(let others)):
      some.contains { one in others.contains { one.contains($0) || $0.contains(one) } }
    default: false
    }
  }
}
