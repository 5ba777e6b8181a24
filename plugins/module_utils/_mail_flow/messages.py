# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages of the mail flow test, as data: what a user sends out, and what an external client
sends in.

Observations name a message by its id; its text is made when it is sent, so that no test string of a
filter is ever stored.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._probes.smuggling import ending

#: The mark of every message of one run, by which it is found again wherever it went.
MARK = "X-Airtight-Token"
#: The agreed test string for spam filters, in halves so that no scanner stops at this file.
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
#: The last line of every text.
LAST = "This is the last line."
TEXT = (
    "A test by airtight.mail, made by the owner of this mail server or on their behalf:\r\n"
    "what becomes of a message? Nobody has to do anything."
)
OUT, IN = "out", "in"


class Template(t.NamedTuple):
    """A message to send. sender and recipient: of the envelope; fields: of the header, beside those
    that each has.

    author: the From field or nothing; breaks: what could end it too early.
    """

    id: str
    way: str
    sender: str
    recipient: str
    author: str
    fields: tuple[str, ...] = ()
    body: str = TEXT
    breaks: tuple[str, ...] = ()


ACCOUNT, CANARY, STRANGER = "{account}", "{token}@{canary}", "{token}@{stranger}"
#: What a message says of itself that only the host that takes it may say.
RESULTS = (
    (
        "Authentication-Results: {host}; dkim=pass header.d={domain} header.s={token}; spf=pass; "
        "dmarc=pass"
    ),
    "Authentication-Results: {HOST} 1; dmarc=pass header.from={token}.invalid",
    "Authentication-Results: (a comment)\r\n\t{host}; spf=pass smtp.mailfrom={token}.invalid",
    "Authentication-Results : {host}; dkim=pass header.d={token}.invalid",
)
TRACE = (
    "Return-Path: <{token}@{domain}>",
    "X-Spam-Flag: NO",
    "X-Spam-Status: No, score=-99.9 required=5.0 tests={token}",
    "X-Spam-Level: {token}",
    "X-Spam-Checker-Version: {token}",
)
LETTERS = (
    Template("plain", OUT, ACCOUNT, CANARY, ACCOUNT),
    Template("sender_nobody", OUT, "{token}@{domain}", CANARY, ACCOUNT),
    Template("sender_stranger", OUT, STRANGER, CANARY, ACCOUNT),
    Template("author_other", OUT, ACCOUNT, CANARY, "{token}@{domain}"),
    Template("gtube_out", OUT, ACCOUNT, CANARY, ACCOUNT, body=GTUBE),
    Template(
        "breaks_lf",
        OUT,
        ACCOUNT,
        CANARY,
        ACCOUNT,
        breaks=("LF . LF", "LF . CRLF", "LF . CR", "LF CR . LF CR"),
    ),
    Template(
        "breaks_cr", OUT, ACCOUNT, CANARY, ACCOUNT, breaks=("CR . CR", "CR . LF", "CR . CRLF")
    ),
    Template(
        "breaks_dot",
        OUT,
        ACCOUNT,
        CANARY,
        ACCOUNT,
        breaks=("CRLF . LF", "CRLF . CR", "CRLF . CR CRLF", "CR CRLF . CR CRLF", "CRLF . SP CRLF"),
    ),
    Template("honest", IN, STRANGER, ACCOUNT, STRANGER),
    Template("own_envelope", IN, ACCOUNT, ACCOUNT, ACCOUNT),
    Template("own_author", IN, STRANGER, ACCOUNT, "{token}@{domain}"),
    Template("two_authors", IN, STRANGER, ACCOUNT, STRANGER, ("From: <{token}@{domain}>",)),
    Template("no_author", IN, STRANGER, ACCOUNT, ""),
    Template("forged_results", IN, STRANGER, ACCOUNT, STRANGER, RESULTS),
    Template("forged_trace", IN, STRANGER, ACCOUNT, STRANGER, TRACE),
    Template("gtube", IN, STRANGER, ACCOUNT, STRANGER, body=GTUBE),
    Template("forbidden_sender", IN, "{token}@{forbidding}", ACCOUNT, "{token}@{forbidding}"),
)
BY_ID = {one.id: one for one in LETTERS}


def content(one: Template, names: t.Mapping[str, str], date: str) -> bytes:
    """The text of a message with its header, every line ended, and not yet fit for the wire."""
    lines = [
        *([f"From: <{one.author}>"] if one.author else []),
        *one.fields,
        f"To: <{one.recipient}>",
        f"Subject: A test of this mail server ({one.id})",
        "Date: " + date,
        "Message-ID: <{token}@{stranger}>" if one.way == IN else "Message-ID: <{token}@{domain}>",
        MARK + ": {run} {token}",
        "Auto-Submitted: auto-generated",
    ]
    head = "\r\n".join(lines).format(**names).encode("utf-8")
    return (
        head
        + b"\r\n\r\n"
        + one.body.encode("ascii")
        + b"\r\n"
        + b"".join(_broken(one))
        + LAST.encode("ascii")
        + b"\r\n"
    )


def _broken(one: Template) -> t.Iterator[bytes]:
    for variant in one.breaks:
        yield b"some text" + ending(variant) + b"and on it goes\r\n"
