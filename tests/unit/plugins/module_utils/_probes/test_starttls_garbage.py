# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""STARTTLS with an argument, and a command in clear where TLS should begin, against scripts."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    starttls_garbage as probes,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, TIMEOUT, Item, play

CAPABILITIES = b'"SIEVE" "x"\r\nOK "TLS"\r\n'


def params(protocol: str = "smtp") -> dict[str, t.Any]:
    return {"protocol": protocol, "helo": "me.example.net"}


def test_words_in_clear_where_tls_should_begin() -> None:
    before = [b"220 hi\r\n", b"250-mx1\r\n250 STARTTLS\r\n", b"501 syntax\r\n", b"220 go\r\n"]
    played = play(probes.garbage, params(), [*before, b"250 mx1\r\n", EOF])
    assert played.sent[1:] == [
        b"STARTTLS now\r\n",
        b"STARTTLS\r\n",
        *[b"EHLO me.example.net\r\n"] * 2,
    ]
    assert (played.facts["argument"]["code"], played.facts["kind"], played.facts["said"]) == (
        501,
        "mail",
        "250 mx1\r\n",
    )
    assert play(probes.garbage, params(), [*before, EOF]).facts["kind"] == "nothing"
    assert (
        play(probes.garbage, params(), [*before, WireError("closed", "reset")]).facts["kind"]
        == "nothing"
    )
    taken = play(
        probes.garbage, params(), [*before[:2], b"220 go\r\n", b"\x15\x03\x01\x00\x02\x02\x46", EOF]
    )
    assert (len(taken.sent), taken.facts["kind"]) == (3, "alert")
    assert "kind" not in play(probes.garbage, params(), [*before[:3], b"454 no\r\n"]).facts
    # As Courier does.
    alert = b"\x15\x03\x03\x00\x02\x01\x00"
    talk: list[Item] = [
        b"+OK hi\r\n",
        b"+OK go\r\n",
        alert,
        b"-ERR STARTTLS failed\r\n",
        TIMEOUT,
        b"+OK\r\n.\r\n",
        TIMEOUT,
    ]
    courier = play(probes.garbage, params("pop3"), talk).facts
    assert (courier["kind"], courier["said"], courier["again"]) == (
        "mail",
        "-ERR STARTTLS failed\r\n",
        "+OK\r\n.\r\n",
    )


@pytest.mark.parametrize(
    ("protocol", "script", "said"),
    [
        ("imap", [b"* OK hi\r\n", b"a1 OK go\r\n"], b"a9 OK done\r\n"),
        ("pop3", [b"+OK hi\r\n", b"+OK go\r\n"], b"+OK\r\n.\r\n"),
        ("sieve", [CAPABILITIES, b"OK go\r\n"], b'"SIEVE" "x"\r\nOK\r\n'),
    ],
)
def test_mailboxes_that_go_on_in_clear(protocol: str, script: list[Item], said: bytes) -> None:
    assert play(probes.garbage, params(protocol), [*script, said, EOF]).facts["kind"] == "mail"
