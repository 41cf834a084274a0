#!/usr/bin/env bash
# Charges a second on one core, beside genai-prices and litellm on the same usages. One command:
#   Benchmarks/charges.sh [REQUESTS]        default 100000
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh --product tollbook
scripts/build.sh --product charges-benchmark
env=$(Tests/end_to_end/environment.sh)
exec "$env/bin/python" Benchmarks/charges/peers.py "$(swift build -c release --show-bin-path)" "${1:-100000}"
