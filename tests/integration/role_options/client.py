# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a host with other choices of the roles shows to clients. Reads one JSON document.

Part "serials" prints the serial number of the certificate on each port, as JSON. Part "mailbox"
prints one line a step: POP3 over TLS, and a mailbox that gets full. It begins by emptying that
mailbox. Part "sessions" opens more IMAP sessions than Dovecot permits by default, and more of one
user than the role permits.
"""

from __future__ import annotations

import contextlib
import imaplib
import json
import smtplib
import socket
import sys
import time
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab_clients"))
import mail_client
from mail_client import Config, Step

STRANGER = "stranger@outsider.test"
#: Three of these fit into the quota of 1M, a fourth does not.
CHUNK = b"Subject: chunk\r\n\r\n" + b"x" * 76 * 4000
FULL = 552


def serial(config: Config, port: int) -> str:
    """The serial number of the certificate that a port serves, in hexadecimal digits."""
    if port in (25, 587):
        with smtplib.SMTP(config["name"], port, timeout=30) as client:
            client.starttls(context=mail_client.tls_context(config))
            return str(client.sock.getpeercert()["serialNumber"])  # type: ignore[union-attr]
    plain = socket.create_connection((config["address"], port), timeout=30)
    with mail_client.tls_context(config).wrap_socket(
        plain, server_hostname=config["name"]
    ) as session:
        return str(session.getpeercert()["serialNumber"])  # type: ignore[index]


def rcpt_code(config: Config, address: str, size: int = 0) -> int:
    """The code of the reply to RCPT on port 25; no message is sent."""
    with smtplib.SMTP(config["address"], 25, timeout=60) as client:
        client.ehlo()
        client.mail(STRANGER, [f"SIZE={size}"] if size else [])
        return client.rcpt(address)[0]


def mailbox_full(config: Config, address: str, seconds: float = 10.0) -> bool:
    """Whether the recipient is rejected because the mailbox is full. The last message may still be
    on its way.
    """
    deadline = time.monotonic() + seconds
    while (code := rcpt_code(config, address)) == 250 and time.monotonic() < deadline:
        time.sleep(0.5)
    return code == FULL


def deliver(config: Config, subject: str, size: int) -> None:
    """Send a message from outside; raises if the host rejects it."""
    line = "Nothing in this letter is of the kind that a filter would notice.\r\n"
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    text = (
        f"From: {STRANGER}\r\nTo: {config['user']}\r\nSubject: {subject}\r\nDate: {date}\r\n"
        f"Message-ID: <the.letter.{subject}@outsider.test>\r\n\r\n{line * (size // len(line) + 1)}"
    )
    with smtplib.SMTP(config["address"], 25, timeout=60) as client:
        client.sendmail(STRANGER, config["user"], text)


def arrives_over_pop3(config: Config, subject: str, seconds: float = 20.0) -> bool:
    """Whether a message arrives in the mailbox, as POP3 on port 995 shows it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with mail_client.pop3(config) as client:
            count = len(client.list()[1])
            headers = [b"\n".join(client.top(number + 1, 0)[1]) for number in range(count)]
        if any(b"Subject: " + subject.encode() in header for header in headers):
            return True
        time.sleep(0.5)
    return False


def closed(config: Config, port: int) -> bool:
    try:
        socket.create_connection((config["address"], port), timeout=10).close()
    except ConnectionRefusedError:
        return True
    return False


def empty_mailbox(client: imaplib.IMAP4_SSL) -> None:
    """Delete what an earlier run left; then the INBOX is selected."""
    for folder in ("Junk", "INBOX"):
        if client.select(folder)[1] != [b"0"]:
            client.store("1:*", "+FLAGS", "\\Deleted")
            client.expunge()


def fill_mailbox(client: imaplib.IMAP4_SSL) -> int:
    """How many chunks a user could append before the mailbox was full (RFC 9208, OVERQUOTA)."""
    for count in range(10):
        status, answer = client.append("INBOX", "", "", CHUNK)
        if status != "OK":
            return count if b"[OVERQUOTA]" in answer[0] else -1
    return 10


def mailbox(config: Config) -> t.Iterator[Step]:
    with mail_client.imap(config) as client:
        empty_mailbox(client)
        deliver(config, "first", 100)
        yield (
            "995: mail from outside is read over POP3 with TLS",
            arrives_over_pop3(config, "first"),
        )
        yield "110: closed", closed(config, 110)
        yield "25: a recipient with room is accepted", rcpt_code(config, config["user"]) == 250
        yield "993: three messages fit, the fourth is refused", fill_mailbox(client) == 3
        yield (
            "25: a message larger than the mailbox is refused",
            rcpt_code(config, config["user"], 12_000_000) == FULL,
        )
        deliver(config, "last", 150_000)  # which may exceed the quota a little
        yield (
            "25: a full mailbox is refused during the SMTP session",
            mailbox_full(config, config["user"]),
        )
        yield "25: another user is accepted", rcpt_code(config, config["other"]) == 250
        yield "25: an alias is accepted", rcpt_code(config, config["alias"]) == 250
        yield "25: an unknown user is refused", rcpt_code(config, "nobody-" + config["user"]) == 550


class Session(imaplib.IMAP4_SSL):
    """A session with one address of the host, whose name is verified."""

    def __init__(self, config: Config, address: str) -> None:
        self.address = address
        super().__init__(config["name"], ssl_context=mail_client.tls_context(config), timeout=60)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection((self.address, 993), timeout)
        return self.ssl_context.wrap_socket(plain, server_hostname=self.host)


def opened(config: Config, user: str, count: int, address: str) -> list[imaplib.IMAP4_SSL]:
    """The sessions of a user that stay open, of so many that are tried from one address."""
    found = []
    for _number in range(count):
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            client = Session(config, config[address])
            client.login(user, config["password"])
            client.select("INBOX")
            found.append(client)
    return found


def sessions(config: Config) -> t.Iterator[Step]:
    readers = [one for user in config["readers"] for one in opened(config, user, 18, "address")]
    yield f"993: {len(readers)} sessions at a time", len(readers) == 18 * len(config["readers"])
    mine = [
        one
        for address in ("address", "address6")
        for one in opened(config, config["user"], 18, address)
    ]
    yield f"993: one user has {len(mine)} of 36 sessions", len(mine) == config["limit"]
    others = opened(config, config["readers"][0], 1, "address6")
    yield "993: another user still logs in", len(others) == 1
    alive = [one for one in readers if one.noop()[0] == "OK"]
    yield "993: all sessions are served", len(alive) == len(readers)
    for client in [*readers, *mine, *others]:
        client.shutdown()


def main() -> int:
    config = mail_client.read_config()
    if config["part"] == "serials":
        print(json.dumps({str(port): serial(config, port) for port in config["ports"]}))
        return 0
    part = sessions if config["part"] == "sessions" else mailbox
    return mail_client.report(part(config))


if __name__ == "__main__":
    raise SystemExit(main())
