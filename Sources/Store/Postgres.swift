internal import CPQ
internal import Glibc

enum PostgresLimit {
  /// A connection that nobody answers is given up after this, unless the URL says otherwise.
  static let connectSecondsMax = 10
  /// A session that was cut off lets go its locks within half a minute.
  static let keepalives =
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
  /// So much later than the server's own timeout it is taken for silent.
  static let silenceMilliseconds: Int32 = 200
  /// The least that libpq takes: of a connection whose owner waits a bounded time for each answer.
  static let impatientConnectSeconds = 2
  /// How long a writer waits for another one's transaction, as with SQLite.
  static let lockSecondsMax = 30
  /// Statements prepared for one connection: the program has some hundred; others are sent as text each time.
  static let preparedMax = 400
}

/// One connection to a PostgreSQL server, through libpq. Not for two threads at once.
final class Postgres: Connection {
  let location: PostgresLocation
  var name: String { location.name }
  let handle: OpaquePointer
  var changes = 0

  /// The tables' schema: the store shares a database with others, and has names of its own there.
  static let schema = "tollbook"
  static let versionMin: Int32 = 150_000

  /// Held in a database for as long as something is written, or a run goes on.
  enum Lock: Int64 {
    case write = 0x746f_6c6c_0001
    case run = 0x746f_6c6c_0002
    case lease = 0x746f_6c6c_0003
  }

  private var names: [String: String] = [:]
  /// Readers in a transaction that was begun for them alone.
  private var readers = 0
  private var cursors = 0
  private var isCopySent = false
  /// A server that is silent for longer is given up; nil for never.
  private let answerMillisecondsMax: Int?
  private var wasSilent = false

  /// - Parameters:
  ///   - application: what the server's lists of connections call this one.
  ///   - waitSecondsMax: how long to wait for a server that is not there, or not ready.
  ///   - answerMillisecondsMax: how long to wait for each answer; nil for ever.
  init(
    _ url: String, application: String? = nil, waitSecondsMax: Int, answerMillisecondsMax: Int? = nil
  ) throws(StoreError) {
    let location = try PostgresLocation(url)
    self.location = location
    self.answerMillisecondsMax = answerMillisecondsMax
    handle = try Self.connect(
      location, application: application, waitSecondsMax: waitSecondsMax,
      connectSecondsMax: answerMillisecondsMax == nil
        ? PostgresLimit.connectSecondsMax : PostgresLimit.impatientConnectSeconds)
    // libpq would write the server's notices to standard error.
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    guard PQserverVersion(handle) >= Self.versionMin else {
      let found = PQserverVersion(handle)
      PQfinish(handle)
      throw StoreError(
        "\(location.name): the server is PostgreSQL \(found / 10_000).\(found % 10_000); 15 or newer is needed"
      )
    }
    do {
      try prepareSession()
    } catch {
      PQfinish(handle)
      throw error
    }
  }

  deinit { PQfinish(handle) }

  private func prepareSession() throws(StoreError) {
    let encoding = PQparameterStatus(handle, "server_encoding").map { String(cString: $0) } ?? ""
    guard encoding == "UTF8" else {
      throw StoreError(
        "\(name): the database's encoding is \(encoding); make one with UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
      )
    }
    try run(
      """
      SET search_path = \(Self.schema); SET client_min_messages = warning; SET standard_conforming_strings = on;
      SET idle_session_timeout = 0; SET lock_timeout = '\(PostgresLimit.lockSecondsMax)s'
      """)
    // A server that is only slow stops by itself, and has let go its locks when it says so.
    if let answerMillisecondsMax {
      try run("SET statement_timeout = \(answerMillisecondsMax); \(PostgresLimit.keepalives)")
    }
  }

  private static func connect(
    _ location: PostgresLocation, application: String?, waitSecondsMax: Int, connectSecondsMax: Int
  ) throws(StoreError) -> OpaquePointer {
    // The URL's own words win over those before it, and those behind it over the URL's.
    var settings: [(String, String)] = [
      ("connect_timeout", String(connectSecondsMax)), ("fallback_application_name", "tollbook"),
      ("dbname", location.url), ("client_encoding", "UTF8"),
    ]
    if let application { settings.append(("application_name", application)) }
    let keywords = settings.map { strdup($0.0) } + [nil]
    let values = settings.map { strdup($0.1) } + [nil]
    defer { for text in keywords + values { free(text) } }
    let constantKeywords = keywords.map { UnsafePointer($0) }
    let constantValues = values.map { UnsafePointer($0) }
    var secondsWaited = 0
    while true {
      guard let made = PQconnectdbParams(constantKeywords, constantValues, 1) else {
        throw StoreError("\(location.name): out of memory")
      }
      if PQstatus(made) == CONNECTION_OK { return made }
      let message = location.shown(String(cString: PQerrorMessage(made)))
      PQfinish(made)
      // Who does not wait needs not know why.
      guard waitSecondsMax > 0 else {
        throw StoreError("\(location.name): cannot be reached: \(message)")
      }
      let state = PQpingParams(constantKeywords, constantValues, 1)
      let mayCome = state == PQPING_REJECT || state == PQPING_NO_RESPONSE
      guard mayCome, secondsWaited < waitSecondsMax else {
        let waited = mayCome ? " (waited \(waitSecondsMax) s)" : ""
        throw StoreError("\(location.name): cannot be reached\(waited): \(message)")
      }
      sleep(1)
      secondsWaited += 1
    }
  }

