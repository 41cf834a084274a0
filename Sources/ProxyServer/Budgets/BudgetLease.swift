/// What a proxy was given of a budget that several share, for one bucket: a period, or of a rolling budget a slot.
///
/// What goes to the bank is a whole number of nanodollars, as the bank counts.
struct BudgetLease {
  private(set) var bucket = Int64.min
  private(set) var granted: Int128 = 0
  private(set) var usedInBucket: Int128 = 0
  /// The bank knows what was used before this process began, and this process what it was given.
  private(set) var isKnown = false
  /// The bank may say that this proxy has something of which this process knows nothing.
  private(set) var mustTell = true
  /// Earlier slots of which something else is spent or reserved than the bank was told.
  private(set) var changed: Set<Int64> = []
  private var usedAtLastLook: Int128?
  /// Given since the last look: whoever asked for it may not have come back yet.
  private var fresh: Int128 = 0
  private let isRolling: Bool

  enum Limit {
    /// So much of a budget a proxy takes at a time, and keeps while it spends.
    static let chunkParts: Int128 = 20
  }

  /// A nanodollar, in femtodollars.
  static let unit: Int128 = 1_000_000
  static func up(_ femtodollars: Int128) -> Int128 { (femtodollars + unit - 1) / unit * unit }

  init(isRolling: Bool) { self.isRolling = isRolling }

  var headroom: Int128 { granted - usedInBucket }

  /// - Parameter usedInBucket: what was spent and is reserved in it.
  mutating func move(to bucket: Int64, usedInBucket: Int128) {
    if bucket != self.bucket {
      // Nobody spends of a period that is over; an earlier slot counts on.
      let before = self.bucket
      self.bucket = bucket
      if before != .min { change([before]) }
      granted = 0
      isKnown = false
      changed.remove(bucket)
    }
    self.usedInBucket = usedInBucket
  }

  mutating func add(_ femtodollars: Int128, slot: Int64) {
    if slot >= bucket { usedInBucket += femtodollars } else { change([slot]) }
  }

  mutating func change(_ slots: [Int64]) {
    if isRolling { changed.formUnion(slots.filter { $0 < bucket }) }
  }

  // MARK: - What the bank says

  mutating func take(_ more: Int128, for bucket: Int64) {
    guard bucket == self.bucket else { return change([bucket]) }
    granted += more
    fresh += more
    isKnown = true
  }

  /// Nobody could be asked.
  mutating func keep(_ share: BudgetShare) {
    change([share.bucket])
    switch share.wish {
    case .giveBack(let nanodollars) where share.bucket == bucket:
      granted += Int128(nanodollars) * Self.unit
    case .take where !isKnown: mustTell = true
    case .tell: mustTell = true
    default: break
    }
  }

  // MARK: - What the bank is told

  /// Keeps what it may soon need, all of it gone where nothing was spent since the last look, or nothing will be.
  /// - Returns: what goes back; less than nothing where more was used than was given, which counts for all.
  mutating func release(of amount: Int128, all: Bool) -> Int128 {
    defer { (usedAtLastLook, fresh) = (usedInBucket, 0) }
    guard isKnown else { return 0 }
    let soon = usedAtLastLook == usedInBucket ? 0 : amount / Limit.chunkParts
    let kept = all ? 0 : max(soon, fresh)
    let back =
      headroom < 0
      ? -Self.up(-headroom)
      // A part that the bank cannot count would be lost there.
      : max(0, headroom - kept) / Self.unit * Self.unit
    granted -= back
    return back
  }

  mutating func takeChanged() -> Set<Int64> {
    defer { changed = [] }
    return changed
  }

  /// Whether the bank is to hear what was used before; that it is told.
  mutating func takeTelling() -> Bool {
    defer { mustTell = false }
    return mustTell || !isKnown && usedInBucket > 0
  }
}
