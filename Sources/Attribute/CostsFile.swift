internal import Crypto
internal import Ledger
internal import Yams

extension Costs {
  /// Reads `costs.yaml`.
  ///
  /// - Parameters:
  ///   - text: YAML with `fixed`, `commitments`, `credits`, `unattributed` and `tax`.
  ///   - name: the file's name, for errors.
  /// - Throws: `RulesError` naming the line, for anything that is not understood: an unknown word is never skipped.
  public init(yaml text: String, name: String) throws(RulesError) {
    self.init()
    guard let root = try NodeReader.root(text, name: name) else { return }
    var reader = CostsReader(nodes: NodeReader(file: name))
    try reader.read(root)
    self = reader.costs
    version = hexText(SHA256.hash(data: Array(reader.canonical.joined(separator: "\n").utf8)))
  }
}

/// The order of the file's parts; each kind of entry is read below it, their values in `CostValues`.
private struct CostsReader {
  let nodes: NodeReader
  var costs = Costs()
  /// What the file says, one item a line: what the version is made from.
  var canonical: [String] = []
  private var names: Set<String> = []

  init(nodes: NodeReader) { self.nodes = nodes }

  private var values: CostValues { CostValues(nodes: nodes) }

  mutating func read(_ root: Node) throws(RulesError) {
    for (key, value) in try nodes.mapping(root, "the file") {
      switch key.name {
      case "fixed":
        for item in try nodes.sequence(value, key.name) { costs.fixed.append(try fixed(item, "fixed")) }
      case "commitments":
        for item in try nodes.sequence(value, key.name) {
          costs.commitments.append(try fixed(item, "commitment"))
        }
      case "credits":
        for item in try nodes.sequence(value, key.name) { costs.credits.append(try credit(item)) }
      case "tax":
        for item in try nodes.sequence(value, key.name) { costs.taxes.append(try tax(item)) }
      case "unattributed": costs.spread = try spread(value)
      default:
        throw nodes.fault(
          key.node,
          "unknown word \"\(key.name)\"; a costs file has fixed, commitments, credits, unattributed and tax")
      }
    }
    let count = costs.fixed.count + costs.commitments.count + costs.credits.count + costs.taxes.count
    guard count <= Costs.Limit.entriesMax else {
      throw nodes.fault(root, "\(count) entries; there is room for \(Costs.Limit.entriesMax)")
    }
  }

  /// A fixed cost, or a commitment, which is one whose unused rest costs.
  private mutating func fixed(_ node: Node, _ kind: String) throws(RulesError) -> Costs.Fixed {
    let isCommitment = kind == "commitment"
    var entry = EntryReader(node, values)
    var result = Costs.Fixed()
    for (key, value) in try nodes.mapping(node, "a \(kind)") {
      if try entry.take(key.name, value) { continue }
      if isCommitment, key.name == "unused" {
        for (key, value) in try nodes.mapping(value, "unused") {
          guard try entry.takeAllocation(key.name, value) else {
            throw nodes.fault(key.node, "unknown word \"\(key.name)\"; \(CostValues.allocationWords)")
          }
        }
        continue
      }
      let isTaken = isCommitment ? false : try entry.takeAllocation(key.name, value)
      guard isTaken else { throw nodes.fault(key.node, "unknown word \"\(key.name)\" in a \(kind)") }
    }
    result.name = try name(entry, node)
    result.vendor = entry.vendor ?? ""
    if isCommitment, result.vendor.isEmpty {
      throw nodes.fault(node, "a commitment needs the vendor whose usage it is drawn by")
    }
    result.amount = try entry.amount(node)
    result.when = try entry.when(node)
    guard let allocation = entry.allocation else {
      throw nodes.fault(
        node,
        (isCommitment ? "a commitment needs unused, with who bears it: " : "who bears it? ")
          + CostValues.allocationWords)
    }
    result.allocation = try resolved(allocation, vendor: result.vendor, node)
    result.place = nodes.place(node)
    note(
      kind, [result.name, result.vendor, result.amount.canonical, result.when.canonical], result.allocation)
    return result
  }

  private mutating func credit(_ node: Node) throws(RulesError) -> Costs.Credit {
    var entry = EntryReader(node, values)
    var result = Costs.Credit()
    var percent: Costs.Percent?
    for (key, value) in try nodes.mapping(node, "a credit") {
      if try entry.take(key.name, value) { continue }
      if try entry.takeAllocation(key.name, value) { continue }
      guard key.name == "percent" else {
        throw nodes.fault(key.node, "unknown word \"\(key.name)\" in a credit")
      }
      percent = try values.percent(value, "percent")
    }
    result.name = try name(entry, node)
    result.vendor = entry.vendor ?? ""
    guard !result.vendor.isEmpty else { throw nodes.fault(node, "a credit needs the vendor that gives it") }
    if let percent {
      guard entry.hasNoAmount else {
        throw nodes.fault(node, "a credit has an amount or a percent, not both")
      }
      result.size = .percent(percent)
    } else {
      result.size = .amount(try entry.amount(node))
    }
    result.when = try entry.when(node)
    // Whoever used the vendor has earned the discount.
    result.allocation = try resolved(entry.allocation ?? .usage(["vendor"]), vendor: result.vendor, node)
    result.place = nodes.place(node)
    note(
      "credit", [result.name, result.vendor, result.size.canonical, result.when.canonical], result.allocation)
    return result
  }

