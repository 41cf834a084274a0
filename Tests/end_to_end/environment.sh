#!/usr/bin/env bash
# Makes the Python environment of the end-to-end tests and of the benchmarks once, and prints its folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
env=$here/.venv

newer() { [[ $here/requirements$1.txt -nt $env/ready ]]; }
if [[ ! -f $env/ready ]] || newer "" || newer -litellm || newer -focus || newer -openapi; then
  python3 -m venv "$env"
  "$env/bin/pip" install --quiet --requirement "$here/requirements.txt"
  # The last SDK of the earlier line, which authenticates with another header, in a folder of its own.
  "$env/bin/pip" install --quiet --upgrade --target "$env/anthropic-1" anthropic==1.17.0
  "$env/bin/pip" install --quiet --upgrade --no-deps --target "$env/litellm" \
    --requirement "$here/requirements-litellm.txt"
  # The FOCUS project's own validator. It asks for a newer Python than it needs, and for packages that it does not use.
  "$env/bin/pip" install --quiet --upgrade --no-deps --ignore-requires-python --target "$env/focus" \
    --requirement "$here/requirements-focus.txt"
  # What checks and fuzzes the admin API's document has many packages of its own.
  python3 -m venv "$env/openapi"
  "$env/openapi/bin/pip" install --quiet --requirement "$here/requirements-openapi.txt"
  touch "$env/ready"
fi
echo "$env"
