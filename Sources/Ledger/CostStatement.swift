/// What a vendor says that one day of one model cost. It stands beside the books' own figure and is in no total.
public struct CostStatement: Hashable, Sendable {
  public var provider: String
  /// Days since 1970-01-01, in UTC: the vendors' calendar.
  public var day: Int64
  /// As the vendor names it; for what is no model's, the vendor's word for it.
  public var model: String
  public var amount: Money
  public var place: Usage.Place

  public init(provider: String, day: Int64, model: String, amount: Money, place: Usage.Place) {
    self.provider = provider
    self.day = day
    self.model = model
    self.amount = amount
    self.place = place
  }

  public static let dayMicroseconds: Int64 = 86_400_000_000

  /// The day that a time falls in.
  public static func day(of time: Int64) -> Int64 {
    time >= 0 ? time / dayMicroseconds : (time - dayMicroseconds + 1) / dayMicroseconds
  }
}
