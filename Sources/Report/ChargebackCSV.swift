import Ledger

/// In: the books. Out: `chargeback.csv`, one line a row, money exact and unrounded.
enum ChargebackCSV {
  static func bytes(_ books: Books) -> [UInt8] {
    var csv = CSVWriter(byteOrderMark: true)
    for title in titles + convertedTitles(books) { csv.text(title) }
    csv.endLine()
    let converted = ConvertedBooks(books)
    let counts = PrintedCounts(books)
    for (index, row) in books.rows.enumerated() {
      let product = books.products[row.product]
      csv.text(books.period.label)
      csv.text(product.id)
      csv.text(product.costCenter ?? "")
      csv.text(row.provider)
      csv.text(row.model)
      csv.text(row.serviceTier)
      for column in CountColumn.allCases {
        csv.number(decimalText(counts[column, row: index], fractionDigits: 6, trimmed: true))
      }
      csv.number(row.state == .unpriced ? "" : row.cost.description)
      csv.text(row.state.rawValue)
      csv.text(row.entry.rawValue)
      csv.text(row.forPeriod)
      if books.currency != nil { convert(row, index, converted, &csv) }
      csv.endLine()
    }
    return csv.bytes
  }

  /// The rate is empty where months of the period have different ones; run.json has each.
  private static func convert(
    _ row: Books.Row, _ index: Int, _ converted: ConvertedBooks?, _ csv: inout CSVWriter
  ) {
    let isKnown = row.state != .unpriced
    csv.number(isKnown ? converted?.currency.singleRate?.text ?? "" : "")
    csv.number(isKnown ? converted.map { $0.currency.digits($0.rows[index]) } ?? "" : "")
  }

  private static func convertedTitles(_ books: Books) -> [String] {
    books.currency.map { ["fx_rate", "cost_" + $0.code.lowercased()] } ?? []
  }

  static let titles =
    ["period", "product", "cost_center", "provider", "model", "service_tier"]
    + CountColumn.allCases.map(\.rawValue) + ["cost_usd", "cost_state", "entry", "for_period"]
}
