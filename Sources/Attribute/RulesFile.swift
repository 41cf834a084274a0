internal import Crypto
internal import Ledger
internal import Yams

/// A file of rules or costs that cannot be used: where, what is wrong, what to do.
public struct RulesError: Error, Hashable, Sendable, CustomStringConvertible {
  public var place: String
  public var problem: String
  public var description: String { "\(place): \(problem)" }
}

extension Rules {
  /// Reads `attribution.yaml`.
  ///
  /// - Parameters:
  ///   - text: YAML with `products` and `rules`.
  ///   - name: the file's name, for errors.
  ///   - dayBegin: the first instant of a day (`2026-10-01`) in the books' zone; nil for what is no day.
  /// - Throws: `RulesError` naming the line, for anything that is not understood: an unknown word is never skipped.
  public init(
    yaml text: String, name: String, dayBegin: @escaping (String) -> Int64?
  ) throws(RulesError) {
    var reader = RulesReader(name: name, dayBegin: dayBegin)
    if let root = try NodeReader.root(text, name: name) { try reader.read(root) }
    let canonical = reader.canonical.joined(separator: "\n")
    let digest = hexText(SHA256.hash(data: Array(canonical.utf8)))
    self.init(
      products: reader.products + [.unattributed], rules: reader.rules, version: digest,
      examples: reader.examples)
    guard weightDenominator != nil else {
      throw RulesError(
        place: name,
        problem: "the splits' weight totals have no small common denominator; use totals like 100")
    }
  }
}

private struct RulesReader {
  let nodes: NodeReader
  let dayBegin: (String) -> Int64?
  var products: [Product] = []
  var rules: [Rules.Rule] = []
  /// What the rules say, one item a line: what the version is made from.
  var canonical: [String] = []
  /// They say nothing of where cost goes, so they are in no version.
  var examples: [RuleExample] = []

  init(name: String, dayBegin: @escaping (String) -> Int64?) {
    nodes = NodeReader(file: name)
    self.dayBegin = dayBegin
  }

  mutating func read(_ root: Node) throws(RulesError) {
    let members = try nodes.mapping(root, "the file")
    for (key, value) in members {
      switch key.name {
      case "products":
        for item in try nodes.sequence(value, "products") { try readProduct(item) }
      case "rules", "tests": break
      default:
        throw nodes.fault(
          key.node, "unknown word \"\(key.name)\"; a rules file has products, rules and tests")
      }
    }
    for (key, value) in members where key.name == "rules" {
      for item in try nodes.sequence(value, "rules") { try readRule(item) }
    }
    for (key, value) in members where key.name == "tests" {
      for item in try nodes.sequence(value, "tests") {
        examples.append(try RuleExample(item, nodes, products, dayBegin))
      }
    }
  }

  private mutating func readProduct(_ node: Node) throws(RulesError) {
    var id: String?
    var product = Product(id: "", name: "")
    for (key, value) in try nodes.mapping(node, "a product") {
      let text = try nodes.scalar(value, key.name)
      switch key.name {
      case "id": id = text
      case "name": product.name = text
      case "cost_center": product.costCenter = text
      case "owner": product.owner = text
      default: throw nodes.fault(key.node, "unknown word \"\(key.name)\" in a product")
      }
    }
    guard let id, !id.isEmpty else { throw nodes.fault(node, "a product needs an id") }
    guard !id.utf8.contains(0) else {
      throw nodes.fault(node, "a product's id has a NUL, which no store keeps")
    }
    guard id != Product.unattributed.id else {
      throw nodes.fault(node, "\"\(id)\" is the product of what no rule places; choose another id")
    }
    guard !products.contains(where: { $0.id == id }) else {
      throw nodes.fault(node, "product \"\(id)\" is given twice")
    }
    product.id = id
    if product.name.isEmpty { product.name = id }
    products.append(product)
    canonical.append(
      items("product", id, product.name, product.costCenter ?? "", product.owner ?? ""))
  }

