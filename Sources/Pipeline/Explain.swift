public import Attribute
public import JSON
public import Ledger
public import Price
internal import Report
public import Store

/// The way of one request through the books: where its line stands, what it counted, which rates, which product.
public struct Explanation: Sendable {
  public struct Part: Sendable {
    public var charge: Charge
    public var lines: [Charge.Line]
    /// `openai gpt-4o-mini, returned model, exact`; nil where no price fits.
    public var priceEntry: String?
    public var shares: [Share]
  }

  public var usage: Usage
  public var parts: [Part]
  public var rule: Rules.Rule?
  public var ruleNumber: Int?
  public var products: [Product]
  public var priceVersion: String
  public var attributionVersion: String
  /// Of a request in a closed period: how it was booked at the close.
  public var closed: ClosedPart?

  public struct ClosedPart: Sendable {
    public var period: String
    public var closedAt: Int64
    /// What was booked of the request; nil where its line was read after the close.
    public var booked: BookedPart?
    /// Where what has changed since is adjusted.
    public var openPeriod: String
  }

  public struct BookedPart: Sendable {
    /// Nil where it was unknown.
    public var cost: Money?
    public var products: [(id: String, cost: Money)]
    public var priceVersion: String
    public var attributionVersion: String
  }

  public var total: Money { parts.reduce(.zero) { $0 + $1.charge.total } }
  public var unpricedReasons: [String] { parts.compactMap(\.charge.unpricedReason) }
}

/// Explains every attempt of a request.
/// - Parameter id: the request's own id, the vendor's request id, or the answer's id.
/// - Throws: `StoreError`.
public func explain(
  id: String, store: Store, prices: PriceFolder.Stored, rules: Rules
) throws -> [Explanation] {
  var filter = Store.RequestFilter()
  filter.anyID = id
  var result: [Explanation] = []
  try store.forEachRequest(filter) { usage in
    result.append(Explanation(of: usage, prices: prices, rules: rules))
  }
  return result.sorted { ($0.usage.attempt, $0.usage.time) < ($1.usage.attempt, $1.usage.time) }
}

extension Explanation {
  init(of usage: Usage, prices: PriceFolder.Stored, rules: Rules) {
    let priced = prices.book.price(usage)
    let number = rules.match(usage)
    self.init(
      usage: usage,
      parts: priced.charges.indices.map { index in
        Part(
          charge: priced.charges[index], lines: priced.lines[index],
          priceEntry: priced.charges[index].match,
          shares: rules.shares(of: priced.charges[index], rule: number))
      },
      rule: number.map { rules.rules[$0] }, ruleNumber: number.map { $0 + 1 }, products: rules.products,
      priceVersion: prices.book.version, attributionVersion: rules.version)
  }
}

extension Explanation {
  /// As text for a person.
  public var text: String {
    var lines: [String] = []
    func say(_ label: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      lines.append("  " + padded(label, 13) + safe(value))
    }
    let facts = usage.facts
    lines.append(
      "request \(safe(usage.id)), attempt \(usage.attempt)\(usage.final ? "" : " (followed by another)")")
    say("raw line", "\(usage.place.file):\(usage.place.line)")
    say("time", Timestamp.text(usage.time))
    say(
      "outcome",
      [usage.outcome.rawValue, usage.status.map(String.init), usage.errorType].compactMap { $0 }.joined(
        separator: ", "))
    say("key", [facts.keyName, facts.keyID].compactMap { $0 }.joined(separator: ", "))
    say("team, user", [facts.team, usage.user].compactMap { $0 }.joined(separator: ", "))
    say("tags", facts.tags.map { "\($0.name)=\($0.value)" }.joined(separator: ", "))
    say("profile", facts.inferenceProfile)
    say("model", "requested \(facts.modelRequested ?? "-"), returned \(facts.modelReturned ?? "-")")
    say("provider", [facts.provider, facts.endpoint, facts.region].compactMap { $0 }.joined(separator: ", "))
    say("tier", serviceTierName(facts.serviceTier))
    say("price facts", facts.priceFacts.map { "\($0.name)=\($0.value)" }.joined(separator: ", "))
    say("answer", [usage.responseID, usage.vendorRequestID].compactMap { $0 }.joined(separator: ", "))
    say("counts are", countsState)
    say("not read", usage.unknownFields.joined(separator: ", "))
    for part in parts { lines += textLines(part) }
    lines.append("  " + padded("cost", 13) + costText)
    say("stated", usage.statedCost.map { "\($0) USD, by the source; compared, not charged" })
    if let rule {
      say("rule", "\(ruleNumber ?? 0), \(rule.place)")
    } else {
      say("rule", "none matches: unattributed")
    }
    for (product, amount, weight) in productAmounts {
      let cost = isUnknown ? "unknown" : "\(amount) USD"
      lines.append("    \(padded(safe(products[product].id), 24)) \(padded(weight, 9)) \(cost)")
    }
    say("prices", priceVersion)
    say("rules", attributionVersion)
    if let closed { lines += textLines(closed) }
    return lines.joined(separator: "\n")
  }

