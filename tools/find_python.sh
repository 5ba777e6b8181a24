#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# find_python.sh VERSION...: prints the path of the first of these Pythons that really runs and can make a virtual
# environment. A pyenv shim without a version behind it is found on PATH and does not run; the versions behind the
# shims are looked for too.
set -euo pipefail

for version in "$@"; do
  while read -r candidate; do
    if path=$("$candidate" -c 'import ensurepip, ssl, sys, venv; print(sys.executable)' 2>/dev/null); then
      readlink -f "$path"
      exit 0
    fi
  done < <(type -ap "python$version"; compgen -G "${PYENV_ROOT:-${HOME:-}/.pyenv}/versions/$version.*/bin/python$version" || true)
done
exit 1
