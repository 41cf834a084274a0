internal import Store

/// The numbers taken of one writer. A writer's numbers have no holes, so they are a few intervals, and taking the
/// next one is the usual case.
struct TakenNumbers {
  private(set) var ranges: [TakenRange]

  init(_ ranges: [TakenRange]) { self.ranges = ranges }

  /// The highest one; 0 where none is taken.
  var last: Int64 { ranges.last?.last ?? 0 }

  /// A number before the last one is not taken.
  var hasHole: Bool { ranges.count > 1 || ranges.first.map { $0.first > 1 } ?? false }

  /// Takes a number.
  /// - Returns: false where it is taken already.
  mutating func take(_ number: Int64, time: Int64) -> Bool {
    if let last = ranges.last, number == last.last + 1 {
      ranges[ranges.count - 1].last = number
      ranges[ranges.count - 1].lastTime = time
      return true
    }
    // The first range that begins behind the number.
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].first <= number { low = middle + 1 } else { high = middle }
    }
    if low > 0, number <= ranges[low - 1].last { return false }
    let joinsBefore = low > 0 && ranges[low - 1].last == number - 1
    let joinsAfter = low < ranges.count && ranges[low].first == number + 1
    switch (joinsBefore, joinsAfter) {
    case (true, true):
      ranges[low - 1].last = ranges[low].last
      ranges[low - 1].lastTime = ranges[low].lastTime
      ranges.remove(at: low)
    case (true, false):
      ranges[low - 1].last = number
      ranges[low - 1].lastTime = time
    case (false, true):
      ranges[low].first = number
      ranges[low].firstTime = time
    case (false, false):
      ranges.insert(
        TakenRange(first: number, last: number, firstTime: time, lastTime: time), at: low)
    }
    return true
  }
}

/// Numbers that were never taken between others that were, and the times they lie between.
struct NumberHole {
  var first: Int64
  var last: Int64
  var after: Int64
  var before: Int64
}

func holes(in ranges: [TakenRange]) -> [NumberHole] {
  var result: [NumberHole] = []
  var expected: Int64 = 1
  var lastTime: Int64?
  for range in ranges {
    if range.first > expected {
      result.append(
        NumberHole(
          first: expected, last: range.first - 1, after: lastTime ?? range.firstTime,
          before: range.firstTime))
    }
    expected = range.last + 1
    lastTime = range.lastTime
  }
  return result
}
