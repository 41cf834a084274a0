/// The schema, as the list of steps that made it. A step is never changed once it was released: only added to.
enum Schema {
  static let steps: [String] = [
    first, priceFacts, closing, sources, statements, usageStatements, partitions, jobs, costs, blocks,
    keyPolicies,
  ]

  static var version: Int64 { Int64(steps.count) }
  /// The first version with a table of request rows a month, and the first with blocks of them.
  static let partitionsVersion: Int64 = 7
  static let blocksVersion: Int64 = 10

  private static let blocks = """
    -- What the requests of quarters of an hour used: see UsageCells. It stays when their rows are dropped.
    CREATE TABLE usage_cells(
      first_slot INTEGER NOT NULL,   -- quarters of an hour since 1970
      last_slot INTEGER NOT NULL,
      cells BLOB NOT NULL) STRICT;
    CREATE INDEX usage_cells_slot ON usage_cells(first_slot, last_slot);
    """

  private static let priceFacts = """
    ALTER TABLE facets ADD COLUMN price_facts TEXT NOT NULL DEFAULT '{}';  -- JSON object, names sorted
    ALTER TABLE requests ADD COLUMN unknown_fields TEXT;                  -- JSON array of paths
    """

  private static let jobs = """
    -- What the schedule did last, a row a job.
    CREATE TABLE jobs(
      job TEXT PRIMARY KEY, occurrence TEXT NOT NULL, due INTEGER NOT NULL, state TEXT NOT NULL,
      attempts INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL, detail TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

  private static let closing = """
    -- The text of rules that a closed period was attributed by, or is to be.
    CREATE TABLE rules_texts(version TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL)
      STRICT, WITHOUT ROWID;
    -- Closed periods. Nothing in this and the next tables is ever changed, only added to.
    CREATE TABLE closed_periods(
      id INTEGER PRIMARY KEY,
      label TEXT NOT NULL UNIQUE, zone TEXT NOT NULL, begin INTEGER NOT NULL, "end" INTEGER NOT NULL,
      closed_at INTEGER NOT NULL,
      incomplete INTEGER NOT NULL,   -- closed although a cost in it is unknown
      weight_denominator TEXT NOT NULL,
      post TEXT NOT NULL             -- what is posted of it, as made at the close
    ) STRICT;
    CREATE TABLE closed_files(
      period INTEGER NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,
      PRIMARY KEY(period, name)) STRICT, WITHOUT ROWID;
    CREATE TABLE closed_inputs(
      period INTEGER NOT NULL, name TEXT NOT NULL, lines INTEGER NOT NULL, sha256 TEXT NOT NULL,
      PRIMARY KEY(period, name)) STRICT, WITHOUT ROWID;
    -- What was reported, to the day: counts in units of 1/weight_denominator, money in femtodollars.
    CREATE TABLE closed_rows(
      period INTEGER NOT NULL,
      day TEXT NOT NULL, product TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
      service_tier TEXT NOT NULL,
      requests TEXT NOT NULL, failed_requests TEXT NOT NULL, interrupted_requests TEXT NOT NULL,
      unpriced_requests TEXT NOT NULL, input_tokens TEXT NOT NULL, cache_read_tokens TEXT NOT NULL,
      cache_write_tokens TEXT NOT NULL, output_tokens TEXT NOT NULL,
      femtodollars TEXT NOT NULL, state TEXT NOT NULL,
      PRIMARY KEY(period, day, product, provider, model, service_tier)) STRICT, WITHOUT ROWID;
    -- Adjustments to earlier periods that were frozen when `period` was closed. No amount: no such row.
    CREATE TABLE closed_adjustments(
      id INTEGER PRIMARY KEY,
      period INTEGER NOT NULL, for_period INTEGER NOT NULL,
      day TEXT NOT NULL, product TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
      service_tier TEXT NOT NULL, reason TEXT NOT NULL, words TEXT NOT NULL,
      was_femtodollars TEXT, was_state TEXT, is_femtodollars TEXT, is_state TEXT,
      prices_was TEXT NOT NULL, prices_is TEXT NOT NULL, rules_was TEXT NOT NULL, rules_is TEXT NOT NULL
    ) STRICT;
    CREATE INDEX closed_adjustments_for ON closed_adjustments(for_period);
    -- By what, and from how many rows, `for_period` was last booked: at its own close, and at the close of each
    -- period that took adjustments to it.
    CREATE TABLE bookings(
      period INTEGER NOT NULL, for_period INTEGER NOT NULL,
      decision INTEGER NOT NULL,     -- the last one in force; 0 for none
      prices_version TEXT NOT NULL, rules_version TEXT NOT NULL, program TEXT NOT NULL,
      attempts INTEGER NOT NULL, interrupted INTEGER NOT NULL, requests INTEGER NOT NULL,
      PRIMARY KEY(for_period, period)) STRICT, WITHOUT ROWID;
    -- That a closed period is from now on to be priced and attributed by these.
    CREATE TABLE decisions(
      id INTEGER PRIMARY KEY, period INTEGER NOT NULL, decided_at INTEGER NOT NULL,
      prices_version TEXT NOT NULL, rules_version TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
    """

  private static let costs = """
    -- The text of costs that a closed period was booked by, and the rates that converted them.
    CREATE TABLE costs_texts(version TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL, rates TEXT NOT NULL)
      STRICT, WITHOUT ROWID;
    -- What is no usage has no service tier, so no two rows of a place are told apart by the entry alone.
    ALTER TABLE closed_rows ADD COLUMN entry TEXT NOT NULL DEFAULT 'usage';
    ALTER TABLE closed_adjustments ADD COLUMN entry TEXT NOT NULL DEFAULT 'usage';
    ALTER TABLE closed_adjustments ADD COLUMN costs_was TEXT NOT NULL DEFAULT 'none';
    ALTER TABLE closed_adjustments ADD COLUMN costs_is TEXT NOT NULL DEFAULT 'none';
    ALTER TABLE bookings ADD COLUMN costs_version TEXT NOT NULL DEFAULT 'none';
    ALTER TABLE decisions ADD COLUMN costs_version TEXT NOT NULL DEFAULT 'none';
    """

  private static let first = """
    -- Texts that many requests share, stored once.
    CREATE TABLE facets(
      id INTEGER PRIMARY KEY,
      endpoint TEXT, provider TEXT, upstream TEXT, region TEXT,
      model_requested TEXT, model_routed TEXT, model_returned TEXT,
      key_id TEXT, key_name TEXT, team TEXT,
      tags TEXT NOT NULL,            -- JSON object, names sorted
      inference_profile TEXT, agent TEXT, service_tier TEXT
    ) STRICT;
    CREATE TABLE names(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

    -- One row for each attempt: an accepted `end`, or a `start` whose end has not come (outcome 6).
    CREATE TABLE requests(
      time INTEGER NOT NULL,         -- microseconds since 1970
      id TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      final INTEGER NOT NULL,
      segment INTEGER NOT NULL,
      line INTEGER NOT NULL,
      facet INTEGER NOT NULL,
      "user" INTEGER, session TEXT, ip TEXT,
      response_id TEXT, vendor_request_id TEXT, metered_id TEXT,
      stream INTEGER, status INTEGER, duration_us INTEGER, first_byte_us INTEGER,
      outcome INTEGER NOT NULL, error_type INTEGER,
      flags INTEGER NOT NULL,
      input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
      cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cache_write_12h INTEGER NOT NULL,
      output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
      other_meters TEXT,             -- JSON object of meters without a column
      other_models TEXT              -- JSON: tokens of other models inside the answer
    ) STRICT;
    CREATE INDEX requests_time ON requests(time);
    CREATE INDEX requests_id ON requests(id, attempt);
    CREATE INDEX requests_interrupted ON requests(id, attempt) WHERE outcome = 6;
    CREATE UNIQUE INDEX requests_metered ON requests(metered_id) WHERE metered_id IS NOT NULL;

    -- How far each segment was read, and what its lines were.
    CREATE TABLE segments(
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      file_bytes INTEGER NOT NULL, file_modified_ns INTEGER NOT NULL, file_suffix TEXT NOT NULL,
      bytes INTEGER NOT NULL, lines INTEGER NOT NULL, sha256 TEXT NOT NULL,
      usages INTEGER NOT NULL, duplicates INTEGER NOT NULL,
      rejected INTEGER NOT NULL, control INTEGER NOT NULL
    ) STRICT;
    -- The quarters of an hour that a segment's lines fall in.
    CREATE TABLE segment_slots(segment INTEGER NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY(segment, slot))
      STRICT, WITHOUT ROWID;
    CREATE TABLE rejections(
      segment INTEGER NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL, excerpt TEXT NOT NULL,
      PRIMARY KEY(segment, line)) STRICT, WITHOUT ROWID;

    -- The numbers taken of each writer, as intervals: a writer's numbers have no holes.
    CREATE TABLE taken(
      writer TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
      first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
      PRIMARY KEY(writer, first)) STRICT, WITHOUT ROWID;

    CREATE TABLE keys(
      id TEXT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE,
      team TEXT, tags TEXT NOT NULL, models TEXT NOT NULL,
      expires INTEGER, revoked INTEGER NOT NULL, created INTEGER NOT NULL) STRICT;

    CREATE TABLE deliveries(
      period TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL,
      payload_sha256 TEXT NOT NULL, detail TEXT NOT NULL, updated INTEGER NOT NULL,
      PRIMARY KEY(period, target)) STRICT, WITHOUT ROWID;
    """
}
