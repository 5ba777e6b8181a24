# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The decisive lines of logins before TLS, from sessions with scripted servers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.tests.unit.helpers.observations import (
    mailstore_decisive_lines,
)

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.tests.unit.helpers.transcript import Item

CAPABILITY = b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n"
IMAP_REJECTS = [b"* OK hi\r\n", CAPABILITY, b"a2 NO no\r\n", b"a3 NO never\r\n", b"a9 OK\r\n"]
IMAP_EVALUATES = [
    *IMAP_REJECTS[:3],
    b"* OK wait\r\na3 NO [AUTHENTICATIONFAILED] wrong\r\n",
    b"a9 OK\r\n",
]
IMAP_ACCEPTS = [*IMAP_REJECTS[:2], b"+ \r\n", b"a2 BAD aborted\r\n", b"a9 OK\r\n"]
IMAP_PREAUTH = [b"* PREAUTH root\r\n", b"a1 OK\r\n", b"a9 OK\r\n"]
POP3_REJECTS = [b"+OK hi\r\n", b"-ERR\r\n", b"-ERR user\r\n", b"-ERR auth\r\n", b"+OK\r\n"]
POP3_ACCEPTS = [b"+OK hi\r\n", b"-ERR\r\n", b"+OK user\r\n", b"-ERR auth\r\n", b"+OK\r\n"]
POP3_AUTH = [*POP3_REJECTS[:3], b"+ \r\n", b"-ERR aborted\r\n", b"+OK\r\n"]
SIEVE_REJECTS = [b'OK "hi"\r\n', b'NO "tls"\r\n', b"OK\r\n"]
SIEVE_ACCEPTS = [b'OK "hi"\r\n', b'""\r\n', b'NO "aborted"\r\n', b"OK\r\n"]


@pytest.mark.parametrize(
    ("check", "service", "status", "script", "lines"),
    [
        ("imap_login_refused", "imap", PASS, IMAP_REJECTS, ["a3 NO never"]),
        (
            "imap_login_refused",
            "imap",
            FAIL,
            IMAP_EVALUATES,
            ["* OK wait", "a3 NO [AUTHENTICATIONFAILED] wrong"],
        ),
        ("imap_login_refused", "imap", FAIL, IMAP_ACCEPTS, ["+ "]),
        ("imap_authenticate_refused", "imap", PASS, IMAP_REJECTS, ["a2 NO no"]),
        ("imap_authenticate_refused", "imap", FAIL, IMAP_ACCEPTS, ["+ "]),
        ("imap_no_preauth", "imap", PASS, IMAP_REJECTS, ["* OK hi"]),
        ("imap_no_preauth", "imap", FAIL, IMAP_PREAUTH, ["* PREAUTH root"]),
        ("pop3_user_refused", "pop3", PASS, POP3_REJECTS, ["-ERR user"]),
        ("pop3_user_refused", "pop3", FAIL, POP3_ACCEPTS, ["+OK user"]),
        ("pop3_user_refused", "pop3", FAIL, POP3_AUTH, ["+ "]),
        ("sieve_authenticate_refused", "sieve", PASS, SIEVE_REJECTS, ['NO "tls"']),
        ("sieve_authenticate_refused", "sieve", FAIL, SIEVE_ACCEPTS, ['""']),
    ],
)
def test_decisive_line_is_the_reply_to_the_login_command(
    check: str, service: str, status: str, script: list[Item], lines: list[str]
) -> None:
    assert mailstore_decisive_lines(check, status, service, script) == lines
