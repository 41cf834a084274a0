#!/usr/bin/env bash
# Rows a second of `tollbook ingest` into SQLite and PostgreSQL, beside a bare C program and psql's COPY. One command:
#
#   Benchmarks/rows.sh [REQUESTS] [--rounds 3] [--stores sqlite,postgres]        1,000,000 requests unless told otherwise
#
# Needs a C compiler with SQLite's header, and PostgreSQL's server programs for its part. See environment.sh for the rest.
set -euo pipefail
cd "$(dirname "$0")/.."
source Benchmarks/environment.sh
exec "$scratch/venv/bin/python" Benchmarks/rows.py "$@"
