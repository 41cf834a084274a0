/// Work that a vendor does while nobody waits: who asked for it, so that what it cost is put on that key when somebody
/// fetches it, also by another key, and also after a restart.
///
/// It is kept in memory and in files of one line each beside the raw logs, a file a month. What is lost of it makes no cost vanish: the work
/// is then metered under the key that fetches it.
internal import Glibc
internal import JSON
internal import Ledger
internal import RawLog
internal import Synchronization

/// Who asked for something, as the log says it.
struct WorkOrder: Sendable {
  /// The request's own id, which the `end` line of a background answer takes up again.
  var requestID: String
  /// Microseconds since 1970-01-01T00:00:00Z.
  var time: Int64
  var keyID: String?
  var keyName: String?
  var team: String?
  var user: String?
  var session: String?
  var tags: [RequestFacts.Tag]
  var provider: String?
  var upstream: String?
  var modelRequested: String?
  /// The most that it may cost, where a budget holds it.
  var bound: Money?

  init(_ record: LogRecord, time: Int64) {
    self.requestID = record.id
    self.time = time
    (self.keyID, self.keyName, self.team) = (record.keyID, record.keyName, record.team)
    (self.user, self.session, self.tags) = (record.user, record.session, record.tags)
    (self.provider, self.upstream) = (record.provider, record.upstream)
    self.modelRequested = record.modelRequested
  }

  func put(into record: inout LogRecord) {
    (record.keyID, record.keyName, record.team) = (keyID, keyName, team)
    (record.user, record.session, record.tags) = (user, session, tags)
    record.provider = provider ?? record.provider
    record.upstream = upstream ?? record.upstream
    record.modelRequested = modelRequested
  }
}

final class CreatedWork: Sendable {
  enum Limit {
    /// The vendors keep results for a month.
    static let ageMicroseconds: Int64 = 45 * 86_400_000_000
    static let dayMicroseconds: Int64 = 86_400_000_000
    static let ordersMax = 200_000
    static let fileBytesMax = 256 << 20
  }

  private struct State: Sendable {
    var orders: [String: WorkOrder] = [:]
    /// A file of results, and whose batch it belongs to.
    var batches: [String: String] = [:]
    /// What this process has metered of it, and before that.
    var metered: Set<String> = []
    var meteredBefore: Set<String> = []
    var file: Int32 = -1
    /// Of the open file.
    var month = ""
  }

  private let state = Mutex(State())
  private let folder: String
  private let clock: @Sendable () -> Int64
  private let notices: @Sendable (String) -> Void

  /// - Parameter folder: of the raw logs; the files' names are no segments'.
  init(
    folder: String, clock: @escaping @Sendable () -> Int64, notices: @escaping @Sendable (String) -> Void
  ) {
    self.folder = folder
    self.clock = clock
    self.notices = notices
    let now = clock()
    // The months in which something of that age was asked for, oldest first.
    var months: [String] = []
    for days in [45, 30, 15, 0] as [Int64] {
      let month = Self.month(now - days * Limit.dayMicroseconds)
      if months.last != month { months.append(month) }
    }
    state.withLock { state in
      for month in months { Self.load(Self.path(folder, month), now, into: &state) }
    }
  }

  /// `2026-11`
  private static func month(_ time: Int64) -> String { String(Timestamp.text(time).prefix(7)) }
  private static func path(_ folder: String, _ month: String) -> String { folder + "/created-work-" + month }

  deinit { state.withLock { if $0.file >= 0 { close($0.file) } } }

  func order(_ id: String) -> WorkOrder? {
    state.withLock { state in state.orders[id] ?? state.batches[id].flatMap { state.orders[$0] } }
  }

  /// A batch or a background answer was accepted by the vendor.
  func note(_ id: String, _ order: WorkOrder) {
    guard
      state.withLock({ state in
        guard state.orders[id] == nil, state.orders.count < Limit.ordersMax else { return false }
        state.orders[id] = order
        return true
      })
    else { return }
    append(Self.line(id, order))
  }

  /// The files in which a batch's results lie.
  func note(files: [String], of batch: String) {
    for file in files {
      let isNew = state.withLock { state in
        guard state.orders[batch] != nil, state.batches[file] == nil else { return false }
        state.batches[file] = batch
        return true
      }
      if isNew { append(Self.line(file: file, batch)) }
    }
  }

