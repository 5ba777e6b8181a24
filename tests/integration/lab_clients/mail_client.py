# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What the clients on the controller share: TLS with the lab's authority, sessions of IMAP, POP3,
ManageSieve and SMTP submission, and the lines that they print.

Standard library only, and nothing of the audit. A configuration has name and address of the host,
authority (PEM), user and password.
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import json
import poplib
import re
import smtplib
import socket
import ssl
import sys
import typing as t
from collections.abc import Callable, Iterable, Iterator

Config = dict[str, t.Any]
#: What was tried, and whether it went as it must.
Step = tuple[str, bool]


def tls_context(config: Config) -> ssl.SSLContext:
    """Trusts the lab's authority and nothing else, and verifies the host's name."""
    return ssl.create_default_context(cadata=config["authority"])


def read_config() -> Config:
    """The configuration from standard input. The host's name then resolves to its address, since
    the controller does not use the lab's resolver.
    """
    config: Config = json.load(sys.stdin)
    getaddrinfo = socket.getaddrinfo

    def resolve(host: str, *args: t.Any, **options: t.Any) -> t.Any:
        return getaddrinfo(config["address"] if host == config["name"] else host, *args, **options)

    socket.getaddrinfo = resolve  # type: ignore[assignment]
    return config


def report(steps: Iterable[Step]) -> int:
    """Print a line for each step; return 1 if one failed."""
    failed = 0
    for text, passed in steps:
        print(f"{'ok    ' if passed else 'FAILED'} {text}", flush=True)
        failed += not passed
    return int(failed > 0)


def refusal_code(send: Callable[[], object]) -> int:
    """The code with which the server rejects a message; 250 if it accepts it."""
    try:
        send()
    except smtplib.SMTPRecipientsRefused as exc:
        return int(next(iter(exc.recipients.values()))[0])
    except smtplib.SMTPResponseException as exc:
        return exc.smtp_code
    return 250


@contextlib.contextmanager
def submission(config: Config, port: int) -> Iterator[smtplib.SMTP]:
    """A session of submission (STARTTLS) or submissions (implicit TLS), logged in."""
    context = tls_context(config)
    client: smtplib.SMTP
    if port == 465:
        client = smtplib.SMTP_SSL(config["name"], port, timeout=30, context=context)
    else:
        client = smtplib.SMTP(config["name"], port, timeout=30)
        client.starttls(context=context)
    with client:
        client.login(config["user"], config["password"])
        yield client


@contextlib.contextmanager
def imap(config: Config) -> Iterator[imaplib.IMAP4_SSL]:
    """A session of IMAPS, logged in."""
    context = tls_context(config)
    with imaplib.IMAP4_SSL(config["name"], 993, ssl_context=context, timeout=30) as client:
        client.login(config["user"], config["password"])
        yield client


@contextlib.contextmanager
def pop3(config: Config) -> Iterator[poplib.POP3_SSL]:
    """A session of POP3S, logged in."""
    client = poplib.POP3_SSL(config["name"], 995, timeout=30, context=tls_context(config))
    client.user(config["user"])
    client.pass_(config["password"])
    yield client
    client.quit()


class ManageSieve:
    """A session of ManageSieve (RFC 5804): begins in clear text, logs in after STARTTLS."""

    def __init__(self, config: Config, port: int = 4190) -> None:
        self.connection = socket.create_connection((config["name"], port), timeout=30)
        self.lines = self.connection.makefile("rb")
        self.reply()
        self.command("STARTTLS")
        self.connection = tls_context(config).wrap_socket(
            self.connection, server_hostname=config["name"]
        )
        self.lines = self.connection.makefile("rb")
        self.reply()
        secret = f"\x00{config['user']}\x00{config['password']}"
        self.command(f'AUTHENTICATE "PLAIN" "{base64.b64encode(secret.encode()).decode("ascii")}"')

    def reply(self) -> list[str]:
        """The lines before OK. Exits on any other end, and on literals, which these commands do
        not need.
        """
        lines = []
        while not re.match(r"OK\b", line := self.lines.readline().decode().rstrip("\r\n")):
            if not line.startswith('"'):
                raise SystemExit(f"FAILED 4190: answered {line!r}")
            lines.append(line)
        return lines

    def command(self, text: str) -> list[str]:
        """Send a command; return the lines of its reply."""
        self.connection.sendall(text.encode() + b"\r\n")
        return self.reply()
