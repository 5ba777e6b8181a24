# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""check_dovecot.py USER SERVICE...: exits with 0 if Dovecot serves clients and Postfix.

A service is imaps, pop3s or sieve. The user is looked up by LMTP and by the quota service; no
message is delivered. With an empty user, nobody is looked up.
"""

from __future__ import annotations

import socket
import ssl
import sys

user, *services = sys.argv[1:]
POSTFIX = "/var/spool/postfix/private/"
TIMEOUT = 60


def expect(what: str, wanted: str, got: bytes) -> None:
    """Fail where an answer does not begin as it has to."""
    text = got.decode("utf-8", "replace").strip()
    if not text.startswith(wanted):
        sys.exit(f"{what} answers '{text}'")


def at_port(port: int, tls: bool) -> socket.socket:
    """A connection to a port of this host."""
    connection = socket.create_connection(("localhost", port), TIMEOUT)
    if not tls:
        return connection
    context = ssl.create_default_context()  # the certificate is checked elsewhere
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connection)


def at_socket(name: str) -> socket.socket:
    """A connection to a socket for Postfix."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(TIMEOUT)
    connection.connect(POSTFIX + name)
    return connection


def imaps() -> None:
    """Greeting and capabilities."""
    with at_port(993, tls=True) as connection, connection.makefile("rwb") as file:
        expect("port 993", "* OK", file.readline())
        file.write(b"a CAPABILITY\r\n")
        file.flush()
        expect("port 993 to CAPABILITY", "* CAPABILITY IMAP4rev1", file.readline())


def pop3s() -> None:
    """The greeting."""
    with at_port(995, tls=True) as connection, connection.makefile("rb") as file:
        expect("port 995", "+OK", file.readline())


def sieve() -> None:
    """The greeting."""
    with at_port(4190, tls=False) as connection, connection.makefile("rb") as file:
        expect("port 4190", '"IMPLEMENTATION"', file.readline())


def lmtp() -> None:
    """A recipient."""
    commands = ["LHLO localhost", "MAIL FROM:<>", f"RCPT TO:<{user}>", "RSET"]
    with at_socket("dovecot-lmtp") as connection, connection.makefile("rwb") as file:
        expect("LMTP", "220", file.readline())
        for command in commands:
            file.write(f"{command}\r\n".encode())
            file.flush()
            line = file.readline()
            while line[3:4] == b"-":
                line = file.readline()
            expect(f"LMTP to {command}", "250", line)


def auth() -> None:
    """The beginning of the conversation with Postfix."""
    with at_socket("auth") as connection, connection.makefile("rb") as file:
        expect("the socket for AUTH", "VERSION\t1", file.readline())


def quota_status() -> None:
    """What Postfix asks for each recipient."""
    with at_socket("quota-status") as connection, connection.makefile("rwb") as file:
        request = f"request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient={user}\nsize=1\n\n"
        file.write(request.encode())
        file.flush()
        expect("the quota service", "action=", file.readline())


checks = [{"imaps": imaps, "pop3s": pop3s, "sieve": sieve}[service] for service in services]
for check in [*checks, auth, *([lmtp, quota_status] if user else [])]:
    try:
        check()
    except OSError as exc:
        sys.exit(f"{check.__name__} does not serve: {exc}")
