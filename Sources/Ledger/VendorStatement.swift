/// What a vendor says of one day of one model: what it cost, what it used, or both. It stands beside the books' own
/// figures and is in no total.
public struct VendorStatement: Hashable, Sendable {
  /// Which of the vendor's reports says it: `costs`, `usage.completions` … A later statement of a day takes the
  /// place of the earlier ones of its kind, and leaves the others.
  public var kind: String
  public var provider: String
  /// Days since 1970-01-01, in UTC: the vendors' calendar.
  public var day: Int64
  /// As the vendor names it; for what is no model's, the vendor's word for it.
  public var model: String
  /// Where a bill says it: the application inference profile, else empty.
  public var profile: String = ""
  /// Nil where no money is stated.
  public var amount: Money?
  /// Nil where no counts are stated.
  public var counts: TokenCounts?
  /// Nil where the vendor does not count requests.
  public var requests: Int64?
  public var place: Usage.Place

  public init(kind: String, provider: String, day: Int64, model: String, place: Usage.Place) {
    self.kind = kind
    self.provider = provider
    self.day = day
    self.model = model
    self.place = place
  }

  public static let dayMicroseconds: Int64 = 86_400_000_000

  /// The day that a time falls in.
  public static func day(of time: Int64) -> Int64 {
    time >= 0 ? time / dayMicroseconds : (time - dayMicroseconds + 1) / dayMicroseconds
  }

  /// `2026-10-05`
  public static func dayText(_ day: Int64) -> String {
    String(Timestamp.text(day * dayMicroseconds).prefix(10))
  }
}
