/// What one proxy has of shared budgets, by its own knowledge, held against what the bank's books say that it has.
///
/// A bank has one for each proxy that it serves, and tells it what was done. So an answer that was lost, or a process that
/// was killed, leaves nothing taken that nobody has.
package struct HeldShares: Sendable {
  package struct Place: Hashable, Sendable {
    package var holder: String
    package var budget: String
    package var bucket: Int64

    package init(holder: String, budget: String, bucket: Int64) {
      self.holder = holder
      self.budget = budget
      self.bucket = bucket
    }

    fileprivate var name: Name { Name(holder: holder, budget: budget) }
  }

  fileprivate struct Name: Hashable {
    var holder: String
    var budget: String
  }

  /// What becomes of shares that are told, and none of which is asked for.
  package struct Changes {
    /// Whole nanodollars that the books are to say now, where they say something else.
    package var written: [Place: Int64] = [:]
    /// To each share.
    package var answers: [BankAnswer] = []
    fileprivate var held: [Place: Int64] = [:]
  }

  /// Whole nanodollars, by bucket.
  private var granted: [Name: [Int64: Int64]] = [:]
  /// Buckets of which the books say that it has something, and it has said nothing.
  private var unknown: [Name: Set<Int64>] = [:]

  package init() {}

  /// Whether it was told once what was used before this process began.
  package func isKnown(_ place: Place) -> Bool { granted[place.name]?[place.bucket] != nil }

  // MARK: - What is told

  package func changes(_ shares: some Sequence<BudgetShare>) -> Changes {
    var result = Changes()
    for share in shares {
      let place = share.place
      let had = result.held[place] ?? granted[place.name]?[place.bucket]
      var more: Int64 = 0
      switch share.wish {
      case .take: break
      case .giveBack(let back): result.held[place] = max(0, (had ?? 0) - back)
      case .hold(let amount): result.held[place] = amount
      case .tell(let restart) where had == nil:
        result.held[place] = restart
        more = restart
      case .tell: break
      }
      if case .tell = share.wish {
        for bucket in unknown[place.name] ?? []
        where bucket < share.bucket && bucket >= share.firstBucket ?? .min {
          let other = Place(holder: share.holder, budget: share.budget, bucket: bucket)
          if result.held[other] == nil { result.held[other] = 0 }
        }
      }
      result.answers.append(.done(more: more))
    }
    result.written = result.held.filter { place, amount in
      let isUnknown = unknown[place.name]?.contains(place.bucket) == true
      return isUnknown || (granted[place.name]?[place.bucket] ?? 0) != amount
    }
    return result
  }

  /// They were written, or nobody knows whether they were.
  package mutating func note(_ changes: Changes) {
    for (place, amount) in changes.held { set(place, amount) }
  }

  // MARK: - What is asked for

  /// So much more was given of what was asked for.
  /// - Returns: what there is more, with what a beginning process used before.
  package mutating func take(_ share: BudgetShare, more: Int64) -> Int64 {
    guard case .take(_, _, let restart) = share.wish else { return 0 }
    let place = share.place
    let had = granted[place.name]?[place.bucket]
    if let own = had ?? restart { set(place, own + more) }
    if let first = share.firstBucket, granted[place.name]?.keys.contains(where: { $0 < first }) == true {
      granted[place.name] = granted[place.name]?.filter { $0.key >= first }
    }
    return more + (had == nil ? restart ?? 0 : 0)
  }

  private mutating func set(_ place: Place, _ amount: Int64) {
    granted[place.name, default: [:]][place.bucket] = amount
    unknown[place.name]?.remove(place.bucket)
  }

  // MARK: - After a connection was lost, or for the first time

  /// - Parameter books: what they say that it has.
  /// - Returns: what they are to say instead.
  package mutating func compare(with books: [Place: Int64]) -> [Place: Int64] {
    var result: [Place: Int64] = [:]
    unknown = [:]
    for (name, buckets) in granted {
      for (bucket, amount) in buckets where amount != 0 {
        let place = Place(holder: name.holder, budget: name.budget, bucket: bucket)
        if books[place] == nil { result[place] = amount }
      }
    }
    for (place, amount) in books {
      if let own = granted[place.name]?[place.bucket] {
        if own != amount { result[place] = own }
      } else {
        unknown[place.name, default: []].insert(place.bucket)
      }
    }
    return result
  }
}

extension BudgetShare {
  package var place: HeldShares.Place { .init(holder: holder, budget: budget, bucket: bucket) }
  package var isAskedFor: Bool { if case .take = wish { true } else { false } }
}
