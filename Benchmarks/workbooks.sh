#!/usr/bin/env bash
# A workbook with a data sheet of N rows: time and memory beside bare libxlsxwriter in C and Python's XlsxWriter. One command:
#
#   Benchmarks/workbooks.sh [ROWS] [--rounds 3]        200,000 rows unless told otherwise
#
# Needs a C compiler and libxlsxwriter's header. See environment.sh for the rest.
set -euo pipefail
cd "$(dirname "$0")/.."
source Benchmarks/environment.sh
if [[ ! -x $TOLLBOOK_BIN_DIR/workbook-benchmark ]]; then scripts/build.sh --product workbook-benchmark; fi
"$scratch/venv/bin/python" -c 'import xlsxwriter' 2> /dev/null || "$scratch/venv/bin/pip" install --quiet XlsxWriter
exec "$scratch/venv/bin/python" Benchmarks/workbooks.py "$@"
