# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Users, aliases and versions that replies disclose: replies, decisive lines."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.observations import (
    evaluated,
    mailstore_decisive_lines,
    observed,
    reply,
    status_beside_session,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    recorded_decisive_lines,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, Item


@pytest.mark.parametrize(
    ("known", "unknown", "status"),
    [
        (reply(252), reply(252), PASS),
        (reply(252), reply(550), FAIL),
        (reply(250), reply(550), FAIL),
        (reply(252), reply(501), UNKNOWN),
        (reply(502), reply(502), PASS),
        (reply(252), reply(450), UNKNOWN),
        (reply(550, "5.1.1 User unknown"), reply(550, "5.1.1 User unknown"), UNKNOWN),
    ],
)
def test_vrfy_replies_give_the_status(
    known: dict[str, t.Any], unknown: dict[str, t.Any], status: str
) -> None:
    facts = {"greeting": reply(220), "vrfy_known": known, "vrfy_unknown": unknown}
    assert evaluated("users_not_disclosed", observed("smtp_session", facts))[0] == status


@pytest.mark.parametrize(
    ("check", "probe", "facts", "status"),
    [
        ("lists_not_disclosed", "smtp_commands", {"expn": reply(252)}, PASS),
        (
            "lists_not_disclosed",
            "smtp_commands",
            {"expn": reply(50, "postmaster... aliased to root")},
            UNKNOWN,
        ),
        ("lists_not_disclosed", "smtp_commands", {"expn": reply(451)}, UNKNOWN),
    ],
)
def test_reply_to_expn_gives_the_status(
    check: str, probe: str, facts: dict[str, t.Any], status: str
) -> None:
    assert status_beside_session(check, probe, facts) == status


@pytest.mark.parametrize(
    ("greeting", "found"),
    [
        ("mx1.example.org ESMTP Exim 4.96 Mon, 23 Nov 2026 00:22:29 +0000", "4.96"),
        (
            (
                "mx1.example.org ESMTP Sendmail 8.17.1.9/8.17.1.9/Debian-2; logging access from: "
                "[192.0.2.1]"
            ),
            "8.17.1.9",
        ),
        ("mx1.example.org ESMTP Postfix-3.7.11", "3.7.11"),
        ("mx1.example.org ESMTP Postfix (Debian/GNU)", ""),
        ("mx-1.2.example.org ESMTP ready for [10.0.0.1] at 12:30:00", ""),
        ("192.0.2.25 greets 192.0.2.1", ""),
    ],
)
def test_version_in_a_greeting_is_found(greeting: str, found: str) -> None:
    status, sentence = evaluated(
        "no_version_told", observed("smtp_session", {"greeting": reply(220, greeting)})
    )
    assert (status, f" version {found}: " in sentence) == ((FAIL, True) if found else (PASS, False))


@pytest.mark.parametrize(
    ("service", "facts"),
    [
        (
            "imaps",
            {"greeting": "OK Dovecot ready.", "id": '* ID ("name" "Dovecot" "version" "2.4.1")'},
        ),
        (
            "pop3s",
            {"greeting": "+OK hi", "capa": ["SASL PLAIN", "IMPLEMENTATION Cyrus POP3 v3.6.1"]},
        ),
        (
            "sieve",
            {
                "greeting": "OK hi",
                "capabilities": {"IMPLEMENTATION": "Pigeonhole 0.5.19", "VERSION": "1.0"},
            },
        ),
    ],
)
def test_version_in_mail_store_capabilities_fails(service: str, facts: dict[str, t.Any]) -> None:
    assert (
        evaluated("no_version_told", observed("mailstore_session", facts, service=service))[0]
        == FAIL
    )
    assert (
        evaluated(
            "no_version_told",
            observed("mailstore_session", {"greeting": facts["greeting"]}, service=service),
        )[0]
        == PASS
    )


def test_enhanced_status_code_is_not_a_version() -> None:
    session = observed("smtp_session", {"greeting": reply(220, "mx1.example.org ESMTP")})
    for text, status in (
        ("2.0.0 Commands: HELO", PASS),
        ("2.0.0 This is sendmail version 8.17.1.9", FAIL),
    ):
        help_ = observed("smtp_commands", {"help": reply(214, text, "2.0.0")})
        assert evaluated("no_version_told", session, help_)[0] == status


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "users_not_disclosed",
            FAIL,
            [
                "252 2.0.0 postmaster",
                "550 5.1.1 <airtight-nobody-6f1e3cb9>: Recipient address reje",
            ],
        ),
        (
            "users_not_disclosed",
            PASS,
            ["502 5.5.1 VRFY command is disabled", "502 5.5.1 VRFY command is disabled"],
        ),
        ("lists_not_disclosed", FAIL, ["250 2.1.5 root <root@mx1.example.org>"]),
        ("lists_not_disclosed", PASS, ["500 5.5.2 Error: command not recognized"]),
        ("no_version_told", FAIL, ["220 mx1.example.org ESMTP Postfix 3.10.13"]),
        ("no_version_told", PASS, ["220 mx1.example.org ESMTP"]),
    ],
)
def test_decisive_lines_of_a_recording_are_those_that_decided(
    check: str, status: str, lines: list[str]
) -> None:
    assert recorded_decisive_lines(check, status) == lines


@pytest.mark.parametrize(
    ("service", "script", "lines"),
    [
        ("imap", [b"* OK Dovecot 2.4.1\r\n", EOF], ["* OK Dovecot 2.4.1"]),
        (
            "sieve",
            [b'"IMPLEMENTATION" "Pigeonhole 2.4.1"\r\nOK\r\n', b"NO\r\n", b"NO\r\n", b"OK\r\n"],
            ['"IMPLEMENTATION" "Pigeonhole 2.4.1"', "OK"],
        ),
    ],
)
def test_decisive_lines_of_a_mail_store_version_are_those_that_name_it(
    service: str, script: list[Item], lines: list[str]
) -> None:
    assert mailstore_decisive_lines("no_version_told", FAIL, service, script) == lines


@pytest.mark.parametrize(
    ("code", "more", "status"),
    [
        (502, {}, PASS),
        (252, {}, PASS),
        (530, {}, PASS),
        (554, {}, UNKNOWN),
        (550, {"help": reply(554)}, UNKNOWN),
        (550, {"help": reply(214)}, PASS),
        (450, {"help": reply(214)}, UNKNOWN),
    ],
)
def test_expn_of_a_client_that_may_be_turned_away_is_unknown(
    code: int, more: dict[str, t.Any], status: str
) -> None:
    facts = {"expn": reply(code, "any text"), **more}
    assert status_beside_session("lists_not_disclosed", "smtp_commands", facts) == status


@pytest.mark.parametrize(
    ("code", "more", "status"),
    [
        (502, {}, PASS),
        (530, {}, PASS),
        (252, {}, PASS),
        (554, {}, UNKNOWN),
        (554, {"mail_in_clear": reply(554)}, UNKNOWN),
        (554, {"mail_in_clear": reply(250)}, PASS),
        (554, {"mail_in_clear": reply(530), "mail_tls": reply(250)}, PASS),
    ],
)
def test_vrfy_of_a_client_that_may_be_turned_away_is_unknown(
    code: int, more: dict[str, t.Any], status: str
) -> None:
    facts = {"vrfy_known": reply(code), "vrfy_unknown": reply(code), **more}
    assert evaluated("users_not_disclosed", observed("smtp_session", facts))[0] == status
