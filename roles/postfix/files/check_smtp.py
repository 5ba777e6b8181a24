# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""check_smtp.py NAME RECIPIENT PORT...: exits with 0 if each port of this host serves as it has to.

Port 25 takes the recipient, which every host must, or asks for a later attempt as greylisting does;
the ports of users offer AUTH inside TLS and reject the recipient before it. In a rehearsal, where
there is the address of a stranger, no port relays for it; a delay, such as without DNS, is none.
No message is sent.
"""

from __future__ import annotations

import os
import smtplib
import ssl
import sys

name, recipient, *ports = sys.argv[1:]
context = ssl.create_default_context()  # the certificate is checked elsewhere
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE


#: Addresses that a rehearsal has: the host's, and that of a stranger.
HERE, STRANGER = (os.environ.get(f"REHEARSAL_{name}", "") for name in ("HOST", "STRANGER"))


def relay_answer(port: int) -> tuple[int, str]:
    """The reply to a stranger who wants to relay."""
    connect = smtplib.SMTP_SSL if port == 465 else smtplib.SMTP
    options = {"context": context} if port == 465 else {}
    with connect(HERE, port, timeout=60, source_address=(STRANGER, 0), **options) as server:
        server.ehlo(name)
        code, text = server.mail("")
        if code == 250:
            code, text = server.rcpt("relay-test@example.com")
        server.rset()
    return code, " ".join(text.decode("utf-8", "replace").split())


def answer(port: int) -> tuple[int, str]:
    """The reply to the recipient, inside TLS."""
    connect = smtplib.SMTP_SSL if port == 465 else smtplib.SMTP
    options = {"context": context} if port == 465 else {}
    with connect("localhost", port, timeout=60, **options) as server:
        server.ehlo(name)
        if port != 465:
            server.starttls(context=context)
            server.ehlo(name)
        if port != 25 and not server.has_extn("auth"):
            sys.exit(f"port {port} offers no AUTH inside TLS")
        code, text = server.mail("")
        if code == 250:
            code, text = server.rcpt(recipient)
        server.rset()
    return code, " ".join(text.decode("utf-8", "replace").split())


for port in map(int, ports):
    try:
        code, text = answer(port)
    except (OSError, smtplib.SMTPException) as exc:
        sys.exit(f"port {port} does not serve: {exc}")
    expected = code in (250, 251, 450) if port == 25 else 500 <= code < 600
    if not expected:
        sys.exit(f"port {port} answers RCPT TO:<{recipient}> with {code} {text}")
if STRANGER:
    for port in map(int, ports):
        try:
            code, text = relay_answer(port)
        except (OSError, smtplib.SMTPException) as exc:
            sys.exit(f"port {port} does not serve a client from elsewhere: {exc}")
        if code < 400:
            sys.exit(f"port {port} answers a stranger who wants to relay with {code} {text}")
