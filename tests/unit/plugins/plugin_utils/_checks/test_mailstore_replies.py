# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Where the replies of a mail store stand in a transcript."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks import mailstore_replies
from ansible_collections.airtight.mail.tests.unit.helpers.observations import observed

#: Sessions with STARTTLS: the greeting, capabilities, the upgrade, and capabilities anew.
IMAP = [
    *["S * OK hi", "C a1 CAPABILITY", "S * CAPABILITY STARTTLS", "S a1 OK", "C a4 STARTTLS"],
    *["S a4 OK", "* TLS: TLSv1.3", "C a5 CAPABILITY", "S * CAPABILITY AUTH=PLAIN", "S a5 OK"],
]
POP3 = ["S +OK hi", "C CAPA", "S +OK", "S .", "C STLS", "S +OK", "* TLS: x", "C CAPA", "S +OK"]
SIEVE = [
    *['S "STARTTLS"', "S OK", "C STARTTLS", "S OK", "* TLS: TLSv1.3", '* "S" is no reply'],
    *["* TLS: TLSv1.2", 'S "SASL" ""', "S OK", "* the server closed the connection"],
]


def session(service: str, lines: t.Sequence[str]) -> dict[str, t.Any]:
    """A session with this transcript."""
    transcript = [line.split(" ", 1) for line in lines]
    return {**observed("mailstore_session", {}, service=service), "transcript": transcript}


@pytest.mark.parametrize(
    ("service", "lines", "before", "inside"),
    [
        ("imap", IMAP, (2, 3), (8, 9)),
        ("imap", IMAP[:6], (2, 3), ()),
        ("imap", IMAP[:2], (), ()),
        ("imap", [*IMAP[:4], *IMAP[1:4]], (2, 3), ()),
        ("pop3", POP3, (2, 3), (8,)),
        ("sieve", SIEVE, (0, 1), (7, 8)),
        ("sieve", [*SIEVE[:5], *SIEVE[7:]], (0, 1), (5, 6)),
        ("sieve", SIEVE[:4], (0, 1), ()),
        ("sieve", [], (), ()),
    ],
)
def test_capability_lines_follow_the_command_or_the_handshake(
    service: str, lines: list[str], before: tuple[int, ...], inside: tuple[int, ...]
) -> None:
    seen = session(service, lines)
    assert mailstore_replies.capability_lines(seen) == before
    assert mailstore_replies.capability_lines(seen, after_starttls=True) == inside


def test_greeting_follows_a_handshake_and_ends_at_the_first_command() -> None:
    lines = ["* TLS: TLSv1.3", "S * OK hi", "S * OK again", "C a1 CAPABILITY", "S a1 OK"]
    assert mailstore_replies.greeting_lines(session("imaps", lines)) == (1, 2)
    assert mailstore_replies.greeting_lines(session("imaps", lines[:1])) == ()


def test_reply_to_the_first_or_the_last_of_several_equal_commands() -> None:
    lines = ["C NOOP", "S one", "C NOOP", "S two", "C NOOP", "S three"]
    assert mailstore_replies.reply_lines(session("imap", lines), "NOOP") == (1,)
    assert mailstore_replies.reply_lines(session("imap", lines), "NOOP", last=True) == (5,)
    assert mailstore_replies.reply_lines(session("imap", lines), "ID") == ()
