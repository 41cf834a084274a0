"""DuckDB's side of Benchmarks/rollups.sh: job.sql over a folder of raw logs, one CSV out.

    job.py RAW_LOGS YYYY-MM OUT.csv [THREADS]"""
import os
import pathlib
import string
import sys
import time

import duckdb

HERE = pathlib.Path(__file__).resolve().parent


def main():
    raw_logs, month, out = sys.argv[1:4]
    threads = sys.argv[4] if len(sys.argv) > 4 else "2"
    year, number = map(int, month.split("-"))
    after = f"{year + number // 12}-{number % 12 + 1:02}-01"
    script = string.Template((HERE / "job.sql").read_text(encoding="utf-8")).substitute(
        HERE=HERE, RAW_LOGS=raw_logs, OUT=out, FIRST=f"{month}-01", AFTER=after)
    base = duckdb.connect()
    base.execute(f"SET threads = {threads}; SET preserve_insertion_order = false; SET temp_directory = '{out}.spill'")
    # DuckDB cannot guess how many lines the files have: left to itself it puts the lines, not the prices, into the join's
    # hash table, and copies each count's expression into the filter. Without these two it takes a fifth less CPU time.
    base.execute("SET disabled_optimizers = 'build_side_probe_side,filter_pushdown'")
    for statement in duckdb.extract_statements(script):
        began = time.monotonic()
        base.execute(statement)
        if "ROLLUPS_TIMES" in os.environ:
            print(f"{time.monotonic() - began:7.2f} s  {statement.query.strip()[:60]!r}", file=sys.stderr)


if __name__ == "__main__":
    main()
