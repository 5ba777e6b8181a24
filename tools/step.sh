#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# step.sh NAME COMMAND...: one line when a step starts and one when it ended, with how long it took. What it printed
# goes to .cache/log/NAME.log and is shown when it failed, with the faults once more at the end; V=1 shows all of it at
# once, PROGRESS=REGEX what matches.
# .ci/run counts what stands in .cache/result.
set -euo pipefail

name=$1
shift
mkdir -p .cache/log .cache/result
log=.cache/log/$name.log

show() {
  if [[ -n ${V:-} ]]; then
    cat
  elif [[ -n ${PROGRESS:-} ]]; then
    grep --line-buffered -E "$PROGRESS" || true
  else
    cat >/dev/null
  fi
}

echo "$name ..."
status=0
NO_COLOR=1 ANSIBLE_NOCOLOR=1 "$@" 2>&1 </dev/null | tee "$log" | show || status=$?
echo "$status" >".cache/result/$name"
if ((status)); then
  [[ -n ${V:-} ]] || sed "s/^/$name: /" "$log"
  # Once more what matters, since of a long output often only the end is kept.
  tools/failures.sh "$log" | sed "s/^/$name FAILED: /"
  echo "$name FAILED after $SECONDS s ($log)"
  exit "$status"
fi
echo "$name passed in $SECONDS s"
