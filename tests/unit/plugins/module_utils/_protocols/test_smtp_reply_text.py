# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What refusals of real servers are about. tests of _checks/attempts hold most of them; here is
what probes decide by.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp, smtp_reply_text


def reply(line: str) -> dict[str, t.Any]:
    found = smtp.reply(line.encode() + b"\r\n")
    assert found is not None
    return found[0].to_dict()


@pytest.mark.parametrize(
    ("line", "phase", "late"),
    [
        (
            (
                "450 4.2.0 <u@example.com>: Recipient address rejected: Greylisted, see "
                "http://postgrey.example/help"
            ),
            "rcpt",
            True,
        ),
        ("450 4.3.2 Service currently unavailable", "rcpt", True),
        ("450 4.3.2 Service currently unavailable", "mail", True),
        ("451 4.7.1 Greylisting in action, please come back later", "rcpt", True),
        ("454 4.7.1 <u@example.com>: Relay access denied", "rcpt", False),
        ("450 4.1.8 <u@example.com>: Sender address rejected: Domain not found", "rcpt", False),
        ("421 4.3.2 Too many connections", "rcpt", False),
        ("250 2.1.5 Ok, try again later", "rcpt", False),
        ("550 5.7.1 Greylisted for ever", "rcpt", False),
    ],
)
def test_put_off(line: str, phase: str, late: bool) -> None:
    assert smtp_reply_text.is_deferred(phase, reply(line)) is late


def test_no_answer_is_no_delay() -> None:
    assert not smtp_reply_text.is_deferred("rcpt", None)
    assert not smtp_reply_text.wants_tls(None)


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("450 4.2.0 <u@9s.example>: Greylisted for 300 seconds", 300),
        ("451 4.7.1 Please try again in 5 minutes", 300),
        ("450 4.7.1 come back in 2 s", 2),
        ("451 4.7.1 greylisted, retry after 1h", 3600),
        ("450 4.3.2 Service currently unavailable", 0),
        ("450 4.2.0 Greylisted, see http://postgrey.example/help/4s.html", 0),
    ],
)
def test_hint(line: str, seconds: float) -> None:
    assert smtp_reply_text.retry_after(reply(line)) == seconds


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("530 5.7.0 Must issue a STARTTLS command first", True),
        ("550 5.7.10 Encryption needed", True),
        ("503 5.5.1 Invalid command: Must issue a STARTTLS command first", True),
        ("550 <tls@example.com>: no such user", False),
        ("250 2.0.0 TLS is nice", False),
    ],
)
def test_wants_tls(line: str, wanted: bool) -> None:
    assert smtp_reply_text.wants_tls(reply(line)) is wanted
