/// What one holder spent, by the quarter of an hour in which a request arrived. Each budget is a sum over it, so a new
/// budget knows what was spent before it was made, and no reset destroys anything.
struct SpendHistory {
  /// Microseconds.
  static let slot: Int64 = 900_000_000
  /// Longer than any budget looks back, but one for ever.
  static let slotsKept: Int64 = 4 * 24 * 400

  private var slots: [Int64: Int128] = [:]
  /// What was spent before the slots that are kept.
  private var older: Int128 = 0
  private var prunedBefore = Int64.min

  static func slot(of time: Int64) -> Int64 {
    time >= 0 ? time / slot : (time - slot + 1) / slot
  }

  mutating func add(_ femtodollars: Int128, slot: Int64) {
    if slot < prunedBefore { older += femtodollars } else { slots[slot, default: 0] += femtodollars }
  }

  /// - Parameter first: nil for everything there ever was.
  func sum(from first: Int64?) -> Int128 {
    guard let first else { return slots.values.reduce(older, +) }
    return slots.reduce(0) { $1.key >= first ? $0 + $1.value : $0 }
  }

  func amount(in slot: Int64) -> Int128 { slots[slot] ?? 0 }

  /// The slots from one on that have anything, the oldest first.
  func filled(from first: Int64) -> [(slot: Int64, amount: Int128)] {
    slots.filter { $0.key >= first && $0.value != 0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  mutating func prune(now slot: Int64) {
    let before = slot - Self.slotsKept
    guard before > prunedBefore else { return }
    for (slot, amount) in slots where slot < before {
      older += amount
      slots[slot] = nil
    }
    prunedBefore = before
  }
}
