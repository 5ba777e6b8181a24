#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
# molecule.sh SCENARIO: molecule test, but a play that finds no host fails. Molecule lets it pass.
set -euo pipefail

.venv/bin/molecule test --scenario-name "$1" | awk -v scenario="$1" '
  { print; fflush() }
  /no hosts matched/ { idle = 1 }
  END { if (idle) { print "WRONG: a play found no host. Try molecule reset --scenario-name " scenario; exit 1 } }
'
