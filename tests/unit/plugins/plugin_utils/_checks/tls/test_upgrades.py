# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Replies to an injected command are told from those that were asked for, in every protocol."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import upgrades
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import TAG

SIEVE = ['"SIEVE" "fileinto"', 'OK "TLS"']
SIEVE_NOOP = f'OK (TAG "{TAG}") "done"'


def reply(code: int, lines: int = 1) -> dict[str, t.Any]:
    return {"code": code, "enhanced": "", "text": "words", "lines": lines}


def replies(*codes: int) -> dict[str, t.Any]:
    return {"answers": [reply(code) for code in codes]}


CASES: dict[str, tuple[str, dict[str, t.Any], str | None]] = {
    "smtp, one reply for each command": ("smtp", replies(503, 554, 221), ""),
    "smtp, one reply too many": ("smtp", replies(250, 503, 554, 221), "250 words"),
    "smtp, EHLO answered, then closed": ("smtp", {"answers": [reply(250, 5)]}, "250 words"),
    "smtp, closed after 503": ("smtp", replies(503), ""),
    "smtp, closed after 554": ("smtp", replies(554), None),
    "smtp, no reply": ("smtp", replies(), None),
    "imap, no tag": ("imap", {"said": ["a2 BAD active", "* BYE", "a3 OK"]}, ""),
    "imap, tag": ("imap", {"said": [f"{TAG} OK done", "a2 BAD active", "a3 OK"]}, f"{TAG} OK done"),
    "pop3, no listing": ("pop3", {"said": ["-ERR active", "+OK bye"]}, ""),
    "pop3, listing": ("pop3", {"said": ["+OK", "TOP", ".", "-ERR active", "+OK bye"]}, "+OK"),
    "sieve, capabilities": ("sieve", {"said": [*SIEVE, "NO active", "OK bye"]}, ""),
    "sieve, no capabilities": ("sieve", {"said": ["NO active", "OK bye"]}, ""),
    "sieve, tag": ("sieve", {"said": [*SIEVE, SIEVE_NOOP, "NO active", "OK"]}, SIEVE_NOOP),
    "sieve, rejection without a tag": (
        "sieve",
        {"said": [*SIEVE, 'NO "what?"', "NO active", "OK bye"]},
        'NO "what?"',
    ),
    "no facts": ("sieve", {}, None),
    "no line": ("pop3", {"said": []}, None),
}


@pytest.mark.parametrize(("protocol", "facts", "expected"), CASES.values(), ids=CASES)
def test_unsolicited_reply_is_told_from_expected_ones(
    protocol: str, facts: dict[str, t.Any], expected: str | None
) -> None:
    attempt = {"facts": facts, "params": {"protocol": protocol, "tag": TAG}}
    assert upgrades.unsolicited_reply(attempt) == expected
