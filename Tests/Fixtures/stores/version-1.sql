-- A store as tollbook 0.1.0 wrote it, at schema version 1 (sqlite3's dump of it); test_store_upgrade.py reads it.
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE deliveries(
  period TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL,
  payload_sha256 TEXT NOT NULL, detail TEXT NOT NULL, updated INTEGER NOT NULL,
  PRIMARY KEY(period, target)) STRICT, WITHOUT ROWID;
CREATE TABLE facets(
  id INTEGER PRIMARY KEY,
  endpoint TEXT, provider TEXT, upstream TEXT, region TEXT,
  model_requested TEXT, model_routed TEXT, model_returned TEXT,
  key_id TEXT, key_name TEXT, team TEXT,
  tags TEXT NOT NULL,            -- JSON object, names sorted
  inference_profile TEXT, agent TEXT, service_tier TEXT
) STRICT;
INSERT INTO "facets" VALUES(1,'anthropic.messages','anthropic',NULL,NULL,'claude-haiku-4-5',NULL,'claude-haiku-4-5-20251001','k_1','ticket-generator-prod',NULL,'{"product":"auto-approval"}',NULL,NULL,'standard');
INSERT INTO "facets" VALUES(2,'anthropic.messages','anthropic',NULL,NULL,'claude-haiku-4-5',NULL,'claude-haiku-4-5-20251001','k_2','shared-batch',NULL,'{}',NULL,NULL,'batch');
INSERT INTO "facets" VALUES(3,'anthropic.messages','anthropic',NULL,NULL,'no-such-model',NULL,NULL,'k_1','ticket-generator-prod',NULL,'{}',NULL,NULL,'standard');
INSERT INTO "facets" VALUES(4,'anthropic.messages','anthropic',NULL,NULL,'claude-haiku-4-5',NULL,NULL,'k_1','ticket-generator-prod',NULL,'{}',NULL,NULL,NULL);
CREATE TABLE keys(
  id TEXT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE,
  team TEXT, tags TEXT NOT NULL, models TEXT NOT NULL,
  expires INTEGER, revoked INTEGER NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE names(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO "names" VALUES(1,'u-1');
INSERT INTO "names" VALUES(2,'overloaded_error');
CREATE TABLE rejections(
  segment INTEGER NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL, excerpt TEXT NOT NULL,
  PRIMARY KEY(segment, line)) STRICT, WITHOUT ROWID;
INSERT INTO "rejections" VALUES(1,4,'unknown format version 2','{"v":…2,…"kind":…"…"}');
CREATE TABLE requests(
  time INTEGER NOT NULL,         -- microseconds since 1970
  id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  final INTEGER NOT NULL,
  segment INTEGER NOT NULL,
  line INTEGER NOT NULL,
  facet INTEGER NOT NULL,
  user INTEGER, session TEXT, ip TEXT,
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
INSERT INTO "requests" VALUES(1791169200000000,'0199a1b2-0000-7000-8000-000000000001',1,1,1,1,1,1,'s-1',NULL,NULL,NULL,NULL,0,200,NULL,NULL,0,NULL,0,1000,0,0,0,0,500,0,NULL,NULL);
INSERT INTO "requests" VALUES(1791169200000000,'0199a1b2-0000-7000-8000-000000000002',1,1,1,2,2,NULL,NULL,NULL,NULL,NULL,NULL,0,200,NULL,NULL,0,NULL,0,1000,0,0,0,0,500,0,NULL,NULL);
INSERT INTO "requests" VALUES(1791169200000000,'0199a1b2-0000-7000-8000-000000000005',1,1,1,5,3,NULL,NULL,NULL,NULL,NULL,NULL,0,500,NULL,NULL,1,2,0,0,0,0,0,0,0,0,NULL,NULL);
INSERT INTO "requests" VALUES(1791169200000000,'0199a1b2-0000-7000-8000-000000000003',1,1,1,3,4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,6,NULL,0,0,0,0,0,0,0,0,NULL,NULL);
CREATE TABLE segment_slots(segment INTEGER NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY(segment, slot))
  STRICT, WITHOUT ROWID;
INSERT INTO "segment_slots" VALUES(1,1990188);
CREATE TABLE segments(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  file_bytes INTEGER NOT NULL, file_modified_ns INTEGER NOT NULL, file_suffix TEXT NOT NULL,
  bytes INTEGER NOT NULL, lines INTEGER NOT NULL, sha256 TEXT NOT NULL,
  usages INTEGER NOT NULL, duplicates INTEGER NOT NULL,
  rejected INTEGER NOT NULL, control INTEGER NOT NULL
) STRICT;
INSERT INTO "segments" VALUES(1,'2026/10/05/03-w-hand-1.jsonl',2048,1795460845787478016,'',2048,5,'967151bfff4639152b73171e1e72020ab1532702f9dcd5823cbb45f04b5e1649',3,0,1,1);
CREATE TABLE taken(
  writer TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
  PRIMARY KEY(writer, first)) STRICT, WITHOUT ROWID;
INSERT INTO "taken" VALUES('w-hand',1,3,1791169200000000,1791169200000000);
INSERT INTO "taken" VALUES('w-hand',5,5,1791169200000000,1791169200000000);
CREATE INDEX requests_time ON requests(time);
CREATE INDEX requests_id ON requests(id, attempt);
CREATE INDEX requests_interrupted ON requests(id, attempt) WHERE outcome = 6;
CREATE UNIQUE INDEX requests_metered ON requests(metered_id) WHERE metered_id IS NOT NULL;
COMMIT;
