# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""check_dovecot.py USER SERVICE...: exits with 0 if Dovecot serves clients and Postfix.

A service is imaps, pop3s or sieve. The user is looked up by LMTP and by the quota service; no
message is delivered. With an empty user, nobody is looked up.

A rehearsal has a user of its own, who gets a message by LMTP, logs in from the address of a
stranger and reads it; no service takes the password without TLS.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import socket
import ssl
import struct
import sys
import typing as t

user, *services = sys.argv[1:]
POSTFIX = "/var/spool/postfix/private/"
TIMEOUT = 60
#: What a rehearsal has: the addresses of the host and of a stranger, and perhaps a user, whose
#: password is the first line of the standard input.
HERE, STRANGER, STRANGER6, GUEST = (
    os.environ.get(f"REHEARSAL_{word}", "") for word in ("HOST", "STRANGER", "STRANGER6", "USER")
)
PASSWORD = sys.stdin.readline().strip() if GUEST else ""
#: The state of a port that is open, in the tables of the kernel.
LISTENS = "0A"


def expect(what: str, wanted: str, got: bytes) -> None:
    """Fail where an answer does not begin as it has to."""
    text = got.decode("utf-8", "replace").strip()
    if not text.startswith(wanted):
        sys.exit(f"{what} answers '{text}'")


def single_addresses(port: int) -> list[str]:
    """The addresses at which a port of this host is open, loopback first; none where it is open at
    every address, or not at all.
    """
    found = []
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        try:
            with open(f"/proc/net/{table}", encoding="ascii") as file:
                lines = [line.split()[1:4] for line in list(file)[1:]]
        except OSError:  # without IPv6
            continue
        for local, _peer, state in lines:
            text, _colon, opened = local.partition(":")
            if state == LISTENS and int(opened, 16) == port:
                words = [int(text[i : i + 8], 16) for i in range(0, len(text), 8)]
                found.append(socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words)))
    if {"0.0.0.0", "::"} & set(found):
        return []
    return sorted(found, key=lambda text: not ipaddress.ip_address(text).is_loopback)


def here(port: int) -> str:
    """Where this host asks a port."""
    return (single_addresses(port) or ["localhost"])[0]


def outside(port: int) -> tuple[str, tuple[str, int]]:
    """Where a stranger asks a port, and from where."""
    host = (single_addresses(port) or [HERE])[-1]
    return host, (STRANGER6 if ":" in host else STRANGER, 0)


def at_port(port: int, tls: bool) -> socket.socket:
    """A connection to a port of this host."""
    return inside(socket.create_connection((here(port), port), TIMEOUT), tls)


def inside(connection: socket.socket, tls: bool) -> socket.socket:
    """The connection, inside TLS where that is asked for."""
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
        send(file, "a CAPABILITY")
        expect("port 993 to CAPABILITY", "* CAPABILITY IMAP4rev1", file.readline())


def pop3s() -> None:
    """The greeting."""
    with at_port(995, tls=True) as connection, connection.makefile("rb") as file:
        expect("port 995", "+OK", file.readline())


def sieve() -> None:
    """The greeting."""
    with at_port(4190, tls=False) as connection, connection.makefile("rb") as file:
        expect("port 4190", '"IMPLEMENTATION"', file.readline())


def send(file: t.BinaryIO, text: str) -> None:
    """Send a command, or the lines of a message."""
    file.write(f"{text}\r\n".encode())
    file.flush()


def to_lmtp(recipient: str, *last: tuple[str, str]) -> None:
    """A session of LMTP up to a recipient, and what comes last: commands, each with the code that
    answers it.
    """
    first = (("LHLO localhost", "250"), ("MAIL FROM:<>", "250"), (f"RCPT TO:<{recipient}>", "250"))
    with at_socket("dovecot-lmtp") as connection, connection.makefile("rwb") as file:
        expect("LMTP", "220", file.readline())
        for command, wanted in (*first, *last):
            send(file, command)
            line = file.readline()
            while line[3:4] == b"-":
                line = file.readline()
            expect(f"LMTP to {command.splitlines()[0]}", wanted, line)


def lmtp() -> None:
    """A recipient."""
    to_lmtp(user, ("RSET", "250"))


def delivery() -> None:
    """A message to the user of the rehearsal."""
    to_lmtp(GUEST, ("DATA", "354"), ("Subject: rehearsal\r\n\r\nrehearsal\r\n.", "250"))


def from_outside(port: int) -> socket.socket:
    """A connection of the stranger."""
    host, source = outside(port)
    return socket.create_connection((host, port), TIMEOUT, source_address=source)


def reading() -> None:
    """The login of the user of the rehearsal, and the message."""
    with inside(from_outside(993), tls=True) as connection, connection.makefile("rwb") as file:
        expect("port 993 to a stranger", "* OK", file.readline())
        for what, command in (
            ("the login of a user", f'LOGIN "{GUEST}" "{PASSWORD}"'),
            ("SELECT", "SELECT INBOX"),
            ("the message that was delivered", "FETCH 1 BODY.PEEK[]"),
        ):
            send(file, f"a {command}")
            line = file.readline()
            while line and not line.startswith(b"a "):
                line = file.readline()
            expect(f"port 993, asked for {what},", "a OK", line)


def passwords_without_tls() -> None:
    """No service takes the right password without TLS."""
    plain = base64.b64encode(f"\0{GUEST}\0{PASSWORD}".encode()).decode()
    for port, commands, taken in (
        (143, [f'a LOGIN "{GUEST}" "{PASSWORD}"'], b"a OK"),
        (110, [f"USER {GUEST}", f"PASS {PASSWORD}"], b"+OK"),
        (4190, [f'AUTHENTICATE "PLAIN" "{plain}"'], b"OK"),
    ):
        try:
            connection = from_outside(port)
        except ConnectionRefusedError:
            continue
        with connection, connection.makefile("rwb") as file:
            line = file.readline()
            while port == 4190 and line[:1] == b'"':  # capabilities
                line = file.readline()
            for command in commands:
                send(file, command)
                line = file.readline()
                while line.startswith(b"*"):
                    line = file.readline()
            if line.startswith(taken):
                sys.exit(f"port {port} takes a password without TLS")


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
known = [lmtp, quota_status] if user else []
rehearsed = [delivery, reading, passwords_without_tls] if GUEST else []
for check in [*checks, auth, *known, *rehearsed]:
    try:
        check()
    except OSError as exc:
        sys.exit(f"{check.__name__} does not serve: {exc}")
