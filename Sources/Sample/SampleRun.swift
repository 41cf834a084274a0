/// The month while it is being written: requests go in one by one, lines come out in the order of the clock.
struct SampleRun {
  var files: SampleFiles
  var random: SampleRandom
  let month: String
  private let requests: Int
  private var clock: SampleClock
  private var writers: [SampleWriter] = []
  private var crashes: Set<Int> = []
  /// Lines that belong to a later moment, latest first.
  private var pending: [Pending] = []

  private struct Pending {
    var at: Int64
    var writer: Int
    var request: String
    var kind: String
    var time: Int64
    var rest: [UInt8]
  }

  init(_ month: SampleMonth, folder: SampleFolder) throws {
    files = SampleFiles(folder: folder)
    random = SampleRandom(seed: month.seed)
    self.month = month.month
    requests = month.requests
    clock = try SampleClock(
      month: month.month, utcOffsetHours: month.utcOffsetHours, requests: month.requests)
    for n in 0..<month.writers { writers.append(newWriter(n)) }
    while crashes.count < month.crashes { crashes.insert(random.below(requests)) }
  }

  /// One request from its arrival to its last line, or to the death of its proxy.
  mutating func request(_ n: Int) throws {
    let now = clock.arrival(of: n, random: &random)
    try drain(until: now)
    let request = SampleRequest(at: now, of: requests, random: &random)
    let writer = random.below(writers.count)
    files.summary.requests += 1
    if crashes.contains(n) { return try die(request, writer: writer) }
    let luck = random.below(1000)
    if request.caller.habit == .batch { return try batchItem(request, n, writer: writer) }
    if luck < 5 {
      return try refuse(request, writer: writer)
    }
    if request.caller.makesUpModels, random.chance(perMille: 50) {
      return try madeUpModel(request, writer: writer)
    }
    try line("start", of: request, writer, at: now, rest: request.start(attempt: 1))
    let duration = Int64(300_000 + random.longTail(median: 2_200_000))
    if luck < 11 {
      return retry(request, writer: writer, duration: duration)
    }
    let answer = answer(to: request, luck: luck)
    later(
      "end", of: request, writer, at: now + duration,
      rest: request.end(attempt: 1, final: true, duration: duration, answer: answer, random: &random))
  }

  /// The month is over: what is under way ends, and every proxy stops cleanly.
  mutating func finish() throws {
    try drain(until: .max)
    for n in writers.indices { try writers[n].stop(into: &files) }
  }

  // MARK: - What can become of a request

  private mutating func answer(to request: SampleRequest, luck: Int) -> SampleRequest.Answer {
    switch luck {
    case 11..<30: return .vendorError
    default: break
    }
    let usage = SampleUsage(of: request.model, habit: request.caller.habit, random: &random)
    guard request.stream else { return .usage(usage, source: "vendor") }
    switch luck {
    case 30..<36: return .clientGone(usage, source: "estimated")
    case 36..<40: return .clientGone(usage, source: "vendor")
    case 40..<42: return .streamBroken(usage)
    default: return .usage(usage, source: "vendor")
    }
  }

  /// The proxy tries again: the first attempt fails, sometimes with tokens already spent.
  private mutating func retry(_ request: SampleRequest, writer: Int, duration: Int64) {
    files.summary.retried += 1
    var failure = SampleRequest.Answer.vendorError
    if request.stream, random.chance(perMille: 300) {
      failure = .streamBroken(SampleUsage(of: request.model, habit: .plain, random: &random))
    }
    let usage = SampleUsage(of: request.model, habit: request.caller.habit, random: &random)
    let again = request.time + duration
    let first = request.end(attempt: 1, final: false, duration: duration, answer: failure, random: &random)
    let second = request.end(
      attempt: 2, final: true, duration: 2 * duration, answer: .usage(usage, source: "vendor"),
      random: &random)
    later("end", of: request, writer, at: again, rest: first)
    later("start", of: request, writer, at: again, rest: request.start(attempt: 2))
    later("end", of: request, writer, at: again + duration, rest: second)
  }

  /// The client asks for a model that does not exist, under a name it made up.
  private mutating func madeUpModel(_ request: SampleRequest, writer: Int) throws {
    var request = request
    request.model.requested = random.pick(SampleCatalog.hostileModels)
    try line("start", of: request, writer, at: request.time, rest: request.start(attempt: 1))
    let end = request.end(
      attempt: 1, final: true, duration: 90_000, answer: .clientError, random: &random)
    later("end", of: request, writer, at: request.time + 90_000, rest: end)
  }

  private mutating func refuse(_ request: SampleRequest, writer: Int) throws {
    files.summary.refused += 1
    let why = random.pick(["budget_exceeded", "budget_exceeded", "rate_limited", "model_not_allowed"])
    let end = request.end(
      attempt: 1, final: true, duration: Int64(40 + random.below(200)), answer: .refused(why),
      random: &random)
    try line("end", of: request, writer, at: request.time, rest: end)
  }

  /// An item of a batch is metered when it is fetched, and now and then it is fetched twice.
  private mutating func batchItem(_ request: SampleRequest, _ n: Int, writer: Int) throws {
    var request = request
    request.meteredID = "batch_\(n / 40)/item-\(n)"
    let usage = SampleUsage(of: request.model, habit: .batch, random: &random)
    let end = request.end(
      attempt: 1, final: true, duration: 3_600_000_000, answer: .usage(usage, source: "vendor"),
      random: &random)
    try line("end", of: request, writer, at: request.time, rest: end)
    if random.chance(perMille: 10) {
      files.summary.fetchedAgain += 1
      try line("end", of: request, random.below(writers.count), at: request.time, rest: end)
    }
  }

  /// The proxy is killed: what it had begun never ends, and another proxy takes its place.
  private mutating func die(_ request: SampleRequest, writer: Int) throws {
    try line("start", of: request, writer, at: request.time, rest: request.start(attempt: 1))
    let lost = Set(pending.filter { $0.writer == writer }.map(\.request)).union([request.id])
    files.summary.interrupted += lost.count
    pending.removeAll { $0.writer == writer }
    try writers[writer].crash(into: &files)
    writers[writer] = newWriter(writer)
  }

  // MARK: - Lines in order

  private mutating func newWriter(_ n: Int) -> SampleWriter {
    SampleWriter(id: "w-" + random.hex(digits: 8), host: "toll-\(n + 1)")
  }

  private mutating func line(
    _ kind: String, of request: SampleRequest, _ writer: Int, at now: Int64, rest: [UInt8]
  ) throws {
    try writers[writer].line(kind, at: now, time: request.time, rest: rest, into: &files)
  }

  private mutating func later(
    _ kind: String, of request: SampleRequest, _ writer: Int, at now: Int64, rest: [UInt8]
  ) {
    var place = pending.count
    // Few lines are under way at once, so a walk from the near end is short; equal moments keep their order.
    while place > 0, pending[place - 1].at <= now { place -= 1 }
    pending.insert(
      Pending(at: now, writer: writer, request: request.id, kind: kind, time: request.time, rest: rest),
      at: place)
  }

  private mutating func drain(until now: Int64) throws {
    while let next = pending.last, next.at <= now {
      pending.removeLast()
      try writers[next.writer].line(next.kind, at: next.at, time: next.time, rest: next.rest, into: &files)
    }
  }
}
