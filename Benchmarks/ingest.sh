#!/usr/bin/env bash
# Lines a second of ingest, beside what this machine can do at all with the same files. One command:
#   Benchmarks/ingest.sh [REQUESTS]        default 200000
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh --product tollbook
exec python3 Benchmarks/ingest.py "$(swift build -c release --show-bin-path)/tollbook" "${1:-200000}"
