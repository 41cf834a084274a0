/// What one event loop's connections share, so that a request crosses no thread: pools, a parser, a tick.
internal import Dispatch
internal import JSON
internal import Ledger
internal import NIOCore
internal import RawLog
internal import Synchronization

/// What all event loops share. Nothing in it changes but counters.
final class ProxyCore: Sendable {
  let settings: ProxySettings
  let routing: Routing
  let keys: any KeyDirectory
  let log: LogWriter
  let ids: RequestIDs
  let created: CreatedWork
  let aws: AWSCredentialKeeper?
  let tls: VendorTLS?
  let door: Door
  let content: ContentLog?
  let admission: Admission
  let prices: PriceShelf
  let clock: @Sendable () -> Int64
  /// Microseconds since 1970-01-01T00:00:00Z.
  let started: Int64
  let notices: @Sendable (String) -> Void
  let requests = Atomic<Int>(0)
  let refused = Atomic<Int>(0)
  let linesNotWritten = Atomic<Int>(0)
  let isStopping = Atomic<Bool>(false)
  /// When a line could not be written last, in microseconds; none after one that could.
  private let lastLogFailure = Atomic<Int64>(.min)
  /// The listener of clients is open.
  let isServing = Atomic<Bool>(false)
  /// Requests that arrived before this instant are not known to budgets, or are being read.
  let known = Mutex<Int64?>(nil)
  /// Reading months of lines waits for the disk.
  let replays = DispatchQueue(label: "tollbook.replay")
  /// When the last notice about the log went out, in microseconds.
  private let lastLogNotice = Atomic<Int64>(.min)

  init(
    settings: ProxySettings, routing: Routing, keys: any KeyDirectory, log: LogWriter, tls: VendorTLS?,
    clock: @escaping @Sendable () -> Int64, random: @escaping @Sendable () -> UInt64,
    notices: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.routing = routing
    self.keys = keys
    self.log = log
    self.ids = RequestIDs(random: random)
    self.aws = settings.awsCredentials.map { AWSCredentialKeeper($0, clock: clock, notices: notices) }
    self.created = CreatedWork(folder: settings.rawLogs, clock: clock, notices: notices)
    self.tls = tls
    self.door = Door(settings.door)
    self.content = settings.contentLog.map { ContentLog($0, writer: log.writer, notices: notices) }
    self.prices = PriceShelf(settings.prices)
    self.admission = Admission(settings.admission, clock: clock) { warning in
      notices(
        "The \(warning.holder) has spent \(warning.percent) % of its budget of $\(warning.budget.amount) for "
          + "\(warning.budget.name): $\(warning.used.dollars(fractionDigits: 2)).")
    }
    self.clock = clock
    self.started = clock()
    self.notices = notices
  }

  /// How long one failure of the log speaks for it: then a request may try again.
  static let logFailureMicroseconds: Int64 = 5_000_000

  /// New requests are worth sending here.
  var isReady: Bool {
    guard isServing.load(ordering: .relaxed), !stops else { return false }
    let last = lastLogFailure.load(ordering: .relaxed)
    return settings.whenLogFails == .serve || last == .min || clock() - last >= Self.logFailureMicroseconds
  }

  func lineWritten() {
    if lastLogFailure.load(ordering: .relaxed) != .min { lastLogFailure.store(.min, ordering: .relaxed) }
  }

  var stops: Bool { isStopping.load(ordering: .relaxed) }
  func countRequest() { requests.add(1, ordering: .relaxed) }
  func countRefusal() { refused.add(1, ordering: .relaxed) }

  static let logNoticeMicroseconds: Int64 = 10_000_000

  /// One notice in ten seconds says as much as thousands.
  func lineNotWritten(_ error: LogError) {
    let lost = linesNotWritten.add(1, ordering: .relaxed).newValue
    let now = clock()
    lastLogFailure.store(now, ordering: .relaxed)
    let last = lastLogNotice.load(ordering: .relaxed)
    guard last == .min || now - last >= Self.logNoticeMicroseconds,
      lastLogNotice.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
    else { return }
    notices("The raw log could not be written (\(lost) lines so far): \(error)")
  }
}

/// Belongs to one event loop and is only touched there.
final class LoopContext {
  let core: ProxyCore
  let eventLoop: any EventLoop
  /// One text at a time; whoever parses reads what it needs before anything else is parsed.
  private(set) var tape = JSONTape()
  /// The body that the tape holds, from a request's reading until its admission, which follows at once.
  var bodyOnTape: JSONValue?
  private var line = LineText()
  private(set) var pools: [VendorPool] = []
  let turn: LoopTurn
  private var exchanges: [ObjectIdentifier: Exchange] = [:]
  private var clients: [ObjectIdentifier: ClientConnection] = [:]
  private var ticking: Scheduled<Void>?
  var drains = 0
  let uses = UseReader()
  private var lastLimits = LastModelLimits()
  var metrics = LoopMetrics()
  /// What was reserved for each running request, by its id.
  var tickets: [String: AdmissionBook.Ticket] = [:]

