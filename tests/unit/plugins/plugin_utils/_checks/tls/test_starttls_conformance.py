# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""State, repetition and failure of STARTTLS: what is accepted is told from what is rejected."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    TLS13,
    decisive,
    observe,
    played,
    status,
    verdict,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, Item

IMAP = observe(
    "mailstore_session", "imap", {"starttls_offered": True, "capabilities": ["STARTTLS"]}
)
MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
PERMITTED = {"status": "OK", "rest": ""}
EHLO: list[Item] = [b"220 mx1\r\n", b"250-mx1\r\n250 STARTTLS\r\n"]


def reply(code: int) -> dict[str, t.Any]:
    return {"code": code, "enhanced": "", "text": "words", "lines": 1}


@pytest.mark.parametrize(
    ("mail", "rcpt", "expected"),
    [(250, 503, PASS), (250, 250, FAIL), (250, 554, UNKNOWN), (530, 503, NOT_APPLICABLE)],
)
def test_state_is_discarded_where_rcpt_inside_tls_gets_503(
    mail: int, rcpt: int, expected: str
) -> None:
    facts = {
        "starttls": {"code": 220},
        "mail": reply(mail),
        "tls": TLS13,
        "answers": [reply(rcpt), reply(554), reply(221)],
    }
    attempt = observe("starttls", "smtp", facts, inject=True)
    assert status("starttls_forgets_state", MX, attempt) == expected


@pytest.mark.parametrize(
    "check", ["starttls_forgets_state", "starttls_command_injection", "starttls_once"]
)
def test_starttls_rejected_after_mail_passes_only_beside_a_control(check: str) -> None:
    refused = {"starttls": reply(503), "mail": reply(250)}
    replies = [reply(503), reply(554), reply(221)]
    injected = observe("starttls", "smtp", refused, inject=True)
    repeated = observe("starttls", "smtp", refused, inject=False)
    control = observe(
        "starttls",
        "smtp",
        {"starttls": {"code": 220}, "tls": TLS13, "answers": replies},
        inject=False,
    )
    assert status(check, MX, injected, repeated, control) == PASS
    assert status(check, MX, injected, repeated) == UNKNOWN


def test_state_that_enters_tls_shows_the_reply_to_rcpt() -> None:
    script = [*EHLO, b"250 Ok\r\n", b"220 go\r\n", TLS13, b"250 Ok rcpt\r\n", b"554 no\r\n"]
    attempt = played("starttls", "smtp", [*script, b"221 Bye\r\n"], inject=False)
    assert decisive("starttls_forgets_state", MX, attempt) == (FAIL, ["S 250 Ok rcpt"])


@pytest.mark.parametrize(("line", "expected"), [("a2 BAD no", PASS), ("a2 OK begin", FAIL)])
def test_starttls_inside_tls_fails_where_it_is_accepted(line: str, expected: str) -> None:
    facts = {"starttls": PERMITTED, "tls": TLS13, "said": [line, "a3 OK"]}
    attempt = observe("starttls", "imap", facts, inject=False)
    ended = observe("starttls", "imap", {"starttls": PERMITTED, "tls_error": "EOF"}, inject=True)
    assert status("starttls_once", IMAP, ended, attempt) == expected


def test_starttls_inside_imap_tls_shows_its_reply() -> None:
    script: list[Item] = [b"* OK hi\r\n", b"a1 OK go\r\n", TLS13, b"* OK still here\r\n"]
    script += [b"a2 OK begin\r\n", b"a3 OK\r\n"]
    attempt = played("starttls", "imap", script, inject=False)
    assert decisive("starttls_once", IMAP, attempt) == (FAIL, ["S a2 OK begin"])


def test_starttls_inside_smtp_tls_shows_its_reply() -> None:
    script = [*EHLO, b"250 Ok\r\n", b"220 go\r\n", TLS13, b"503 no\r\n", b"220 again\r\n"]
    attempt = played("starttls", "smtp", [*script, b"221 Bye\r\n"], inject=False)
    assert decisive("starttls_once", MX, attempt) == (FAIL, ["S 220 again"])


def test_starttls_offered_inside_tls_shows_the_second_ehlo_reply() -> None:
    script = [*EHLO, b"503 no\r\n", b"503 no\r\n", *[b"250 Ok\r\n"] * 3]
    script += [b"252 ok\r\n", b"502 no\r\n", b"220 go\r\n", TLS13]
    script += [b"250-mx1 inside\r\n250 STARTTLS\r\n", b"221 Bye\r\n"]
    session = played("smtp_session", "smtp", script)
    attempt = observe("starttls", "smtp", {"starttls": reply(220)}, inject=True)
    expected = ["S 250-mx1 inside", "S 250 STARTTLS"]
    assert decisive("starttls_once", session, attempt) == (FAIL, expected)


def test_starttls_with_an_argument_shows_the_reply_that_accepts_it() -> None:
    script = [*EHLO, b"220 go on\r\n", EOF]
    garbage = played("starttls_garbage", "smtp", script)
    attempt = observe("starttls", "smtp", {"starttls": reply(220)}, inject=True)
    assert decisive("starttls_once", MX, attempt, garbage) == (FAIL, ["S 220 go on"])


