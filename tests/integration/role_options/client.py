# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a host with other choices of the roles shows to clients. Reads one JSON document; standard
library only.

Part "serials" prints the serial number of the certificate on each port, as JSON. Part "mailbox"
prints one line a step: POP3 over TLS, and a mailbox that gets full. It begins by emptying that
mailbox.
"""

from __future__ import annotations

import imaplib
import json
import poplib
import smtplib
import socket
import ssl
import sys
import time
import typing as t

Config = dict[str, t.Any]

STRANGER = "stranger@outsider.test"
#: Three of these fit into the quota of 1M, a fourth does not.
CHUNK = b"Subject: chunk\r\n\r\n" + b"x" * 76 * 4000
FULL = 552


def context(config: Config) -> ssl.SSLContext:
    """Trusts the authority of the test and nothing else, and wants the host's name."""
    return ssl.create_default_context(cadata=config["authority"])


def serial(config: Config, port: int) -> str:
    """The serial number of the certificate that a port serves, in hexadecimal digits."""
    if port in (25, 587):
        with smtplib.SMTP(config["name"], port, timeout=30) as client:
            client.starttls(context=context(config))
            return str(t.cast("ssl.SSLSocket", client.sock).getpeercert()["serialNumber"])  # type: ignore[index]
    plain = socket.create_connection((config["address"], port), timeout=30)
    with context(config).wrap_socket(plain, server_hostname=config["name"]) as session:
        return str(session.getpeercert()["serialNumber"])  # type: ignore[index]


def recipient(config: Config, address: str, size: int = 0) -> int:
    """The code with which port 25 answers a stranger's RCPT TO; no message is sent."""
    with smtplib.SMTP(config["address"], 25, timeout=60) as client:
        client.ehlo()
        client.mail(STRANGER, [f"SIZE={size}"] if size else [])
        return client.rcpt(address)[0]


def refused(config: Config, address: str, seconds: float = 10.0) -> bool:
    """Whether a recipient comes to be refused because the mailbox is full; what was sent last may
    still be on its way there.
    """
    deadline = time.monotonic() + seconds
    while (code := recipient(config, address)) == 250 and time.monotonic() < deadline:
        time.sleep(0.5)
    return code == FULL


def delivered(config: Config, subject: str, size: int) -> None:
    """Send as a stranger; raises where the host refuses."""
    lines = "Nothing in this letter is of the kind that a filter would notice.\r\n"
    text = (
        "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: "
        "<the.letter.%s@outsider.test>\r\n\r\n%s"
    )
    body = lines * (size // len(lines) + 1)
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    with smtplib.SMTP(config["address"], 25, timeout=60) as client:
        client.sendmail(
            STRANGER,
            config["user"],
            text % (STRANGER, config["user"], subject, date, subject, body),
        )


def popped(config: Config, subject: str, seconds: float = 20.0) -> bool:
    """Whether a message comes to be seen over POP3 on port 995. Each login sees the mailbox as it
    is then.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        client = poplib.POP3_SSL(config["name"], 995, timeout=30, context=context(config))
        client.user(config["user"])
        client.pass_(config["password"])
        count = len(client.list()[1])
        heads = [b"\n".join(client.top(number + 1, 0)[1]) for number in range(count)]
        client.quit()
        if any(b"Subject: " + subject.encode() in head for head in heads):
            return True
        time.sleep(0.5)
    return False


def closed(config: Config, port: int) -> bool:
    try:
        socket.create_connection((config["address"], port), timeout=10).close()
    except ConnectionRefusedError:
        return True
    return False


def emptied(client: imaplib.IMAP4_SSL) -> None:
    """Leave nothing that an earlier run put there; the INBOX is selected then."""
    for folder in ("Junk", "INBOX"):
        if client.select(folder)[1] != [b"0"]:
            client.store("1:*", "+FLAGS", "\\Deleted")
            client.expunge()


def filled(client: imaplib.IMAP4_SSL) -> int:
    """How many chunks a user could put into the own mailbox before it was full (RFC 9208,
    OVERQUOTA).
    """
    for count in range(10):
        status, answer = client.append("INBOX", "", "", CHUNK)
        if status != "OK":
            return count if b"[OVERQUOTA]" in answer[0] else -1
    return 10


def mailbox(config: Config) -> t.Iterator[tuple[str, bool]]:
    with imaplib.IMAP4_SSL(config["name"], 993, ssl_context=context(config), timeout=30) as client:
        client.login(config["user"], config["password"])
        emptied(client)
        delivered(config, "first", 100)
        yield "995: what a stranger sent is read over POP3 with TLS", popped(config, "first")
        yield "110: closed", closed(config, 110)
        yield "25: a recipient with room is accepted", recipient(config, config["user"]) == 250
        yield "993: three messages fit, the fourth is refused", filled(client) == 3
        yield (
            "25: what is larger than the mailbox is refused",
            recipient(config, config["user"], 12_000_000) == FULL,
        )
        delivered(config, "last", 150_000)  # which may go a little beyond
        yield (
            "25: a full mailbox is refused while the sender is there",
            refused(config, config["user"]),
        )
        yield "25: another user is not", recipient(config, config["other"]) == 250
        yield "25: an alias is not", recipient(config, config["alias"]) == 250
        yield "25: nobody is still nobody", recipient(config, "nobody-" + config["user"]) == 550


def main() -> int:
    config = json.load(sys.stdin)
    ask = socket.getaddrinfo

    def answer(host: str, *args: t.Any, **options: t.Any) -> t.Any:
        """The host's name stands for its address, since the controller does not ask the lab's
        resolver.
        """
        return ask(config["address"] if host == config["name"] else host, *args, **options)

    socket.getaddrinfo = answer  # type: ignore[assignment]
    if config["part"] == "serials":
        print(json.dumps({str(port): serial(config, port) for port in config["ports"]}))
        return 0
    good = True
    for words, seen in mailbox(config):
        print(f"{'ok    ' if seen else 'FAILED'} {words}")
        good = good and seen
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
