#!/usr/bin/env bash
# The peak memory of `tollbook ingest` and `tollbook rollup`: N requests and ten times as many, compressed files, a line of 1 MiB.
#
#   Benchmarks/memory.sh [REQUESTS]        N is 200,000 unless told otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
source Benchmarks/environment.sh
exec "$scratch/venv/bin/python" Benchmarks/memory.py "$@"
