internal import CSQLite
internal import Glibc

/// The ledger's memory: request rows, how far each segment was read, keys, deliveries.
///
/// One connection, for one thread. Opening brings the schema up to date; a file that a newer program wrote is
/// refused.
public final class Store {
  let database: SQLite
  var statements: [String: Statement] = [:]
  var facetIDs: [FacetKey: Int64] = [:]
  var facets: [Int64: FacetKey] = [:]
  var nameIDs: [String: Int64] = [:]

  /// - Parameter location: `sqlite:FILE`.
  /// - Throws: `StoreError`.
  public init(_ location: String) throws {
    guard location.hasPrefix("sqlite:"), location.utf8.count > 7 else {
      throw StoreError("store \"\(redacted(location))\" is not understood; write sqlite:FILE")
    }
    database = try SQLite(path: String(location.dropFirst(7)))
    try database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
    try migrate()
  }

  private func migrate() throws {
    let found = try database.integer("PRAGMA user_version") ?? 0
    guard found <= Schema.version else {
      throw StoreError(
        "\(database.path): its schema is version \(found), this program knows up to \(Schema.version); use a newer one"
      )
    }
    guard found < Schema.version else { return }
    try transaction { () throws(StoreError) in
      // Another process may have been faster while this one waited.
      let current = try database.integer("PRAGMA user_version") ?? 0
      for step in Schema.steps.dropFirst(Int(current)) { try database.run(step) }
      try database.run("PRAGMA user_version = \(Schema.version)")
    }
  }

  /// Runs `body` as a whole or not at all.
  public func transaction<R, Failure: Error>(
    _ body: () throws(Failure) -> R
  ) throws -> R {
    try database.run("BEGIN IMMEDIATE")
    do {
      let result = try body()
      try database.run("COMMIT")
      return result
    } catch {
      forgetNumbers()
      try database.run("ROLLBACK")
      throw error
    }
  }

  /// Numbers given out inside a transaction that did not happen are void.
  func forgetNumbers() {
    facetIDs.removeAll()
    nameIDs.removeAll()
    facets.removeAll()
  }

  /// Changes whenever another connection has written: a cheap reason to read again.
  public func dataVersion() throws(StoreError) -> Int64 {
    try database.integer("PRAGMA data_version") ?? 0
  }

  /// A statement that is prepared once and kept.
  func statement(_ sql: String) throws(StoreError) -> Statement {
    if let known = statements[sql] {
      known.reset()
      return known
    }
    let made = try database.prepare(sql)
    statements[sql] = made
    return made
  }
}

/// A location without a password, for messages.
private func redacted(_ location: String) -> String {
  guard let scheme = location.firstRange(of: "://") else { return location }
  return location[..<scheme.upperBound] + "…"
}

/// Held while a run writes; a second run is told who holds it.
public final class RunLock {
  private let descriptor: Int32

  /// - Parameters:
  ///   - location: the store's.
  ///   - holder: what the second is told: process and command.
  public init(_ location: String, holder: String) throws(StoreError) {
    let path = String(location.dropFirst("sqlite:".count)) + ".lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw StoreError("\(path): cannot be opened: \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      var bytes = [UInt8](repeating: 0, count: 200)
      let count = read(descriptor, &bytes, bytes.count)
      let who = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
      close(descriptor)
      throw StoreError("another run holds this store: \(who); wait until it ends")
    }
    ftruncate(descriptor, 0)
    let text = Array(holder.utf8)
    pwrite(descriptor, text, text.count, 0)
  }

  deinit { close(descriptor) }
}
