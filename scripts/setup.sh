#!/usr/bin/env bash
# Installs Debian packages: `setup.sh build` what the program is built from, `setup.sh test` what its tests need as
# well. Only what is missing is installed; nothing is removed.
set -euo pipefail

build=(pkg-config libstdc++-12-dev libcurl4 libsqlite3-dev libpq-dev libzstd-dev zlib1g-dev libxlsxwriter-dev ca-certificates tzdata)
test=(python3-venv openssl zstd gzip libreoffice-calc-nogui fonts-noto-cjk procps postgresql faketime systemd prometheus nghttp2-proxy)

case ${1:-} in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}") ;;
  *) echo "usage: setup.sh build|test" >&2; exit 2 ;;
esac

if ! command -v swift >/dev/null; then
  echo "Swift 6.3 is needed and is not on the PATH: https://www.swift.org/install/linux/" >&2
  exit 2
fi

installed() { dpkg-query --show --showformat='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

missing=()
for package in "${wanted[@]}"; do
  # Either LibreOffice Calc will do.
  if [[ $package == libreoffice-calc-nogui ]] && installed libreoffice-calc; then continue; fi
  installed "$package" || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
  echo "Debian packages: nothing is missing"
  exit 0
fi
echo "Debian packages: installing ${missing[*]}"
as_root=()
if [[ $(id -u) -ne 0 ]]; then as_root=(sudo); fi
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