  // MARK: - Statements

  func run(_ sql: String) throws(StoreError) {
    var copyFault: StoreError?
    do throws(StoreError) { try awaitCopy() } catch { copyFault = error }
    // A transaction whose COPY failed must be rolled back all the same.
    let definition = PostgresDialect.definition(sql)
    let result =
      answerMillisecondsMax == nil ? PQexec(handle, definition) : answer(PQsendQuery(handle, definition))
    defer { PQclear(result) }
    if let copyFault { throw copyFault }
    try check(result)
  }

  /// The result of a COPY is asked for when the next statement comes: the server works while the next rows are made.
  func noteCopySent() { isCopySent = true }

  /// - Throws: where the server refused a row of the COPY that was sent last.
  func awaitCopy() throws(StoreError) {
    guard isCopySent else { return }
    isCopySent = false
    var fault: StoreError?
    // The command's result, and then none.
    while let result = PQgetResult(handle) {
      do throws(StoreError) { try check(result) } catch { fault = fault ?? error }
      PQclear(result)
    }
    if let fault { throw fault }
  }

  func prepare(_ sql: String) throws(StoreError) -> any Statement {
    PostgresStatement(sql, self, rowsAtATime: nil)
  }

  func reader(_ sql: String, rowsAtATime: Int) throws(StoreError) -> any Statement {
    PostgresStatement(sql, self, rowsAtATime: rowsAtATime)
  }

  func holdsBytes(_ column: String) -> String { "position(? IN \(column)) > 0" }

  func keepAsTheyAre(_ columns: [String], of table: String) throws(StoreError) {
    for column in columns { try run("ALTER TABLE \(table) ALTER COLUMN \(column) SET STORAGE EXTERNAL") }
  }

  func bulkInsert(into table: String, columns: Int) throws(StoreError) -> any BulkInsert {
    PostgresBulkInsert(table, columns: columns, self)
  }

  func bulkInsert(
    into table: String, columns: Int, onConflict: String
  ) throws(StoreError) -> any BulkInsert {
    PostgresBulkUpsert(table, columns: columns, onConflict: onConflict, self)
  }

  /// Runs one statement.
  /// - Returns: a result to be cleared.
  func execute(_ sql: String, _ values: borrowing PostgresValues, once: Bool = false) throws(StoreError)
    -> OpaquePointer?
  {
    try awaitCopy()
    var known = once ? nil : names[sql]
    if known == nil, !once, names.count < PostgresLimit.preparedMax {
      let name = "s\(names.count)"
      let query = PostgresDialect.query(sql)
      let made =
        answerMillisecondsMax == nil
        ? PQprepare(handle, name, query, 0, nil) : answer(PQsendPrepare(handle, name, query, 0, nil))
      defer { PQclear(made) }
      try check(made)
      names[sql] = name
      known = name
    }
    let result = values.withPointers { count, pointers, lengths, formats in
      switch (known, answerMillisecondsMax) {
      case (let known?, nil): PQexecPrepared(handle, known, count, pointers, lengths, formats, 1)
      case (nil, nil):
        PQexecParams(handle, PostgresDialect.query(sql), count, nil, pointers, lengths, formats, 1)
      case (let known?, _):
        answer(PQsendQueryPrepared(handle, known, count, pointers, lengths, formats, 1))
      case (nil, _):
        answer(
          PQsendQueryParams(handle, PostgresDialect.query(sql), count, nil, pointers, lengths, formats, 1))
      }
    }
    do {
      try check(result)
    } catch {
      PQclear(result)
      throw error
    }
    let touched = PQcmdTuples(result).map { String(cString: $0) } ?? ""
    changes = Int(touched) ?? 0
    return result
  }

  /// The last result of what was sent, or its first failure, as libpq's own functions give it; nil where the server was
  /// silent for too long, or is lost.
  private func answer(_ isSent: Int32) -> OpaquePointer? {
    guard isSent == 1, !wasSilent else { return nil }
    let deadline = ContinuousClock.now + .milliseconds(answerMillisecondsMax ?? 0)
    var last: OpaquePointer?
    while true {
      while PQisBusy(handle) == 1 {
        guard isReadable(until: deadline), PQconsumeInput(handle) == 1 else {
          PQclear(last)
          return nil
        }
      }
      guard let next = PQgetResult(handle) else { return last }
      if PQresultStatus(last) == PGRES_FATAL_ERROR, last != nil {
        PQclear(next)
      } else {
        PQclear(last)
        last = next
      }
    }
  }

