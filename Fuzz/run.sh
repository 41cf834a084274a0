#!/usr/bin/env bash
# Looks for bytes that break a law of a reader: Fuzz/run.sh [--seconds 600] [LAW…]
#
# LAWs are those of Fuzz/Laws/ParserLaw.swift; without one all are tried, two at a time. What a law was broken with lies in
# Fuzz/findings afterwards, what was learnt on the way in Fuzz/corpus. Prints a row a law; its exit code is not 0 where one was broken.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=600
laws=()
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=$2; shift 2 ;;
    *) laws+=("$1"); shift ;;
  esac
done
[ ${#laws[@]} -gt 0 ] || laws=(events frames array lines signature forms requests json inflate heads)

clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
export TOLLBOOK_FUZZER_LIBRARY="$("$clang" -print-resource-dir)/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a"
echo "building with the fuzzer's probes (the first time takes some minutes)"
nice swift build -c release --scratch-path .build-fuzz --product fuzz 2>&1 | tail -1

mkdir -p Fuzz/findings
# A violated law ends the program at once; a backtrace of Swift's own would only slow that down.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=quarantine_size_mb=16:detect_leaks=1
fuzz_one() {
  law=$1
  mkdir -p "Fuzz/corpus/$law"
  log="Fuzz/findings/$law.log"
  if nice .build-fuzz/release/fuzz "$law" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
    -dict="Fuzz/dictionaries/$law.txt" -artifact_prefix="Fuzz/findings/$law-" -print_final_stats=1 \
    "Fuzz/corpus/$law" "Fuzz/seeds/$law" >"$log" 2>&1; then
    outcome="nothing found"
  else
    outcome="BROKEN: $(grep -a -m1 -E 'Fatal error:|ERROR: |SUMMARY: ' "$log" | cut -c1-200)"
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  memory=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
  cov=$(grep -aoE 'cov: [0-9]+' "$log" | tail -1 | cut -d' ' -f2 || true)
  took=$(sed -n 's/^Done .* in \([0-9]*\) second.*/\1/p' "$log")
  echo "| $law | ${runs:-–} | ${took:-–} | ${cov:-–} | ${memory:-–} | $outcome |"
  [ "$outcome" = "nothing found" ]
}
export -f fuzz_one
export seconds
echo "| law | executions | seconds | edges covered | MiB at most | |"
echo "|---|---:|---:|---:|---:|---|"
printf '%s\n' "${laws[@]}" | xargs -P 2 -I{} bash -c 'fuzz_one {}'
