internal import Foundation
internal import Ledger
internal import Price
internal import Store

/// In: a store, and how many rounds. Out: one JSON line: how many charges a second one core makes of the store's
/// requests, and how many allocations they took (where the counting allocator is loaded).
@main struct ChargesBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3, let rounds = Int(arguments[2]) else {
      FileHandle.standardError.write(Data("usage: charges-benchmark sqlite:FILE ROUNDS [EXPORT]\n".utf8))
      exit(2)
    }
    var usages: [Usage] = []
    try Store(arguments[1]).forEachRequest(Store.RequestFilter()) { usages.append($0) }
    let book = try bundledPrices().book
    if arguments.count > 3 { try export(usages, book, to: arguments[3]) }

    let pricer = Pricer(book: book)
    // The first round looks the rates up.
    let requests = usages.map { Request(factsNumber: $0.factsNumber, time: $0.time, counts: $0.counts) }
    let facts = Dictionary(usages.map { ($0.factsNumber, $0.facts) }) { first, _ in first }
    let checksum = sum(requests, facts, pricer)
    let allocations = allocationCount()
    let begin = cpuNanoseconds()
    var total = Money.zero
    for _ in 0..<rounds { total += sum(requests, facts, pricer) }
    let nanoseconds = cpuNanoseconds() - begin
    let allocated = allocations.map { before in (allocationCount() ?? 0) - before }
    precondition(total == checksum * Int64(rounds), "rounds that differ")
    let charges = usages.count * rounds
    print(
      """
      {"charges":\(charges),"requests":\(usages.count),"cpu_seconds":\(Double(nanoseconds) / 1e9),\
      "charges_per_second":\(Int(Double(charges) / (Double(nanoseconds) / 1e9))),\
      "allocations":\(allocated.map(String.init) ?? "null"),"usd":"\(checksum)"}
      """)
  }

  /// What a request brings to its price: the store's number for its facts, its time and its counts.
  private struct Request {
    var factsNumber: Int
    var time: Int64
    var counts: TokenCounts
  }

  private static func sum(_ requests: [Request], _ facts: [Int: RequestFacts], _ pricer: Pricer) -> Money {
    var total = Money.zero
    var charge = Charge(model: nil, counts: TokenCounts())
    requests.withUnsafeBufferPointer { requests in
      for index in requests.indices {
        let (number, time) = (requests[index].factsNumber, requests[index].time)
        let card =
          pricer.recentCard(number, at: time)
          ?? pricer.card(facts[number] ?? RequestFacts(), number, at: time)
        charge.reset(requests[index].counts)
        total += card.price(&charge)
      }
    }
    return total
  }

  private static func cpuNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// What the preloaded allocator has counted; nil where it is not there.
  private static func allocationCount() -> Int? {
    guard let symbol = dlsym(nil, "tollbook_allocation_count") else { return nil }
    return unsafeBitCast(symbol, to: (@convention(c) () -> Int).self)()
  }

  /// The requests that have a price, as other calculators need them: one JSON object a line.
  private static func export(_ usages: [Usage], _ book: PriceBook, to path: String) throws {
    let pricer = Pricer(book: book)
    var lines = ""
    for usage in usages where !usage.counts.isZero && usage.otherModels.isEmpty {
      let charge = pricer.charge(usage)
      guard !charge.isUnpriced, usage.counts.used.allSatisfy({ $0.meter.isToken }) else { continue }
      let counts = usage.counts
      lines +=
        "{\"provider\":\"\(usage.facts.provider ?? "")\",\"model\":\"\(usage.facts.model ?? "")\","
        + "\"input\":\(counts[.input]),\"cache_read\":\(counts[.cacheRead]),"
        + "\"cache_write_5m\":\(counts[.cacheWrite5m]),\"cache_write_1h\":\(counts[.cacheWrite1h]),"
        + "\"output\":\(counts[.output]),\"reasoning\":\(counts.reasoning),\"usd\":\"\(charge.total)\"}\n"
    }
    try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
  }
}