  private func isReadable(until deadline: ContinuousClock.Instant) -> Bool {
    while true {
      let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
      // The server's own timeout is to come first.
      let milliseconds = Int32(left.rounded(.up)) + PostgresLimit.silenceMilliseconds
      guard milliseconds > 0 else { break }
      var socket = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
      let found = poll(&socket, 1, milliseconds)
      if found > 0 { return true }
      if found == 0 { break }
      guard errno == EINTR else { return false }
    }
    wasSilent = true
    return false
  }

  /// - Throws: where the result is a failure. It stays to be cleared.
  func check(_ result: OpaquePointer?) throws(StoreError) {
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_COPY_IN, PGRES_EMPTY_QUERY: return
    default: throw fault(result)
    }
  }

  func fault(_ result: OpaquePointer?) -> StoreError {
    if wasSilent { return StoreError("\(name): the server does not answer") }
    func field(_ code: Character) -> String? {
      PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
    }
    // A failure without the server's code is libpq's own: the server did not answer, whatever the state still says.
    let code = field("C")
    if PQstatus(handle) == CONNECTION_BAD || code?.hasPrefix("57P0") ?? true || code?.hasPrefix("08") == true
    {
      let message = location.shown(String(cString: PQerrorMessage(handle)))
      return StoreError(
        "\(name): the connection was lost: \(message); what was not yet committed is not written: run it again when the server is there"
      )
    }
    if code == "55P03" {
      return StoreError(
        "\(name): another program has been writing for more than \(PostgresLimit.lockSecondsMax) s; run it again when that is done"
      )
    }
    // The primary message: the others may quote rows.
    return StoreError("\(name): \(location.shown(field("M") ?? String(cString: PQerrorMessage(handle))))")
  }

  // MARK: - Transactions

  func begin() throws(StoreError) { try begin(.write) }
  func beginLease() throws(StoreError) { try begin(.lease) }

  func lockLeases() throws(StoreError) {
    try run("SELECT pg_advisory_xact_lock(\(Lock.lease.rawValue))")
  }

  private func begin(_ lock: Lock) throws(StoreError) {
    guard readers == 0 else { throw StoreError("\(name): nothing can be written while rows are being read") }
    do {
      // One writer at a time, as with SQLite: what one has read cannot be changed by another before it is done.
      try run("BEGIN; SELECT pg_advisory_xact_lock(\(lock.rawValue))")
    } catch {
      let fault = error
      if PQstatus(handle) != CONNECTION_BAD, !wasSilent { try run("ROLLBACK") }
      throw fault
    }
  }

  /// A name that no other cursor of this connection has or had.
  func nextCursor() -> String {
    cursors += 1
    return "reader_\(cursors)"
  }

  /// A COPY is sent in one only.
  var isInTransaction: Bool { isCopySent || PQtransactionStatus(handle) == PQTRANS_INTRANS }

  /// A cursor lives in a transaction: without one, it gets its own, which sees one state of the store.
  func beginReader() throws(StoreError) -> Bool {
    guard readers > 0 || PQtransactionStatus(handle) == PQTRANS_IDLE else { return false }
    if readers == 0 { try run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") }
    readers += 1
    return true
  }

  func endReader() throws(StoreError) {
    readers -= 1
    if readers == 0 { try run("ROLLBACK") }
  }
}

/// The values of a statement, as libpq takes them.
struct PostgresValues: ~Copyable {
  /// One after another; a text or a number ends with a NUL.
  /// Never empty: an empty array may have no address, and that would be a null.
  private var bytes: [UInt8] = [0]
  private var starts: [Int32] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []

  mutating func addNull() {
    starts.append(-1)
    lengths.append(0)
    formats.append(0)
  }

  mutating func add(_ text: some Sequence<UInt8>) {
    starts.append(Int32(bytes.count))
    bytes += text
    lengths.append(0)
    formats.append(0)
    bytes.append(0)
  }

  mutating func add(blob: UnsafeRawBufferPointer) {
    starts.append(Int32(bytes.count))
    bytes += blob
    lengths.append(Int32(blob.count))
    formats.append(1)
  }

  mutating func removeAll() {
    bytes.removeSubrange(1...)
    starts.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    formats.removeAll(keepingCapacity: true)
  }

  borrowing func withPointers<R>(
    _ body: (Int32, [UnsafePointer<CChar>?], [Int32], [Int32]) -> R
  ) -> R {
    let starts = starts
    let lengths = lengths
    let formats = formats
    return bytes.withUnsafeBytes { all in
      let begin = all.baseAddress?.assumingMemoryBound(to: CChar.self)
      let pointers = starts.map { start in start < 0 ? nil : begin.map { $0 + Int(start) } }
      return body(Int32(starts.count), pointers, lengths, formats)
    }
  }
}
