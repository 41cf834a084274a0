internal import Crypto
internal import Ledger

/// A price file that cannot be used: where and why.
public struct PriceError: Error, Hashable, Sendable, CustomStringConvertible {
  public var place: String
  public var problem: String
  public init(place: String, problem: String) {
    self.place = place
    self.problem = problem
  }
  public var description: String { "\(place): \(problem)" }
}

/// The book's own file format: comment lines, a heading, and one price a line, sorted, for reading in a diff.
///
/// `usd` is what `per` units cost: tokens per million, everything else per one; empty where the price ends.
/// `factor` is for lines of the meters `tokens` and `all`, which multiply other prices. A version is named by
/// the SHA-256 of its price lines alone, so that a comment changes nothing.
public enum PriceFile {
  public static let heading =
    "basis,provider,model,region,service_tier,context_over,when,meter,usd,per,factor,effective_from"
  private static let fieldCount = 12

  /// No unit price is higher: a rate in femtodollars fits 63 bits.
  public static let usdMax: Int64 = 9_000

  /// The price lines in their canonical order and form.
  public static func lines(_ rows: [PriceRow]) -> [String] { rows.map(line).sorted() }

  public static func version(ofLines lines: [String]) -> String {
    var hash = SHA256()
    for line in lines {
      hash.update(data: Array(line.utf8))
      hash.update(data: [0x0A])
    }
    return hexText(hash.finalize())
  }

