internal import Glibc

/// Held while a run writes; a second run is told who holds it.
public final class RunLock {
  private enum Held {
    /// A file beside the store, locked for as long as it is open.
    case file(Int32)
    /// A session of the store's server that holds a lock; both end together.
    case session(Postgres)
  }

  private let held: Held

  /// - Parameters:
  ///   - location: the store's.
  ///   - holder: what the second is told: process and command.
  ///   - waitSecondsMax: how long to wait for a server that is not there yet.
  public init(
    _ location: String, holder: String, waitSecondsMax: Int = StoreLimit.connectSecondsMax
  ) throws(StoreError) {
    if PostgresLocation.isOne(location) {
      held = .session(try Self.session(location, holder: holder, waitSecondsMax: waitSecondsMax))
    } else {
      held = .file(try Self.file(try sqlitePath(location) + ".lock", holder: holder))
    }
  }

  deinit { if case .file(let descriptor) = held { close(descriptor) } }

  /// A server notices a moment later that a program was killed, and so holds its lock a moment longer.
  private static let attempts = 10
  private static let microsecondsBetweenAttempts: UInt32 = 100_000

  private static func file(_ path: String, holder: String) throws(StoreError) -> Int32 {
    switch try lockFile(path, holder: holder) {
    case .taken(let descriptor): return descriptor
    case .held(let who): throw isHeld(by: who)
    }
  }

  /// The holder's words are the name of its session, so that they go with it, and an administrator sees them too.
  private static func session(
    _ location: String, holder: String, waitSecondsMax: Int
  ) throws(StoreError) -> Postgres {
    let database = try Postgres(location, application: holder, waitSecondsMax: waitSecondsMax)
    let key = Postgres.Lock.run.rawValue
    for attempt in 0..<attempts {
      if attempt > 0 { usleep(microsecondsBetweenAttempts) }
      if try database.integer("SELECT pg_try_advisory_lock(\(key))") == 1 { return database }
    }
    // Both halves of the key, as the server lists them.
    let select = try database.prepare(
      """
      SELECT a.application_name, coalesce(host(a.client_addr), 'the server''s own machine')
      FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.classid = \(key >> 32) AND l.objid = \(key & 0xFFFF_FFFF)
      """)
    guard try select.next(), let who = select.text(0), !who.isEmpty, let machine = select.text(1) else {
      throw isHeld(by: "of another user of the server")
    }
    throw isHeld(by: "\(who), on \(machine)")
  }

  private static func isHeld(by who: String) -> StoreError {
    var error = StoreError("another run holds this store: \(who); wait until it ends")
    error.isHeld = true
    return error
  }
}
