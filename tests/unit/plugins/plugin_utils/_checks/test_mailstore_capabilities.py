# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The decisive lines of capabilities, from sessions with scripted servers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.tests.unit.helpers.observations import (
    mailstore_decisive_lines,
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
