#!/usr/bin/env bash
# Runs the end-to-end tests: makes the Python environment once, then gives all arguments to pytest.
#
#   Tests/end_to_end/run.sh                 everything
#   Tests/end_to_end/run.sh test_kill.py    one file
#
# TOLLBOOK_BIN_DIR is the folder with the built programs `tollbook` and `vendor-stand-in`;
# without it the release build of this checkout is used, and built if need be.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
env=$("$here/environment.sh")

if [[ -z ${TOLLBOOK_BIN_DIR:-} ]]; then
  for program in tollbook vendor-stand-in; do
    swift build --package-path "$root" -c release --product "$program" >&2
  done
  TOLLBOOK_BIN_DIR=$(swift build --package-path "$root" -c release --show-bin-path)
  export TOLLBOOK_BIN_DIR
fi
export LITELLM_DIR=${LITELLM_DIR:-$env/litellm}
export ANTHROPIC_1_DIR=${ANTHROPIC_1_DIR:-$env/anthropic-1}
cd "$here"
exec "$env/bin/python" -m pytest -p no:cacheprovider "$@"
