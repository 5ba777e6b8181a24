#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# failures.sh LOG: of what a step printed, the lines that say why it failed. Of a task that failed: msg, stdout and stderr.
set -euo pipefail

awk '
  /fatal: |^failed: / { task = 1; print; next }
  task && /^ *$/ { task = told = 0 }
  task && /^    [^ -]/ { told = /^    (msg|stdout|stderr):/ }
  task && told { print; next }
  /WRONG|UNEXPLAINED|^FAILED [^-]|^E   |^NOT / { print }
' "$1" | tail -n 40
