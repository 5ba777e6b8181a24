# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""check_smtp.py PORT...: exits with 0 if each port of this host greets and STARTTLS works."""

from __future__ import annotations

import smtplib
import ssl
import sys

context = ssl.create_default_context()  # the certificate is checked elsewhere
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
for port in sys.argv[1:]:
    try:
        with smtplib.SMTP("localhost", int(port), timeout=60) as server:
            server.ehlo("localhost")
            server.starttls(context=context)
    except (OSError, smtplib.SMTPException) as exc:
        sys.exit(f"port {port} does not serve: {exc}")
