/// An amount of money that may be spent in each span of time.
///
/// Written `100/month@Asia/Tokyo`: dollars, the span, and for spans of the calendar the zone whose midnight ends them.
public struct Budget: Hashable, Sendable {
  public enum Span: Hashable, Sendable {
    case day
    /// From Monday.
    case week
    case month
    /// Three months, counted from this month of the year: a fiscal year from April has quarters from April.
    case quarter(firstMonth: Int64)
    /// The last so many hours, whenever one looks; counted in quarters of an hour.
    case rolling(hours: Int64)
    /// For as long as there are records.
    case total
  }

  public var amount: Money
  public var span: Span
  /// An IANA name; empty where the span has no midnight.
  public var zone: String

  public init(amount: Money, span: Span, zone: String) {
    self.amount = amount
    self.span = span
    self.zone = span.hasZone ? zone : ""
  }

  public static let amountMax = Money(femtodollars: 1_000_000_000 * powerOfTen(Money.fractionDigits))
  public static let rollingHoursMax: Int64 = 24 * 366

  /// Nil for what is no budget.
  /// - Parameter zone: where the text names none.
  public init?(_ text: some StringProtocol, zone: String) {
    let text = String(text)
    guard let slash = text.firstIndex(of: "/"), let amount = Self.amount(text[..<slash]) else { return nil }
    var span = text[text.index(after: slash)...]
    var zone = zone
    let at = span.firstIndex(of: "@")
    if let at {
      zone = String(span[span.index(after: at)...])
      span = span[..<at]
    }
    guard let span = Span(span), at == nil || span.hasZone, !span.hasZone || !zone.isEmpty else { return nil }
    self.init(amount: amount, span: span, zone: zone)
  }

  /// What it is called among the budgets of one holder, who has each name once: `month@Asia/Tokyo`.
  public var name: String { span.description + (zone.isEmpty ? "" : "@\(zone)") }

  private static func amount(_ text: Substring) -> Money? {
    guard let number = DecimalNumber(text), !number.negative,
      let units = number.units(fractionDigits: Money.fractionDigits)
    else { return nil }
    let amount = Money(femtodollars: units)
    return amount <= amountMax ? amount : nil
  }
}

extension Budget: CustomStringConvertible {
  public var description: String { "\(amount)/\(name)" }
}

extension Budget.Span: CustomStringConvertible {
  init?(_ text: Substring) {
    switch text {
    case "day": self = .day
    case "week": self = .week
    case "month": self = .month
    case "quarter": self = .quarter(firstMonth: 4)
    case "total": self = .total
    default:
      if text.hasPrefix("quarter:"), let month = Int64(text.dropFirst(8)), (1...12).contains(month) {
        self = .quarter(firstMonth: month)
      } else if text.hasPrefix("rolling-"), let unit = text.last, unit == "h" || unit == "d",
        let count = Int64(text.dropFirst(8).dropLast()),
        (1...Budget.rollingHoursMax / (unit == "d" ? 24 : 1)).contains(count)
      {
        self = .rolling(hours: count * (unit == "d" ? 24 : 1))
      } else {
        return nil
      }
    }
  }

  public var hasZone: Bool {
    switch self {
    case .day, .week, .month, .quarter: true
    case .rolling, .total: false
    }
  }

  public var description: String {
    switch self {
    case .day: "day"
    case .week: "week"
    case .month: "month"
    case .quarter(let month): month == 4 ? "quarter" : "quarter:\(month)"
    case .rolling(let hours): hours % 24 == 0 ? "rolling-\(hours / 24)d" : "rolling-\(hours)h"
    case .total: "total"
    }
  }
}
