public import Ledger

/// One usage's charges: its own model's first, then those of other models inside the same answer.
public struct PricedUsage: Sendable {
  public var charges: [Charge]
  /// The rates each charge was made with.
  public var cards: [RateCard]
  /// How each charge came to its amounts, for `explain`.
  public var lines: [[Charge.Line]]
}

extension PriceBook {
  /// Prices one usage, with the reasons. For many, `Pricer` keeps what it looked up.
  public func price(_ usage: Usage) -> PricedUsage { Pricer(book: self).explained(usage) }
}

/// Prices many usages of one book: the rates of each kind of request are looked up once.
public final class Pricer {
  public let book: PriceBook
  private var cards: [RateQuery: [RateCard]] = [:]
  private var cardCount = 0
  /// The last card used for each number of facts, so that most requests need no look-up at all.
  private var recent: [RateCard?] = []

  public init(book: PriceBook) { self.book = book }

  /// A usage's charges: its own model's first, then those of other models inside the same answer.
  public func charges(_ usage: Usage) -> [Charge] {
    var result = [charge(usage)]
    for other in usage.otherModels {
      let card = card(RateQuery(usage.facts, other: other.model), at: usage.time)
      result.append(card.charge(other.counts, model: other.model, isBilled: usage.isBilled))
    }
    return result
  }

  /// The charges with the reason for every rate.
  public func explained(_ usage: Usage) -> PricedUsage {
    let own = card(RateQuery(usage.facts), at: usage.time)
    var result = PricedUsage(
      charges: charges(usage), cards: [own],
      lines: [
        own.lines(
          usage.counts, isBilled: usage.isBilled, isRequest: usage.isAnswered,
          contextTokens: usage.contextTokens)
      ])
    for other in usage.otherModels {
      let card = card(RateQuery(usage.facts, other: other.model), at: usage.time)
      result.cards.append(card)
      result.lines.append(card.lines(other.counts, isBilled: usage.isBilled))
    }
    return result
  }

  /// The charge of the usage's own model.
  public func charge(_ usage: Usage) -> Charge {
    let card =
      recentCard(usage.factsNumber, at: usage.time) ?? card(usage.facts, usage.factsNumber, at: usage.time)
    return card.charge(
      usage.counts, model: usage.facts.model, isBilled: usage.isBilled, isRequest: usage.isAnswered,
      isUsageMissing: usage.flags.contains(.usageMissing), contextTokens: usage.contextTokens)
  }

  /// Whether a price turned on how long each request of a sum was, which nobody said: the mean is taken for all.
  public func guessesContext(_ usage: Usage) -> Bool {
    guard usage.flags.contains(.aggregate), usage.statedContext == nil else { return false }
    let card = card(usage.facts, usage.factsNumber, at: usage.time)
    return card.levels.dropFirst().first.map { usage.counts.totalInput > $0.contextOver } ?? false
  }

  /// The card last used for these facts, if it holds at this time.
  @inline(__always)
  public func recentCard(_ factsNumber: Int, at time: Int64) -> RateCard? {
    guard factsNumber > 0, factsNumber < recent.count, let card = recent[factsNumber],
      card.span.contains(time)
    else { return nil }
    return card
  }

  /// The card for facts, kept under their number.
  public func card(_ facts: RequestFacts, _ factsNumber: Int, at time: Int64) -> RateCard {
    let found = card(RateQuery(facts), at: time)
    guard factsNumber > 0, factsNumber < PricerLimit.factsMax else { return found }
    if factsNumber >= recent.count {
      let size = max(factsNumber + 1, 2 * recent.count)
      recent += Array(repeating: nil, count: size - recent.count)
    }
    recent[factsNumber] = found
    return found
  }

  /// The card for a kind of request, looked up once.
  public func card(_ query: RateQuery, at time: Int64) -> RateCard {
    if let known = cards[query]?.last(where: { $0.span.contains(time) }) { return known }
    if cardCount >= PricerLimit.cardsMax {
      cards.removeAll()
      cardCount = 0
    }
    let card = book.rateCard(query, at: time)
    cards[query, default: []].append(card)
    cardCount += 1
    return card
  }
}

enum PricerLimit {
  /// Cards kept; beyond it the memory starts anew. A card is about 2 KB.
  static let cardsMax = 50_000
  /// Numbers of facts with a place of their own; others are looked up by their facts.
  static let factsMax = 1_000_000
}

extension Usage {
  fileprivate var isBilled: Bool { !flags.contains(.notBilled) }
  /// A fee for each request falls due with an answer.
  fileprivate var isAnswered: Bool {
    (outcome == .ok || outcome == .clientGone) && isBilled && !flags.contains(.aggregate)
  }

  /// How long one request of a sum was: what the vendor says of all, else their mean.
  fileprivate var contextTokens: Int64? {
    guard flags.contains(.aggregate) else { return nil }
    return statedContext ?? counts.totalInput / max(1, requests)
  }

  /// `200k-1M`: each was longer than 200,000 tokens.
  fileprivate var statedContext: Int64? {
    guard let window = facts.priceFacts.first(where: { $0.name == "context_window" })?.value,
      let low = window.split(separator: "-").first
    else { return nil }
    if let tokens = Int64(low) { return tokens == 0 ? 0 : tokens + 1 }
    guard let thousands = Int64(low.dropLast()), low.hasSuffix("k"), thousands < 1_000_000 else { return nil }
    return thousands * 1000 + 1
  }
}
