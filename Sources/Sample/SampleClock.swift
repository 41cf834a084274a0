import Ledger

/// When the requests of the month arrive: busy by day, quiet at night and on weekends, in time order.
struct SampleClock {
  private let begin: Int64
  private let requests: Int
  /// Weight of each hour of the month.
  private var weights: [Int64] = []
  private let total: Int64
  private var hour = 0
  /// The weighted microseconds before `hour`.
  private var before: Int64 = 0

  /// - Parameter utcOffsetHours: how far east of UTC the zone is whose month this is.
  init(month: String, utcOffsetHours: Int, requests: Int) throws {
    let parts = month.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].count == 4, parts[1].count == 2, let year = Int64(parts[0]),
      let number = Int64(parts[1]), (1...12).contains(number), year >= 1970
    else { throw SampleError(description: "\(month) is not a month: write it as 2026-10") }
    let first = Timestamp.days(year: year, month: number, day: 1)
    let next = Timestamp.days(
      year: number == 12 ? year + 1 : year, month: number == 12 ? 1 : number + 1, day: 1)
    for day in first..<next {
      // 1970-01-01 was a Thursday, day 4 of a week that begins on Sunday.
      let weekday = (day + 4) % 7
      let share: Int64 = weekday == 0 || weekday == 6 ? 1 : 10
      weights += SampleCatalog.hourWeights.map { $0 * share }
    }
    begin = first * 24 * microsecondsPerHour - Int64(utcOffsetHours) * microsecondsPerHour
    total = weights.reduce(0, +) * microsecondsPerHour
    self.requests = requests
  }

  /// The arrival of request `n`, asked for in rising order: somewhere in the n-th equal slice of the work.
  mutating func arrival(of n: Int, random: inout SampleRandom) -> Int64 {
    let slice = Int128(total)
    let from = Int64(slice * Int128(n) / Int128(requests))
    let until = Int64(slice * Int128(n + 1) / Int128(requests))
    let position = from + Int64(random.below(Int(max(1, until - from))))
    while position >= before + weights[hour] * microsecondsPerHour {
      before += weights[hour] * microsecondsPerHour
      hour += 1
    }
    return begin + Int64(hour) * microsecondsPerHour + (position - before) / weights[hour]
  }
}
