# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a user does with mail: submits, reads it back, verifies the signature. Reads one JSON
document, prints one line a step.

Runs on the controller: smtplib and imaplib as independent clients, dkimpy as an independent
verifier.
"""

from __future__ import annotations

import smtplib
import sys
import time
import typing as t
import uuid
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

import dkim
import dns.resolver

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab_clients"))
import mail_client
from mail_client import Config, Step


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


def fetch(config: Config, subject: str, folder: str = "INBOX", seconds: float = 30.0) -> bytes:
    """The message with a subject, once it is there."""
    with mail_client.imap(config) as client:
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


def submit(config: Config, port: int, mail: EmailMessage, sender: str) -> None:
    """Send a message through a submission port."""
    with mail_client.submission(config, port) as client:
        client.send_message(mail, from_addr=sender)


def send(config: Config) -> t.Iterator[Step]:
    """What a user does, and what somebody with a stolen password tries."""
    user = config["user"]
    domain = user.split("@")[1]
    for port in (587, 465):
        subject = f"flow-{port}-{uuid.uuid4()}"
        submit(config, port, message(user, user, subject), user)
        raw = fetch(config, subject)
        yield f"{port}: submitted, read back over IMAPS", True
        yield f"{port}: DKIM signature of {domain} verifies", signature(config, raw) == domain
    ceo = "ceo@" + domain
    forged = message(ceo, user, "forged")
    code = mail_client.refusal_code(lambda: submit(config, 587, forged, ceo))
    yield "587: a sender that is not the login is refused", code == 553
    for field in (f"From: {ceo}", f"From: {user}, {ceo}", f"From: {user}\nSender: {ceo}"):
        said = author_refusal(config, field)
        yield f"587: an author that is not the login is refused: {field!r}", {user, ceo} <= said


def author_refusal(config: Config, field: str) -> set[str]:
    """The words with which a message of the user with this author is refused for good."""
    user = config["user"]
    fields = f"{field}\nTo: {user}\nSubject: forged author\nDate: {formatdate()}\n"
    text = f"{fields}\nHello.\n".replace("\n", "\r\n")
    try:
        with mail_client.submission(config, 587) as client:
            client.sendmail(user, [user], text)
    except smtplib.SMTPDataError as exc:
        reply = exc.smtp_error.decode() if isinstance(exc.smtp_error, bytes) else exc.smtp_error
        return set(reply.replace(",", " ").split()) if exc.smtp_code == 550 else set()
    return set()


def receive(config: Config) -> t.Iterator[Step]:
    """Mail from outside has arrived where it belongs, without a DKIM signature of the user's
    domain.
    """
    raw = fetch(config, config["subject"])
    yield "25: mail from outside is in the mailbox", True
    yield "25: mail from outside is not signed in our name", signature(config, raw) == ""
    yield "25: SpamAssassin evaluated SPF", b"SPF_" in raw
    fetch(config, "proposal " + config["subject"], "Junk")
    yield "25: what looks like spam is in Junk", True


def main() -> int:
    config = mail_client.read_config()
    return mail_client.report((send if config["part"] == "send" else receive)(config))


if __name__ == "__main__":
    raise SystemExit(main())
