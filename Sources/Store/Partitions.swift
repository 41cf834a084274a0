internal import Ledger

extension Schema {
  /// Request rows in tables a month, and what is kept beside them.
  static let partitions = """
    -- The months that have tables of their own.
    CREATE TABLE request_months(
      month INTEGER PRIMARY KEY,     -- year * 12 + month - 1, in UTC
      vendor_ids INTEGER NOT NULL    -- 1: it has the look-ups by the vendors' ids
    ) STRICT;
    -- The months whose tables were dropped.
    CREATE TABLE pruned_months(month INTEGER PRIMARY KEY, pruned_at INTEGER NOT NULL) STRICT;
    -- Requests begun whose end has not come.
    CREATE TABLE open_requests(\(Partition.columnDefinitions)
      PRIMARY KEY(time, segment, line)) STRICT, WITHOUT ROWID;
    CREATE INDEX open_requests_id ON open_requests(id);
    -- The ids of work that was metered when it was fetched: each is a request once, for ever.
    CREATE TABLE metered_ids(id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    -- The facts without the agent, by which usage is added up; 0 where they have no number yet.
    ALTER TABLE facets ADD COLUMN usage_facet INTEGER NOT NULL DEFAULT 0;
    -- What the requests of a quarter of an hour used. It stays when their rows are dropped.
    CREATE TABLE usage_slots(
      slot INTEGER NOT NULL,         -- quarters of an hour since 1970
      facet INTEGER NOT NULL, outcome INTEGER NOT NULL,
      status INTEGER NOT NULL,       -- 0 for none
      requests INTEGER NOT NULL, final_requests INTEGER NOT NULL,
      duration_us INTEGER NOT NULL, durations INTEGER NOT NULL,
      first_byte_us INTEGER NOT NULL, first_bytes INTEGER NOT NULL,
      input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
      cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cache_write_12h INTEGER NOT NULL,
      output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
      PRIMARY KEY(slot, facet, outcome, status)) STRICT, WITHOUT ROWID;
    -- What they used of meters that have no column there.
    CREATE TABLE usage_slot_meters(
      slot INTEGER NOT NULL, facet INTEGER NOT NULL, outcome INTEGER NOT NULL, status INTEGER NOT NULL,
      meter TEXT NOT NULL, count INTEGER NOT NULL,
      PRIMARY KEY(slot, facet, outcome, status, meter)) STRICT, WITHOUT ROWID;
    """
}

/// A month's tables of request rows.
struct Partition: Hashable {
  /// Year * 12 + month - 1, in UTC.
  let month: Int64

  enum Limit {
    /// Months from 2000 to 2099 have tables of their own. What a hostile clock puts before or behind them stands in
    /// the first or the last, so that no log can make tables without end.
    static let months: ClosedRange<Int64> = 2000 * 12...2099 * 12 + 11
  }

  init(month: Int64) {
    self.month = min(max(month, Limit.months.lowerBound), Limit.months.upperBound)
  }

  /// The partition of a request that arrived then.
  init(time: Int64) {
    let day = VendorStatement.day(of: time)
    let date = Timestamp.date(days: day)
    self.init(month: date.year * 12 + date.month - 1)
  }

  private var suffix: String {
    let month = month % 12 + 1
    return "\(self.month / 12)_\(month < 10 ? "0" : "")\(month)"
  }

  /// `2026-10`
  var name: String { suffix.replacing("_", with: "-") }
  var blocks: String { "request_blocks_" + suffix }
  var ids: String { "request_ids_" + suffix }
  var vendorIDs: String { "request_vendor_ids_" + suffix }
  /// What version 7 had in their place.
  var oldRequests: String { "requests_" + suffix }
  var oldHashes: String { "request_hashes_" + suffix }

  /// The times that belong here: the first and last possible one stand open.
  var times: Range<Int64> {
    func begin(_ month: Int64) -> Int64 {
      Timestamp.days(year: month / 12, month: month % 12 + 1, day: 1) * VendorStatement.dayMicroseconds
    }
    let lower = month == Limit.months.lowerBound ? Int64.min : begin(month)
    let upper = month == Limit.months.upperBound ? Int64.max : begin(month + 1)
    return lower..<upper
  }

  /// Of a request that has not ended.
  static let columns = [
    "time", "segment", "line", "id", "attempt", "final", "facet", "user_number", "session", "ip",
    "response_id", "vendor_request_id", "metered_id", "stream", "status", "duration_us", "first_byte_us",
    "outcome", "error_type", "flags", "input", "cache_read", "cache_write_5m", "cache_write_1h",
    "cache_write_12h", "output", "reasoning", "other_meters", "other_models", "unknown_fields", "stated",
  ]

