/// Counts of the last minute, by the second: what is added leaves sixty seconds after the second it was added in.
struct SlidingMinute {
  static let seconds = 60

  private var counts = [Int64](repeating: 0, count: seconds)
  /// The second of the newest count.
  private var newest: Int64 = .min
  private(set) var total: Int64 = 0

  /// Lets go what is older than a minute.
  mutating func advance(to second: Int64) {
    guard second > newest else { return }
    if newest == .min || second - newest >= Int64(Self.seconds) {
      for index in counts.indices { counts[index] = 0 }
      total = 0
    } else {
      for gone in newest + 1...second {
        total -= counts[Self.index(gone)]
        counts[Self.index(gone)] = 0
      }
    }
    newest = second
  }

  /// - Parameter second: not newer than the last `advance`; what is older than a minute has no place any more.
  mutating func add(_ count: Int64, at second: Int64) {
    guard newest != .min, second <= newest, newest - second < Int64(Self.seconds) else { return }
    counts[Self.index(second)] += count
    total += count
  }

  /// In how many seconds at least `count` will have left; a minute where that is not to be.
  func secondsUntilGone(_ count: Int64) -> Int64 {
    guard count > 0, newest != .min else { return 1 }
    var gone: Int64 = 0
    for age in 1...Int64(Self.seconds) {
      // The oldest second leaves first: it is the one behind the newest in the ring.
      gone += counts[Self.index(newest + age)]
      if gone >= count { return age }
    }
    return Int64(Self.seconds)
  }

  private static func index(_ second: Int64) -> Int {
    let rest = Int(second % Int64(seconds))
    return rest < 0 ? rest + seconds : rest
  }
}
