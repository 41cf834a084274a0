#!/usr/bin/env bash
# Ten minutes of full load on the proxy, with streams, clients that leave, errors and broken streams of the vendor among it:
# memory, files and the log's lag are sampled, and at the end what the clients saw must be what the log says.
#
#   Benchmarks/soak.sh [--minutes 10]
#
# Takes about 1 GB of the scratch folder a minute, and gives it back where all is well. See proxy.sh for what it needs. Ends with 1
# where the log and the clients disagree, or memory, open files or reservations do not come back.
set -euo pipefail
cd "$(dirname "$0")/.."
source Benchmarks/proxy/environment.sh
exec python3 Benchmarks/proxy/soak.py "$@"
