public import Ledger
internal import Yams

/// A request as the rules file has it under `tests`, and the products that it must land on.
public struct RuleExample: Sendable {
  public var facts: RequestFacts
  public var user: String?
  public var ip: String?
  /// When it arrives; nil asks at every date at which the rules change.
  public var time: Int64?
  /// As written: `2026-10-05`.
  public var timeText: String
  /// Wanted, in the products' order: one product, or a split.
  public var parts: [Rules.Part]
  /// Where it stands: `attribution.yaml:21`.
  public var place: String

  /// - Parameter products: those of the file, without `unattributed`.
  init(
    _ node: Node, _ nodes: NodeReader, _ products: [Product], _ dayBegin: (String) -> Int64?
  ) throws(RulesError) {
    facts = RequestFacts()
    timeText = ""
    parts = []
    place = nodes.place(node)
    func index(_ node: Node) throws(RulesError) -> Int {
      let id = try nodes.scalar(node, "product")
      if id == Product.unattributed.id { return products.count }
      guard let index = products.firstIndex(where: { $0.id == id }) else {
        throw nodes.fault(node, "product \"\(id)\" is not among the products")
      }
      return index
    }
    for (key, value) in try nodes.mapping(node, "a test") {
      switch key.name {
      case "request": try readFacts(value, nodes)
      case "time":
        timeText = try nodes.scalar(value, key.name)
        time = dayBegin(timeText) ?? Timestamp.parse(timeText.utf8)
        guard time != nil else {
          throw nodes.fault(value, "\"\(timeText)\" is no day such as 2026-10-05, nor a time in UTC")
        }
      case "product": parts.append(.init(product: try index(value), weight: 1))
      case "split":
        for (key, value) in try nodes.mapping(value, key.name) {
          guard let weight = Int64(try nodes.scalar(value, key.name)),
            (1...SplitLimit.weightMax).contains(weight)
          else { throw nodes.fault(value, "a weight is a whole number from 1 to \(SplitLimit.weightMax)") }
          parts.append(.init(product: try index(key.node), weight: weight))
        }
      default:
        throw nodes.fault(
          key.node, "unknown word \"\(key.name)\" in a test; it has request, time, product or split")
      }
    }
    guard !parts.isEmpty else { throw nodes.fault(node, "a test needs product or split: where it must land") }
    parts.sort { $0.product < $1.product }
  }

  private mutating func readFacts(_ node: Node, _ nodes: NodeReader) throws(RulesError) {
    for (key, value) in try nodes.mapping(node, "request") {
      if key.name == "tags" {
        for (tag, value) in try nodes.mapping(value, "tags") {
          facts.tags.append(.init(name: tag.name, value: try nodes.scalar(value, tag.name)))
        }
        facts.tags.sort { $0.name < $1.name }
        continue
      }
      let text = try nodes.scalar(value, key.name)
      switch key.name {
      case "key": facts.keyName = text
      case "key_id": facts.keyID = text
      case "team": facts.team = text
      case "user": user = text
      case "model": facts.modelReturned = text
      case "provider": facts.provider = text
      case "endpoint": facts.endpoint = text
      case "inference_profile": facts.inferenceProfile = text
      case "agent": facts.agent = text
      case "ip": ip = text
      default: throw nodes.fault(key.node, "unknown fact \"\(key.name)\"; facts have the names of conditions")
      }
    }
  }
}

/// What became of one example at one time.
public struct RuleExampleResult: Sendable {
  public var example: RuleExample
  /// The instant it was asked at.
  public var time: Int64
  /// The rule that placed it; nil where none did.
  public var rule: Int?
  public var parts: [Rules.Part]
  public var passed: Bool
}

extension Rules {
  /// Asks the rules where each example lands: at its own time, or at each date at which the rules change.
  public func results(of examples: [RuleExample]) -> [RuleExampleResult] {
    let turns = Set(rules.flatMap { [$0.from, $0.until].compactMap(\.self) }).sorted()
    // Before the first change, and from each on.
    let times = [(turns.first ?? 0) - 1] + turns
    return examples.flatMap { example in
      (example.time.map { [$0] } ?? times).map { time in
        let rule = match(example.facts, user: example.user, ip: example.ip, time: time)
        let parts = rule.map { rules[$0].parts } ?? [Part(product: unattributed, weight: 1)]
        return RuleExampleResult(
          example: example, time: time, rule: rule, parts: parts, passed: isSame(parts, example.parts))
      }
    }
  }

  /// The same products in the same proportion: 60 to 40 is 3 to 2.
  private func isSame(_ a: [Part], _ b: [Part]) -> Bool {
    let (sumA, sumB) = (a.reduce(0) { $0 + $1.weight }, b.reduce(0) { $0 + $1.weight })
    return a.map(\.product) == b.map(\.product)
      && zip(a, b).allSatisfy { Int128($0.weight) * Int128(sumB) == Int128($1.weight) * Int128(sumA) }
  }

  /// `a`, or `a 60 : b 40`.
  public func text(of parts: [Part]) -> String {
    parts.count == 1
      ? products[parts[0].product].id
      : parts.map { "\(products[$0.product].id) \($0.weight)" }.joined(separator: " : ")
  }
}
