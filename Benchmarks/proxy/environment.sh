# Sourced by proxy.sh and soak.sh: sets TOLLBOOK_BIN_DIR and where Python finds Benchmarks/measure.py.
if [[ -z ${TOLLBOOK_BIN_DIR:-} ]]; then
  scripts/build.sh --product tollbook >&2
  TOLLBOOK_BIN_DIR=$(swift build -c release --show-bin-path)
fi
TOLLBOOK_BIN_DIR=$(cd "$TOLLBOOK_BIN_DIR" && pwd)
export TOLLBOOK_BIN_DIR PYTHONPATH=$PWD/Benchmarks PYTHONDONTWRITEBYTECODE=1
