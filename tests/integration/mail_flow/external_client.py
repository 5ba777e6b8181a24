# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What an external client sends: a legitimate message, a forged one, spam of both kinds.

Runs on the lab host outsider with the standard library alone.

Arguments: address of the mail host, its user, subject of the legitimate message. Prints one line a
step.
"""

from __future__ import annotations

import smtplib
import sys
import time
from email.message import EmailMessage

STRANGER = "stranger@outsider.test"
#: The test string for spam filters (GTUBE), in halves so that no scanner stops at this file.
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
#: Text that SpamAssassin has rules for: with subject and date enough for Junk, not for a rejection.
PROPOSAL = "Dear Friend,\n\nYour reply is urgent for our business. It is about %s.\n"


def message(sender: str, recipient: str, subject: str, body: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, subject
    mail["Date"], mail["Message-ID"] = (
        "Sun, 22 Nov 2026 20:00:00 +0000",
        f"<{subject}@outsider.test>",
    )
    mail.set_content(body)
    return mail


def spam_like(recipient: str, subject: str) -> EmailMessage:
    """A message that scores 6 by text and date, and up to 3 more by names and addresses of the lab;
    mail is marked at 5 and rejected at 10.
    """
    mail = message(STRANGER, recipient, "proposal-" + subject, PROPOSAL % subject)
    mail.replace_header("Subject", "PROPOSAL " + subject.upper())
    mail.replace_header("Date", "Mon, 01 Jan 1990 00:00:00 +0000")
    return mail


def connected(host: str) -> smtplib.SMTP:
    """A session. A host that was just audited may reply 421 to this address for a minute."""
    for pause in (5, 20, 40):
        try:
            return smtplib.SMTP(host, 25, local_hostname="outsider.lab.test", timeout=60)
        except smtplib.SMTPConnectError as exc:
            if exc.smtp_code != 421:
                raise
            time.sleep(pause)
    return smtplib.SMTP(host, 25, local_hostname="outsider.lab.test", timeout=60)


def send(host: str, sender: str, mail: EmailMessage) -> int:
    """The code of the reply that decided: 250, or that of the rejection."""
    with connected(host) as client:
        try:
            client.send_message(mail, from_addr=sender)
        except smtplib.SMTPSenderRefused as exc:
            return exc.smtp_code
        except smtplib.SMTPRecipientsRefused as exc:
            return int(next(iter(exc.recipients.values()))[0])
        except smtplib.SMTPDataError as exc:
            return exc.smtp_code
    return 250


def main() -> int:
    host, user, subject = sys.argv[1:4]
    # SpamAssassin identifies a message by date and text, so each run needs another text.
    legitimate = message(STRANGER, user, subject, f"Good morning, this is {subject}.\n")
    results = [
        ("a legitimate message is accepted", send(host, STRANGER, legitimate) == 250),
        (
            "our own domain as the sender is refused",
            send(host, user, message(user, user, "forged", "It is me.\n")) == 554,
        ),
        (
            "spam (GTUBE) is refused",
            send(host, STRANGER, message(STRANGER, user, "spam", GTUBE + "\n")) in (550, 554),
        ),
        (
            "what only looks like spam is accepted",
            send(host, STRANGER, spam_like(user, subject)) == 250,
        ),
        (
            "a user that does not exist is refused",
            send(host, STRANGER, message(STRANGER, "nobody-" + user, "lost", "?\n")) == 550,
        ),
    ]
    for text, passed in results:
        print(f"{'ok    ' if passed else 'FAILED'} 25: {text}")
    return 0 if all(passed for _text, passed in results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
