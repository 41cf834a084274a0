/// What an answered request used and what it costs, by the same rules and the same prices as the books: Normalize, then
/// Price. One for each thread.
internal import JSON
internal import Ledger
internal import Normalize
internal import Price
internal import RawLog

/// What one `end` says in money and tokens.
struct RequestUse {
  /// Of what has a price, in femtodollars.
  var cost: Int128 = 0
  var tokens: Int64 = 0
  var inputTokens: Int64 = 0
  var outputTokens: Int64 = 0
  var cachedTokens: Int64 = 0
  /// Something of it has no price.
  var isUnpriced = false
  /// An answer came, and nobody knows what it used.
  var isUnknown = false
}

/// How a request ended, as far as money asks for it.
struct End {
  var outcome: Outcome
  var errorType: String?
  var source: UsageSource

  /// The vendor had it, and may bill it whatever it answered. What it refused it does not bill.
  var mayBeBilled: Bool {
    switch outcome {
    case .ok, .clientGone, .streamBroken, .interrupted: true
    case .vendorError: Self.unheard.contains(errorType ?? "")
    case .clientError, .refused: false
    }
  }

  private static let unheard: Set<String> = [
    Problem.vendorTimeout.type, Problem.vendorClosed.type, Problem.stopped.type,
  ]
}

final class UseReader {
  private var pricer: Pricer?
  private var version = -1
  private let tape = JSONTape()
  private let shapes = JSONShapes()
  private var text: [UInt8] = []
  /// By its facts' number a request's prices are found at once. The last one's are mostly the next one's, too.
  private var numbers: [RequestFacts: Int] = [:]
  private var last: (facts: RequestFacts, number: Int)?
  private static let numbersMax = 4096
  /// The rates asked for last, which are mostly the next ones too.
  private var asked: (query: RateQuery, others: [String], cards: [RateCard])?
  /// The last endpoint and model, which are mostly the next ones too.
  private var format: (endpoint: String, model: String?, format: UsageFormat)?

  /// Prices with this book from now on.
  func use(_ shelf: PriceShelf) {
    let (newest, book) = shelf.current(unless: version) ?? (version, nil)
    guard newest != version else { return }
    version = newest
    pricer = book.map { Pricer(book: $0) }
    asked = nil
  }

  /// The rates by the query's tier and by each of the others; empty where there are no prices.
  func cards(_ query: RateQuery, orTiers others: [String], at time: Int64) -> [RateCard] {
    guard let pricer else { return [] }
    if let asked, asked.query == query, asked.others == others,
      asked.cards.allSatisfy({ $0.span.contains(time) })
    {
      return asked.cards
    }
    var cards = [pricer.card(query, at: time)]
    for tier in others where tier != query.serviceTier {
      var other = query
      other.serviceTier = tier
      cards.append(pricer.card(other, at: time))
    }
    asked = (query, others, cards)
    return cards
  }

  /// A record whose `end` is about to be, or was, written.
  func read(_ record: LogRecord, time: Int64) -> RequestUse {
    guard let usage = record.usage else {
      return read(nil, nil, facts(record), end(record), time: time)
    }
    text.removeAll(keepingCapacity: true)
    text += "{\"u\":".utf8
    text += usage
    text += ",\"b\":{".utf8
    for (index, fact) in record.billing.enumerated() {
      text += (index == 0 ? "\"" : ",\"").utf8
      text += fact.name.utf8
      text += "\":".utf8
      text += fact.json
    }
    text += "}}".utf8
    let root = parsed()
    return read(root?["u"], root?["b"], facts(record), end(record), time: time)
  }

  /// Most usage objects are one that was read before, with other counts in it.
  private func parsed() -> JSONValue? {
    let count = text.count
    text += repeatElement(0, count: JSONShapes.Limit.slackBytes)
    let known: JSONValue? = text.withUnsafeBufferPointer { text in
      guard let start = text.baseAddress, let found = shapes.match(at: start, end: start + count),
        found.count == count
      else { return nil }
      return found.value
    }
    if let known { return known }
    text.removeLast(JSONShapes.Limit.slackBytes)
    do throws(JSONError) {
      let value = try tape.parse(text)
      shapes.learn(value)
      return value
    } catch {
      return nil
    }
  }

