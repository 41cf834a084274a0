internal import JSON
internal import Ledger

/// GitHub's billing usage report, the rows of Copilot: premium requests or AI credits by day, user and model.
/// What GitHub states of their cost stands beside the books; what one costs is a line of the price book.
enum CopilotUsage {
  static let layout = SourceLayout(
    signature: [
      "username", "sku", "unit_type", "applied_cost_per_quantity", "gross_amount", "discount_amount",
      "net_amount", "exceeds_quota", "total_monthly_quota",
    ],
    required: [
      "date", "username", "product", "sku", "quantity", "unit_type", "applied_cost_per_quantity",
      "gross_amount",
      "discount_amount", "net_amount",
    ],
    known: [
      "model", "organization", "cost_center_name", "repository", "workflow_path", "aic_quantity",
      "aic_gross_amount",
    ])

  /// GitHub prints amounts to the cent or finer.
  private static let slackFemtodollars: Int128 = 10_000_000_000_000

  /// - Returns: nil for a row of another product than Copilot.
  static func usage(_ row: SourceFields) throws(SourceFault) -> Usage? {
    guard try (row.text("product") ?? "").lowercased().contains("copilot") else { return nil }
    guard let sku = try row.text("sku") else { throw .row("`sku` is missing") }
    guard let date = try row.text("date"), let time = Timestamp.parse("\(date.prefix(10))T00:00:00Z".utf8),
      date.utf8.count == 10 || SourceTime(date)?.exact == time
    else { throw .row("`date` is not a day such as 2026-10-01") }
    guard let text = try row.text("quantity"), let quantity = millionths(text) else {
      throw .row("`quantity` is not a number of 0 or more")
    }
    let model = try row.text("model") ?? sku
    var tags = SourceTags()
    if let name = try row.text("organization") { tags.add("organization", name) }
    if let name = try row.text("cost_center_name") { tags.add("cost_center", name) }
    if let name = try row.text("repository") { tags.add("repository", name) }
    var usage = Usage(
      id: "", attempt: 1, final: true, time: time, place: .init(file: "", line: 0),
      facts: RequestFacts(
        endpoint: "github.copilot", provider: "github_copilot", modelReturned: model, tags: tags.list,
        priceFacts: [.init(name: "sku", value: sku), .init(name: "unit", value: try unit(row))]), outcome: .ok
    )
    usage.user = try row.text("username")
    usage.flags = .aggregate
    usage.counts[.creditMillionth] = quantity
    usage.statedCost = try cost(row, quantity)
    usage.id = [
      sku, model, usage.user ?? "", try row.text("cost_center_name") ?? "", try row.text("repository") ?? "",
      try row.text("workflow_path") ?? "", try row.text("exceeds_quota") ?? "", String(quantity),
      String(usage.statedCost?.femtodollars ?? 0),
    ].joined(separator: "|")
    return usage
  }

  private static func unit(_ row: SourceFields) throws(SourceFault) -> String {
    let unit = try row.text("unit_type") ?? ""
    switch unit.lowercased() {
    case "requests", "request": return "requests"
    case "ai-credits", "ai_credits", "ai credits", "aicredits", "credits": return "credits"
    default: throw .row("`unit_type` \"\(printable(unit))\" is not known; there are requests and ai-credits")
    }
  }

  /// The net amount: quantity times price, less the discount, holds to the cent, so cents for dollars are seen.
  private static func cost(_ row: SourceFields, _ quantity: Int64) throws(SourceFault) -> Money? {
    guard let each = try row.dollars("applied_cost_per_quantity"),
      let gross = try row.dollars("gross_amount"),
      let discount = try row.dollars("discount_amount"), let net = try row.dollars("net_amount")
    else { throw .row("an amount is missing") }
    let product = each.femtodollars * Int128(quantity) / 1_000_000
    guard (product - gross.femtodollars).magnitude <= slackFemtodollars else {
      throw .row(
        "`gross_amount` \(gross) is not `quantity` times `applied_cost_per_quantity` "
          + "(\(Money(femtodollars: product)) USD)")
    }
    guard (gross - discount - net).femtodollars.magnitude <= slackFemtodollars else {
      throw .row("`net_amount` \(net) is not `gross_amount` less `discount_amount` (\(gross - discount) USD)")
    }
    return net
  }
}
