#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# step.sh NAME COMMAND...: one line when a step starts and one when it ended, with how long it took. What it printed
# goes to .cache/log/NAME.log and is shown when it failed, or all along with V=1. .ci/run counts .cache/result/.
set -euo pipefail

name=$1
shift
mkdir -p .cache/log .cache/result
log=.cache/log/$name.log
echo "$name ..."
status=0
if [[ -n ${V:-} ]]; then
  "$@" 2>&1 | tee "$log" || status=$?
else
  "$@" >"$log" 2>&1 || status=$?
fi
echo "$status" >".cache/result/$name"
if ((status)); then
  [[ -n ${V:-} ]] || sed "s/^/$name: /" "$log"
  echo "$name FAILED after $SECONDS s ($log)"
  exit "$status"
fi
echo "$name passed in $SECONDS s"
