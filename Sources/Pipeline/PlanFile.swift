internal import Crypto
public import Ledger
public import Report

/// A small table that somebody keeps by hand: CSV with a header, UTF-8. Strict, each fault with its line.
public struct PlanFile: Sendable {
  public enum Limit {
    /// A product's budgets of a thousand years.
    static let bytesMax = 8 * 1024 * 1024
  }

  /// The file's name alone.
  public let name: String
  public let sha256: String
  let rows: [Row]

  struct Row: Sendable {
    var line: Int
    var fields: [String]
  }

  /// - Parameters:
  ///   - headers: the columns that may stand there, in order; the first line must be one of these.
  /// - Throws: `UsageError` with the place.
  init(_ bytes: [UInt8], name: String, headers: [[String]]) throws(UsageError) {
    self.name = name
    sha256 = hexText(SHA256.hash(data: bytes))
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let rest = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
    guard bytes.count <= Limit.bytesMax, let text = String(validating: rest, as: UTF8.self) else {
      throw UsageError("\(name): must be UTF-8 text of at most \(Limit.bytesMax) bytes")
    }
    var rows: [Row] = []
    // A row is a line: none of the columns has a reason to hold a line's end.
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      if line.allSatisfy(\.isWhitespace) || line.first == "#" { continue }
      guard let fields = Self.fields(line) else {
        throw UsageError("\(name):\(index + 1): its quotes do not fit; write \"…\" around a whole field")
      }
      rows.append(Row(line: index + 1, fields: fields))
    }
    guard let head = rows.first, headers.contains(head.fields) else {
      let wanted = headers.map { $0.joined(separator: ",") }.joined(separator: " or ")
      throw UsageError("\(name):\(rows.first?.line ?? 1): the first line must be \(wanted)")
    }
    for row in rows where row.fields.count != head.fields.count {
      throw UsageError(
        "\(name):\(row.line): \(row.fields.count) fields, where the header names \(head.fields.count)")
    }
    self.rows = Array(rows.dropFirst())
  }

  /// RFC 4180 without line ends; blanks around a field are not part of it.
  private static func fields(_ line: Substring) -> [String]? {
    var fields: [String] = []
    var rest = line
    while true {
      var field = ""
      rest = rest.drop { $0 == " " || $0 == "\t" }
      if rest.first == "\"" {
        rest.removeFirst()
        while true {
          guard let end = rest.firstIndex(of: "\"") else { return nil }
          field += rest[..<end]
          rest = rest[rest.index(after: end)...]
          guard rest.first == "\"" else { break }
          field += "\""
          rest.removeFirst()
        }
        rest = rest.drop { $0 == " " || $0 == "\t" }
        guard rest.isEmpty || rest.first == "," else { return nil }
      } else {
        let plain = rest.prefix { $0 != "," }
        field = String(plain.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        rest = rest[plain.endIndex...]
      }
      fields.append(field)
      guard rest.first == "," else { return fields }
      rest.removeFirst()
    }
  }

  func place(_ row: Row) -> String { "\(name):\(row.line)" }
}

/// `budgets.csv`: what each product may cost in each month.
public struct BudgetsFile: Sendable {
  public let file: PlanFile
  public let entries: [BudgetEntry]
  public var usesRates: Bool { entries.contains { $0.foreign != nil } }

  /// - Parameter rates: those that budgets in other currencies are converted by, month by month.
  /// - Throws: `UsageError` with the place.
  public init(_ bytes: [UInt8], name: String, rates: ExchangeRates = .none) throws(UsageError) {
    file = try PlanFile(bytes, name: name, headers: [["month", "product", "amount", "currency"]])
    var entries: [BudgetEntry] = []
    var seen: Set<[String]> = []
    for row in file.rows {
      let place = file.place(row)
      let (month, product, amount, currency) = (row.fields[0], row.fields[1], row.fields[2], row.fields[3])
      guard isMonthText(month) else { throw UsageError("\(place): month \"\(month)\": write 2026-10") }
      guard !product.isEmpty else {
        throw UsageError("\(place): a product's id is missing; \(BudgetEntry.total) is for all of them")
      }
      let rate = rates[currency, month: month]
      guard currency == "USD" || rate != nil else {
        throw UsageError(
          isCurrencyCode(currency)
            ? "\(place): the rate table (fx.csv, --fx) has no \(currency) for \(month)"
            : "\(place): currency \"\(currency)\": write three capital letters, such as JPY")
      }
      guard let decimal = DecimalNumber(amount), !decimal.negative, let money = decimal.femtodollars(per: 1),
        !money.rounded
      else { throw UsageError("\(place): amount \"\(amount)\": write digits such as 1200 or 1200.50") }
      guard seen.insert([month, product]).inserted else {
        throw UsageError("\(place): \(product) has a budget for \(month) already")
      }
      entries.append(
        BudgetEntry(
          month: month, product: product,
          amount: rate?.dollars(ofForeign: money.value) ?? Money(femtodollars: money.value),
          foreign: rate.map { BudgetEntry.Foreign(amount: money.value, rate: $0) }, place: place))
    }
    self.entries = entries
  }
}

/// `units.csv`: how many of something each product made, by month or day.
public struct UnitsFile: Sendable {
  public let file: PlanFile
  public let entries: [UnitEntry]

  /// - Throws: `UsageError` with the place.
  public init(_ bytes: [UInt8], name: String) throws(UsageError) {
    file = try PlanFile(
      bytes, name: name, headers: ["period", "month", "day"].map { [$0, "product", "unit", "count"] })
    var entries: [UnitEntry] = []
    var seen: Set<[String]> = []
    for row in file.rows {
      let place = file.place(row)
      let (period, product, unit, count) = (row.fields[0], row.fields[1], row.fields[2], row.fields[3])
      guard isMonthText(period) || isDayText(period) else {
        throw UsageError("\(place): \"\(period)\" is no month and no day: write 2026-10 or 2026-10-05")
      }
      guard !product.isEmpty, !unit.isEmpty else {
        throw UsageError("\(place): a product's id and the name of a unit are needed")
      }
      guard count.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int64(count), number <= 1 << 53
      else {
        throw UsageError("\(place): count \"\(count)\": write a whole number")
      }
      // A month as a whole and by its days would count twice.
      let isTaken =
        seen.contains([period, product, unit]) || seen.contains([String(period.prefix(7)), product, unit])
      guard !isTaken else {
        throw UsageError("\(place): \(unit) of \(product) is counted for \(period) already")
      }
      if isMonthText(period),
        seen.contains(where: { $0[0].hasPrefix(period) && $0[1] == product && $0[2] == unit })
      {
        throw UsageError("\(place): \(unit) of \(product) is counted for days of \(period) already")
      }
      seen.insert([period, product, unit])
      entries.append(UnitEntry(period: period, product: product, unit: unit, count: number, place: place))
    }
    self.entries = entries
  }
}

private func isMonthText(_ text: String) -> Bool { text.utf8.count == 7 && isDayText(text + "-01") }

private func isDayText(_ text: String) -> Bool {
  text.utf8.count == 10 && Timestamp.parse((text + "T00:00:00Z").utf8) != nil
}
