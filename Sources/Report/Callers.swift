public import Ledger

/// What names the one who asked.
public enum CallerKind: CaseIterable, Hashable, Sendable {
  case key
  case team
  case user
}

extension Books {
  /// One product's use by one key, team or user.
  public struct Caller: Sendable {
    public var kind: CallerKind
    /// Index into `products`.
    public var product: Int
    /// Empty for requests that named none; nil for all those beyond the limit together.
    public var name: String?
    /// In units of 1/`weightDenominator`.
    public var requests: Int128
    public var tokens: Int128
    public var cost: Money

    public init(
      kind: CallerKind, product: Int, name: String?, requests: Int128, tokens: Int128, cost: Money
    ) {
      self.kind = kind
      self.product = product
      self.name = name
      self.requests = requests
      self.tokens = tokens
      self.cost = cost
    }
  }
}

/// In: shares of requests, in any order. Out: what each key, team and user used, by product. Names come from
/// outside, so there may be any number of them: those that sort first are kept, and what the others used stands
/// in one sum, so that each kind adds up to the usage of the period.
struct CallerSums {
  enum Limit {
    /// More than a company has people; at some hundred bytes each a few megabytes.
    static let namesMax = 20_000
  }

  private var kinds: [NameSums]

  init(namesMax: Int = Limit.namesMax) {
    kinds = CallerKind.allCases.map { _ in NameSums(namesMax: namesMax) }
  }

  mutating func add(_ usage: Usage, product: Int, _ counts: WeightedCounts, _ cost: Money) {
    for (index, kind) in CallerKind.allCases.enumerated() {
      let name: String? =
        switch kind {
        case .key: usage.facts.keyName ?? usage.facts.keyID
        case .team: usage.facts.team
        case .user: usage.user
        }
      kinds[index].add(name ?? "", product, counts, cost)
    }
  }

  /// By kind and product, dearest first; the rest is the last of its product.
  var list: [Books.Caller] {
    zip(CallerKind.allCases, kinds).flatMap { kind, sums in sums.list(kind) }
  }
}

private struct NameSums {
  struct Key: Hashable, Comparable {
    var name: String
    var product: Int
    static func < (a: Key, b: Key) -> Bool { (a.name, a.product) < (b.name, b.product) }
  }

  struct Sum {
    var requests: Int128 = 0
    var tokens: Int128 = 0
    var cost = Money.zero

    static func += (a: inout Sum, b: Sum) {
      a.requests += b.requests
      a.tokens += b.tokens
      a.cost += b.cost
    }
  }

  let namesMax: Int
  private var sums: [Key: Sum] = [:]
  private var rest: [Int: Sum] = [:]
  /// What sorts behind it is in the rest; nil while there was room for all.
  private var lastKept: Key?

  init(namesMax: Int) { self.namesMax = namesMax }

  mutating func add(_ name: String, _ product: Int, _ counts: WeightedCounts, _ cost: Money) {
    let tokens = counts.inputTokens + counts.cacheReadTokens + counts.cacheWriteTokens + counts.outputTokens
    let sum = Sum(requests: counts.requests, tokens: tokens, cost: cost)
    let key = Key(name: name, product: product)
    if let lastKept, lastKept < key {
      rest[product, default: Sum()] += sum
      return
    }
    sums[key, default: Sum()] += sum
    // Cut at twice the limit, so that sorting is paid once in as many names.
    if sums.count >= 2 * namesMax { cut() }
  }

  /// What sorts behind so many others never comes back among the first of them, so no sum is cut in two.
  private mutating func cut() {
    guard sums.count > namesMax else { return }
    let keys = sums.keys.sorted()
    for key in keys[namesMax...] {
      if let sum = sums.removeValue(forKey: key) { rest[key.product, default: Sum()] += sum }
    }
    lastKept = keys[namesMax - 1]
  }

  func list(_ kind: CallerKind) -> [Books.Caller] {
    var all = self
    all.cut()
    func caller(_ product: Int, _ name: String?, _ sum: Sum) -> Books.Caller {
      Books.Caller(
        kind: kind, product: product, name: name, requests: sum.requests, tokens: sum.tokens, cost: sum.cost)
    }
    let named = all.sums.map { caller($0.product, $0.name, $1) }.sorted {
      ($0.product, $1.cost, $0.name ?? "") < ($1.product, $0.cost, $1.name ?? "")
    }
    let others = all.rest.sorted { $0.key < $1.key }.map { caller($0.key, nil, $0.value) }
    return named + others
  }
}
