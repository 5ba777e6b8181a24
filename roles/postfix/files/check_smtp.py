# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""check_smtp.py NAME RECIPIENTS PORT...: exits with 0 if each port of this host serves as it must.

Recipients are addresses with commas between them: postmaster, whom every host must take, and a
user. Port 25 takes them, or asks for a later attempt as greylisting does, or says that the mailbox
is full; the ports of users offer AUTH inside TLS and reject the recipients before it.

In a rehearsal, where there is the address of a stranger, no port relays for it; a delay, such as
without DNS, is none. Where there is a user of the rehearsal, it logs in on each port of users, and
its message arrives in its own mailbox. No other message is sent.
"""

from __future__ import annotations

import imaplib
import ipaddress
import os
import secrets
import smtplib
import socket
import ssl
import struct
import sys
import time

name, recipients, *ports = sys.argv[1:]
context = ssl.create_default_context()  # the certificate is checked elsewhere
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE


#: What a rehearsal has: the addresses of the host and of a stranger, and perhaps a user, whose
#: password is the first line of the standard input.
HERE, STRANGER, STRANGER6, GUEST = (
    os.environ.get(f"REHEARSAL_{word}", "") for word in ("HOST", "STRANGER", "STRANGER6", "USER")
)
PASSWORD = sys.stdin.readline().strip() if GUEST else ""
#: The state of a port that is open, in the tables of the kernel.
LISTENS = "0A"
TAKEN, FULL = (250, 251, 450), (452, 552)
SECONDS = 60


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


def connected(port: int, host: str, **options: object) -> smtplib.SMTP:
    """A connection to a port, with TLS from its beginning on port 465."""
    if port == 465:
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context, **options)
    return smtplib.SMTP(host, port, timeout=SECONDS, **options)


def greet(server: smtplib.SMTP, port: int) -> None:
    """EHLO, inside TLS."""
    server.ehlo(name)
    if port != 465:
        server.starttls(context=context)
        server.ehlo(name)


def one_line(text: bytes) -> str:
    return " ".join(text.decode("utf-8", "replace").split())


def relay_answer(port: int) -> tuple[int, str]:
    """The reply to a stranger who wants to relay."""
    host, source = outside(port)
    with connected(port, host, source_address=source) as server:
        server.ehlo(name)
        code, text = server.mail("")
        if code == 250:
            code, text = server.rcpt("relay-test@example.com")
        server.rset()
    return code, one_line(text)


def answers(port: int) -> list[tuple[str, int, str]]:
    """Each recipient, with the reply to it inside TLS."""
    found = []
    with connected(port, here(port)) as server:
        greet(server, port)
        if port != 25 and not server.has_extn("auth"):
            sys.exit(f"port {port} offers no AUTH inside TLS")
        for recipient in recipients.split(","):
            code, text = server.mail("")
            if code == 250:
                code, text = server.rcpt(recipient)
            server.rset()
            found.append((recipient, code, one_line(text)))
    return found


def send(port: int) -> str:
    """The subject of a message that the user of the rehearsal sends to itself."""
    subject = secrets.token_hex(8)
    fields = f"From: <{GUEST}>\r\nTo: <{GUEST}>\r\nSubject: {subject}\r\n"
    host, source = outside(port)
    with connected(port, host, source_address=source) as server:
        greet(server, port)
        server.login(GUEST, PASSWORD)
        server.sendmail(GUEST, [GUEST], f"{fields}\r\nrehearsal\r\n")
    return subject


def arrived(subject: str) -> bool:
    """Whether a message is in the mailbox before the time is up."""
    with imaplib.IMAP4_SSL(outside(993)[0], 993, ssl_context=context, timeout=SECONDS) as mailbox:
        mailbox.login(GUEST, PASSWORD)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            mailbox.select("INBOX", readonly=True)
            if mailbox.search(None, "SUBJECT", subject)[1][0]:
                return True
            time.sleep(0.5)
    return False


for port in map(int, ports):
    try:
        replies = answers(port)
    except (OSError, smtplib.SMTPException) as exc:
        sys.exit(f"port {port} does not serve: {exc}")
    for number, (recipient, code, text) in enumerate(replies):
        taken = TAKEN + (FULL if number else ())
        if not (code in taken if port == 25 else 500 <= code < 600):
            sys.exit(f"port {port} answers RCPT TO:<{recipient}> with {code} {text}")
if STRANGER:
    for port in map(int, ports):
        try:
            code, text = relay_answer(port)
        except (OSError, smtplib.SMTPException) as exc:
            sys.exit(f"port {port} does not serve a client from elsewhere: {exc}")
        if code < 400:
            sys.exit(f"port {port} answers a stranger who wants to relay with {code} {text}")
for port in [port for port in map(int, ports) if GUEST and port != 25]:
    try:
        if not arrived(send(port)):
            sys.exit(f"a message that port {port} took did not arrive")
    except (OSError, smtplib.SMTPException, imaplib.IMAP4.error) as exc:
        sys.exit(f"port {port} does not serve a user who logged in: {exc}")
