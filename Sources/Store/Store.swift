internal import Glibc

/// The ledger's memory: request rows, how far each segment was read, keys, deliveries.
///
/// One connection, for one thread. Opening brings the schema up to date; a file that a newer program wrote is
/// refused.
public final class Store {
  let database: any Connection
  var statements: [String: any Statement] = [:]
  var facetIDs: [FacetKey: Int64] = [:]
  var facets: [Int64: FacetKey] = [:]
  var nameIDs: [String: Int64] = [:]
  /// The number of the same facts without the agent, for each facet.
  var usageFacets: [Int64: Int64] = [:]
  var names: [Int64: String] = [:]
  var segmentNames: [Int64: String] = [:]
  var knownPartitions: [Partition]?
  /// Other sources are taken: months get look-ups by the vendors' ids.
  var hasVendorIDLookups = false
  /// Rows of the transaction that are too few for a block.
  var waitingRows = RequestBatch()
  var knownBlockInsert: BlockInsert?
  var knownOpenInsert: OpenInsert?
  /// What `newSegmentNumber` gives next.
  var nextSegment: Int64?
  /// Visits that go on.
  var readings = 0
  private(set) var isInTransaction = false

  /// - Parameters:
  ///   - location: `sqlite:FILE` or `postgres://…`, which libpq reads as it is.
  ///   - waitSecondsMax: how long to wait for a server that is not there, or not ready.
  ///   - answerMillisecondsMax: how long to wait for each answer of a server; nil for ever, as long rows may take.
  /// - Throws: `StoreError`.
  public init(
    _ location: String, waitSecondsMax: Int = StoreLimit.connectSecondsMax, answerMillisecondsMax: Int? = nil
  ) throws {
    if PostgresLocation.isOne(location) {
      database = try Postgres(
        location, waitSecondsMax: waitSecondsMax, answerMillisecondsMax: answerMillisecondsMax)
    } else {
      database = try SQLite(path: sqlitePath(location))
    }
    try migrate()
  }

  /// The location without anything secret, for messages: a file's path, or a server's URL.
  public static func name(of location: String) throws -> String {
    PostgresLocation.isOne(location) ? try PostgresLocation(location).name : try sqlitePath(location)
  }

  /// Whether there is something to open without making it. A server's database is there, or opening says why not.
  public static func isThere(_ location: String) throws -> Bool {
    try PostgresLocation.isOne(location) || access(sqlitePath(location), F_OK) == 0
  }

  private func migrate() throws {
    let found = try database.schemaVersion()
    guard found <= Schema.version else {
      throw StoreError(
        "\(database.name): its schema is version \(found), this program knows up to \(Schema.version); use a newer one"
      )
    }
    guard found < Schema.version else { return }
    try transaction {
      // Another process may have been faster while this one waited.
      let current = try database.schemaVersion()
      if current == 0 { try database.makeRoomForSchema() }
      for step in Schema.steps.dropFirst(Int(current)) { try database.run(step) }
      if current < Schema.partitionsVersion {
        try carryOver()
      } else if current < Schema.blocksVersion {
        try moveIntoBlocks()
      }
      if current < Schema.blocksVersion {
        try database.run("DROP TABLE usage_slots; DROP TABLE usage_slot_meters")
      }
      try database.setSchemaVersion(Schema.version)
    }
  }

  /// Runs `body` as a whole or not at all.
  public func transaction<R, Failure: Error>(
    _ body: () throws(Failure) -> R
  ) throws -> R {
    try database.begin()
    isInTransaction = true
    defer { isInTransaction = false }
    // Another connection may have written since.
    knownPartitions = nil
    nextSegment = nil
    do {
      let result = try body()
      try writeWaitingRows()
      try database.run("COMMIT")
      return result
    } catch {
      let reason = error
      forgetNumbers()
      do {
        try database.run("ROLLBACK")
      } catch {
        // A transaction ends with its connection too. What went wrong first is what must be told.
      }
      throw reason
    }
  }

  /// Numbers given out inside a transaction that did not happen are void.
  func forgetNumbers() {
    facetIDs.removeAll()
    nameIDs.removeAll()
    facets.removeAll()
    usageFacets.removeAll()
    names.removeAll()
    segmentNames.removeAll()
    knownPartitions = nil
    nextSegment = nil
    waitingRows = RequestBatch()
    knownBlockInsert = nil
    knownOpenInsert = nil
  }

  /// Changes whenever another connection has changed the clients' keys: a cheap reason to read them again.
  public func keysVersion() throws(StoreError) -> Int64 { try database.keysVersion() }

  /// A statement that is prepared once and kept.
  func statement(_ sql: String) throws(StoreError) -> any Statement {
    if let known = statements[sql] {
      known.reset()
      return known
    }
    let made = try database.prepare(sql)
    statements[sql] = made
    return made
  }
}

/// The file of `sqlite:FILE`.
func sqlitePath(_ location: String) throws(StoreError) -> String {
  guard location.hasPrefix("sqlite:"), location.utf8.count > 7 else {
    // What is not understood may have a password anywhere.
    let scheme = location.firstIndex(of: ":").map { location[...$0] + "…" } ?? location[...]
    throw StoreError(
      "store \"\(scheme)\" is not understood; write sqlite:FILE or postgres://USER@HOST:PORT/DATABASE")
  }
  return String(location.dropFirst(7))
}
