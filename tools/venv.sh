#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# venv.sh DIRECTORY REQUIREMENTS VERSION...: a virtual environment of the first of these Pythons that is there, with
# what the requirements file asks for. One that exists and runs is kept. STAMP (default .stamp) is touched in it.
set -euo pipefail

directory=$1 requirements=$2
shift 2
here=$(dirname "$0")

if ! "$directory/bin/python" -c '' 2>/dev/null; then
  python=$("$here/find_python.sh" "$@") || {
    echo "No Python of $* with the modules venv and ssl was found: install one (Debian: python3-venv)." >&2
    exit 1
  }
  "$python" -m venv --clear "$directory"
fi
"$directory/bin/python" -m pip --quiet --disable-pip-version-check install --requirement "$requirements"
touch "$directory/${STAMP:-.stamp}"
