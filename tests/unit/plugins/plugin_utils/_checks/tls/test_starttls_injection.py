# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A command that crosses into TLS is told from one that is discarded, and a lost session from a
pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    TAG,
    TLS13,
    UP_TO_TLS,
    decisive,
    observe,
    played,
    server_hello,
    status,
)

if TYPE_CHECKING:
    from ansible_collections.airtight.mail.tests.unit.helpers.transcript import Item

COMMAND = "starttls_command_injection"
RESPONSE = "starttls_response_injection"
IMAP = observe(
    "mailstore_session", "imap", {"starttls_offered": True, "capabilities": ["STARTTLS"]}
)
MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
PERMITTED = {"status": "OK", "rest": ""}
ENDED = observe("starttls", "imap", {"starttls": PERMITTED, "tls_error": "EOF"}, inject=True)
WORKS = observe(
    "starttls",
    "imap",
    {"starttls": PERMITTED, "tls": TLS13, "said": ["a2 BAD", "a3 OK"]},
    inject=False,
)
SMTP_START: list[Item] = [b"220 mx1\r\n", b"250-mx1\r\n250 STARTTLS\r\n", b"250 Ok\r\n"]


def test_command_injection_with_an_ended_session_passes_only_beside_a_control() -> None:
    assert status(COMMAND, IMAP, ENDED) == UNKNOWN
    assert status(COMMAND, IMAP, ENDED, WORKS) == PASS


@pytest.mark.parametrize(
    ("ended", "seconds", "expected"),
    [(True, 0.1, PASS), (False, 0.1, UNKNOWN), (True, 9.0, UNKNOWN)],
)
def test_command_injection_with_silence_passes_only_where_a_quick_server_closed(
    ended: bool, seconds: float, expected: str
) -> None:
    facts = {"starttls": PERMITTED, "tls_error": "no whole answer", "ended": ended}
    silent = observe("starttls", "imap", facts, inject=True)
    assert status(COMMAND, IMAP, silent, {**WORKS, "seconds": seconds}) == expected


def test_command_injection_with_silence_passes_where_the_probe_waited_longer() -> None:
    facts = {"starttls": PERMITTED, "tls_error": "no whole answer", "ended": True}
    silent = observe("starttls", "imap", facts, inject=True, patience=36.0)
    assert status(COMMAND, IMAP, silent, {**WORKS, "seconds": 9.0}) == PASS


def test_command_injection_with_a_plaintext_reply_fails_unless_plaintext_always_comes() -> None:
    facts = {"starttls": PERMITTED, "early": f"{TAG} OK", "tls_error": "no"}
    early = observe("starttls", "imap", facts, inject=True)
    facts = {"early": "* OK x", "answer": "hello"}
    always = observe("client_hello", "imap", facts, purpose="control")
    assert status(COMMAND, IMAP, early) == FAIL
    assert status(COMMAND, IMAP, early, always) == UNKNOWN
    assert status(RESPONSE, IMAP, always) == FAIL


def test_command_injection_into_smtp_shows_the_reply_to_the_injected_ehlo() -> None:
    script = [*SMTP_START, b"220 go\r\n", TLS13, b"250-mx1\r\n250 SIZE\r\n", b"503 MAIL first\r\n"]
    script += [b"554 TLS active\r\n", b"221 Bye\r\n"]
    executed = played("starttls", "smtp", script, inject=True)
    assert decisive(COMMAND, MX, executed) == (FAIL, ["S 250-mx1", "S 250 SIZE"])


def test_command_injection_into_imap_shows_the_line_with_the_injected_tag() -> None:
    script: list[Item] = [b"* OK hi\r\n", b"a1 OK go\r\n", TLS13, f"{TAG} OK done\r\n".encode()]
    script += [b"a2 BAD active\r\n", b"* BYE\r\n", b"a3 OK\r\n"]
    executed = played("starttls", "imap", script, inject=True)
    assert decisive(COMMAND, IMAP, executed) == (FAIL, [f"S {TAG} OK done"])


def test_command_injection_before_tls_shows_the_plaintext_reply() -> None:
    script = [*SMTP_START, b"220 go\r\n250-mx1\r\n250 SIZE\r\n", TLS13, b"503 no\r\n"]
    script += [b"554 no\r\n", b"221 Bye\r\n"]
    early = played("starttls", "smtp", script, inject=True)
    assert decisive(COMMAND, MX, early) == (FAIL, ["S 250-mx1", "S 250 SIZE"])


def test_command_injection_pass_shows_the_replies_inside_tls() -> None:
    script = [*SMTP_START, b"220 go\r\n", TLS13, b"503 no\r\n", b"554 no\r\n", b"221 Bye\r\n"]
    discarded = played("starttls", "smtp", script, inject=True)
    assert decisive(COMMAND, MX, discarded) == (PASS, ["S 503 no", "S 554 no", "S 221 Bye"])


def test_response_injection_shows_the_plaintext_before_the_client_hello() -> None:
    script = [*UP_TO_TLS["smtp"][:2], b"220 go\r\n250 injected\r\n", server_hello()]
    injected = played("client_hello", "smtp", script, purpose="control")
    assert decisive(RESPONSE, MX, injected) == (FAIL, ["S 250 injected"])


def test_response_injection_in_place_of_tls_shows_the_answer() -> None:
    script = [*UP_TO_TLS["smtp"], b"250 injected\r\n"]
    injected = played("client_hello", "smtp", script, purpose="control")
    expected = ["* No TLS, but in clear: 250 injected"]
    assert decisive(RESPONSE, MX, injected) == (FAIL, expected)


def test_response_injection_pass_shows_starttls_and_server_hello() -> None:
    clean = played("client_hello", "smtp", [*UP_TO_TLS["smtp"], server_hello()], purpose="control")
    result, lines = decisive(RESPONSE, MX, clean)
    assert (result, lines[0], lines[-1][:14]) == (PASS, "S 220 go", "* ServerHello:")
