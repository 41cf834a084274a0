import JSON
import Ledger

/// In: the books. Out: `focus.csv`, the rows of `chargeback.csv` as a FOCUS 1.2 Cost and Usage dataset, for
/// tools that read every vendor's bill in that one form.
///
/// What has no price has no cost, but FOCUS allows no empty cost: such a row says `0.0` with `unpriced` in
/// `x_CostState` and in its description. Costs are computed from a price book, not taken from an invoice, so
/// contracted, effective and billed cost are one figure and `InvoiceId` stays empty; `ListCost` is another where
/// the book has contracted prices.
///
/// A fixed cost is two rows, as FOCUS has what is paid for ahead: a `Purchase` that is billed and has no effective cost,
/// and a `Usage` that is not billed and bears it. A credit is a `Credit`, and what is moved between products an
/// `Adjustment` whose rows add up to zero. Tax that vendors bill is a `Tax` row of no product. Without those, billed and
/// effective cost each add up to the books.
///
/// What corrects a closed period is a row of its own for each day and reason: billed in this period, charged for
/// the original day, `Correction`, without quantities.
enum FocusCSV {
  static func bytes(_ books: Books) -> [UInt8] {
    // No byte order mark: this file is for machines.
    var csv = CSVWriter(byteOrderMark: false)
    for column in columns { csv.text(column) }
    csv.endLine()
    let counts = PrintedCounts(books)
    for (index, row) in books.rows.enumerated() where row.entry != .adjustment {
      for values in asBilled(values(of: row, index, books, counts), row.entry) { write(values, to: &csv) }
    }
    for one in books.adjustments.corrected {
      for adjustment in one.list {
        let values = values(of: adjustment, in: one.period, books)
        for values in asBilled(values, adjustment.place.entry) { write(values, to: &csv) }
      }
    }
    for tax in books.taxes where !tax.isReverseCharge { write(values(of: tax, books), to: &csv) }
    return csv.bytes
  }

  /// A purchase, and the use of it; anything else as it is.
  private static func asBilled(_ values: [String: Value], _ entry: Entry) -> [[String: Value]] {
    guard entry == .fixed else { return [values] }
    var purchase = values
    purchase["EffectiveCost"] = .number("0.0")
    var use = values
    use["ChargeCategory"] = .text("Usage")
    use["ChargeFrequency"] = .text("Usage-Based")
    for column in ["BilledCost", "ContractedCost", "ListCost"] { use[column] = .number("0.0") }
    if let quantity = values["PricingQuantity"] {
      use["ConsumedQuantity"] = quantity
      use["ConsumedUnit"] = values["PricingUnit"]
    }
    return [purchase, use]
  }

  private static func write(_ values: [String: Value], to csv: inout CSVWriter) {
    for column in columns {
      switch values[column] {
      case .number(let digits): csv.number(digits)
      case .text(let text): csv.text(text)
      case nil: csv.number("")
      }
    }
    csv.endLine()
  }

  /// FOCUS's own, then the custom ones, which carry `x_`.
  static let columns = [
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
    "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency",
    "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountStatus", "ConsumedQuantity", "ConsumedUnit",
    "ContractedCost", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost", "PricingQuantity",
    "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName", "ServiceSubcategory",
    "SubAccountId", "SubAccountName", "SubAccountType", "Tags", "x_ProductName", "x_Model", "x_ServiceTier",
    "x_CostCenter", "x_CostState", "x_Entry", "x_ForPeriod", "x_InputTokens", "x_CacheReadTokens",
    "x_CacheWriteTokens", "x_OutputTokens",
  ]

  private enum Value {
    case text(String)
    case number(String)
  }

  private static func values(
    of row: Books.Row, _ index: Int, _ books: Books, _ counts: PrintedCounts
  ) -> [String: Value] {
    var values = values(of: row, books)
    func tokens(_ column: CountColumn) -> Value { .number(quantity(counts[column, row: index])) }
    values["x_InputTokens"] = tokens(.inputTokens)
    values["x_CacheReadTokens"] = tokens(.cacheReadTokens)
    values["x_CacheWriteTokens"] = tokens(.cacheWriteTokens)
    values["x_OutputTokens"] = tokens(.outputTokens)
    switch category(row.entry) {
    case "Usage":
      values["ConsumedQuantity"] = tokens(.requests)
      values["ConsumedUnit"] = .text("Requests")
      values["PricingQuantity"] = tokens(.requests)
      values["PricingUnit"] = .text("Requests")
    case "Purchase":
      values["PricingQuantity"] = .number("1.0")
      values["PricingUnit"] = .text("Units")
    default: break
    }
    return values
  }

  private static func values(
    of adjustment: Adjustment, in period: Period, _ books: Books
  ) -> [String: Value] {
    let place = adjustment.place
    let product = books.products.firstIndex { $0.id == place.product } ?? books.products.count - 1
    let state = adjustment.now?.state ?? .exact
    let row = Books.Row(
      product: product, provider: place.provider, model: place.model, serviceTier: place.serviceTier,
      entry: .adjustment, forPeriod: adjustment.forPeriod, counts: WeightedCounts(),
      cost: adjustment.difference, state: state)
    var values = values(of: row, books)
    values["ChargeClass"] = .text("Correction")
    values["ChargeCategory"] = .text(category(place.entry))
    values["ChargeFrequency"] = .text(frequency(place.entry))
    let model = place.model.isEmpty ? "unknown" : place.model
    let what =
      place.serviceTier.isEmpty ? plain(model, or: place.entry.rawValue) : "\(model), \(place.serviceTier)"
    func words(_ amount: BookedAmount?) -> String {
      amount?.state == .unpriced ? "unknown" : "\(amount?.cost ?? .zero)"
    }
    values["ChargeDescription"] = .text(
      "\(what): correction of \(adjustment.forPeriod) for \(adjustment.reason.rawValue), "
        + "was \(words(adjustment.was)), is \(words(adjustment.now))")
    if place.entry != .usage {
      // It is of the period, and its day only says which month.
      values["ChargePeriodStart"] = .text(instant(period.begin))
      values["ChargePeriodEnd"] = .text(instant(period.end))
    } else if let day = period.days.firstIndex(where: { $0.label == place.day }) {
      let end = day + 1 < period.days.count ? period.days[day + 1].begin : period.end
      values["ChargePeriodStart"] = .text(instant(period.days[day].begin))
      values["ChargePeriodEnd"] = .text(instant(end))
    }
    return values
  }

