/// How many units of a currency one US dollar is in a month.
public struct ExchangeRate: Hashable, Sendable {
  public enum Limit {
    /// Digits behind the point. Published rates have two or three; products with whole money stay inside 128 bits.
    public static let fractionDigits = 6
    /// A million units for a dollar; no currency of a report is further from it.
    public static let max: Int128 = powerOfTen(12)
  }

  /// `2026-10`, a month of the books' zone.
  public var month: String
  /// ISO 4217: `JPY`.
  public var currency: String
  /// In units of 10^-`Limit.fractionDigits`; positive.
  public var units: Int128
  /// Which rate it is, in words: `TTM of the last day`; empty where the table does not say.
  public var kind: String
  public var source: String
  /// `2026-10-31`: the day it was published for.
  public var date: String

  public init(month: String, currency: String, units: Int128, kind: String, source: String, date: String) {
    precondition(units > 0 && units <= Limit.max, "a rate is positive and bounded")
    self.month = month
    self.currency = currency
    self.units = units
    self.kind = kind
    self.source = source
    self.date = date
  }

  /// `151.25`.
  public var text: String { decimalText(units, fractionDigits: Limit.fractionDigits, trimmed: true) }

  /// What an amount in the currency is in dollars, rounded once, half-even, to femtodollars.
  /// - Parameter amount: in units of 10^-15 of the currency.
  public func dollars(ofForeign amount: Int128) -> Money {
    Money(femtodollars: divideHalfEven(amount * powerOfTen(Limit.fractionDigits), by: units))
  }
}

/// The rate table: at most one rate for a currency and month.
public struct ExchangeRates: Sendable {
  /// In order of currency and month.
  public private(set) var list: [ExchangeRate]
  private var numbers: [String: Int]

  public static let none = ExchangeRates([])

  public init(_ rates: [ExchangeRate]) {
    list = rates.sorted { ($0.currency, $0.month) < ($1.currency, $1.month) }
    numbers = Dictionary(
      list.enumerated().map { ($1.currency + " " + $1.month, $0) }, uniquingKeysWith: { first, _ in first })
  }

  public subscript(currency: String, month month: String) -> ExchangeRate? {
    numbers[currency + " " + month].map { list[$0] }
  }
}

/// Digits behind the point of a currency's smallest unit, by ISO 4217.
public func minorUnitDigits(_ currency: String) -> Int {
  switch currency {
  case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
    "XOF", "XPF":
    0
  case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
  default: 2
  }
}

/// `JPY`: three capital letters.
public func isCurrencyCode(_ text: String) -> Bool {
  text.utf8.count == 3 && text.utf8.allSatisfy { (65...90).contains($0) }
}
