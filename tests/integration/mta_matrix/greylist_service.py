# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A policy service of Postfix (SMTPD_POLICY_README) that greylists: the first attempts of a client
with a sender and a recipient are put off, for four seconds.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

SEEN = Path("/tmp/zoo-greylist")
DELAY = 4.0


def action(request: dict[str, str]) -> str:
    """What Postfix is told to do."""
    asked = "|".join(request.get(name, "") for name in ("client_address", "sender", "recipient"))
    mark = SEEN / hashlib.sha256(asked.encode()).hexdigest()
    if not mark.exists():
        mark.touch()
    return "DUNNO" if time.time() - mark.stat().st_mtime >= DELAY else "450 4.7.1 Access denied"


def main() -> None:
    """Answer until Postfix closes the connection."""
    SEEN.mkdir(exist_ok=True)
    request: dict[str, str] = {}
    for line in sys.stdin:
        name, _equals, value = line.rstrip("\n").partition("=")
        if name:
            request[name] = value
            continue
        sys.stdout.write(f"action={action(request)}\n\n")
        sys.stdout.flush()
        request = {}


if __name__ == "__main__":
    main()