  private mutating func tax(_ node: Node) throws(RulesError) -> Costs.Tax {
    var result = Costs.Tax()
    var rate: Costs.Percent?
    for (key, value) in try nodes.mapping(node, "a tax") {
      switch key.name {
      case "name": result.name = try values.words(value, key.name)
      case "rate": rate = try values.percent(value, key.name)
      case "reverse-charge":
        let text = try nodes.scalar(value, key.name)
        guard text == "true" || text == "false" else {
          throw nodes.fault(value, "reverse-charge is true or false")
        }
        result.isReverseCharge = text == "true"
      case "vendors":
        let vendors = try nodes.texts(value, key.name)
        result.vendors = vendors == ["all"] ? nil : vendors.sorted()
      default: throw nodes.fault(key.node, "unknown word \"\(key.name)\" in a tax")
      }
    }
    guard !result.name.isEmpty, let rate else { throw nodes.fault(node, "a tax needs a name and a rate") }
    result.rate = rate
    result.place = nodes.place(node)
    canonical.append(
      canonicalItems(
        ["tax", result.name, String(rate.units), String(result.isReverseCharge)]
          + (result.vendors ?? ["all"])))
    return result
  }

  private mutating func spread(_ node: Node) throws(RulesError) -> Costs.Spread? {
    var method: (text: String, node: Node)?
    var weights: [Costs.Weight]?
    var products: [String]?
    for (key, value) in try nodes.mapping(node, "unattributed") {
      switch key.name {
      case "spread": method = (try nodes.scalar(value, key.name), value)
      case "weights": weights = try values.weights(value, key.name)
      case "products": products = try nodes.texts(value, key.name)
      default: throw nodes.fault(key.node, "unknown word \"\(key.name)\" in unattributed")
      }
    }
    guard let method else {
      throw nodes.fault(node, "unattributed needs spread: keep, usage, evenly or weights")
    }
    guard (weights == nil) == (method.text != "weights"), products == nil || method.text == "evenly" else {
      throw nodes.fault(node, "weights belong to spread: weights, and products to spread: evenly")
    }
    let taking = (weights ?? []).map(\.product) + (products ?? [])
    guard !taking.contains(Product.unattributed.id) else {
      throw nodes.fault(node, "what is unattributed is spread to other products")
    }
    let allocation: Costs.Allocation
    switch method.text {
    case "keep": return nil
    case "usage": allocation = .usage(nil)
    case "evenly": allocation = .evenly(products)
    case "weights": allocation = .weights(weights ?? [])
    default:
      throw nodes.fault(
        method.node, "spread \"\(method.text)\" is not known; there are keep, usage, evenly and weights")
    }
    note("unattributed", [], allocation)
    return Costs.Spread(allocation: allocation, place: nodes.place(node))
  }

  // MARK: -

  private mutating func name(_ entry: EntryReader, _ node: Node) throws(RulesError) -> String {
    guard let name = entry.name, !name.isEmpty else {
      throw nodes.fault(node, "it needs a name: reports show it")
    }
    guard name != CostLine.spreadName else {
      throw nodes.fault(node, "\"\(name)\" is the name of what spreads unattributed cost; choose another")
    }
    guard names.insert(name).inserted else {
      throw nodes.fault(node, "\"\(name)\" is the name of another entry; reports tell them apart by it")
    }
    return name
  }

  /// `usage: vendor` is the usage of the entry's own vendor.
  private func resolved(
    _ allocation: Costs.Allocation, vendor: String, _ node: Node
  ) throws(RulesError) -> Costs.Allocation {
    guard case .usage(let providers?) = allocation, providers.contains("vendor") else { return allocation }
    guard providers.count == 1, !vendor.isEmpty else {
      throw nodes.fault(node, "usage: vendor needs a vendor, and stands alone")
    }
    return .usage([vendor])
  }

  private mutating func note(_ kind: String, _ texts: [String], _ allocation: Costs.Allocation) {
    canonical.append(canonicalItems([kind] + texts + allocation.canonical))
  }
}

extension Costs.Amount {
  fileprivate var canonical: String { "\(units) \(currency)" }
}

extension Costs.Credit.Size {
  fileprivate var canonical: String {
    switch self {
    case .amount(let amount): amount.canonical
    case .percent(let percent): "\(percent.units) %"
    }
  }
}

extension Costs.When {
  fileprivate var canonical: String {
    switch self {
    case .once(let month): "once \(month)"
    case .monthly(let from, let until): "monthly \(from ?? "") \(until ?? "")"
    }
  }
}

extension Costs.Allocation {
  fileprivate var canonical: [String] {
    switch self {
    case .product(let id): ["product", id]
    case .seats(let weights): ["seats"] + weights.map { "\($0.product)=\($0.weight)" }
    case .weights(let weights): ["weights"] + weights.map { "\($0.product)=\($0.weight)" }
    case .evenly(let ids): ["evenly"] + (ids ?? ["*"])
    case .usage(let providers): ["usage"] + (providers ?? ["*"])
    case .centre: ["centre"]
    }
  }
}
