import Ledger

/// In: the books. Out: `adjustments.csv`, one line for each place in a closed period that is corrected here, for
/// each reason; money exact and unrounded. `was_usd` or `is_usd` is empty where the cost is unknown.
enum AdjustmentsCSV {
  static func bytes(_ books: Books) -> [UInt8] {
    var csv = CSVWriter(byteOrderMark: true)
    for title in titles { csv.text(title) }
    csv.endLine()
    for one in books.adjustments.list {
      csv.text(books.period.label)
      csv.text(one.forPeriod)
      csv.text(one.place.day)
      csv.text(one.place.product)
      csv.text(one.place.provider)
      csv.text(one.place.model)
      csv.text(one.place.serviceTier)
      csv.text(one.reason.rawValue)
      csv.text(PlainText.oneLine(one.words))
      amount(one.was, &csv)
      amount(one.now, &csv)
      csv.number(one.difference.description)
      for version in [
        one.pricesWas, one.pricesNow, one.rulesWas, one.rulesNow, one.costsWas, one.costsNow,
        one.place.entry.rawValue,
      ] { csv.text(version) }
      csv.endLine()
    }
    return csv.bytes
  }

  private static func amount(_ amount: BookedAmount?, _ csv: inout CSVWriter) {
    csv.number(amount?.state == .unpriced ? "" : (amount?.cost ?? .zero).description)
    csv.text(amount?.state.rawValue ?? "")
  }

  static let titles = [
    "period", "for_period", "day", "product", "provider", "model", "service_tier", "reason", "decision",
    "was_usd", "was_state", "is_usd", "is_state", "difference_usd", "prices_was", "prices_is", "rules_was",
    "rules_is", "costs_was", "costs_is", "entry",
  ]
}
