# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""STARTTLS offered, working and overwritten: the status, and the lines that show it."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import WireError
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    TLS13,
    UP_TO_TLS,
    decisive,
    observe,
    played,
    status,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, Item

IMAP: list[Item] = [
    b"* OK hi\r\n",
    b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n",
    b"a2 NO\r\n",
    b"a3 NO\r\n",
]
POP3: list[Item] = [b"+OK hi\r\n", b"+OK\r\nUSER\r\n.\r\n", b"+OK\r\n", b"-ERR\r\n"]
SIEVE: list[Item] = [b'"SIEVE" "x"\r\nOK "hi"\r\n', b"NO\r\n"]
SMTP: list[Item] = [b"220 mx1\r\n", b"250-mx1\r\n250 SIZE\r\n", EOF]


@pytest.mark.parametrize(
    ("service", "script", "expected"),
    [
        ("smtp", SMTP, ["S 250-mx1", "S 250 SIZE"]),
        ("imap", IMAP, ["S * CAPABILITY IMAP4rev1", "S a1 OK"]),
        ("pop3", POP3, ["S +OK", "S USER", "S ."]),
        ("sieve", SIEVE, ['S "SIEVE" "x"', 'S OK "hi"']),
    ],
)
def test_starttls_not_offered_shows_the_capabilities(
    service: str, script: list[Item], expected: list[str]
) -> None:
    probe = "smtp_session" if service == "smtp" else "mailstore_session"
    session = played(probe, service, script)
    assert decisive("starttls_offered", session) == (FAIL, expected)


def test_starttls_offered_passes_with_the_ehlo_reply() -> None:
    session = played("smtp_session", "smtp", [*UP_TO_TLS["smtp"][:2], EOF])
    expected = ["S 250-mx1", "S 250 STARTTLS"]
    assert decisive("starttls_offered", session) == (PASS, expected)


def test_failed_handshake_shows_its_error() -> None:
    session = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
    script = [*UP_TO_TLS["smtp"], WireError("tls", "the TLS handshake failed: no shared cipher")]
    attempt = played("tls_trust", "smtp", script)
    expected = ["* the TLS handshake failed: no shared cipher"]
    assert decisive("starttls_works", session, attempt) == (FAIL, expected)


def test_completed_handshake_shows_version_and_suite() -> None:
    session = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
    attempt = played("tls_trust", "smtp", [*UP_TO_TLS["smtp"], TLS13])
    expected = ["* TLS: TLSv1.3 TLS_AES_256_GCM_SHA384"]
    assert decisive("starttls_works", session, attempt) == (PASS, expected)


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        (["STARTTLS"], PASS),
        (["XXXXXXXA"], FAIL),
        (["XXXXXXXX"], FAIL),
        (["STARTTLX"], FAIL),
        (["X-ANONYMOUSTLS"], FAIL),
        (["X-ANONYMOUSTLS", "STARTTLS"], PASS),
        (["XCLIENT", "XFORWARD", "X-EXPS"], NOT_APPLICABLE),
        ([], NOT_APPLICABLE),
    ],
)
def test_stripping_fails_where_a_keyword_stands_in_place_of_starttls(
    keywords: list[str], expected: str
) -> None:
    session = observe("smtp_session", "smtp", {"extensions": dict.fromkeys(keywords, "")})
    assert status("starttls_stripping", session) == expected


def test_stripping_shows_the_ehlo_reply() -> None:
    session = played("smtp_session", "smtp", [b"220 mx1\r\n", b"250-mx1\r\n250 XXXXXXXA\r\n", EOF])
    expected = ["S 250-mx1", "S 250 XXXXXXXA"]
    assert decisive("starttls_stripping", session) == (FAIL, expected)
