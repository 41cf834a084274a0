"""Raw logs in, the facts of each `end` line out: tab-separated, 25 columns, one line a request's attempt, each once.

    facts.py RAW_LOGS OUT.tsv

What the peers of rows.sh insert: parsed and normalized beforehand, which is not in their time. DuckDB makes it; it is not
measured. NULL is \\N, and tabs, line ends and backslashes in texts are blanks, so that PostgreSQL's COPY takes the file."""
import sys

import duckdb

COLUMNS = """time TIMESTAMP, id VARCHAR, attempt INTEGER, endpoint VARCHAR, provider VARCHAR,
  model STRUCT(requested VARCHAR, returned VARCHAR), key STRUCT(id VARCHAR, name VARCHAR), team VARCHAR, user VARCHAR,
  session VARCHAR, tags STRUCT(product VARCHAR), region VARCHAR, stream BOOLEAN, status INTEGER, outcome VARCHAR,
  error STRUCT(type VARCHAR), duration_us BIGINT, first_byte_us BIGINT, client STRUCT(ip VARCHAR),
  billing STRUCT(service_tier VARCHAR), metered_id VARCHAR, kind VARCHAR"""
USAGE = """STRUCT(input_tokens BIGINT, prompt_tokens BIGINT, "inputTokens" BIGINT, "promptTokenCount" BIGINT,
  cache_read_input_tokens BIGINT, "cacheReadInputTokens" BIGINT, "cachedContentTokenCount" BIGINT,
  cache_creation_input_tokens BIGINT, "cacheWriteInputTokens" BIGINT, output_tokens BIGINT, completion_tokens BIGINT,
  "outputTokens" BIGINT, "candidatesTokenCount" BIGINT, "thoughtsTokenCount" BIGINT)"""
FACTS = """time, id || '/' || attempt AS key, outcome, session, key.id, key.name, "user", team, tags.product, provider,
  model.requested, model.returned, endpoint, stream::INTEGER, status, error.type, duration_us, first_byte_us,
  coalesce(usage.input_tokens, usage.prompt_tokens, usage."inputTokens", usage."promptTokenCount", 0),
  coalesce(usage.cache_read_input_tokens, usage."cacheReadInputTokens", usage."cachedContentTokenCount", 0),
  coalesce(usage.cache_creation_input_tokens, usage."cacheWriteInputTokens", 0),
  coalesce(usage.output_tokens, usage.completion_tokens, usage."outputTokens", usage."candidatesTokenCount", 0),
  coalesce(usage."thoughtsTokenCount", 0), billing.service_tier, client.ip"""


def main():
    raw_logs, out = sys.argv[1:3]
    base = duckdb.connect()
    names = [f"c{number}" for number in range(25)]
    cell = " || chr(9) || ".join(
        f"coalesce(regexp_replace({name}::VARCHAR, '[\\t\\r\\n\\\\]', ' ', 'g'), '\\N')" for name in names)
    base.execute(f"""SET preserve_insertion_order = false;
      COPY (
        WITH fact({', '.join(names)}) AS (
          SELECT DISTINCT ON (key) {FACTS}
          FROM read_json('{raw_logs}/**/*.jsonl', format = 'newline_delimited', ignore_errors = true,
            columns = {{{columns()}}}) WHERE kind = 'end')
        SELECT {cell} FROM fact ORDER BY c0, c1
      ) TO '{out}' (HEADER false, DELIMITER '\x01', QUOTE '', ESCAPE '')""")


def columns():
    """The columns as DuckDB's read_json takes them: names and types as texts."""
    found, depth, start = [], 0, 0
    text = f"{COLUMNS}, usage {USAGE}"
    for place, letter in enumerate(text + ","):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            name, kind = text[start:place].strip().split(" ", 1)
            found.append(f"'{name}': '{' '.join(kind.split())}'")
            start = place + 1
    return ", ".join(found)


if __name__ == "__main__":
    main()
