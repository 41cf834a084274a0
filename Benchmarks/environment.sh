# Sourced by the benchmarks that use DuckDB or Python alone: sets `scratch` and TOLLBOOK_BIN_DIR, makes what is missing.
scratch=${TOLLBOOK_BENCH_SCRATCH:-$PWD/Benchmarks/scratch}
mkdir -p "$scratch"
if [[ -z ${TOLLBOOK_BIN_DIR:-} ]]; then
  scripts/build.sh --product tollbook
  TOLLBOOK_BIN_DIR=$(swift build -c release --show-bin-path)
fi
export TOLLBOOK_BIN_DIR
if [[ ! -x $scratch/venv/bin/python ]]; then python3 -m venv "$scratch/venv"; fi
"$scratch/venv/bin/python" -c 'import duckdb' 2> /dev/null || "$scratch/venv/bin/pip" install --quiet --upgrade duckdb
