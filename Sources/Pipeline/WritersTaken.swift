internal import Store

/// The numbers taken of every writer that was met, and which of them changed since they were saved.
struct WritersTaken {
  private var names: [String] = []
  private var numbers: [String: Int] = [:]
  private var taken: [TakenNumbers] = []
  private var isChanged: [Bool] = []

  /// The writer's number here, from 0.
  mutating func number(of name: String, in store: Store) throws(StoreError) -> Int {
    if let known = numbers[name] { return known }
    taken.append(TakenNumbers(try store.taken(writer: name)))
    names.append(name)
    isChanged.append(false)
    numbers[name] = names.count - 1
    return names.count - 1
  }

  /// - Returns: false where the number is taken already.
  @inline(__always) mutating func take(_ seq: Int64, of writer: Int, time: Int64) -> Bool {
    guard taken[writer].take(seq, time: time) else { return false }
    isChanged[writer] = true
    return true
  }

  mutating func save(to store: Store) throws(StoreError) {
    for writer in names.indices where isChanged[writer] {
      try store.save(taken[writer].ranges, writer: names[writer])
      isChanged[writer] = false
    }
  }
}
