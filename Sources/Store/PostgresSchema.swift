/// What a PostgreSQL store says of itself: its schema's version, its tables, its keys' state.
extension Postgres {
  func schemaVersion() throws(StoreError) -> Int64 {
    guard try integer("SELECT to_regclass('\(Self.schema).schema_version') IS NOT NULL") == 1 else {
      return 0
    }
    return try integer("SELECT version FROM schema_version") ?? 0
  }

  func makeRoomForSchema() throws(StoreError) {
    // Where an administrator made it, the program needs no right to make one.
    if try integer("SELECT to_regnamespace('\(Self.schema)') IS NOT NULL") != 1 {
      try run("CREATE SCHEMA \(Self.schema)")
    }
    try run("CREATE TABLE schema_version(version INTEGER NOT NULL); INSERT INTO schema_version VALUES(0)")
  }

  func setSchemaVersion(_ version: Int64) throws(StoreError) {
    try run("UPDATE schema_version SET version = \(version)")
  }

  /// Each change of a row gives it the number of the transaction that made it. Keys are few and never removed, and so
  /// are their former secrets, teams and users.
  func keysVersion() throws(StoreError) -> Int64 {
    let select = try prepare(
      """
      SELECT count(*), coalesce(sum(number), 0) FROM (
        SELECT CAST(CAST(xmin AS text) AS bigint) AS number FROM keys
        UNION ALL SELECT CAST(CAST(xmin AS text) AS bigint) FROM former_secrets
        UNION ALL SELECT CAST(CAST(xmin AS text) AS bigint) FROM policy_holders) AS changes
      """)
    guard try select.next() else { return 0 }
    defer { select.reset() }
    return select.integer(0) &* 0x1_0000_0001 &+ select.integer(1)
  }

  func damage() throws(StoreError) -> String? {
    let failures = try integer(
      "SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()")
    guard let failures, failures > 0 else { return nil }
    return "the server counted \(failures) pages of the database whose checksum is wrong"
  }

  func mayWrite() throws(StoreError) -> Bool {
    try integer("SELECT has_table_privilege('segments', 'INSERT') AND NOT pg_is_in_recovery()") == 1
  }

  func details() throws(StoreError) -> String? {
    let select = try prepare(
      """
      SELECT current_setting('server_version'), CAST(coalesce(sum(pg_total_relation_size(oid)), 0) AS bigint) >> 20
      FROM pg_class WHERE relnamespace = to_regnamespace('\(Self.schema)') AND relkind = 'r'
      """)
    guard try select.next() else { return nil }
    defer { select.reset() }
    return "PostgreSQL \(select.text(0) ?? ""), \(select.integer(1)) MiB"
  }

  func beginReading() throws(StoreError) { _ = try beginReader() }
  func endReading() throws(StoreError) { try endReader() }

  func goOnNumbering() throws(StoreError) {
    let select = try prepare(
      """
      SELECT CAST(c.relname AS text), CAST(a.attname AS text) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      WHERE c.relnamespace = to_regnamespace('\(Self.schema)') AND c.relkind = 'r' AND a.attidentity <> ''
      """)
    var numbered: [(table: String, column: String)] = []
    while try select.next() { numbered.append((select.text(0) ?? "", select.text(1) ?? "")) }
    for (table, column) in numbered {
      try run(
        """
        SELECT setval(pg_get_serial_sequence('\(Self.schema).\(table)', '\(column)'),
          (SELECT coalesce(max(\(column)), 0) + 1 FROM \(table)), false)
        """)
    }
  }

  func tables() throws(StoreError) -> [String] {
    let select = try prepare(
      """
      SELECT CAST(c.relname AS text) FROM pg_class c
      WHERE c.relnamespace = to_regnamespace('\(Self.schema)') AND c.relkind IN ('r', 'p')
        AND c.relname <> 'schema_version' ORDER BY CAST(c.relname AS text) COLLATE "C"
      """)
    var result: [String] = []
    while try select.next() { result.append(select.text(0) ?? "") }
    return result
  }

  func columns(of table: String) throws(StoreError) -> [Column] {
    let select = try prepare(
      """
      SELECT CAST(a.attname AS text), CAST(a.atttypid AS bigint) FROM pg_attribute a
      WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
      """)
    select.bind("\(Self.schema).\(table)")
    var result: [Column] = []
    while try select.next() {
      let kind: Column.Kind =
        switch select.integer(1) {
        case 20: .integer
        case 17: .bytes
        default: .text
        }
      result.append(Column(name: select.text(0) ?? "", kind: kind))
    }
    return result
  }
}
