#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# tools.sh TOOL...: installs other scanners (nmap, swaks, testssl, sslyze) where they are missing. One that cannot be
# installed is named and left out; the caller decides whether that is enough.
set -euo pipefail

declare -A packages=([nmap]=nmap [swaks]="swaks libnet-ssleay-perl libio-socket-inet6-perl" [testssl]=testssl.sh)

# Whether a tool is installed, with all that it needs here.
installed() {
  command -v "$1" >/dev/null && { [[ $1 != swaks ]] || perl -MNet::SSLeay -MIO::Socket::INET6 -e 1 2>/dev/null; }
}

wanted=()
for tool in "$@"; do
  if [[ $tool == sslyze ]]; then
    venv=.cache/peers/venv
    [[ $venv/.stamp -nt tests/integration/other_scanners/requirements.txt ]] ||
      tools/venv.sh "$venv" tests/integration/other_scanners/requirements.txt 3.13 3.12 3.11 || echo "sslyze cannot be installed here." >&2
  elif ! installed "$tool"; then
    read -ra found <<<"${packages[$tool]}"
    wanted+=("${found[@]}")
  fi
done
((${#wanted[@]})) || exit 0
if ! command -v apt-get >/dev/null || ((EUID)); then
  echo "Missing here: ${wanted[*]} (their names in Debian). Install them, as root." >&2
  exit 0
fi
echo "Installing ${wanted[*]}"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends "${wanted[@]}" >/dev/null
