/// An amount of money for each meter.
public struct MeterAmounts: Sendable {
  @usableFromInline var femtodollars: InlineArray<25, Int128> = .init(repeating: 0)

  @inlinable public init() {}

  @inlinable public subscript(meter: Meter) -> Money {
    get { Money(femtodollars: femtodollars[Int(meter.rawValue)]) }
    set { femtodollars[Int(meter.rawValue)] = newValue.femtodollars }
  }

  /// In place: a new value would be made beside it and copied over.
  @inlinable @inline(__always) public mutating func clear() {
    for slot in 0..<Meter.count { femtodollars[slot] = 0 }
  }

  @inlinable public static func += (a: inout MeterAmounts, b: MeterAmounts) {
    for i in 0..<Meter.count { a.femtodollars[i] += b.femtodollars[i] }
  }

  @inlinable @inline(__always) public var total: Money {
    var sum: Int128 = 0
    for i in 0..<Meter.count { sum += femtodollars[i] }
    return Money(femtodollars: sum)
  }
}

/// What one model's part of a request costs, and how that is known.
public struct Charge: Sendable {
  /// How one meter came to its amount.
  public struct Line: Hashable, Sendable {
    public var meter: Meter
    public var count: Int64
    /// What one unit costs; nil where no rate is known, and then the amount is unknown too, never zero.
    public var rate: Money?
    /// Words for the reader: which tier, threshold and fallback the rate came from.
    public var note: String

    public init(meter: Meter, count: Int64, rate: Money?, note: String) {
      self.meter = meter
      self.count = count
      self.rate = rate
      self.note = note
    }
  }

  /// The model this charge is for: the request's own, or another one inside the same answer.
  public var model: String?
  public var counts: TokenCounts
  public var amounts: MeterAmounts
  /// Meters with a count but no rate.
  public var unpricedMeters: MeterSet
  /// At least one used meter had a rate.
  public var hasPricedMeter: Bool
  /// What it would cost at the vendor's public prices, where a contract changed any of them; nil where none did
  /// (FOCUS: ListCost beside ContractedCost).
  public var contractedFromList: Money?
  /// The price entry, and the step by which the model's name found it.
  public var match: String?
  /// Why there is no price entry, where counts needed one.
  public var missing: String?
  /// The answer came, but not what it used.
  public var isUsageMissing: Bool

  @inlinable public init(model: String?, counts: TokenCounts) {
    self.model = model
    self.counts = counts
    self.amounts = MeterAmounts()
    self.unpricedMeters = []
    self.hasPricedMeter = false
    self.isUsageMissing = false
  }

  @inlinable @inline(__always) public var total: Money {
    var sum: Int128 = 0
    for slot in 0..<Meter.count { sum += amounts.femtodollars[slot] }
    return Money(femtodollars: sum)
  }
  public var listTotal: Money { contractedFromList ?? total }

  /// Counts and amounts by the meters' raw values, where they lie: reading a large value's element by a number
  /// that is known only when it runs would copy the value first.
  @inlinable @inline(__always)
  public mutating func withStorage(
    _ body: (_ counts: UnsafePointer<Int64>, _ amounts: UnsafeMutablePointer<Int128>) -> Void
  ) {
    withUnsafeMutablePointer(to: &counts.counts) { counts in
      withUnsafeMutablePointer(to: &amounts.femtodollars) { amounts in
        body(
          UnsafeRawPointer(counts).assumingMemoryBound(to: Int64.self),
          UnsafeMutableRawPointer(amounts).assumingMemoryBound(to: Int128.self))
      }
    }
  }

  /// The meters with a count.
  @inlinable public var usedMeters: MeterSet {
    mutating get {
      var bits: UInt32 = 0
      withStorage { counts, _ in
        for slot in 0..<Meter.count { bits |= (counts[slot] == 0 ? 0 : 1) << UInt32(slot) }
      }
      return MeterSet(rawValue: bits)
    }
  }

  /// Makes it a charge for other counts, without amounts.
  @inlinable @inline(__always) public mutating func reset(_ counts: TokenCounts) {
    self.counts = counts
    amounts.clear()
    unpricedMeters = []
    hasPricedMeter = false
    contractedFromList = nil
    missing = nil
    isUsageMissing = false
  }
  public var isUnpriced: Bool { isUsageMissing || missing != nil || !unpricedMeters.isEmpty }

  /// Why something has no price; nil where everything has one.
  public var unpricedReason: String? {
    if isUsageMissing { return "the answer came without usage" }
    if let missing { return missing }
    if unpricedMeters.isEmpty { return nil }
    return "no rate for " + unpricedMeters.meters.map(\.name).joined(separator: ", ")
  }
}