  /// Timeouts are kept to this grain, so that no request pays for a timer of its own.
  static let tickMilliseconds: Int64 = 100
  /// A parser that has read a text larger than this gives its memory back.
  static let tapeBytesKept = 1 << 20

  init(core: ProxyCore, eventLoop: any EventLoop) {
    self.core = core
    self.eventLoop = eventLoop
    self.turn = LoopTurn(core: core, eventLoop: eventLoop)
    self.pools = core.routing.vendors.map { VendorPool(vendor: $0, loop: self) }
    scheduleTick()
  }

  private func scheduleTick() {
    ticking = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Self.tickMilliseconds)) {
      [weak self] in
      guard let self else { return }
      self.tick()
      self.scheduleTick()
    }
  }

  var limits: ProxyLimits { core.settings.limits }

  func parse(_ body: ByteBuffer) throws(JSONError) -> JSONValue {
    defer { if body.readableBytes > Self.tapeBytesKept { tape = JSONTape() } }
    let result: Result<JSONValue, JSONError> = body.withUnsafeReadableBytes { bytes in
      do throws(JSONError) {
        return .success(try tape.parse(bytes))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// A `start` or an `end` of an exchange, which is told at the end of this turn what became of it.
  func write(_ kind: LineKind, _ record: LogRecord, time: Int64, for exchange: Exchange) {
    turn.write(kind, record, time: time, for: exchange)
    if kind == .end { finished(record, time: time) }
  }

  /// Appends an `end` at once; false where the line could not be written, which is counted and noticed.
  func writeEnd(_ record: LogRecord, time: Int64) -> Bool {
    line.removeAll()
    record.writeEnd(to: &line)
    defer { finished(record, time: time) }
    do throws(LogError) {
      try core.log.append(.end, time: time, members: line.bytes)
      core.lineWritten()
      return true
    } catch {
      core.lineNotWritten(error)
      return false
    }
  }

  func limitsOfModel(_ model: String) -> (input: Int64, output: Int64) {
    lastLimits.of(model, in: core.admission.limits)
  }

  // MARK: - Who is there

  func add(_ exchange: Exchange) { exchanges[ObjectIdentifier(exchange)] = exchange }
  func remove(_ exchange: Exchange) { exchanges[ObjectIdentifier(exchange)] = nil }
  var exchangeCount: Int { exchanges.count }
  var clientCount: Int { clients.count }
  /// A request runs, or a client has an answer or the last bytes of one to come.
  var isBusy: Bool { !exchanges.isEmpty || clients.values.contains(where: \.isOwed) }
  /// Another request may run here.
  var hasRoom: Bool { exchanges.count < limits.runningRequestsMaxPerLoop }

  /// Where the loop has its fill of clients, those that have been idle the longest make room; false where all are busy.
  func add(_ client: ClientConnection) -> Bool {
    if clients.count >= limits.clientConnectionsMaxPerLoop { makeRoom() }
    guard clients.count < limits.clientConnectionsMaxPerLoop else { return false }
    clients[ObjectIdentifier(client)] = client
    return true
  }

  /// Some at once, so that a crowd that comes costs no search for each.
  private func makeRoom() {
    let idle = clients.values.compactMap { client in client.idleSince.map { (client: client, since: $0) } }
    let count = max(1, limits.clientConnectionsMaxPerLoop / 64)
    for (client, _) in idle.sorted(by: { $0.since < $1.since }).prefix(count) {
      remove(client)
      client.close()
    }
  }

  func remove(_ client: ClientConnection) { clients[ObjectIdentifier(client)] = nil }

  private func tick() {
    let now = NIODeadline.now()
    for exchange in Array(exchanges.values) { exchange.check(now) }
    for client in Array(clients.values) { client.check(now) }
    for pool in pools { pool.closeIdle(now) }
  }

  // MARK: - Stopping

  /// Idle clients are let go; the others learn it from `connection: close`.
  func beginStop() {
    for client in Array(clients.values) { client.closeIfIdle() }
  }

  /// The grace is over: every request gets its `end` line now.
  func cutAll() {
    for exchange in Array(exchanges.values) { exchange.cut() }
    // What they are told waits for these lines.
    turn.end()
    for client in Array(clients.values) { client.close() }
  }

  func endStop() {
    ticking?.cancel()
    turn.end()
    for client in Array(clients.values) { client.close() }
    for pool in pools { pool.closeAll() }
  }
}
