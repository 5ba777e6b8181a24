# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which capabilities fail, and their decisive lines, from sessions with scripted servers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.observations import (
    TIMEOUT,
    findings,
    mailstore_decisive_lines,
    observed,
)

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.tests.unit.helpers.transcript import Item

HANDSHAKE = {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"}
IMAP = [b"* OK hi\r\n", b"* CAPABILITY %s\r\na1 OK\r\n", b"a2 NO\r\n", b"a2 NO\r\n", b"a3 NO\r\n"]
POP3 = [b"+OK hi\r\n", b"+OK\r\n%s\r\n.\r\n", *[b"-ERR\r\n"] * 3]
SIEVE = [b'"SASL" "%s"\r\n"STARTTLS"\r\nOK "hi"\r\n', b"NO\r\n", b"NO\r\n"]


def before_tls(session: list[bytes], capabilities: bytes) -> list[Item]:
    """A session of a server that rejects each login."""
    return [item.replace(b"%s", capabilities) for item in session]


@pytest.mark.parametrize(
    ("check", "service", "status", "script", "lines"),
    [
        (
            "imap_login_disabled",
            "imap",
            PASS,
            [*before_tls(IMAP, b"IMAP4rev1 LOGINDISABLED"), b"a9 OK\r\n"],
            ["* CAPABILITY IMAP4rev1 LOGINDISABLED", "a1 OK"],
        ),
        (
            "imap_login_disabled",
            "imap",
            FAIL,
            [*before_tls(IMAP, b"IMAP4rev1 AUTH=PLAIN"), b"a9 OK\r\n"],
            ["* CAPABILITY IMAP4rev1 AUTH=PLAIN", "a1 OK"],
        ),
        (
            "pop3_capabilities",
            "pop3",
            FAIL,
            [*before_tls(POP3, b"USER"), b"+OK\r\n"],
            ["+OK", "USER", "."],
        ),
        (
            "pop3_capabilities",
            "pop3",
            PASS,
            [*before_tls(POP3, b"STLS"), b"-ERR later\r\n", b"+OK\r\n"],
            ["+OK", "STLS", "."],
        ),
        (
            "sieve_sasl_hidden",
            "sieve",
            FAIL,
            [*before_tls(SIEVE, b"PLAIN"), b"NO\r\n", b"OK\r\n"],
            ['"SASL" "PLAIN"', '"STARTTLS"', 'OK "hi"'],
        ),
        (
            "sieve_sasl_hidden",
            "sieve",
            PASS,
            [*before_tls(SIEVE, b""), b"NO\r\n", b"OK\r\n"],
            ['"SASL" ""', '"STARTTLS"', 'OK "hi"'],
        ),
        (
            "mailbox_capabilities_renewed",
            "imap",
            FAIL,
            [
                *before_tls(IMAP, b"STARTTLS"),
                b"a4 OK\r\n",
                HANDSHAKE,
                b"* CAPABILITY STARTTLS\r\na5 OK\r\n",
                b"a7 NO\r\n",
                b"a8 NO\r\n",
                b"a9 OK\r\n",
            ],
            ["* CAPABILITY STARTTLS", "a5 OK"],
        ),
        (
            "mailbox_capabilities_renewed",
            "pop3",
            FAIL,
            [
                *before_tls(POP3, b"STLS"),
                b"+OK\r\n",
                HANDSHAKE,
                b"+OK\r\nSTLS\r\n.\r\n",
                b"-ERR\r\n",
                b"-ERR\r\n",
                b"+OK\r\n",
            ],
            ["+OK", "STLS", "."],
        ),
        (
            "mailbox_capabilities_renewed",
            "sieve",
            PASS,
            [
                *before_tls(SIEVE, b""),
                b"OK\r\n",
                HANDSHAKE,
                b'"SASL" "PLAIN"\r\nOK\r\n',
                b"NO\r\n",
                b"OK\r\n",
            ],
            ['"SASL" "PLAIN"', "OK"],
        ),
    ],
)
def test_decisive_lines_are_those_that_list_the_capabilities(
    check: str, service: str, status: str, script: list[Item], lines: list[str]
) -> None:
    assert mailstore_decisive_lines(check, status, service, script) == lines


@pytest.mark.parametrize(
    ("check", "service", "facts", "status", "words"),
    [
        ("imap_login_disabled", "imap", {"capabilities": ["LOGINDISABLED"]}, PASS, "is announced"),
        (
            "imap_login_disabled",
            "imap",
            {"capabilities": ["LOGINDISABLED", "AUTH=PLAIN", "AUTH=SCRAM-SHA-256"]},
            FAIL,
            "AUTH=PLAIN offered before TLS.",
        ),
        (
            "imap_login_disabled",
            "imap",
            {"capabilities": ["LOGINDISABLED", "AUTH=LOGIN"]},
            FAIL,
            "AUTH=LOGIN offered before TLS.",
        ),
        (
            "imap_login_disabled",
            "imap",
            {"capabilities": ["STARTTLS", "AUTH=SCRAM-SHA-256"]},
            FAIL,
            "LOGINDISABLED is not announced",
        ),
        ("imap_login_disabled", "imap", {"greeting": "OK"}, UNKNOWN, "no whole answer"),
        ("pop3_capabilities", "pop3", {"capa": ["stls", ""]}, PASS, "STLS and no login"),
        (
            "pop3_capabilities",
            "pop3",
            {"capa": ["STLS", "USER", "SASL PLAIN LOGIN SCRAM-SHA-256"]},
            FAIL,
            "CAPA offers USER and SASL PLAIN and SASL LOGIN.",
        ),
        (
            "pop3_capabilities",
            "pop3",
            {"capa": ["STLS", "SASL PLAIN"]},
            FAIL,
            "CAPA offers SASL PLAIN.",
        ),
        ("pop3_capabilities", "pop3", {"capa": ["STLS", "USER"]}, FAIL, "CAPA offers USER."),
        ("pop3_capabilities", "pop3", {"capa": ["SASL SCRAM-SHA-256"]}, FAIL, "not offer STLS"),
        ("pop3_capabilities", "pop3", {"capa": None}, FAIL, "not offer STLS"),
        ("pop3_capabilities", "pop3", {"greeting": "+OK"}, UNKNOWN, "no whole answer"),
        (
            "sieve_sasl_hidden",
            "sieve",
            {"capabilities": {}, "sasl": None, "starttls_offered": True},
            PASS,
            "neither SASL PLAIN nor LOGIN",
        ),
        (
            "sieve_sasl_hidden",
            "sieve",
            {"capabilities": {}, "sasl": "login plain", "starttls_offered": True},
            FAIL,
            "SASL PLAIN LOGIN is offered",
        ),
        (
            "sieve_sasl_hidden",
            "sieve",
            {"capabilities": {}, "sasl": "SCRAM-SHA-256", "starttls_offered": False},
            FAIL,
            "STARTTLS is not offered",
        ),
        ("sieve_sasl_hidden", "sieve", {"greeting": "NO"}, UNKNOWN, "no whole answer"),
    ],
)
def test_capabilities_before_tls_give_the_status(
    check: str, service: str, facts: dict[str, t.Any], status: str, words: str
) -> None:
    (found,) = findings(check, observed("mailstore_session", facts, TIMEOUT, service))
    assert (found.status, words in found.sentence, found.service) == (status, True, service)