  private mutating func readRule(_ node: Node) throws(RulesError) {
    var rule = Rules.Rule(parts: [], conditions: [], place: nodes.place(node))
    var text = ["rule"]
    for (key, value) in try nodes.mapping(node, "a rule") {
      switch key.name {
      case "product":
        guard rule.parts.isEmpty else {
          throw nodes.fault(key.node, "a rule has a product or a split, not both")
        }
        rule.parts = [.init(product: try product(value), weight: 1)]
      case "split":
        guard rule.parts.isEmpty else {
          throw nodes.fault(key.node, "a rule has a product or a split, not both")
        }
        rule.parts = try split(value)
      case "when": rule.conditions = try conditions(value, &text)
      case "from": rule.from = try day(value)
      case "until": rule.until = try day(value)
      default: throw nodes.fault(key.node, "unknown word \"\(key.name)\" in a rule")
      }
    }
    guard !rule.parts.isEmpty else { throw nodes.fault(node, "a rule needs a product or a split") }
    guard !rule.conditions.isEmpty else {
      throw nodes.fault(node, "a rule needs a condition under `when`; for everything write key: \"*\"")
    }
    if let from = rule.from, let until = rule.until, from >= until {
      throw nodes.fault(node, "`until` must be later than `from`: the rule would never hold")
    }
    for part in rule.parts { text.append("\(products[part.product].id)=\(part.weight)") }
    text.append(rule.from.map(Timestamp.text) ?? "")
    text.append(rule.until.map(Timestamp.text) ?? "")
    canonical.append(items(text))
    rules.append(rule)
  }

  private func split(_ node: Node) throws(RulesError) -> [Rules.Part] {
    var parts: [Rules.Part] = []
    for (key, value) in try nodes.mapping(node, "a split") {
      let index = try product(key.node)
      guard let weight = Int64(try nodes.scalar(value, key.name)), (1...SplitLimit.weightMax).contains(weight)
      else {
        throw nodes.fault(value, "a weight is a whole number from 1 to \(SplitLimit.weightMax)")
      }
      parts.append(.init(product: index, weight: weight))
    }
    guard !parts.isEmpty else { throw nodes.fault(node, "a split needs at least one product") }
    return parts.sorted { $0.product < $1.product }
  }

  private func conditions(_ node: Node, _ text: inout [String]) throws(RulesError) -> [Rules.Condition] {
    var result: [Rules.Condition] = []
    for (key, value) in try nodes.mapping(node, "when") {
      switch key.name {
      case "tags":
        for (tag, patterns) in try nodes.mapping(value, "tags") {
          let values = try nodes.texts(patterns, tag.name)
          text.append(items(["tag", tag.name] + values))
          result.append(.matches(.tag(tag.name), values.map(Pattern.init)))
        }
      case "ip":
        let values = try nodes.texts(value, "ip")
        var networks: [Network] = []
        for range in values {
          guard let network = Network(range) else {
            throw nodes.fault(value, "\"\(range)\" is no address range such as 10.0.0.0/8")
          }
          networks.append(network)
        }
        text.append(items(["ip"] + values))
        result.append(.inNetwork(networks))
      default:
        guard let fact = Self.facts[key.name] else {
          throw nodes.fault(
            key.node,
            "unknown condition \"\(key.name)\"; there are \(Self.facts.keys.sorted().joined(separator: ", ")), "
              + "ip and tags")
        }
        let values = try nodes.texts(value, key.name)
        text.append(items([key.name] + values))
        result.append(.matches(fact, values.map(Pattern.init)))
      }
    }
    return result
  }

  private static let facts: [String: Rules.Fact] = [
    "key": .key, "key_id": .keyID, "team": .team, "user": .user, "model": .model,
    "provider": .provider, "endpoint": .endpoint, "inference_profile": .inferenceProfile,
    "agent": .agent,
  ]

  // MARK: - Nodes

  private func product(_ node: Node) throws(RulesError) -> Int {
    let id = try nodes.scalar(node, "product")
    guard let index = products.firstIndex(where: { $0.id == id }) else {
      throw nodes.fault(node, "product \"\(id)\" is not among the products")
    }
    return index
  }

  private func day(_ node: Node) throws(RulesError) -> Int64 {
    let text = try nodes.scalar(node, "a day")
    guard let begin = dayBegin(text) else {
      throw nodes.fault(node, "\"\(text)\" is no day such as 2026-10-01")
    }
    return begin
  }

  private func items(_ texts: String...) -> String { canonicalItems(texts) }
  private func items(_ texts: [String]) -> String { canonicalItems(texts) }
}