  /// Tax is nobody's: it has no product.
  private static func values(of tax: TaxLine, _ books: Books) -> [String: Value] {
    let row = Books.Row(
      product: books.unattributedIndex, provider: tax.vendor, model: tax.name, serviceTier: "", entry: .fixed,
      forPeriod: books.period.label, counts: WeightedCounts(), cost: tax.tax, state: tax.state)
    var values = values(of: row, books)
    values["ChargeCategory"] = .text("Tax")
    values["ChargeDescription"] = .text(
      "\(plain(tax.name, or: "tax")), \(tax.rate)% of \(tax.base) USD in \(tax.month)")
    values["x_Entry"] = .text("tax")
    for column in [
      "SubAccountId", "SubAccountName", "SubAccountType", "Tags", "x_ProductName", "x_CostCenter",
    ] {
      values[column] = nil
    }
    return values
  }

  /// What usage and corrections have alike.
  private static func values(of row: Books.Row, _ books: Books) -> [String: Value] {
    let product = books.products[row.product]
    let cost = Value.number(decimal(row.cost.description))
    let provider = row.provider.isEmpty ? "unknown" : row.provider
    let model = row.model.isEmpty ? "unknown" : row.model
    let begin = Value.text(instant(books.period.begin))
    let end = Value.text(instant(books.period.end))
    var values: [String: Value] = [
      "BillingAccountId": .text(provider), "BillingAccountName": .text(provider),
      "BillingCurrency": .text("USD"),
      "BillingPeriodStart": begin, "BillingPeriodEnd": end, "ChargePeriodStart": begin,
      "ChargePeriodEnd": end,
      "ChargeCategory": .text(category(row.entry)), "ChargeFrequency": .text(frequency(row.entry)),
      "ChargeDescription": .text(description(row, model)),
      "InvoiceIssuerName": .text(provider), "ProviderName": .text(provider), "PublisherName": .text(provider),
      "ServiceCategory": .text("AI and Machine Learning"), "ServiceSubcategory": .text("Generative AI"),
      "ServiceName": .text(provider), "SubAccountId": .text(product.id),
      // FOCUS names are ASCII; the name as people know it is a custom column.
      "SubAccountName": .text(product.name.allSatisfy(\.isASCII) ? product.name : product.id),
      "x_ProductName": .text(product.name),
      "SubAccountType": .text("Product"), "Tags": .text(tags(product)),
      "x_Model": .text(model), "x_ServiceTier": .text(row.serviceTier),
      "x_CostState": .text(row.state.rawValue), "x_Entry": .text(row.entry.rawValue),
      "x_ForPeriod": .text(row.forPeriod),
    ]
    for column in ["BilledCost", "ContractedCost", "EffectiveCost"] { values[column] = cost }
    values["ListCost"] = .number(decimal(row.listCost.description))
    if let costCenter = product.costCenter { values["x_CostCenter"] = .text(costCenter) }
    return values
  }

  private static func category(_ entry: Entry) -> String {
    switch entry {
    case .usage, .adjustment: "Usage"
    case .fixed: "Purchase"
    case .credit: "Credit"
    case .allocation: "Adjustment"
    }
  }

  private static func frequency(_ entry: Entry) -> String {
    switch entry {
    case .usage, .adjustment: "Usage-Based"
    case .fixed: "Recurring"
    case .credit, .allocation: "One-Time"
    }
  }

  private static func description(_ row: Books.Row, _ model: String) -> String {
    if row.serviceTier.isEmpty {
      let name = plain(model, or: row.entry.rawValue)
      return row.state == .unpriced ? "\(name): the amount is unknown" : name
    }
    return switch row.state {
    case .unpriced: "\(model), \(row.serviceTier): no price, the cost is unknown"
    case .partial: "\(model), \(row.serviceTier): a part has no price"
    case .estimated: "\(model), \(row.serviceTier): estimated"
    case .exact: "\(model), \(row.serviceTier)"
    }
  }

  /// FOCUS descriptions are ASCII; a name as people know it stands in a custom column.
  private static func plain(_ name: String, or word: String) -> String {
    name.allSatisfy(\.isASCII) ? name : word
  }

  /// One flat JSON object, as FOCUS wants its tags.
  private static func tags(_ product: Product) -> String {
    var json = JSONWriter()
    json.object { json in
      json.member("product", product.id)
      if let costCenter = product.costCenter { json.member("cost_center", costCenter) }
      if let owner = product.owner { json.member("owner", owner) }
    }
    return json.text
  }

  /// FOCUS readers take a column without any decimal point for whole numbers and refuse it.
  private static func decimal(_ digits: String) -> String { digits.contains(".") ? digits : digits + ".0" }

  private static func quantity(_ millionths: Int128) -> String {
    decimal(decimalText(millionths, fractionDigits: 6, trimmed: true))
  }

  /// Whole seconds: `2026-09-30T15:00:00Z`.
  private static func instant(_ microseconds: Int64) -> String {
    Timestamp.text(microseconds).replacing(".000000Z", with: "Z")
  }
}
