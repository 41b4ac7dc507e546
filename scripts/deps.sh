#!/usr/bin/env bash
# Brings what the tests need and a fresh machine may lack: Chromium and
# PostgreSQL's server binaries, both from Debian. Does nothing when they are
# there.
set -euo pipefail

need=()
command -v chromium >/dev/null || need+=(chromium)
if ! command -v initdb >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  need+=(postgresql)
fi
[ ${#need[@]} -eq 0 ] && exit 0

sudo=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "deps: ${need[*]} missing, and neither root nor sudo at hand: install them and run again" >&2
    exit 1
  }
  sudo=sudo
fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends "${need[@]}"
