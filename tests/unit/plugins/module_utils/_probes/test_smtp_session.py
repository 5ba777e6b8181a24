# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The SMTP session probe against scripts of sound, careless and broken servers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes.smtp_session import session
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import (
    EOF,
    TIMEOUT,
    Item,
    Played,
    play,
)

TLS = {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"}
GREETING, BYE = b"220-mx1 ESMTP\r\n220 wait for it\r\n", b"221 2.0.0 Bye\r\n"
EHLO = b"250-mx1 greets you\r\n250-PIPELINING\r\n250 STARTTLS\r\n"
EHLO_TLS = b"250-mx1 greets you\r\n250-AUTH PLAIN LOGIN\r\n250 AUTH=PLAIN\r\n"
NO_AUTH, NO_VRFY, OK = (
    b"503 5.5.1 authentication not enabled\r\n",
    b"502 5.5.1 VRFY is disabled\r\n",
    b"250 2.1.0 Ok\r\n",
)
NO_ONE = b"550 5.1.1 unknown\r\n"
TLS_FIRST = b"530 5.7.0 Must issue a STARTTLS command first\r\n"
BEFORE: list[Item] = [GREETING, EHLO, NO_AUTH, NO_AUTH, TLS_FIRST, NO_VRFY, NO_VRFY]


def run(script: t.Sequence[Item], implicit_tls: bool = False, **more: bool) -> Played:
    params = {
        **more,
        "helo": "c.example.net",
        "server_name": "mx1.example.org",
        "implicit_tls": implicit_tls,
        "sender": "<u@example.com>",
        "recipient": "<postmaster@example.org>",
        "unknown": "nobody-0badc0de",
    }
    return play(session, params, script)


def codes(played: Played) -> dict[str, int]:
    return {
        key: value["code"]
        for key, value in played.facts.items()
        if isinstance(value, dict) and "code" in value
    }


def test_a_sound_submission_service() -> None:
    script = [*BEFORE, b"220 go\r\n", TLS, EHLO_TLS, OK, BYE]
    played = run(script)
    assert played.error is None
    assert codes(played) == {
        "greeting": 220,
        "ehlo": 250,
        "auth_in_clear": 503,
        "mail_in_clear": 530,
        "vrfy_known": 502,
        "vrfy_unknown": 502,
        "starttls": 220,
        "ehlo_tls": 250,
        "mail_tls": 250,
    }
    assert played.facts["mechanisms_in_clear"]["LOGIN"]["code"] == 503
    assert played.facts["extensions"] == {"PIPELINING": "", "STARTTLS": ""}
    assert played.facts["extensions_tls"] == {"AUTH": "PLAIN LOGIN PLAIN"}
    assert played.facts["client_as_seen"] == "mx1 greets you"
    assert played.facts["tls"] == TLS
    pieces = [
        item[at : at + 1] if isinstance(item, bytes) else item
        for item in script
        for at in range(len(item) if isinstance(item, bytes) else 1)
    ]
    assert run(pieces).facts == played.facts


def test_a_careless_one_gets_no_credential_and_no_message() -> None:
    played = run(
        [
            GREETING,
            EHLO,
            b"334 \r\n",
            b"501 5.7.0 cancelled\r\n",
            OK,
            OK,
            OK,
            NO_ONE,
            NO_ONE,
            OK,
            NO_ONE,
            b"220 go\r\n",
            TLS,
            EHLO_TLS,
            BYE,
        ]
    )
    assert played.error is None
    assert played.sent == [
        b"EHLO c.example.net\r\n",
        b"AUTH PLAIN\r\n",
        b"*\r\n",
        b"MAIL FROM:<u@example.com>\r\n",
        b"RCPT TO:<postmaster@example.org>\r\n",
        b"RSET\r\n",
        b"VRFY postmaster@example.org\r\n",
        b"VRFY nobody-0badc0de\r\n",
        b"VRFY postmaster\r\n",
        b"VRFY nobody-0badc0de\r\n",
        b"STARTTLS\r\n",
        b"EHLO c.example.net\r\n",
        b"QUIT\r\n",
    ]
    assert codes(played)["rcpt_in_clear"] == 250
    assert (codes(played)["vrfy_known"], codes(played)["vrfy_unknown"]) == (250, 550), (
        "the addresses told nothing, the names did"
    )


def test_implicit_tls() -> None:
    played = run([TLS, GREETING, EHLO_TLS, NO_VRFY, NO_VRFY, EOF], implicit_tls=True)
    assert played.error is None
    assert not {"auth_in_clear", "mail_in_clear", "starttls"} & set(played.facts)
    assert b"AUTH" not in b"".join(played.sent)
    assert ["*", "the server closed without answering QUIT"] in played.transcript


def test_ehlo_refused() -> None:
    played = run(
        [
            GREETING,
            b"502 what?\r\n",
            b"250 mx1\r\n",
            NO_AUTH,
            NO_AUTH,
            OK,
            OK,
            OK,
            NO_VRFY,
            NO_VRFY,
            BYE,
        ]
    )
    assert played.error is None
    assert (played.facts["ehlo"]["code"], played.facts["extensions"]) == (250, {})
    assert played.sent[:2] == [b"EHLO c.example.net\r\n", b"HELO c.example.net\r\n"]


BAD_NAME = b"501 5.5.2 bad name\r\n"


def test_ehlo_with_another_name_where_the_name_is_refused() -> None:
    played = run([GREETING, BAD_NAME, EHLO, *BEFORE[2:], b"454 later\r\n", BYE])
    assert played.error is None
    assert played.facts["extensions"] == {"PIPELINING": "", "STARTTLS": ""}
    assert played.sent[1] == b"EHLO [127.0.0.1]\r\n"


def test_extensions_are_not_known_where_every_name_is_refused() -> None:
    script = [GREETING, *[BAD_NAME] * 3, b"250 mx1\r\n", NO_AUTH, NO_AUTH, OK, OK, OK]
    played = run([*script, NO_VRFY, NO_VRFY, BYE])
    assert played.error is None
    assert (played.facts["ehlo"]["code"], "extensions" in played.facts) == (250, False)
    assert b"STARTTLS" not in b"".join(played.sent)


def test_auth_is_tried_with_each_mechanism_until_one_is_taken() -> None:
    offer = b"250-mx1\r\n250 AUTH SCRAM-SHA-256 NTLM CRAM-MD5 XOAUTH2\r\n"
    unknown = b"504 5.5.4 no such mechanism\r\n"
    taken = [b"334 \r\n", b"501 cancelled\r\n"]
    script = [GREETING, offer, *[unknown] * 4, *taken, TLS_FIRST]
    played = run([*script, NO_VRFY, NO_VRFY, BYE])
    assert played.error is None
    assert [line for line in played.sent if line.startswith((b"AUTH", b"*"))] == [
        b"AUTH PLAIN\r\n",
        b"AUTH LOGIN\r\n",
        b"AUTH XOAUTH2\r\n",
        b"AUTH CRAM-MD5\r\n",
        b"AUTH NTLM\r\n",
        b"*\r\n",
    ]


def test_service_for_tls_that_is_looked_at_in_clear_is_asked_for_auth() -> None:
    script = [GREETING, b"250-mx1\r\n250 AUTH PLAIN\r\n", b"334 \r\n", b"501 no\r\n", TLS_FIRST]
    played = run([*script, NO_VRFY, NO_VRFY, BYE], implicit_tls=True, implicit=False)
    assert played.error is None
    assert played.facts["auth_in_clear"]["code"] == 334


def test_starttls_refused() -> None:
    played = run([*BEFORE, b"454 4.7.0 TLS not available\r\n", BYE])
    assert played.error is None
    assert codes(played)["starttls"] == 454
    assert not {"tls", "ehlo_tls"} & set(played.facts)


def test_starttls_fails() -> None:
    played = run([*BEFORE, b"220 go\r\n", WireError("tls", "no shared cipher")])
    assert (played.error and played.error.kind, played.facts["tls_error"]) == (
        "tls",
        "no shared cipher",
    )


@pytest.mark.parametrize(
    ("script", "kind", "known"),
    [
        ([b"421 4.7.0 busy\r\n"], "busy", set()),
        ([b"554 5.7.1 no\r\n"], "closed", set()),
        ([b"* OK IMAP\r\n"], "garbled", set()),
        ([TIMEOUT], "timeout", set()),
        ([GREETING, TIMEOUT], "timeout", {"greeting"}),
        ([GREETING, EHLO, EOF], "closed", {"greeting", "ehlo", "extensions", "client_as_seen"}),
        (
            [GREETING, EHLO, NO_AUTH, NO_AUTH, b"421 4.7.0 too many errors\r\n", EOF],
            "closed",
            {
                *("greeting", "ehlo", "extensions", "client_as_seen"),
                *("auth_in_clear", "mechanisms_in_clear", "mail_in_clear"),
            },
        ),
    ],
)
def test_a_conversation_that_ends_early_keeps_what_was_seen(
    script: list[Item], kind: str, known: set[str]
) -> None:
    played = run(script)
    assert (played.error and played.error.kind, set(played.facts)) == (kind, known)
