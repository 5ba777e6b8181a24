# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Logins that must fail, on transcripts: what is sent, and what ends them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes import login
from ansible_collections.airtight.mail.plugins.module_utils._protocols import sasl
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import Item, Played, play

TLS: dict[str, t.Any] = {"version": "TLSv1.3", "cipher": "x", "certificate": "00"}
PAIRS = [["admin", "admin"], ["test", "test"]]
PLAIN = sasl.plain("admin", "admin").encode()


def run(protocol: str, script: list[Item], implicit: bool = True) -> Played:
    params = {
        "helo": "client",
        "server_name": "mx1.example.org",
        "protocol": protocol,
        "implicit_tls": implicit,
        "state": "implicit" if implicit else "starttls",
        "logins": PAIRS,
    }
    return play(login.login, params, script)


IMAP = [b"* OK hi\r\n", b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n"]
CASES: dict[str, tuple[str, bool, list[Item], list[bytes], list[bool]]] = {
    "smtp": (
        "smtp",
        True,
        [TLS, b"220 mx1\r\n", b"250-mx1\r\n250 AUTH PLAIN\r\n", b"535 no\r\n", b"235 yes\r\n"],
        [b"AUTH PLAIN " + PLAIN + b"\r\n"],
        [False, True],
    ),
    "smtp with LOGIN alone": (
        "smtp",
        True,
        [
            *(TLS, b"220 mx1\r\n", b"250-mx1\r\n250 AUTH LOGIN\r\n"),
            *(b"334 a\r\n", b"334 b\r\n", b"235 yes\r\n"),
        ],
        [b"AUTH LOGIN\r\n", b"YWRtaW4=\r\n", b"YWRtaW4=\r\n"],
        [True],
    ),
    "imap": (
        "imap",
        True,
        [TLS, *IMAP, b"a2 NO no\r\n", b"a2 OK yes\r\n"],
        [b'a2 LOGIN "admin" "admin"\r\n', b'a2 LOGIN "test" "test"\r\n'],
        [False, True],
    ),
    "imap without LOGIN": (
        "imap",
        True,
        [TLS, IMAP[0], b"* CAPABILITY LOGINDISABLED\r\na1 OK\r\n", b"+ \r\n", b"a2 OK\r\n"],
        [b"a2 AUTHENTICATE PLAIN\r\n", PLAIN + b"\r\n"],
        [True],
    ),
    "imap after STARTTLS": (
        "imap",
        False,
        [b"* OK hi\r\n", b"t1 OK\r\n", TLS, b"a1 OK\r\n", b"a2 OK yes\r\n"],
        [b"t1 STARTTLS\r\n", b'a2 LOGIN "admin" "admin"\r\n'],
        [True],
    ),
    "pop3": (
        "pop3",
        True,
        [TLS, b"+OK hi\r\n", b"-ERR who\r\n", b"+OK\r\n", b"+OK in\r\n"],
        [b"USER admin\r\n", b"USER test\r\n", b"PASS test\r\n"],
        [False, True],
    ),
    "sieve": (
        "sieve",
        False,
        [b"OK\r\n", b"OK\r\n", TLS, b"OK\r\n", b"NO no\r\n", b"OK\r\n"],
        [b'AUTHENTICATE "PLAIN" "' + PLAIN + b'"\r\n'],
        [False, True],
    ),
}


@pytest.mark.parametrize(
    ("protocol", "implicit", "script", "sent", "taken"), CASES.values(), ids=CASES
)
def test_logins_end_at_the_first_that_is_taken(
    protocol: str, implicit: bool, script: list[Item], sent: list[bytes], taken: list[bool]
) -> None:
    played = run(protocol, script, implicit)
    assert played.error is None
    assert [login.is_taken(entry) for entry in played.facts["attempts"]] == taken
    assert set(sent) <= set(played.sent)
