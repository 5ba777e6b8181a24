# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What is carried over into TLS, against scripts: an upgrade with an injected command, and one that
does not become TLS.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes import starttls as probes
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, TIMEOUT, Item, play

HANDSHAKE = {
    "version": "TLSv1.3",
    "cipher": "TLS_AES_256_GCM_SHA384",
    "certificate": "3000",
    "early_bytes": 0,
}
FAILED = WireError("tls", "the TLS handshake failed: UNEXPECTED_EOF")
SMTP: list[Item] = [b"220 hi\r\n", b"250-mx1\r\n250 STARTTLS\r\n", b"250 ok\r\n", b"220 go\r\n"]
CAPABILITIES = b'"SIEVE" "x"\r\nOK "TLS"\r\n'


def params(protocol: str = "smtp", inject: bool = True) -> dict[str, t.Any]:
    names = {
        "helo": "me.example.net",
        "tag": "0123abcd",
        "sender": "<a@example.com>",
        "recipient": "<postmaster@example.org>",
    }
    return {"protocol": protocol, "inject": inject, "server_name": "mx1.example.org", **names}


def test_one_segment_holds_the_upgrade_and_what_is_injected() -> None:
    wanted = {
        "smtp": (b"STARTTLS\r\nEHLO 0123abcd.invalid\r\n", SMTP),
        "imap": (b"a1 STARTTLS\r\n0123abcd NOOP\r\n", [b"* OK hi\r\n", b"a1 OK go\r\n"]),
        "pop3": (b"STLS\r\nCAPA\r\n", [b"+OK hi\r\n", b"+OK go\r\n"]),
        "sieve": (b'STARTTLS\r\nNOOP "0123abcd"\r\n', [CAPABILITIES, b"OK go\r\n"]),
    }
    for protocol, (words, script) in wanted.items():
        played = play(probes.upgrade, params(protocol), [*script, FAILED])
        assert played.error is None
        assert played.sent[-1] == words
        assert played.facts["tls_error"] == FAILED.text
        bare = play(probes.upgrade, params(protocol, False), [*script, FAILED])
        assert bare.sent[-1] == words.partition(b"\r\n")[0] + b"\r\n"


@pytest.mark.parametrize(("then", "ended"), [(EOF, True), (TIMEOUT, False), (b"\x16\x03", False)])
def test_silence_behind_what_was_injected_is_ended_by_us(then: Item, ended: bool) -> None:
    played = play(probes.upgrade, params("imap"), [b"* OK hi\r\n", b"a1 OK go\r\n", TIMEOUT, then])
    assert (played.error, played.facts["ended"]) == (None, ended)
    assert played.sent[-1] == b""
    assert (
        "ended"
        not in play(
            probes.upgrade, params("imap", False), [b"* OK hi\r\n", b"a1 OK go\r\n", TIMEOUT]
        ).facts
    )


def test_smtp_inside_tls() -> None:
    played = play(
        probes.upgrade,
        params(),
        [*SMTP, HANDSHAKE, b"503 no\r\n", b"554 active\r\n", b"221 bye\r\n", EOF],
    )
    assert played.error is None
    assert played.facts["mail"]["code"] == 250
    assert [answer["code"] for answer in played.facts["answers"]] == [503, 554, 221]
    assert played.sent[-3:] == [
        b"RCPT TO:<postmaster@example.org>\r\n",
        b"STARTTLS\r\n",
        b"QUIT\r\n",
    ]


def test_smtp_that_answers_what_was_not_asked_inside_tls() -> None:
    answers = [
        b"250-mx1\r\n250 SIZE\r\n",
        b"503 no\r\n",
        b"554 active\r\n",
        b"221 bye\r\n",
        TIMEOUT,
    ]
    played = play(probes.upgrade, params(), [*SMTP, HANDSHAKE, *answers])
    assert [(answer["code"], answer["lines"]) for answer in played.facts["answers"]] == [
        (250, 2),
        (503, 1),
        (554, 1),
        (221, 1),
    ]


def test_an_answer_in_clear_before_tls_is_written_down() -> None:
    played = play(probes.upgrade, params(), [*SMTP[:3], b"220 go\r\n250 mx1\r\n", FAILED])
    assert (played.facts["early"], played.facts["tls_error"]) == ("250 mx1\r\n", FAILED.text)


def test_an_alert_to_what_stood_in_clear_is_no_answer_to_it() -> None:
    played = play(
        probes.upgrade,
        params("imap"),
        [b"* OK hi\r\n", b"a1 OK go\r\n\x15\x03\x03\x00\x02\x02\x50"],
    )
    assert "early" not in played.facts
    assert "alert" in played.facts["tls_error"]


def test_a_refused_upgrade() -> None:
    assert (
        "tls"
        not in play(probes.upgrade, params(), [*SMTP[:3], b"554 synchronization error\r\n"]).facts
    )
    assert "tls" not in play(probes.upgrade, params("sieve"), [CAPABILITIES, b"NO no\r\n"]).facts
    error = play(probes.upgrade, params(), [b"220 hi\r\n", b"250 mx1\r\n"]).error
    assert error is not None
    assert error.kind == "tls"


@pytest.mark.parametrize(
    ("protocol", "script", "asked"),
    [
        ("imap", [b"* OK hi\r\n", b"a1 OK go\r\n"], b"a2 STARTTLS\r\na3 LOGOUT\r\n"),
        ("pop3", [b"+OK hi\r\n", b"+OK go\r\n"], b"STLS\r\nQUIT\r\n"),
        ("sieve", [CAPABILITIES, b"OK go\r\n"], b"STARTTLS\r\nLOGOUT\r\n"),
    ],
)
def test_mailboxes_inside_tls(protocol: str, script: list[Item], asked: bytes) -> None:
    played = play(
        probes.upgrade, params(protocol), [*script, HANDSHAKE, b"one\r\n", b"two\r\n", EOF]
    )
    assert played.sent[-1] == asked
    assert played.facts["said"] == ["one", "two"]
