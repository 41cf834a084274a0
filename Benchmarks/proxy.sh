#!/usr/bin/env bash
# Measures the proxy beside nginx, nginx with metering in Lua, Envoy, a Rust router and LiteLLM in one run, and prints tables.
#
#   Benchmarks/proxy.sh [--rounds 3] [--seconds 3] [--peers direct,nginx,…,tollbook] [--tests plain-64,…]
#
# Sets the peers up where they are missing (Debian's and PyPI's packages; needs root for the former), compiles the load and
# the vendor (needs `cc`), and builds the release program. TOLLBOOK_BIN_DIR names another folder to take `tollbook` from, as it
# is. Needs two CPUs. Ends with 1 where a peer could not be set up, or where answers or Tollbook's log were not whole.
set -euo pipefail
cd "$(dirname "$0")/.."
source Benchmarks/proxy/environment.sh
exec python3 Benchmarks/proxy/run.py "$@"