@pytest.mark.parametrize(
    ("service", "text", "expected"),
    [
        ("smtp", "250 mx1", FAIL),
        ("smtp", "554 no", PASS),
        ("imap", "a9 OK done", FAIL),
        ("imap", "* CAPABILITY IMAP4rev1", FAIL),
        ("imap", "a9 BAD no", PASS),
        ("pop3", "+OK", FAIL),
        ("pop3", "-ERR", PASS),
        ("sieve", '"SIEVE" "x"', FAIL),
        ("sieve", "BYE", PASS),
    ],
)
def test_plaintext_command_after_starttls_fails_where_it_is_executed(
    service: str, text: str, expected: str
) -> None:
    session = MX
    permitted: dict[str, t.Any] = {"code": 220}
    if service != "smtp":
        session = observe("mailstore_session", service, {"starttls_offered": True})
        permitted = {"status": "+OK" if service == "pop3" else "OK"}
    facts = {"starttls": permitted, "kind": "mail", "said": text}
    attempt = observe("starttls_garbage", service, facts)
    assert status("starttls_failure_ends", session, attempt) == expected


@pytest.mark.parametrize(
    ("second", "expected"), [("+OK\r\nSTLS\r\n.\r\n", FAIL), ("-ERR\r\n", PASS), ("", PASS)]
)
def test_second_plaintext_command_after_starttls_fails_where_it_is_executed(
    second: str, expected: str
) -> None:
    first = "-ERR STARTTLS failed\r\n-ERR Invalid command.\r\n"
    facts = {"starttls": {"status": "+OK"}, "kind": "mail", "said": first, "again": second}
    session = observe("mailstore_session", "pop3", {"starttls_offered": True})
    attempt = observe("starttls_garbage", "pop3", facts)
    assert status("starttls_failure_ends", session, attempt) == expected


def test_plaintext_session_after_starttls_shows_the_reply_that_goes_on() -> None:
    script: list[Item] = [*EHLO, b"501 no\r\n", b"220 go\r\n", b"250 goes on\r\n", EOF]
    attempt = played("starttls_garbage", "smtp", script)
    result, lines = decisive("starttls_failure_ends", MX, attempt)
    assert (result, lines[0]) == (FAIL, "S 250 goes on")


def test_plaintext_session_after_a_rejected_command_shows_the_second_reply() -> None:
    script: list[Item] = [b"+OK hi\r\n", b"+OK go\r\n", b"-ERR failed\r\n", EOF]
    script += [b"+OK\r\nSTLS\r\n.\r\n", EOF]
    session = observe("mailstore_session", "pop3", {"starttls_offered": True})
    attempt = played("starttls_garbage", "pop3", script)
    expected = ["S +OK", "S STLS", "S ."]
    assert decisive("starttls_failure_ends", session, attempt) == (FAIL, expected)


LOST = {"kind": "timeout", "text": "no whole answer within 20 s"}


def after_starttls(address: str = "192.0.2.25", **facts: t.Any) -> dict[str, t.Any]:
    """What came back to a plaintext command after STARTTLS, which was permitted."""
    facts = {"starttls": {"code": 220}, **facts}
    return observe("starttls_garbage", "smtp", facts, error=LOST, address=address)


SILENT = observe("starttls_garbage", "smtp", {}, error=LOST)
CONTINUES = "After STARTTLS without a TLS handshake the session continues in plaintext: 250 mx1."
NOT_ANSWERED = "A plaintext command after STARTTLS was not answered in plaintext."
AFTER: dict[str, tuple[list[dict[str, t.Any]], str, str]] = {
    "lost": ([SILENT], UNKNOWN, "STARTTLS was not answered: no whole answer within 20 s."),
    "rejected": ([after_starttls(starttls={"code": 454})], UNKNOWN, "STARTTLS was rejected."),
    "nothing sent": (
        [after_starttls()],
        UNKNOWN,
        "No plaintext command was sent after STARTTLS: no whole answer within 20 s.",
    ),
    "silence": ([after_starttls(kind="nothing", said="")], PASS, NOT_ANSWERED),
    "alert": ([after_starttls(kind="alert", said="")], PASS, NOT_ANSWERED),
    "executed": ([after_starttls(kind="mail", said="250 mx1\r\n")], FAIL, CONTINUES),
    "refused": (
        [after_starttls(kind="mail", said="554 no\r\n250 mx1\r\n")],
        PASS,
        "A plaintext command after STARTTLS was rejected: 554 no.",
    ),
    "executed on the last connection": (
        [SILENT, after_starttls(), after_starttls(kind="mail", said="250 mx1")],
        FAIL,
        CONTINUES,
    ),
    "executed at another address": (
        [
            after_starttls(kind="nothing", said=""),
            after_starttls(kind="mail", said="250 mx1", address="192.0.2.26"),
        ],
        PASS,
        NOT_ANSWERED,
    ),
}


@pytest.mark.parametrize(("observed", "expected", "sentence"), AFTER.values(), ids=AFTER)
def test_plaintext_command_after_starttls_is_judged_by_its_reply(
    observed: list[dict[str, t.Any]], expected: str, sentence: str
) -> None:
    result = verdict("starttls_failure_ends", MX, *observed)
    (evidence,) = result["evidence"]
    assert (result["status"], result["sentence"]) == (expected, sentence)
    assert (evidence["probe"], evidence["address"]) == ("starttls_garbage", "192.0.2.25")


def test_plaintext_command_after_starttls_needs_starttls() -> None:
    bare = observe("smtp_session", "smtp", {"extensions": {}})
    result = verdict("starttls_failure_ends", bare)
    assert (result["status"], result["reason"]) == (NOT_APPLICABLE, NO_SUBJECT)


@pytest.mark.parametrize(("again", "expected"), [("250 mx1", FAIL), ("554 no", PASS)])
def test_conversation_without_commands_is_shown_from_its_beginning(
    again: str, expected: str
) -> None:
    facts = {"starttls": {"code": 220}, "kind": "mail", "said": "554 no", "again": again}
    attempt = observe("starttls_garbage", "smtp", facts, [["S", again]])
    assert decisive("starttls_failure_ends", MX, attempt) == (expected, [f"S {again}"])
