/* Tab-separated facts in, a plain SQLite table with a unique text key out; prints rows and seconds of inserting as JSON.
 *
 *     sqlite_rows FACTS.tsv FILE.db
 *
 * As bare as it gets: the file is in memory before the clock starts, the statement is prepared once, texts are bound where they
 * lie, a transaction holds 100,000 rows. Write-ahead log and synchronous=NORMAL, as tollbook has it. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMNS = 25, ROWS_PER_TRANSACTION = 100000 };

/* The places of the whole numbers; everything else is text. */
static const char is_number[COLUMNS] = {[13] = 1, [14] = 1, [16] = 1, [17] = 1, [18] = 1,
                                        [19] = 1, [20] = 1, [21] = 1, [22] = 1};

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static void run(sqlite3 *db, const char *sql) {
  char *why = NULL;
  if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail(sql, why);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static char *read_whole(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path, "cannot be opened");
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  char *bytes = malloc((size_t)size + 1);
  if (!bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size) fail(path, "cannot be read");
  bytes[size] = 0;
  fclose(file);
  return bytes;
}

/* Binds one line's cells and returns where the next line begins. */
static char *bind(sqlite3_stmt *insert, char *at) {
  for (int column = 0; column < COLUMNS; column++) {
    char end = column == COLUMNS - 1 ? '\n' : '\t';
    char *stop = strchr(at, end);
    if (!stop) fail("the facts", "a line has too few cells");
    if (stop - at == 2 && at[0] == '\\' && at[1] == 'N') {
      sqlite3_bind_null(insert, column + 1);
    } else if (is_number[column]) {
      sqlite3_bind_int64(insert, column + 1, strtoll(at, NULL, 10));
    } else {
      sqlite3_bind_text(insert, column + 1, at, (int)(stop - at), SQLITE_STATIC);
    }
    at = stop + 1;
  }
  return at;
}

int main(int count, char **arguments) {
  if (count != 3) fail("sqlite_rows", "FACTS.tsv FILE.db");
  char *at = read_whole(arguments[1]);
  remove(arguments[2]);
  sqlite3 *db;
  if (sqlite3_open(arguments[2], &db) != SQLITE_OK) fail(arguments[2], sqlite3_errmsg(db));
  run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536");
  run(db,
      "CREATE TABLE requests(time TEXT, key TEXT UNIQUE, outcome TEXT, session TEXT, key_id TEXT, key_name TEXT, user TEXT,"
      " team TEXT, product TEXT, provider TEXT, model_requested TEXT, model_returned TEXT, endpoint TEXT, stream INTEGER,"
      " status INTEGER, error TEXT, duration_us INTEGER, first_byte_us INTEGER, input INTEGER, cache_read INTEGER,"
      " cache_write INTEGER, output INTEGER, thoughts INTEGER, service_tier TEXT, ip TEXT)");
  sqlite3_stmt *insert;
  const char *sql =
      "INSERT OR IGNORE INTO requests VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
  if (sqlite3_prepare_v2(db, sql, -1, &insert, NULL) != SQLITE_OK) fail(sql, sqlite3_errmsg(db));

  double began = seconds();
  long rows = 0;
  run(db, "BEGIN");
  while (*at) {
    at = bind(insert, at);
    if (sqlite3_step(insert) != SQLITE_DONE) fail("insert", sqlite3_errmsg(db));
    sqlite3_reset(insert);
    if (++rows % ROWS_PER_TRANSACTION == 0) run(db, "COMMIT; BEGIN");
  }
  run(db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  printf("{\"rows\": %ld, \"seconds\": %.3f}\n", rows, seconds() - began);
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return 0;
}