  private func end(_ record: LogRecord) -> End {
    End(outcome: record.outcome, errorType: record.error?.type, source: record.usageSource)
  }

  private func facts(_ record: LogRecord) -> RequestFacts {
    RequestFacts(
      endpoint: record.endpoint, provider: record.provider, upstream: record.upstream, region: record.region,
      modelRequested: record.modelRequested, modelRouted: record.modelRouted,
      modelReturned: record.modelReturned)
  }

  func read(
    _ usage: JSONValue?, _ billing: JSONValue?, _ facts: RequestFacts, _ end: End, time: Int64
  ) -> RequestUse {
    var result = RequestUse()
    guard usage != nil || billing?.hasMembers == true else {
      result.isUnknown = end.mayBeBilled
      return result
    }
    var priced = Usage(
      id: "", attempt: 1, final: true, time: time, place: .init(file: "", line: 0), facts: facts,
      outcome: end.outcome)
    do throws(NormalizeFault) {
      let model = facts.modelReturned ?? facts.modelRouted ?? facts.modelRequested
      let normalized = try normalize(format(facts.endpoint ?? "", model), usage: usage, billing: billing)
      priced.counts = normalized.counts
      priced.otherModels = normalized.otherModels
      priced.flags = normalized.flags
      priced.facts.serviceTier = normalized.serviceTier
      priced.facts.priceFacts = normalized.priceFacts
    } catch {
      result.isUnknown = true
      return result
    }
    if end.mayBeBilled, usage == nil, priced.counts.isZero { priced.flags.insert(.usageMissing) }
    // Of an estimate only what could be seen is known: what a model thought, nobody has heard.
    result.isUnknown = priced.flags.contains(.usageMissing) || end.source == .estimated
    guard add(priced.counts, to: &result), priced.otherModels.allSatisfy({ add($0.counts, to: &result) })
    else {
      return RequestUse(isUnknown: true)
    }
    guard let pricer else {
      result.isUnpriced = true
      return result
    }
    priced.factsNumber = number(priced.facts)
    let charges = priced.otherModels.isEmpty ? [pricer.charge(priced)] : pricer.charges(priced)
    for charge in charges {
      result.cost += charge.total.femtodollars
      if charge.isUnpriced { result.isUnpriced = true }
    }
    return result
  }

  /// 0 for those that there is no place for any more.
  private func number(_ facts: RequestFacts) -> Int {
    if let last, last.facts == facts { return last.number }
    var number = numbers[facts] ?? 0
    if number == 0, numbers.count < Self.numbersMax {
      number = numbers.count + 1
      numbers[facts] = number
    }
    last = (facts, number)
    return number
  }

  /// More than any model takes is no count: it would only break the sums.
  private static let tokensMax: Int64 = 1 << 32

  /// - Returns: false where a count cannot be.
  private func add(_ counts: TokenCounts, to result: inout RequestUse) -> Bool {
    guard Meter.allCases.allSatisfy({ (0...Self.tokensMax).contains(counts[$0]) }) else { return false }
    result.inputTokens += counts.totalInput
    result.outputTokens += counts[.output] + counts[.outputAudio] + counts[.outputImage]
    result.cachedTokens += counts[.cacheRead] + counts[.cacheReadAudio] + counts[.cacheReadImage]
    result.tokens = result.inputTokens + result.outputTokens
    return true
  }

  private func format(_ endpoint: String, _ model: String?) -> UsageFormat {
    if let format, format.endpoint == endpoint, format.model == model { return format.format }
    let made = UsageFormat(endpoint: endpoint, model: model)
    format = (endpoint, model, made)
    return made
  }
}
