#!/usr/bin/env bash
# Charges a second on one core, beside genai-prices and litellm on the same usages. One command:
#   Benchmarks/charges.sh [REQUESTS]        default 100000
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh --product tollbook
scripts/build.sh --product charges-benchmark
venv=.build/benchmark-venv
if [[ ! -f $venv/ready ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet litellm==1.109.1 genai-prices==0.2.3
  touch "$venv/ready"
fi
exec "$venv/bin/python" Benchmarks/charges/peers.py "$(swift build -c release --show-bin-path)" "${1:-100000}"
