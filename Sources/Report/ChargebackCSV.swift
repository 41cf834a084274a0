import Ledger

/// In: the books. Out: `chargeback.csv`, one line a row, money exact and unrounded.
enum ChargebackCSV {
  static func bytes(_ books: Books) -> [UInt8] {
    var csv = CSVWriter(byteOrderMark: true)
    for title in titles { csv.text(title) }
    csv.endLine()
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
      csv.endLine()
    }
    return csv.bytes
  }

  static let titles =
    ["period", "product", "cost_center", "provider", "model", "service_tier"]
    + CountColumn.allCases.map(\.rawValue) + ["cost_usd", "cost_state", "entry", "for_period"]
}
