internal import JSON
internal import Ledger

/// What a day cost: OpenAI's `GET /v1/organization/costs`, Anthropic's `GET /v1/organizations/cost_report`.
enum CostRows {
  static let openai = SourceLayout(
    signature: ["results.object", "results.line_item", "results.amount"],
    required: ["data", "results.amount", "results.line_item"],
    known: pageNames
      + [
        "project_id", "api_key_id", "user_id", "api_source", "quantity", "quantity_unit",
      ].map { "results." + $0 })
  static let anthropic = SourceLayout(
    signature: ["results.cost_type", "results.token_type", "results.amount", "results.description"],
    required: ["data", "results.amount", "results.currency", "results.cost_type"],
    known: pageNames
      + [
        "model", "workspace_id", "service_tier", "context_window", "inference_geo", "speed",
      ].map { "results." + $0 })

  static func statement(
    _ row: JSONValue, _ format: SourceFormat, _ day: Int64, _ place: Usage.Place
  ) throws(SourceFault) -> VendorStatement {
    var one = VendorStatement(
      kind: "costs", provider: format.provider, day: day, model: model(row, format), place: place)
    one.amount = try amount(row, format)
    return one
  }

  /// OpenAI writes dollars as a number, Anthropic cents as a decimal text.
  private static func amount(_ row: JSONValue, _ format: SourceFormat) throws(SourceFault) -> Money {
    let isOpenAI = format == .openaiCosts
    let holder = isOpenAI ? row.present("amount") : row
    let currency = holder?.present("currency")?.string ?? ""
    guard currency.lowercased() == "usd" else {
      throw .row("an amount is in \"\(printable(currency))\", not in US dollars")
    }
    let value = holder?.present(isOpenAI ? "value" : "amount")
    guard let text = isOpenAI ? value?.numberText ?? value?.string : value?.string,
      let number = DecimalNumber(text), let (femtodollars, _) = number.femtodollars(per: isOpenAI ? 1 : 100)
    else {
      throw .row("an amount is not " + (isOpenAI ? "a number of dollars" : "a decimal text of cents"))
    }
    return Money(femtodollars: femtodollars)
  }

  /// `gpt-5.4-2026-03-05, input` is a line of a model; anything else keeps the vendor's word.
  private static func model(_ row: JSONValue, _ format: SourceFormat) -> String {
    guard format == .openaiCosts else {
      return statedName(row.present("model")?.string ?? row.present("cost_type")?.string)
    }
    let item = row.present("line_item")?.string
    return statedName(item.map { String($0.prefix { $0 != "," }) })
  }
}
