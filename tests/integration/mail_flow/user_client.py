# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A user's day: log in, send, read it back, check the signature. Reads one JSON document, prints
one line a step.

Runs on the controller: smtplib and imaplib as independent clients, dkimpy as an independent
verifier.
"""

from __future__ import annotations

import imaplib
import json
import smtplib
import socket
import ssl
import sys
import time
import typing as t
import uuid
from email.message import EmailMessage

import dkim
import dns.resolver

Config = dict[str, t.Any]


def message(sender: str, recipient: str, subject: str, body: str = "Hello.\n") -> EmailMessage:
    """A small message."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, subject
    mail["Date"], mail["Message-ID"] = (
        "Sun, 22 Nov 2026 20:00:00 +0000",
        f"<{uuid.uuid4()}@{sender.split('@')[1]}>",
    )
    mail.set_content(body)
    return mail


def context(config: Config) -> ssl.SSLContext:
    """Trusts the lab's authority and nothing else."""
    return ssl.create_default_context(cadata=config["authority"])


def use_lab_address(config: Config) -> None:
    """Let the host's name stand for its address, since the controller does not ask the lab's
    resolver.
    """
    ask = socket.getaddrinfo

    def answer(host: str, *args: t.Any, **options: t.Any) -> t.Any:
        return ask(config["address"] if host == config["name"] else host, *args, **options)

    socket.getaddrinfo = answer  # type: ignore[assignment]


def submit(config: Config, port: int, mail: EmailMessage, sender: str = "") -> None:
    """Send through submission (STARTTLS) or submissions (implicit TLS)."""
    tls = context(config)
    if port == 465:
        client: smtplib.SMTP = smtplib.SMTP_SSL(config["name"], port, timeout=30, context=tls)
    else:
        client = smtplib.SMTP(config["name"], port, timeout=30)
        client.starttls(context=tls)
    with client:
        client.login(config["user"], config["password"])
        client.send_message(mail, from_addr=sender or config["user"])


def fetch(config: Config, subject: str, folder: str = "INBOX", seconds: float = 30.0) -> bytes:
    """The message with a subject, once it is there."""
    with imaplib.IMAP4_SSL(config["name"], 993, ssl_context=context(config), timeout=30) as client:
        client.login(config["user"], config["password"])
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            client.select(folder)
            found = client.search(None, "SUBJECT", f'"{subject}"')[1][0].split()
            if found:
                parts = client.fetch(found[-1].decode("ascii"), "(BODY.PEEK[])")[1]
                return bytes(parts[0][1])  # type: ignore[index]
            time.sleep(0.5)
    raise SystemExit(f"FAILED: no message {subject!r} in {folder} within {seconds:g} s")


def signature(config: Config, raw: bytes) -> str:
    """The domain whose DKIM signature verifies against the lab's DNS; empty when there is none."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [config["resolver"]]

    def txt(name: bytes, timeout: int = 5) -> bytes:
        """A record that was published a moment ago may take another to be signed and served."""
        for _attempt in range(20):
            try:
                answer = resolver.resolve(name.decode("ascii"), "TXT", lifetime=timeout)
                return b"".join(answer[0].strings)
            except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.NoNameservers):
                time.sleep(0.5)
        return b""

    verifier = dkim.DKIM(raw)
    if b"dkim-signature" not in raw.lower() or not verifier.verify(dnsfunc=txt):
        return ""
    return bytes(verifier.domain).decode("ascii")


def refused(config: Config, port: int, mail: EmailMessage, sender: str) -> str:
    """The code with which a submission is refused; empty when it is accepted."""
    try:
        submit(config, port, mail, sender)
    except smtplib.SMTPSenderRefused as exc:
        return str(exc.smtp_code)
    except smtplib.SMTPRecipientsRefused as exc:
        return str(next(iter(exc.recipients.values()))[0])
    return ""


def send(config: Config) -> t.Iterator[tuple[str, bool]]:
    """Everything that a user does and a thief with a user's password tries."""
    user = config["user"]
    domain = user.split("@")[1]
    for port in (587, 465):
        subject = f"flow-{port}-{uuid.uuid4()}"
        submit(config, port, message(user, user, subject))
        raw = fetch(config, subject)
        yield f"{port}: submitted, read back over IMAPS", True
        yield f"{port}: DKIM signature of {domain} verifies", signature(config, raw) == domain
    forged = message("ceo@" + domain, user, "forged")
    yield (
        "587: a sender that is not the login is refused",
        refused(config, 587, forged, "ceo@" + domain) == "553",
    )


def receive(config: Config) -> t.Iterator[tuple[str, bool]]:
    """What a stranger sent has arrived where it belongs, and does not carry our signature."""
    raw = fetch(config, config["subject"])
    yield "25: mail from outside is in the mailbox", True
    yield "25: mail from outside is not signed in our name", signature(config, raw) == ""
    fetch(config, "proposal " + config["subject"], "Junk")
    yield "25: what looks like spam is in Junk", True


def main() -> int:
    config = json.load(sys.stdin)
    use_lab_address(config)
    results = list((send if config["part"] == "send" else receive)(config))
    for words, good in results:
        print(f"{'ok    ' if good else 'FAILED'} {words}")
    return 0 if all(good for _words, good in results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
