#!/usr/bin/env bash
# Measures the proxy against no proxy and against nginx as a plain reverse proxy, and prints a table.
#
#   Benchmarks/proxy.sh [--rounds 3] [--seconds 6] [--peers direct,nginx,tollbook]
#
# Installs nginx and wrk where they are missing (Debian; needs root for that) and builds the release program where it is
# missing or older than its sources. TOLLBOOK_BIN_DIR names another folder to take `tollbook` from, as it is.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

missing=()
for tool in nginx wrk; do command -v "$tool" > /dev/null || missing+=("$tool"); done
if (( ${#missing[@]} )); then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

if [[ -z ${TOLLBOOK_BIN_DIR:-} ]]; then
  swift build --package-path "$root" -c release --product tollbook >&2
  TOLLBOOK_BIN_DIR=$(swift build --package-path "$root" -c release --show-bin-path)
fi
export TOLLBOOK_BIN_DIR
exec python3 "$root/Benchmarks/proxy.py" "$@"
