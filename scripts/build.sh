#!/usr/bin/env bash
# Builds the release program with the import walls checked; arguments go to `swift build`. The first build takes
# minutes, later ones seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
echo "building (release; the first time takes some minutes)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! swift build -c release --explicit-target-dependency-import-check error "$@" >"$log" 2>&1; then
  grep -E 'error|warning' "$log" | sort -u | head -50 >&2 || true
  tail -20 "$log" >&2
  exit 1
fi
tail -1 "$log"
