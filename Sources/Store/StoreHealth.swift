internal import Glibc

extension Store {
  /// A file's path, or a server without a password.
  public var name: String { database.name }

  /// What and how large the database is, and its schema's version.
  public func summary() throws(StoreError) -> String {
    let details = try database.details().map { ", " + $0 } ?? ""
    return "\(name)\(details), schema \(try database.schemaVersion())"
  }

  public func mayWrite() throws(StoreError) -> Bool { try database.mayWrite() }

  /// What the database's own check finds wrong; nil for a sound one.
  public func damage() throws(StoreError) -> String? { try database.damage() }

  /// When the newest request arrived; nil for none.
  public func newestRequestTime() throws(StoreError) -> Int64? {
    try reading { () throws(StoreError) in try lastTime(in: .min..<(.max), ended: true, open: true) }
  }
}

extension Store {
  /// Writes a copy of everything as it is at this moment, while others may go on reading and writing. The copy is
  /// checked before it gets its name.
  /// - Throws: `StoreError`; a file of that name is never written over.
  public func backUp(to path: String) throws {
    guard database is SQLite else {
      throw StoreError(
        "\(database.name): a server's store is copied by its own tools: pg_dump --format=custom --schema=\(Postgres.schema)"
      )
    }
    guard access(path, F_OK) != 0 else {
      throw StoreError("\(path) is there already; a backup never writes over a file")
    }
    let unfinished = path + ".unfinished"
    unlink(unfinished)
    try database.prepare("VACUUM INTO ?").bind(unfinished).run()
    do {
      let copy = try Store("sqlite:" + unfinished)
      if let damage = try copy.damage() { throw StoreError("the copy is damaged: \(damage)") }
    } catch {
      unlink(unfinished)
      throw error
    }
    // Opening the copy left a journal beside it, which is empty and has no meaning under another name.
    unlink(unfinished + "-wal")
    unlink(unfinished + "-shm")
    guard rename(unfinished, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(unfinished)
      throw StoreError("\(path): cannot be written: \(reason)")
    }
  }
}
