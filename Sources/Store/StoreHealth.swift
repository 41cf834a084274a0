extension Store {
  public func schemaVersion() throws(StoreError) -> Int64 { try database.integer("PRAGMA user_version") ?? 0 }

  /// What SQLite's own check finds wrong with the file; nil for a sound one.
  public func damage() throws(StoreError) -> String? {
    let check = try database.prepare("PRAGMA quick_check(1)")
    guard try check.next(), let found = check.text(0), found != "ok" else { return nil }
    return found
  }

  /// When the newest request arrived; nil for none.
  public func newestRequestTime() throws(StoreError) -> Int64? {
    let newest = try database.prepare("SELECT max(time) FROM requests")
    return try newest.next() ? newest.optionalInteger(0) : nil
  }
}
