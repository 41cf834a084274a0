import JSON
import Ledger

/// The part of `run.json` on costs that no request made, taxes and the report currency.
enum CostsJSON {
  static func write(_ books: Books, _ json: inout JSONWriter) {
    json.member(
      "costs",
      object: { json in
        json.member("version", books.costsVersion)
        guard !books.costs.isEmpty else { return }
        json.member(
          "lines",
          array: { json in
            for line in books.costs { write(line, &json) }
          })
      })
    if !books.taxes.isEmpty {
      json.member(
        "taxes",
        array: { json in
          for tax in books.taxes { write(tax, &json) }
        })
    }
    if let currency = books.currency { write(currency, books, &json) }
  }

  private static func write(_ line: CostLine, _ json: inout JSONWriter) {
    json.object { json in
      json.member("kind", line.kind.rawValue)
      json.member("name", line.name)
      json.member("vendor", line.vendor)
      json.member("month", line.slice.month)
      json.member("days", line.slice.days.count)
      json.member("days_in_month", line.slice.daysInMonth)
      if let given = line.given {
        json.member("given", given.amount)
        json.member("unit", given.unit)
        if !given.rate.isEmpty { json.member("rate", given.rate) }
      }
      if let committed = line.committed { json.member("committed_usd", committed.description) }
      if let drawn = line.drawn { json.member("drawn_usd", drawn.description) }
      json.member("amount_usd", line.amount?.description)
      json.member("cost_state", line.state.rawValue)
      json.member("method", method(line.method))
      if case .usage(let providers) = line.method, !providers.isEmpty {
        json.member(
          "providers",
          array: { json in
            for provider in providers { json.string(provider) }
          })
      }
      if line.hadNoBasis { json.member("without_basis", true) }
      json.member(
        "parts",
        array: { json in
          for part in line.parts {
            json.object { json in
              json.member("product", part.product)
              json.member("weight", weight(part, line))
              json.member("cost_usd", line.amount == nil ? nil : part.cost.description)
            }
          }
        })
    }
  }

  private static func method(_ method: AllocationMethod) -> String {
    switch method {
    case .product: "product"
    case .seats: "seats"
    case .evenly: "evenly"
    case .weights: "weights"
    case .usage: "usage"
    case .centre: "centre"
    }
  }

  /// Metered cost is money, in dollars; the others are counts.
  private static func weight(_ part: CostLine.Part, _ line: CostLine) -> String {
    if case .usage = line.method, !line.hadNoBasis { return Money(femtodollars: part.weight).description }
    return String(part.weight)
  }

  private static func write(_ tax: TaxLine, _ json: inout JSONWriter) {
    json.object { json in
      json.member("name", tax.name)
      json.member("vendor", tax.vendor)
      json.member("month", tax.month)
      json.member("rate_percent", tax.rate)
      json.member("reverse_charge", tax.isReverseCharge)
      json.member("base_usd", tax.base.description)
      json.member("tax_usd", tax.tax.description)
      json.member("cost_state", tax.state.rawValue)
    }
  }

  private static func write(_ currency: ReportCurrency, _ books: Books, _ json: inout JSONWriter) {
    json.member(
      "currency",
      object: { json in
        json.member("code", currency.code)
        if let converted = ConvertedBooks(books) {
          json.member("total", currency.digits(converted.total))
          json.member(
            "products",
            object: { json in
              for (product, units) in zip(books.products, converted.products) {
                json.member(product.id, currency.digits(units))
              }
            })
        }
        json.member(
          "rates",
          array: { json in
            for rate in currency.rates {
              json.object { json in
                json.member("month", rate.month)
                json.member("rate", rate.text)
                json.member("kind", rate.kind)
                json.member("source", rate.source)
                json.member("date", rate.date)
              }
            }
          })
        json.member(
          "months_without_rate",
          array: { json in
            for month in currency.missingMonths { json.string(month) }
          })
      })
  }
}