  public static func text(lines: [String], comments: [String]) -> String {
    let head = comments.map { comment in
      String(
        String.UnicodeScalarView("# \(comment)".unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }))
    }
    return (head + [heading] + lines).joined(separator: "\n") + "\n"
  }

  private static func line(_ row: PriceRow) -> String {
    var when = row.when.description
    var usd = ""
    var per = ""
    var factor = ""
    switch row.item {
    case .price(let meter, let rate?):
      usd = (rate * meter.publishedPer).description
      per = String(meter.publishedPer)
    case .price(_, nil), .retired: break
    case .factor(_, let value): factor = value.description
    case .alias(let of): when = "of=" + of
    }
    return [
      row.basis.rawValue, row.provider, row.model, row.region, row.serviceTier, String(row.contextOver),
      when, row.item.name, usd, per, factor, row.effectiveFrom.map(Timestamp.text) ?? "",
    ].map(field).joined(separator: ",")
  }

  static func field(_ text: String) -> String {
    let isSpecial = text.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
    guard isSpecial || text.utf8.first == UInt8(ascii: "#") else { return text }
    var quoted = String.UnicodeScalarView("\"".unicodeScalars)
    for scalar in text.unicodeScalars {
      quoted.append(scalar)
      if scalar == "\"" { quoted.append(scalar) }
    }
    quoted.append("\"")
    return String(quoted)
  }

  /// Reads a file of this format.
  /// - Throws: `PriceError` naming the line, for any line that is not a price and any price given twice.
  public static func read(_ text: String, name: String) throws(PriceError) -> (
    rows: [PriceRow], comments: [String]
  ) {
    var rows: [PriceRow] = []
    var comments: [String] = []
    var seen: Set<PriceRow.Identity> = []
    var headed = false
    // By scalars: to Swift, CR LF is one character, and a combining mark makes a comma another one.
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, raw) in lines.enumerated() {
      let place = "\(name):\(index + 1)"
      let line = Substring(raw.last == "\r" ? raw.dropLast() : raw)
      if line.isEmpty { continue }
      if line.hasPrefix("#") {
        comments.append(String(line.dropFirst().drop { $0 == " " }))
        continue
      }
      if !headed {
        guard line == heading else {
          throw PriceError(place: place, problem: "the heading must be \(heading)")
        }
        headed = true
        continue
      }
      let row = try row(fields(line, place), place)
      guard seen.insert(row.identity).inserted else {
        throw PriceError(place: place, problem: "this price is given twice; keep one of them")
      }
      rows.append(row)
    }
    guard headed else { throw PriceError(place: name, problem: "not a price book: no heading line") }
    return (rows, comments)
  }

  static func fields(_ line: Substring, _ place: String) throws(PriceError) -> [String] {
    var result: [String] = []
    var field = ""
    var quoted = false
    var rest = line.unicodeScalars
    while let character = rest.popFirst() {
      if quoted {
        if character == "\"" {
          if rest.first == "\"" {
            field.unicodeScalars.append("\"")
            rest.removeFirst()
          } else {
            quoted = false
          }
        } else {
          field.unicodeScalars.append(character)
        }
      } else if character == "\"" && field.isEmpty {
        quoted = true
      } else if character == "," {
        result.append(field)
        field = ""
      } else {
        field.unicodeScalars.append(character)
      }
    }
    guard !quoted else { throw PriceError(place: place, problem: "a quote is not closed") }
    result.append(field)
    return result
  }

  private static func row(_ fields: [String], _ place: String) throws(PriceError) -> PriceRow {
    func fail(_ problem: String) -> PriceError { PriceError(place: place, problem: problem) }
    guard fields.count == fieldCount else {
      throw fail("\(fieldCount) fields are needed, \(fields.count) found")
    }
    guard let basis = PriceBasis(rawValue: fields[0]) else { throw fail("basis is `list` or `contracted`") }
    guard !fields[1].isEmpty, !fields[2].isEmpty, !fields[4].isEmpty else {
      throw fail("provider, model and service_tier may not be empty")
    }
    guard let over = Int64(fields[5]), over >= 0 else { throw fail("context_over is not a count") }
    var from: Int64?
    if !fields[11].isEmpty {
      guard let time = Timestamp.parse(fields[11].utf8) else {
        throw fail("effective_from is not an RFC 3339 timestamp")
      }
      from = time
    }
    let item = try item(fields, place)
    if case .price = item, fields[4] == "*" {
      throw fail("a price is of one service_tier; * is for factors, aliases and retired models")
    }
    var when = PriceCondition()
    if case .alias = item {
    } else {
      guard let condition = PriceCondition(fields[6]) else {
        throw fail("when is not a condition such as inference_geo=us;utc=16:30-24:00;days=sat+sun")
      }
      when = condition
    }
    return PriceRow(
      basis: basis, provider: fields[1], model: fields[2], region: fields[3], serviceTier: fields[4],
      contextOver: over, when: when, item: item, effectiveFrom: from)
  }

  private static func item(_ fields: [String], _ place: String) throws(PriceError) -> PriceItem {
    func fail(_ problem: String) -> PriceError { PriceError(place: place, problem: problem) }
    let (meterName, usd, per, factor) = (fields[7], fields[8], fields[9], fields[10])
    if let scope = FactorScope(rawValue: meterName) {
      guard usd.isEmpty, per.isEmpty else { throw fail("a factor has no usd and no per") }
      guard let value = PriceFactor(factor) else {
        throw fail("factor is not a decimal number from 0 to 1000 with at most 9 digits behind the point")
      }
      return .factor(scope, value)
    }
    guard factor.isEmpty else { throw fail("a factor is for the meters `tokens` and `all`") }
    switch meterName {
    case "alias":
      // By bytes: to Swift a combining mark makes the equals sign another character.
      guard fields[6].utf8.starts(with: "of=".utf8), fields[6].utf8.count > 3, usd.isEmpty, per.isEmpty
      else {
        throw fail("an alias has when `of=MODEL`, and no usd and per")
      }
      return .alias(of: String(decoding: fields[6].utf8.dropFirst(3), as: UTF8.self))
    case "retired":
      guard usd.isEmpty, per.isEmpty, !fields[11].isEmpty else {
        throw fail("a retired model has effective_from, and no usd and per")
      }
      return .retired
    default: break
    }
    guard let meter = PricedMeter(name: meterName) else { throw fail("unknown meter \"\(meterName)\"") }
    if usd.isEmpty, per.isEmpty { return .price(meter, nil) }
    guard let per = Int64(per), per > 0 else { throw fail("per is not a positive count") }
    guard let number = DecimalNumber(usd), let (rate, rounded) = number.femtodollars(per: per) else {
      throw fail("usd is not a decimal number")
    }
    guard !rounded else {
      throw fail("usd per one unit is finer than 1e-15 USD; round it, and say so in a comment")
    }
    guard rate >= 0 else { throw fail("a price is not negative") }
    guard rate <= Int128(usdMax) * powerOfTen(Money.fractionDigits) else {
      throw fail("a price of more than \(usdMax) USD for one unit")
    }
    return .price(meter, Money(femtodollars: rate))
  }
}
