# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The ground truth of the step into TLS, and of logins with any password inside it.

Runs on the external client; standard library only, and nothing of the audit.
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import poplib
import re
import smtplib
import socket
from collections.abc import Iterator

from target_endpoint import SMTP, Endpoint, NoStartTlsError, again, unverified_context

#: Commands that change nothing, and what a reply to one contains.
INJECTED = {
    "smtp": (b"NOOP\r\n", rb"^\d\d\d"),
    "imap": (b"injected NOOP\r\n", rb"^injected "),
    "pop3": (b"CAPA\r\n", rb"^[+-]"),
    "sieve": (b'NOOP "injected"\r\n', rb"injected"),
}
#: How long a server has time to say what nobody asked for.
QUIET = 2.0
#: So many connections show whether all of them get the same extensions.
CONNECTIONS = 4
NAME, PASSWORD = "made-up-name", "made-up-password"


def facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Injection of commands and replies, state that outlasts STARTTLS, STARTTLS on some connections
    alone, and a login with a name and a password that were made up.
    """
    offered = endpoint.implicit
    if not endpoint.implicit:
        with contextlib.suppress(NoStartTlsError):
            yield from response_injection(endpoint)
            yield from command_injection(endpoint)
            offered = True
        yield from not_always_offered(endpoint)
        if endpoint.service in SMTP and offered:
            yield from remembers(endpoint)
    if offered:
        with contextlib.suppress(
            OSError, smtplib.SMTPException, imaplib.IMAP4.error, poplib.error_proto
        ):
            yield from any_login(endpoint)


def _said(link: socket.socket) -> bytes:
    """What comes without a question."""
    link.settimeout(QUIET)
    data = b""
    with contextlib.suppress(OSError):
        while received := link.recv(4096):
            data += received
    link.settimeout(60)
    return data


def response_injection(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Clear text between the reply to STARTTLS and TLS."""
    with endpoint.plain() as link:
        said = _said(link)
    if said:
        yield "response_injection", f"after the reply to STARTTLS: {said!r}"


def command_injection(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """A reply inside TLS to a command that was sent behind STARTTLS."""
    command, answer = INJECTED[endpoint.protocol]
    with (
        contextlib.suppress(OSError),
        endpoint.plain(behind=command) as link,
        unverified_context().wrap_socket(link, server_hostname=endpoint.target["host"]) as tls,
    ):
        said = _said(tls)
        if re.search(answer, said, re.MULTILINE):
            yield "command_injection", f"inside TLS: {said!r}"


def not_always_offered(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """STARTTLS that some connections are not offered."""
    accepted = []
    for _connection in range(CONNECTIONS):
        try:
            endpoint.plain().close()
        except NoStartTlsError:
            accepted.append(False)
        else:
            accepted.append(True)
    if len(set(accepted)) > 1:
        yield "no_starttls", f"STARTTLS was accepted on {sum(accepted)} of {CONNECTIONS}"


def remembers(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """RCPT inside TLS that is accepted for MAIL from before it."""
    host = endpoint.target["host"]
    with (
        contextlib.suppress(OSError),
        endpoint.plain(b"MAIL FROM:<>\r\n") as link,
        unverified_context().wrap_socket(link, server_hostname=host) as tls,
    ):
        tls.sendall(f"RCPT TO:<alice@{host}>\r\n".encode())
        reply = tls.recv(4096)
        if reply.startswith(b"25"):
            yield "remembers", f"RCPT inside TLS, after MAIL before it: {reply!r}"


def any_login(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """A login inside TLS with a name and a password that were made up."""
    logins = {"smtp": _smtp, "imap": _imap, "pop3": _pop3, "sieve": _sieve}
    if logins[endpoint.protocol](endpoint):
        yield "any_login", f"{NAME} logged in inside TLS"


def _smtp(endpoint: Endpoint) -> bool:
    with endpoint.smtp(tls=True) as client:
        if client.has_extn("auth"):
            with contextlib.suppress(smtplib.SMTPAuthenticationError):
                client.login(NAME, PASSWORD)
                return True
    return False


def _imap(endpoint: Endpoint) -> bool:
    place, context = (endpoint.address, endpoint.port), unverified_context()
    client = again(
        lambda: (
            imaplib.IMAP4_SSL(*place, ssl_context=context, timeout=60)
            if endpoint.implicit
            else imaplib.IMAP4(*place, timeout=60)
        )
    )
    with client:
        if not endpoint.implicit:
            client.starttls(context)
        return client.login(NAME, PASSWORD)[0] == "OK"


def _pop3(endpoint: Endpoint) -> bool:
    place, context = (endpoint.address, endpoint.port), unverified_context()
    client = again(
        lambda: (
            poplib.POP3_SSL(*place, context=context, timeout=60)
            if endpoint.implicit
            else poplib.POP3(*place, timeout=60)
        )
    )
    with contextlib.closing(client):
        if not endpoint.implicit:
            client.stls(context)
        client.user(NAME)
        return client.pass_(PASSWORD).startswith(b"+OK")


def _sieve(endpoint: Endpoint) -> bool:
    secret = base64.b64encode(f"\0{NAME}\0{PASSWORD}".encode())
    with (
        endpoint.plain() as link,
        unverified_context().wrap_socket(link, server_hostname=endpoint.target["host"]) as tls,
        tls.makefile("rwb", buffering=0) as stream,
    ):
        line = stream.readline()
        while line and not line.startswith(b"OK"):
            line = stream.readline()
        stream.write(b'AUTHENTICATE "PLAIN" "%s"\r\n' % secret)
        return stream.readline().startswith(b"OK")
