public import Ledger

/// The rate table, `fx.csv`: a heading, then one rate a line.
///
/// `rate` is how many units of the currency one US dollar is in that month, as plain decimal digits. `kind`, a last
/// column that may be left out, says in words which rate it is. Lines that begin with `#` are comments.
public enum ExchangeRateFile {
  public static let heading = "month,currency,rate,source,date"

  /// - Parameter name: the file's, for errors.
  /// - Throws: `PriceError` naming the line, for any line that is not a rate and any rate given twice.
  public static func read(_ text: String, name: String) throws(PriceError) -> ExchangeRates {
    var rates: [ExchangeRate] = []
    var seen: Set<[String]> = []
    var columns = 0
    let text = text.unicodeScalars.starts(with: ["\u{FEFF}"]) ? String(text.unicodeScalars.dropFirst()) : text
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, raw) in lines.enumerated() {
      let place = "\(name):\(index + 1)"
      let line = Substring(raw.last == "\r" ? raw.dropLast() : raw)
      if line.isEmpty || line.hasPrefix("#") { continue }
      if columns == 0 {
        guard line == heading || line == heading + ",kind" else {
          throw PriceError(
            place: place, problem: "the heading must be \(heading), with ,kind behind it or not")
        }
        columns = line == heading ? 5 : 6
        continue
      }
      let fields = try PriceFile.fields(line, place)
      guard fields.count == columns else {
        throw PriceError(place: place, problem: "\(fields.count) fields, where the heading has \(columns)")
      }
      let rate = try rate(fields, place)
      guard seen.insert([rate.currency, rate.month]).inserted else {
        throw PriceError(
          place: place, problem: "\(rate.currency) has a rate for \(rate.month) already; keep one of them")
      }
      rates.append(rate)
    }
    guard columns > 0 else { throw PriceError(place: name, problem: "not a rate table: no heading line") }
    return ExchangeRates(rates)
  }

  /// The file that says these rates, in their order.
  public static func text(_ rates: ExchangeRates) -> String {
    let lines = rates.list.map { rate in
      [rate.month, rate.currency, rate.text, rate.source, rate.date, rate.kind].map(PriceFile.field)
        .joined(separator: ",")
    }
    return ([heading + ",kind"] + lines).joined(separator: "\n") + "\n"
  }

  private static func rate(_ fields: [String], _ place: String) throws(PriceError) -> ExchangeRate {
    func fault(_ problem: String) -> PriceError { PriceError(place: place, problem: problem) }
    func isDay(_ text: String) -> Bool {
      text.utf8.count == 10 && Timestamp.parse((text + "T00:00:00Z").utf8) != nil
    }
    let (month, currency) = (fields[0], fields[1])
    guard month.utf8.count == 7, isDay(month + "-01") else {
      throw fault("\"\(month)\" is no month such as 2026-10")
    }
    guard isCurrencyCode(currency), currency != "USD" else {
      throw fault("\"\(currency)\" is no currency such as JPY; rates are units of it for one US dollar")
    }
    let units = DecimalNumber(fields[2])?.units(fractionDigits: ExchangeRate.Limit.fractionDigits)
    guard let units, units > 0, units <= ExchangeRate.Limit.max, !fields[2].lowercased().contains("e") else {
      throw fault(
        "\"\(fields[2])\" is no rate such as 151.25: digits, and at most "
          + "\(ExchangeRate.Limit.fractionDigits) of them behind the point")
    }
    guard !fields[3].isEmpty else { throw fault("a rate needs its source: who published it") }
    guard isDay(fields[4]) else { throw fault("\"\(fields[4])\" is no day such as 2026-10-31") }
    return ExchangeRate(
      month: month, currency: currency, units: units, kind: fields.count > 5 ? fields[5] : "",
      source: fields[3], date: fields[4])
  }
}
