# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""One service of a target at one address, as the ground truth connects to it: in clear text, or up
to the TLS handshake.

Runs on the external client; standard library only, and nothing of the audit.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, TypeVar

import relay_ground_truth

Target = dict[str, Any]
Connection = TypeVar("Connection")

PORTS = {
    "smtp": 25,
    "submission": 587,
    "submissions": 465,
    "imap": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
    "sieve": 4190,
}
SMTP, IMPLICIT = ("smtp", "submission", "submissions"), ("submissions", "imaps", "pop3s")
#: A server that takes few connections at a time and refuses the next one at once is asked again so
#: often, after so many seconds: Sendmail then closes its port for 15 seconds.
TIMES, PAUSE, AT_ONCE = 20, 1.0, 5.0
#: Commands up to STARTTLS, each with the beginning of the last line of its reply.
STARTTLS = {
    "smtp": [
        (b"", rb"220 "),
        (b"EHLO outsider.lab.test\r\n", rb"250 "),
        (b"STARTTLS\r\n", rb"220"),
    ],
    "imap": [(b"", rb"\* "), (b"a STARTTLS\r\n", rb"a OK")],
    "pop3": [(b"", rb"\+OK"), (b"STLS\r\n", rb"\+OK")],
    "sieve": [(b"", rb"OK"), (b"STARTTLS\r\n", rb"OK")],
}
#: The beginning of the last line of any reply.
LAST = {"smtp": rb"\d\d\d( |\r?\n)", "imap": rb"a |\* BYE", "pop3": rb"-ERR", "sieve": rb"NO|BYE"}


class NoStartTlsError(OSError):
    """The server did not accept STARTTLS."""


class PutOffError(ConnectionError):
    """The server greeted with 421 (RFC 5321, 3.8)."""


def again(connect: Callable[[], Connection]) -> Connection:
    """A connection that is tried again where it is refused at once."""
    for left in reversed(range(TIMES)):
        began = time.monotonic()
        try:
            return connect()
        except (
            ConnectionError,
            ssl.SSLEOFError,
            smtplib.SMTPConnectError,
            smtplib.SMTPServerDisconnected,
        ):
            if not left or time.monotonic() - began > AT_ONCE:
                raise
            time.sleep(PAUSE)
    raise AssertionError


class Endpoint:
    """One service of a target at one address. implicit: it begins with TLS."""

    def __init__(self, target: Target, service: str, address: str) -> None:
        self.target, self.service, self.address = target, service, address
        self.port = target["audit"].get("ports", {}).get(service, PORTS[service])
        self.where = f"{service} {address}:{self.port}"
        self.implicit = service in IMPLICIT
        self.protocol = "smtp" if service in SMTP else re.sub("s$", "", service)
        #: A line that is sent before the greeting.
        self.header = target.get("header", {}).get(service, "")

    def smtp(self, helo: str = "outsider.lab.test", tls: bool = False) -> relay_ground_truth.Client:
        """A session that has sent EHLO, inside TLS where asked for. A server that puts off a
        connection is asked again.
        """
        server = relay_ground_truth.Server(self.address, self.port, self.implicit, self.header)
        return again(lambda: relay_ground_truth.connect(server, helo, tls))

    def plain(self, before: bytes = b"", behind: bytes = b"") -> socket.socket:
        """A connection just before the TLS handshake; before and behind are sent in clear text,
        before STARTTLS and in one piece with it.
        """
        return again(lambda: self._plain(before, behind))

    def tls(self, context: ssl.SSLContext, link: socket.socket | None = None) -> ssl.SSLSocket:
        """A connection inside TLS; link is one just before the handshake. On a TLS port a server
        that puts off a connection closes it before the handshake has ended, and is asked again.
        """
        try:
            return self._handshake(link or self.plain(), context)
        except (ConnectionError, ssl.SSLEOFError):
            if not self.implicit:
                raise
        return again(lambda: self._handshake(self._plain(), context))

    def _handshake(self, link: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        try:
            return context.wrap_socket(link, server_hostname=self.target["host"])
        except OSError:
            link.close()
            raise

    def _plain(self, before: bytes = b"", behind: bytes = b"") -> socket.socket:
        link = socket.create_connection((self.address, self.port), timeout=60)
        if self.header:
            link.sendall(f"{self.header}\r\n".encode())
        if self.implicit:
            return link
        *first, (command, go_ahead) = STARTTLS[self.protocol]
        steps = [*first, *([(before, LAST[self.protocol])] if before else [])]
        with link.makefile("rwb", buffering=0) as stream:
            for question, answer in [*steps, (command + behind, go_ahead)]:
                if question:
                    stream.write(question)
                line = stream.readline()
                while line and not re.match(answer, line):
                    if re.match(LAST[self.protocol], line):
                        break
                    line = stream.readline()
                if not re.match(answer, line):
                    link.close()
                    raise _refusal(line, greeting=not question)
        return link


def _refusal(line: bytes, greeting: bool) -> OSError:
    """What a line in place of the expected one means; none: the server closed the connection."""
    if not line:
        return ConnectionError("the server closed the connection")
    if greeting and line.startswith(b"421"):
        return PutOffError(repr(line))
    return NoStartTlsError(repr(line))


def unverified_context(ciphers: str = "ALL:@SECLEVEL=0") -> ssl.SSLContext:
    """Accepts any certificate, which is examined elsewhere."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    return context