  /// Nothing of it could be priced: then no product's part is a number either.
  var isUnknown: Bool {
    usage.outcome == .interrupted
      || !unpricedReasons.isEmpty && !parts.contains { $0.charge.hasPricedMeter }
  }

  private var costText: String {
    if usage.outcome == .interrupted { return "unknown: the request began, and its end was never logged" }
    let reasons = unpricedReasons.joined(separator: "; ")
    if reasons.isEmpty { return "\(total) USD" }
    return isUnknown ? "unknown: \(reasons)" : "\(total) USD, and an unknown part: \(reasons)"
  }

  private var countsState: String {
    var words: [String] = []
    if usage.flags.contains(.estimated) { words.append("estimated by the proxy") }
    if usage.flags.contains(.clamped) { words.append("mended: a part was larger than its whole") }
    if usage.flags.contains(.totalMismatch) { words.append("at odds with the vendor's own total") }
    if usage.flags.contains(.usageMissing) { words.append("missing: the answer came without usage") }
    if usage.flags.contains(.unknownField) { words.append("without fields that no rule reads") }
    if usage.flags.contains(.notBilled) { words.append("shown by the vendor, but not charged") }
    return words.isEmpty ? "the vendor's" : words.joined(separator: "; ")
  }

  private func textLines(_ part: Part) -> [String] {
    guard !part.lines.isEmpty else { return [] }
    var lines = ["  " + padded("price entry", 13) + safe(part.priceEntry ?? "none")]
    for line in part.lines {
      let rate = line.rate.map { "\($0)" } ?? "?"
      let amount = line.rate.map { "\($0 * line.count) USD" } ?? "unknown"
      lines.append(
        "    \(padded(line.meter.name, 16)) \(padded(String(line.count), 10)) x \(padded(rate, 14)) = \(amount)"
          + "   (\(line.note))"
      )
    }
    return lines
  }

  /// Each product's part over all models in the answer.
  var productAmounts: [(product: Int, amount: Money, weight: String)] {
    var result: [(product: Int, amount: Money, weight: String)] = []
    for share in parts.flatMap(\.shares) {
      if let at = result.firstIndex(where: { $0.product == share.product }) {
        result[at].amount += share.amounts.total
      } else {
        result.append((share.product, share.amounts.total, "\(share.weight)/\(share.weightTotal)"))
      }
    }
    return result
  }

  public func writeJSON(_ writer: inout JSONWriter) {
    let facts = usage.facts
    writer.object { writer in
      writer.member("id", usage.id)
      writer.member("attempt", usage.attempt)
      writer.member("file", usage.place.file)
      writer.member("line", usage.place.line)
      writer.member("time", Timestamp.text(usage.time))
      writer.member("outcome", usage.outcome.rawValue)
      writer.member("provider", facts.provider)
      writer.member("model_requested", facts.modelRequested)
      writer.member("model_returned", facts.modelReturned)
      writer.member("service_tier", serviceTierName(facts.serviceTier))
      writer.member(
        "price_facts",
        object: { writer in
          for fact in facts.priceFacts { writer.member(fact.name, fact.value) }
        })
      writer.member("counts_are", countsState)
      writer.member(
        "unknown_fields",
        array: { writer in
          for field in usage.unknownFields { writer.string(field) }
        })
      writer.member("cost_usd", isUnknown ? nil : total.description)
      writer.member("unpriced", unpricedReasons.isEmpty ? nil : unpricedReasons.joined(separator: "; "))
      writer.member("rule", ruleNumber)
      writer.member("rule_place", rule?.place)
      writer.name("parts")
      writer.array { writer in
        for part in parts {
          writer.object { writer in
            writer.member("model", part.charge.model)
            writer.member("price_entry", part.priceEntry)
            writer.name("meters")
            writer.array { writer in
              for line in part.lines {
                writer.object { writer in
                  writer.member("meter", line.meter.name)
                  writer.member("count", line.count)
                  writer.member("usd_per_unit", line.rate?.description)
                  writer.member("cost_usd", line.rate.map { ($0 * line.count).description })
                  writer.member("note", line.note)
                }
              }
            }
          }
        }
      }
      writer.name("shares")
      writer.array { writer in
        for (product, amount, weight) in productAmounts {
          writer.object { writer in
            writer.member("product", products[product].id)
            writer.member("weight", weight)
            writer.member("cost_usd", isUnknown ? nil : amount.description)
          }
        }
      }
      writer.member("prices_version", priceVersion)
      writer.member("attribution_version", attributionVersion)
      if let closed { writeJSON(closed, &writer) }
    }
  }
}

private enum ExplainLimit {
  /// An ARN or a set of tags fits; a value made to fill the screen does not.
  static let valueCharactersMax = 1000
}

/// Text from outside, which can neither steer a terminal nor begin a line of its own.
func safe(_ text: String) -> String {
  PlainText.oneLine(text, max: ExplainLimit.valueCharactersMax)
}

func padded(_ text: String, _ columns: Int) -> String {
  PlainText.padded(text, columns: columns, right: false)
}