  /// - Returns: false where this process has metered it before.
  func meter(_ id: String) -> Bool {
    state.withLock { state in
      guard !state.meteredBefore.contains(id) else { return false }
      if state.metered.count >= Limit.ordersMax {
        state.meteredBefore = state.metered
        state.metered = []
      }
      return state.metered.insert(id).inserted
    }
  }

  /// It was not metered after all.
  func forget(_ id: String) { state.withLock { _ = $0.metered.remove(id) } }

  /// Nothing of it will come any more.
  func finish(_ id: String) {
    state.withLock { $0.orders[id]?.bound = nil }
    append(Self.line(finished: id))
  }

  /// Orders that a budget holds.
  func unfinished() -> [String: WorkOrder] { state.withLock { $0.orders.filter { $0.value.bound != nil } } }

  // MARK: - The file

  private func append(_ line: [UInt8]) {
    let month = Self.month(clock())
    let isWritten = state.withLock { state in
      if state.file >= 0, state.month != month {
        close(state.file)
        state.file = -1
      }
      if state.file < 0 {
        state.file = Self.opened(folder, month)
        state.month = month
      }
      guard state.file >= 0 else { return false }
      return line.withUnsafeBytes { write(state.file, $0.baseAddress, $0.count) } == line.count
    }
    if !isWritten {
      notices(
        "\(Self.path(folder, month)) could not be written: a batch may be metered under the key that fetches it."
      )
    }
  }

  /// The log's folder is made with its first line, which may come later.
  private static func opened(_ folder: String, _ month: String) -> Int32 {
    do throws(FileFault) {
      try POSIXLogFiles().makeFolder(folder)
    } catch {
      return -1
    }
    return open(path(folder, month), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
  }

  private static func line(_ id: String, _ order: WorkOrder) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("id", id)
      writer.member("request", order.requestID)
      writer.member("time", order.time)
      writer.member("key", order.keyID)
      writer.member("name", order.keyName)
      writer.member("team", order.team)
      writer.member("user", order.user)
      writer.member("session", order.session)
      writer.member("provider", order.provider)
      writer.member("upstream", order.upstream)
      writer.member("model", order.modelRequested)
      if let bound = order.bound { writer.member("bound_usd", bound.description) }
      writer.member(
        "tags", object: { writer in for tag in order.tags { writer.member(tag.name, tag.value) } })
    }
    return writer.bytes + [0x0A]
  }

  private static func line(file: String, _ batch: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("file", file)
      writer.member("batch", batch)
    }
    return writer.bytes + [0x0A]
  }

  private static func line(finished id: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { $0.member("finished", id) }
    return writer.bytes + [0x0A]
  }

  private static func load(_ path: String, _ now: Int64, into state: inout State) {
    let tape = JSONTape()
    for line in contents(path).split(separator: 0x0A) {
      guard let value = parse(Array(line), tape) else { continue }
      if let file = value["file"]?.string, let batch = value["batch"]?.string {
        if state.orders[batch] != nil { state.batches[file] = batch }
      } else if let id = value["finished"]?.string {
        state.orders[id]?.bound = nil
      } else if let id = value["id"]?.string, let order = WorkOrder(value),
        now - order.time < Limit.ageMicroseconds, state.orders.count < Limit.ordersMax
      {
        state.orders[id] = order
      }
    }
  }

  private static func parse(_ line: [UInt8], _ tape: JSONTape) -> JSONValue? {
    do throws(JSONError) {
      return try tape.parse(line)
    } catch {
      return nil
    }
  }

  private static func contents(_ path: String) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < Limit.fileBytesMax {
      let count = read(file, &room, room.count)
      guard count > 0 else { break }
      bytes += room[..<count]
    }
    return bytes
  }
}

extension WorkOrder {
  fileprivate init?(_ value: JSONValue) {
    guard let request = value["request"]?.string, let time = value["time"]?.wholeNumber else { return nil }
    requestID = request
    self.time = time
    (keyID, keyName, team) = (value["key"]?.string, value["name"]?.string, value["team"]?.string)
    (user, session) = (value["user"]?.string, value["session"]?.string)
    (provider, upstream) = (value["provider"]?.string, value["upstream"]?.string)
    modelRequested = value["model"]?.string
    bound = value["bound_usd"]?.string.flatMap(femtodollars).map { Money(femtodollars: $0) }
    tags = (value["tags"]?.members ?? []).compactMap { name, tag in
      guard let name = name.string, let text = tag.string else { return nil }
      return .init(name: name, value: text)
    }
  }
}
