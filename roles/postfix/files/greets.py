# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""greets.py PORT...: succeeds if the mail server greets on each port of this host, and offers STARTTLS."""

from __future__ import annotations

import smtplib
import sys

for port in sys.argv[1:]:
    try:
        with smtplib.SMTP("localhost", int(port), timeout=60) as server:
            server.ehlo("localhost")
            if not server.has_extn("starttls"):
                sys.exit(f"port {port} offers no STARTTLS")
    except (OSError, smtplib.SMTPException) as exc:
        sys.exit(f"port {port} does not greet: {exc}")
