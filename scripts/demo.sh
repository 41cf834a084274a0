#!/usr/bin/env bash
# A made-up month of three products, from raw log to books, in the folder demo/. Needs no key and no network.
set -euo pipefail
cd "$(dirname "$0")/.."
tollbook=$(swift build -c release --show-bin-path)/tollbook
"$tollbook" demo --out demo
echo
echo "3. the review (demo/reports/2026-10/summary.md, without its tables of models and days)"
echo
sed '/^## Models/,$d' demo/reports/2026-10/summary.md
cat <<'END'

the review:      demo/reports/2026-10/summary.md
the workbook:    demo/reports/2026-10/chargeback.xlsx
the CSV:         demo/reports/2026-10/chargeback.csv
what it is made from, and its checks: demo/reports/2026-10/run.json
next:            why does one request cost what it costs?
END
printf '  %s requests --config demo/tollbook.yaml --limit 3\n  %s explain REQUEST-ID --config demo/tollbook.yaml --attribution examples/attribution.yaml\n' \
  .build/release/tollbook .build/release/tollbook