  static let columnDefinitions = """

      time INTEGER NOT NULL,         -- microseconds since 1970
      segment INTEGER NOT NULL, line INTEGER NOT NULL,
      id BLOB NOT NULL,              -- a UUID's 16 bytes, or UTF-8 and the byte FF
      attempt INTEGER NOT NULL, final INTEGER NOT NULL, facet INTEGER NOT NULL,
      user_number INTEGER, session TEXT, ip TEXT,
      response_id TEXT, vendor_request_id TEXT, metered_id TEXT,
      stream INTEGER, status INTEGER, duration_us INTEGER, first_byte_us INTEGER,
      outcome INTEGER NOT NULL, error_type INTEGER, flags INTEGER NOT NULL,
      input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
      cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cache_write_12h INTEGER NOT NULL,
      output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
      other_meters TEXT,             -- JSON object of meters without a column
      other_models TEXT,             -- JSON: tokens of other models inside the answer
      unknown_fields TEXT,           -- JSON array of paths
      stated TEXT,                   -- what another program said it cost, in femtodollars
    """

  static let blockColumns = 6
  static let vendorIDColumns = ["response_id", "vendor_request_id"]

  /// Blocks of rows, found by their time and by hashes of what is in them.
  var blocksCreation: [String] {
    [
      """
      CREATE TABLE \(blocks)(
        first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
        requests INTEGER NOT NULL, final_requests INTEGER NOT NULL,
        hashes BLOB NOT NULL,        -- of users, sessions, keys, models …: see TextHash
        data BLOB NOT NULL           -- the rows: see RequestBlock
      ) STRICT
      """,
      "CREATE INDEX \(blocks)_time ON \(blocks)(first_time, last_time)",
    ]
  }

  /// An id that does not say the row's time is found by a table of such ids' hashes.
  var idsCreation: [String] {
    [
      "CREATE TABLE \(ids)(hash INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY(hash, time)) STRICT, WITHOUT ROWID"
    ]
  }

  /// The ids that vendors gave, where other sources are taken.
  var vendorIDsCreation: [String] {
    let columns = Self.vendorIDColumns
    return [
      "CREATE TABLE \(vendorIDs)(\(columns.map { "\($0) TEXT" }.joined(separator: ", ")), time INTEGER NOT NULL) STRICT"
    ] + columns.map { "CREATE INDEX \(vendorIDs)_\($0) ON \(vendorIDs)(\($0)) WHERE \($0) IS NOT NULL" }
  }
}

extension Store {
  /// The months that have tables, in the order of time.
  func partitions() throws(StoreError) -> [Partition] {
    if let knownPartitions { return knownPartitions }
    let select = try statement("SELECT month, vendor_ids FROM request_months ORDER BY month")
    var found: [Partition] = []
    while try select.next() {
      found.append(Partition(month: select.integer(0)))
      if select.integer(1) != 0 { hasVendorIDLookups = true }
    }
    knownPartitions = found
    return found
  }

  /// The months that have tables and a time in the half-open range.
  func partitions(from begin: Int64?, to end: Int64?) throws(StoreError) -> [Partition] {
    // Another connection may have made one since.
    if !isInTransaction { knownPartitions = nil }
    return try partitions().filter { partition in
      begin.map { partition.times.upperBound > $0 } ?? true
        && end.map { partition.times.lowerBound < $0 } ?? true
    }
  }

  /// Makes a month's tables if they are not there.
  func prepare(_ partition: Partition) throws(StoreError) {
    guard try !partitions().contains(partition) else { return }
    try makeTables(of: partition)
    try statement("INSERT INTO request_months VALUES(?,?)").bind(partition.month).bind(hasVendorIDLookups)
      .run()
    knownPartitions = nil
  }

  func makeTables(of partition: Partition) throws(StoreError) {
    for sql in partition.idsCreation { try database.run(sql) }
    try makeBlocks(of: partition)
    if hasVendorIDLookups { try makeVendorIDs(of: partition) }
  }

  func makeBlocks(of partition: Partition) throws(StoreError) {
    for sql in partition.blocksCreation { try database.run(sql) }
    try database.keepAsTheyAre(["hashes", "data"], of: partition.blocks)
  }

  func makeVendorIDs(of partition: Partition) throws(StoreError) {
    for sql in partition.vendorIDsCreation { try database.run(sql) }
  }

  /// The names of a month's tables.
  func tables(of partition: Partition) throws(StoreError) -> [String] {
    let select = try statement("SELECT vendor_ids FROM request_months WHERE month = ?").bind(partition.month)
    let hasVendorIDs = try select.next() && select.integer(0) != 0
    select.reset()
    return [partition.blocks, partition.ids] + (hasVendorIDs ? [partition.vendorIDs] : [])
  }
}
