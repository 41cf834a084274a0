#!/usr/bin/env bash
# Installs what tests need, builds once, runs everything, and says how many tests passed.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "1. packages"
scripts/setup.sh test
echo "2. formatting"
scripts/check.sh
echo "3. build: the program, the stand-in for vendors, and all tests"
scripts/build.sh --build-tests
bin=$(swift build -c release --show-bin-path)

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=0

echo "4. tests of the rooms (Swift Testing)"
set +e
swift test -c release --skip-build --explicit-target-dependency-import-check error 2>&1 | tee "$logs/swift" \
  | grep -E '^(✘|error|warning|.*(Test run with|Fatal error|recorded an issue))'
[[ ${PIPESTATUS[0]} -eq 0 ]] || failed=1
set -e

echo "5. tests end to end (pytest): vendors' SDKs, kills, books against an independent computation, spreadsheets"
set +e
TOLLBOOK_BIN_DIR=$bin Tests/end_to_end/run.sh --durations=10 2>&1 | tee "$logs/pytest"
[[ ${PIPESTATUS[0]} -eq 0 ]] || failed=1
set -e

count() { grep -oE "$1" "$2" | tail -1 | grep -oE '[0-9]+' || echo 0; }
swift_total=$(count 'Test run with [0-9]+ test' "$logs/swift")
swift_failed=$(grep -cE '^✘ Test .* failed after' "$logs/swift" || true)
python_passed=$(count '[0-9]+ passed' "$logs/pytest")
python_failed=$(( $(count '[0-9]+ failed' "$logs/pytest") + $(count '[0-9]+ error' "$logs/pytest") ))
if [[ $swift_total -eq 0 || $python_passed -eq 0 ]]; then
  echo "a part of the tests did not run" >&2
  failed=1
fi
echo "$((swift_total - swift_failed + python_passed)) passed, $((swift_failed + python_failed)) failed"
exit $failed
