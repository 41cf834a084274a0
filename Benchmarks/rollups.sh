#!/usr/bin/env bash
# Raw logs to priced rollups, beside DuckDB on the same files: speed, CPU, memory, and whether both have the same books.
#
#   Benchmarks/rollups.sh [REQUESTS] [--rounds 3] [--raw-logs DIR] [--only duckdb]        5,000,000 requests unless told otherwise
#
# Makes a sample month (8 GB for 5,000,000 requests) and an environment with the newest DuckDB from PyPI in Benchmarks/scratch,
# once. TOLLBOOK_BIN_DIR names another folder to take `tollbook` from, as it is; TOLLBOOK_BENCH_SCRATCH another scratch folder.
set -euo pipefail
cd "$(dirname "$0")/.."
source Benchmarks/environment.sh
exec "$scratch/venv/bin/python" Benchmarks/rollups.py "$@"
