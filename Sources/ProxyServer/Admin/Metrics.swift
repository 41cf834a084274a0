/// What one event loop counted; all loops' together are what `/metrics` shows.
internal import Ledger
internal import NIOCore
internal import RawLog

struct LoopMetrics: Sendable {
  /// Every label is from a bounded set, or becomes `other`.
  struct Series: Hashable, Sendable {
    var endpoint: String
    var provider: String
    var model: String
    var outcome: String
  }

  struct Counts: Sendable {
    var requests: Int64 = 0
    var inputTokens: Int64 = 0
    var cachedTokens: Int64 = 0
    var outputTokens: Int64 = 0
    var femtodollars: Int128 = 0
    var unpriced: Int64 = 0
    var duration = Histogram(bounds: Histogram.latency)
    var firstByte = Histogram(bounds: Histogram.latency)

    mutating func add(_ other: Counts) {
      requests += other.requests
      inputTokens += other.inputTokens
      cachedTokens += other.cachedTokens
      outputTokens += other.outputTokens
      femtodollars += other.femtodollars
      unpriced += other.unpriced
      duration.add(other.duration)
      firstByte.add(other.firstByte)
    }
  }

  enum Limit {
    /// A client chooses the model's name; only those with a price, and no more than these, are told apart.
    static let modelsMax = 200
    static let seriesMax = 2000
    static let reasonsMax = 64
  }

  private(set) var series: [Series: Counts] = [:]
  private(set) var refused: [String: Int64] = [:]
  private(set) var overhead = Histogram(bounds: Histogram.short)
  private var models: Set<String> = []

  mutating func count(_ record: LogRecord, _ use: RequestUse) {
    if record.outcome == .refused, let reason = record.error?.type, refused.count < Limit.reasonsMax {
      refused[reason, default: 0] += 1
    }
    var key = Series(
      endpoint: record.endpoint, provider: record.provider ?? "", model: "other",
      outcome: record.outcome.rawValue)
    if use.cost > 0, let model = record.modelReturned ?? record.modelRouted {
      if models.contains(model) || models.count < Limit.modelsMax {
        models.insert(model)
        key.model = model
      }
    }
    if series.count >= Limit.seriesMax, series[key] == nil { key.model = "other" }
    let duration = record.durationMicroseconds
    let firstByte = record.firstByteMicroseconds
    series[key, default: Counts()].take(use, duration, firstByte)
  }

  mutating func count(overhead: TimeAmount) { self.overhead.take(max(0, overhead.nanoseconds / 1000)) }

  mutating func add(_ other: LoopMetrics) {
    for (key, counts) in other.series { series[key, default: Counts()].add(counts) }
    for (reason, count) in other.refused { refused[reason, default: 0] += count }
    overhead.add(other.overhead)
  }
}

extension LoopMetrics.Counts {
  fileprivate mutating func take(_ use: RequestUse, _ duration: Int64?, _ first: Int64?) {
    requests += 1
    inputTokens += use.inputTokens
    cachedTokens += use.cachedTokens
    outputTokens += use.outputTokens
    femtodollars += use.cost
    if use.isUnpriced || use.isUnknown { unpriced += 1 }
    if let duration { self.duration.take(duration) }
    if let first { firstByte.take(first) }
  }
}

/// How many values were at most so large: microseconds.
struct Histogram: Sendable {
  static let latency: [Int64] = [
    5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
    30_000_000,
    60_000_000, 300_000_000,
  ]
  static let short: [Int64] = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 1_000_000]

  let bounds: [Int64]
  /// By the first bound that is not exceeded; the last for those above all.
  private(set) var counts: [Int64]
  private(set) var sum: Int64 = 0
  var count: Int64 { counts.reduce(0, +) }

  init(bounds: [Int64]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  mutating func take(_ value: Int64) {
    var index = 0
    while index < bounds.count, value > bounds[index] { index += 1 }
    counts[index] += 1
    sum += value
  }

  mutating func add(_ other: Histogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
    sum += other.sum
  }
}
