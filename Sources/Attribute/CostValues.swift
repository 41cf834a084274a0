internal import Ledger
import Yams

/// The values that entries of a costs file share: amounts, percentages, months, and who bears it.
struct CostValues {
  let nodes: NodeReader

  static let allocationWords =
    "give one of product, seats, evenly, weights, usage, or keep: centre"

  func words(_ node: Node, _ what: String) throws(RulesError) -> String {
    let text = try nodes.scalar(node, what)
    guard !text.utf8.contains(0) else { throw nodes.fault(node, "\(what) has a NUL, which no store keeps") }
    return text
  }

  /// Plain decimal digits, exact: 800, 49.90.
  func amount(_ node: Node, currency: String) throws(RulesError) -> Costs.Amount {
    let text = try nodes.scalar(node, "amount")
    let isPlain = text.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
    let limit = Costs.Limit.amountMax * powerOfTen(Money.fractionDigits)
    guard isPlain, let units = DecimalNumber(text)?.units(fractionDigits: Money.fractionDigits),
      units <= limit
    else {
      throw nodes.fault(
        node, "\"\(text)\" is no amount such as 800 or 49.90: digits and a point, not negative, no separators"
      )
    }
    return Costs.Amount(text: text, currency: currency, units: units)
  }

  /// `10%`, `10`, `2.5 %`.
  func percent(_ node: Node, _ what: String) throws(RulesError) -> Costs.Percent {
    let text = try nodes.scalar(node, what)
    let digits = String(text.hasSuffix("%") ? text.dropLast() : text[...]).filter { $0 != " " }
    let isPlain = digits.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
    let units = DecimalNumber(digits)?.units(fractionDigits: Costs.Limit.percentDigits)
    guard isPlain, let units, units <= 100 * powerOfTen(Costs.Limit.percentDigits) else {
      throw nodes.fault(
        node,
        "\"\(text)\" is no percentage such as 10%: 0 to 100, at most \(Costs.Limit.percentDigits) digits behind "
          + "the point")
    }
    return Costs.Percent(text: digits, units: units)
  }

  /// `2026-10`.
  func month(_ node: Node, _ what: String) throws(RulesError) -> String {
    let text = try nodes.scalar(node, what)
    guard text.utf8.count == 7, Timestamp.parse((text + "-01T00:00:00Z").utf8) != nil else {
      throw nodes.fault(node, "\"\(text)\" is no month such as 2026-10")
    }
    return text
  }

  /// Products with whole numbers, as the file has them.
  func weights(_ node: Node, _ what: String) throws(RulesError) -> [Costs.Weight] {
    var result: [Costs.Weight] = []
    for (key, value) in try nodes.mapping(node, what) {
      let text = try nodes.scalar(value, key.name)
      guard let weight = Int64(text), (1...SplitLimit.weightMax).contains(weight) else {
        throw nodes.fault(value, "\(what) are whole numbers from 1 to \(SplitLimit.weightMax)")
      }
      result.append(Costs.Weight(product: key.name, weight: weight))
    }
    guard !result.isEmpty else { throw nodes.fault(node, "\(what) need at least one product") }
    return result.sorted { $0.product < $1.product }
  }

  /// Nil where the word is none of an allocation's.
  func allocation(_ word: String, _ node: Node) throws(RulesError) -> Costs.Allocation? {
    switch word {
    case "product": return .product(try nodes.scalar(node, word))
    case "seats": return .seats(try weights(node, word))
    case "weights": return .weights(try weights(node, word))
    case "evenly":
      let ids = try nodes.texts(node, word)
      guard Set(ids).count == ids.count else { throw nodes.fault(node, "a product stands there twice") }
      return .evenly(ids == ["all"] ? nil : ids.sorted())
    case "usage":
      let providers = try nodes.texts(node, word)
      return .usage(providers == ["all"] ? nil : providers.sorted())
    case "keep":
      guard try nodes.scalar(node, word) == "centre" else { throw nodes.fault(node, "keep is centre") }
      return .centre
    default: return nil
    }
  }
}

/// What entries have alike, while one is read.
struct EntryReader {
  private(set) var name: String?
  private(set) var vendor: String?
  private(set) var allocation: Costs.Allocation?
  private var amountNode: Node?
  private var currency = "USD"
  private var isMonthly = false
  private var month: String?
  private var from: String?
  private var until: String?
  private let node: Node
  private let values: CostValues

  init(_ node: Node, _ values: CostValues) {
    self.node = node
    self.values = values
  }

  var hasNoAmount: Bool { amountNode == nil }

  /// - Returns: whether it is a word of every entry.
  mutating func take(_ word: String, _ node: Node) throws(RulesError) -> Bool {
    switch word {
    case "name": name = try values.words(node, word)
    case "vendor": vendor = try values.words(node, word)
    case "amount": amountNode = node
    case "currency":
      currency = try values.nodes.scalar(node, word)
      guard isCurrencyCode(currency) else {
        throw values.nodes.fault(node, "\"\(currency)\" is no currency such as USD or JPY")
      }
    case "per":
      guard try values.nodes.scalar(node, word) == "month" else {
        throw values.nodes.fault(node, "per is month; for a single month write month: 2026-10")
      }
      isMonthly = true
    case "month": month = try values.month(node, word)
    case "from": from = try values.month(node, word)
    case "until": until = try values.month(node, word)
    default: return false
    }
    return true
  }

  /// - Returns: whether it is a word that says who bears the cost.
  mutating func takeAllocation(_ word: String, _ node: Node) throws(RulesError) -> Bool {
    guard let found = try values.allocation(word, node) else { return false }
    guard allocation == nil else {
      throw values.nodes.fault(node, "a cost is put on products by one method, and this is the second")
    }
    allocation = found
    return true
  }

  func amount(_ node: Node) throws(RulesError) -> Costs.Amount {
    guard let amountNode else { throw values.nodes.fault(node, "an amount is needed") }
    return try values.amount(amountNode, currency: currency)
  }

  func when(_ node: Node) throws(RulesError) -> Costs.When {
    guard isMonthly != (month != nil) else {
      throw values.nodes.fault(node, "give either per: month, or month: 2026-10 for a single one")
    }
    if let month {
      guard from == nil, until == nil else {
        throw values.nodes.fault(node, "from and until belong to per: month")
      }
      return .once(month)
    }
    if let from, let until, from >= until {
      throw values.nodes.fault(node, "until is the first month it no longer costs, so it lies behind from")
    }
    return .monthly(from: from, until: until)
  }
}
